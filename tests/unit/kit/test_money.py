from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from widget_host.kit.money import Money, TooPrecise, decimals_of

CURRENCIES = st.sampled_from(["USD", "JPY", "KWD"])
MINOR = st.integers(-(10**18), 10**18)


class TestDecimalsOf:
    @pytest.mark.parametrize(("currency", "decimals"), [("USD", 2), ("AED", 2), ("JPY", 0), ("KWD", 3)])
    def test_are_the_currencys_own(self, currency: str, decimals: int) -> None:
        assert decimals_of(currency) == decimals


class TestOf:
    @pytest.mark.parametrize(
        ("major", "currency", "minor"),
        [
            ("25", "USD", 2500),
            ("25.5", "USD", 2550),
            ("25.500", "USD", 2550),
            ("0.01", "USD", 1),
            ("2.5E1", "USD", 2500),
            ("1200", "JPY", 1200),
            ("1200.0", "JPY", 1200),
            ("1.001", "KWD", 1001),
            ("-3.10", "USD", -310),
            ("90071992547409.93", "USD", 9007199254740993),
        ],
    )
    def test_counts_minor_units(self, major: str, currency: str, minor: int) -> None:
        assert Money.of(Decimal(major), currency) == Money(minor, currency)

    @pytest.mark.parametrize(
        ("major", "currency"), [("0.001", "USD"), ("25.555", "USD"), ("0.5", "JPY"), ("1.0001", "KWD")]
    )
    def test_refuses_more_decimals_than_the_currency_has(self, major: str, currency: str) -> None:
        with pytest.raises(TooPrecise, match=currency):
            Money.of(Decimal(major), currency)


class TestMajor:
    @pytest.mark.parametrize(
        ("money", "text"),
        [(Money(2500, "USD"), "25.00"), (Money(1, "USD"), "0.01"), (Money(5, "JPY"), "5"), (Money(7, "KWD"), "0.007")],
    )
    def test_has_exactly_the_currencys_decimals(self, money: Money, text: str) -> None:
        assert str(money.major) == text

    @given(minor=MINOR, currency=CURRENCIES)
    def test_gives_back_what_it_was_made_from(self, minor: int, currency: str) -> None:
        money = Money(minor, currency)

        assert Money.of(money.major, currency) == money
        assert Fraction(money.major) == Fraction(minor, 10 ** decimals_of(currency))


class TestWhole:
    @pytest.mark.parametrize(
        ("money", "up", "down"),
        [
            (Money(2500, "USD"), 25, 25),
            (Money(2501, "USD"), 26, 25),
            (Money(2599, "USD"), 26, 25),
            (Money(1, "KWD"), 1, 0),
            (Money(1999, "KWD"), 2, 1),
            (Money(7, "JPY"), 7, 7),
        ],
    )
    def test_rounds_to_whole_major_units(self, money: Money, up: int, down: int) -> None:
        assert (money.whole_up(), money.whole_down()) == (up, down)


class TestStr:
    @pytest.mark.parametrize(
        ("money", "text"),
        [(Money(2500, "USD"), "25.00 USD"), (Money(7, "JPY"), "7 JPY"), (Money(1, "KWD"), "0.001 KWD")],
    )
    def test_writes_amount_and_currency(self, money: Money, text: str) -> None:
        assert str(money) == text
