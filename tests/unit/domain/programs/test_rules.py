from decimal import Decimal
from fractions import Fraction
from math import ceil, floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories.offers import EMAIL, NUMBER
from widget_host.domain.programs import rules
from widget_host.domain.programs.rules import Destination, Field
from widget_host.kit.money import Money

DECIMALS = {"USD": 2, "JPY": 0, "KWD": 3}
CURRENCIES = st.sampled_from(sorted(DECIMALS))
RATES = st.integers(1, 10**12).map(lambda steps: Decimal(steps).scaleb(-8))
LIMITS = st.builds(Money, st.integers(0, 10**9), CURRENCIES)


def exact(limit: Money, rate: Decimal, currency: str) -> Fraction:
    """Convert to minor units without rounding."""
    return Fraction(limit.minor * 10 ** DECIMALS[currency], 10 ** DECIMALS[limit.currency]) * Fraction(rate)


class TestPriceIn:
    @pytest.mark.parametrize(
        ("price", "rate", "converted"),
        [
            ("0.01", "1", "0.01"),
            ("0.0065", "1.08", "0.00702"),
            ("0.01", "0.0067", "0.000067"),
            ("0.00000001", "0.5", "0.00000001"),
            ("0.00000003", "0.5", "0.00000002"),
            ("0.00000005", "0.5", "0.00000002"),
            ("0.00000001", "0.0000001", "0.00000001"),
        ],
    )
    def test_keeps_eight_decimals_and_is_never_nothing(self, price: str, rate: str, converted: str) -> None:
        assert rules.price_in(Decimal(price), Decimal(rate)) == Decimal(converted)

    @given(price=RATES, rate=RATES)
    def test_agrees_with_fractions(self, price: Decimal, rate: Decimal) -> None:
        steps = round(Fraction(price) * Fraction(rate) * 10**8)

        assert Fraction(rules.price_in(price, rate)) == Fraction(max(steps, 1), 10**8)


class TestLimits:
    @pytest.mark.parametrize(
        ("limit", "rate", "currency", "lowest", "highest"),
        [
            (Money(500, "USD"), "1", "USD", 500, 500),
            (Money(1000, "EUR"), "1.085", "USD", 1085, 1085),
            (Money(1001, "EUR"), "1.0855", "USD", 1087, 1086),
            (Money(500, "USD"), "149.25", "JPY", 747, 746),
            (Money(500, "USD"), "0.30769", "KWD", 1539, 1538),
            (Money(100, "JPY"), "0.0067", "USD", 67, 67),
        ],
    )
    def test_round_towards_what_the_program_allows(
        self, limit: Money, rate: str, currency: str, lowest: int, highest: int
    ) -> None:
        assert rules.lowest(limit, Decimal(rate), currency) == Money(lowest, currency)
        assert rules.highest(limit, Decimal(rate), currency) == Money(highest, currency)

    @given(limit=LIMITS, rate=RATES, currency=CURRENCIES)
    def test_agree_with_fractions(self, limit: Money, rate: Decimal, currency: str) -> None:
        wanted = exact(limit, rate, currency)

        assert rules.lowest(limit, rate, currency).minor == ceil(wanted)
        assert rules.highest(limit, rate, currency).minor == floor(wanted)


class TestAccepts:
    @pytest.mark.parametrize(
        ("field", "text", "fits"),
        [
            (NUMBER, "AC12345678", True),
            (NUMBER, "AC12345678 ", False),
            (NUMBER, "AC12345678\n", False),
            (NUMBER, "XAC12345678", False),
            (EMAIL, "name@example.com", True),
            (EMAIL, "name@example", False),
            (EMAIL, "two@at@example.com", False),
            (EMAIL, "na me@example.com", False),
            (EMAIL, "@example.com", False),
            (Field("x", "string", "X", True, None, "", ""), "anything", True),
        ],
    )
    def test_looks_at_the_whole_text(self, field: Field, text: str, fits: bool) -> None:
        assert field.accepts(text) is fits


class TestMisfits:
    @pytest.mark.parametrize(
        ("destination", "wrong"),
        [
            (Destination("AC12345678"), []),
            (Destination("AC12345678", "name@example.com"), []),
            (Destination(), [("destinationUserId", "required")]),
            (Destination(""), [("destinationUserId", "required")]),
            (Destination("AC1"), [("destinationUserId", "malformed")]),
            (Destination("AC1", "x"), [("destinationUserId", "malformed"), ("destinationUserEmail", "malformed")]),
            (Destination(None, "x"), [("destinationUserId", "required"), ("destinationUserEmail", "malformed")]),
        ],
    )
    def test_name_each_field_once(self, destination: Destination, wrong: list[tuple[str, str]]) -> None:
        errors = rules.misfits((NUMBER, EMAIL), destination)

        assert [(error.field, error.code) for error in errors] == wrong


class TestReadFields:
    def test_reads_what_is_stored_and_fills_what_may_be_left_out(self) -> None:
        bare = {"name": "destinationUserId", "kind": "string", "label": "Number", "required": True}

        assert rules.read_fields({"list": [bare]}) == (
            Field("destinationUserId", "string", "Number", True, None, "", ""),
        )
