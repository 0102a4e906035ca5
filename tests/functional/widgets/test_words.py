from datetime import UTC, datetime
from decimal import Decimal

import pytest

from widget_host.domain.programs.rules import Offer, ProgramFacts
from widget_host.domain.transactions.rules import PointsOutOfRange, ValueOutOfRange
from widget_host.kit.errors import Refused
from widget_host.kit.money import Money
from widget_host.kit.value import replace
from widget_host.web.widgets import refusals, words


def offer(currency: str = "USD", price: str = "0.01", lowest: str = "5", highest: str = "2000") -> Offer:
    program = ProgramFacts(
        id="prg_1",
        name="Aurora Club",
        business_name="Aurora Air",
        logo="",
        industry="Airline",
        terms_url="",
        description="",
        unit="Aurora Miles",
        currency=currency,
        fields=(),
        connector="sandbox",
    )
    return Offer(
        program=program,
        currency=currency,
        price=Decimal(price),
        min_value=Money.of(Decimal(lowest), currency),
        max_value=Money.of(Decimal(highest), currency),
        min_points=500,
        max_points=200_000,
        price_in_usd=Decimal(price),
        price_at_home=Decimal(price),
    )


class TestReadMoney:
    @pytest.mark.parametrize(
        ("text", "minor"), [("25", 2500), ("1,000.50", 100050), ("$25", 2500), ("USD 25", 2500), ("5.", 500)]
    )
    def test_reads_what_people_type(self, text: str, minor: int) -> None:
        assert words.read_money(text, "USD", "en") == Money(minor, "USD")

    @pytest.mark.parametrize(
        ("text", "minor"), [("٢٥", 2500), ("٢٥٫٥", 2550), ("١٬٠٠٠", 100000), ("\u200f25 US$", 2500), ("US$ ۲۵", 2500)]
    )
    def test_reads_what_an_arabic_or_persian_keyboard_types(self, text: str, minor: int) -> None:
        assert words.read_money(text, "USD", "ar") == Money(minor, "USD")

    @pytest.mark.parametrize("text", ["", "10,5", "1,00", "1 000", "1.2.3", "--3", "1e5", "Infinity", "0x10", "²", "½"])
    def test_guesses_nothing(self, text: str) -> None:
        with pytest.raises(words.AmountMissing):
            words.read_money(text, "USD", "en")

    @pytest.mark.parametrize(("text", "currency"), [("0.001", "USD"), ("0.5", "JPY"), ("1.0001", "KWD")])
    def test_keeps_to_the_currencys_decimals(self, text: str, currency: str) -> None:
        with pytest.raises(words.AmountTooPrecise):
            words.read_money(text, currency, "en")


class TestFigures:
    @pytest.mark.parametrize(
        ("amount", "shown"),
        [
            (Money(2500, "USD"), "$25.00"),
            (Money(2500, "JPY"), "¥2,500"),
            (Money(5000, "AED"), "AED\u00a050.00"),
            (Money(1500, "KWD"), "KWD\u00a01.500"),
        ],
    )
    def test_money_is_exact(self, amount: Money, shown: str) -> None:
        assert words.money(amount, "en") == shown

    def test_a_sign_stays_behind_its_letters_in_arabic(self) -> None:
        assert words.money(Money(2500, "USD"), "ar") == "\u200f25.00\u00a0US$\u200e"

    @pytest.mark.parametrize(
        ("of", "shown"),
        [
            (offer(), "1,000 Aurora Miles = $10.00"),
            (offer("EUR", "0.00925926"), "1,000 Aurora Miles ≈ €9.26"),
            (offer("JPY", "1.25"), "1,000 Aurora Miles = ¥1,250"),
        ],
    )
    def test_a_rate_says_when_it_is_rounded(self, of: Offer, shown: str) -> None:
        assert words.rate(of, "en") == shown

    def test_chips_stay_within_limits_and_balance(self) -> None:
        assert [label for _, label in words.chips(offer(), None, "en")] == ["$10", "$25", "$50", "$100"]
        assert [label for _, label in words.chips(offer(), Money(3000, "USD"), "en")] == ["$10", "$25"]
        assert words.chips(offer(), Money(0, "USD"), "en") == []
        yen = offer("JPY", "1.25", "1000", "300000")
        assert words.chips(yen, None, "en")[0] == ("1000", "¥1,000")
        assert words.chips(offer(), None, "ar")[0][1].strip("\u200e\u200f") == "10\u00a0US$"

    @pytest.mark.parametrize(
        ("text", "shown"), [("AC12345678", "••••5678"), ("K7F2", "••••F2"), ("ana@example.com", "a••••@example.com")]
    )
    def test_an_account_is_masked(self, text: str, shown: str) -> None:
        assert words.masked(text) == shown

    def test_a_moment_names_its_zone(self) -> None:
        assert words.moment(datetime(2026, 11, 21, 10, 4, tzinfo=UTC), "en") == "21 Nov 2026, 10:04 UTC"


class TestSentences:
    def test_no_refusal_is_without_a_sentence(self) -> None:
        for kind in (*refusals.SENTENCES, "SOMETHING_NEW"):
            refusal = Refused("no")
            refusal.__class__ = type("Said", (Refused,), {"code": kind})
            said = refusals.sentence(refusal, offer(), "en")
            assert said.endswith(".")
            assert "{" not in said
            assert "!" not in said

    def test_limits_are_in_the_currency_shown(self) -> None:
        said = refusals.sentence(ValueOutOfRange("no"), offer("JPY", "1.25", "1000", "300000"), "en")
        assert said == "Enter an amount between ¥1,000 and ¥300,000."

    def test_points_are_in_the_programs_own_unit(self) -> None:
        said = refusals.sentence(PointsOutOfRange("no"), replace(offer(), max_points=1500), "en")
        assert said == "That's more than Aurora Club accepts at once. The most you can get is 1,500 Aurora Miles."

    def test_a_currency_without_decimals_wants_none(self) -> None:
        assert refusals.sentence(words.AmountTooPrecise("no"), offer("JPY", "1.25"), "en") == (
            "Enter an amount without decimals."
        )
