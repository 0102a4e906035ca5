from decimal import Decimal

import pytest

from tests.factories.offers import make_offer
from widget_host.kit.money import Money
from widget_host.web.widgets import words

RLM, LRM, SPACE = "\u200f", "\u200e", "\u00a0"


class TestMoney:
    @pytest.mark.parametrize(
        ("minor", "currency", "locale", "shown"),
        [
            (123_456_789, "USD", "en", "$1,234,567.89"),
            (123_456_789, "USD", "en_GB", "US$1,234,567.89"),
            (123_456_789, "GBP", "en_GB", "£1,234,567.89"),
            (123_456_789, "INR", "en_IN", "₹12,34,567.89"),
            (123_456_789, "KWD", "en", f"KWD{SPACE}123,456.789"),
            (123_456_789, "JPY", "en", "¥123,456,789"),
            (123_456_789, "USD", "ar", f"{RLM}1,234,567.89{SPACE}US${LRM}"),
            (25_000, "AED", "ar_AE", f"{RLM}250.00{SPACE}د.إ.{RLM}"),
            (25_000, "KWD", "ar", f"{RLM}25.000{SPACE}د.ك.{RLM}"),
        ],
    )
    def test_is_written_as_the_locale_writes_it(self, minor: int, currency: str, locale: str, shown: str) -> None:
        assert words.money(Money(minor, currency), locale) == shown

    @pytest.mark.parametrize("locale", ["en", "en_GB", "en_IN", "ar", "ar_AE", "de", "fr"])
    @pytest.mark.parametrize("currency", ["USD", "AED", "JPY", "KWD", "INR"])
    def test_is_read_back_as_it_was_written(self, currency: str, locale: str) -> None:
        amount = Money(123_456_789, currency)
        assert words.read_money(words.money(amount, locale), currency, locale) == amount


class TestPoints:
    @pytest.mark.parametrize(
        ("locale", "shown"), [("en", "4,012,349,655"), ("en_IN", "4,01,23,49,655"), ("ar", "4,012,349,655")]
    )
    def test_are_grouped_as_the_locale_groups_them(self, locale: str, shown: str) -> None:
        assert words.points(4_012_349_655, locale) == shown


class TestChips:
    @pytest.mark.parametrize(
        ("currency", "locale", "first"),
        [
            ("USD", "en", ("10", "$10")),
            ("USD", "ar", ("10", f"{RLM}10{SPACE}US${LRM}")),
            ("AED", "ar_AE", ("10", f"{RLM}10{SPACE}د.إ.{RLM}")),
            ("EUR", "de", ("10", f"10{SPACE}€")),
            ("KWD", "en", ("10", f"KWD{SPACE}10")),
        ],
    )
    def test_stand_as_amounts_of_the_locale_without_decimals(
        self, currency: str, locale: str, first: tuple[str, str]
    ) -> None:
        assert words.chips(make_offer(currency=currency, values=(500, 20_000_000)), None, locale)[0] == first

    def test_can_be_typed_as_they_are_filled_in(self) -> None:
        offer = make_offer(currency="INR", values=(500, 20_000_000))
        for typed, _ in words.chips(offer, Money(20_000_000, "INR"), "en_IN"):
            assert words.read_money(typed, "INR", "en_IN").major == Decimal(typed)


class TestRate:
    @pytest.mark.parametrize(
        ("currency", "locale", "shown"),
        [
            ("USD", "en", "1,000 Aurora Miles = $10.00"),
            ("KWD", "ar", f"1,000 Aurora Miles = {RLM}10.000{SPACE}د.ك.{RLM}"),
            ("JPY", "en", "1,000 Aurora Miles = ¥10"),
        ],
    )
    def test_is_written_with_the_currencys_decimals(self, currency: str, locale: str, shown: str) -> None:
        assert words.rate(make_offer(currency=currency), locale) == shown
