from decimal import Decimal
from fractions import Fraction
from math import ceil, floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories.offers import EMAIL, NUMBER, make_offer
from widget_host.domain.programs.rules import Destination, Offer
from widget_host.domain.transactions import rules
from widget_host.domain.transactions.rules import Asked, PointsOutOfRange, ValueOutOfRange
from widget_host.kit.errors import InvalidFields
from widget_host.kit.money import Money

DECIMALS = {"USD": 2, "JPY": 0, "KWD": 3}
PRICES = st.integers(1, 10**10).map(lambda steps: Decimal(steps).scaleb(-8))
WIDE = (1, 10**15)


def wide_offer(price: Decimal, currency: str) -> Offer:
    """Make an offer without limits that matter."""
    return make_offer(str(price), currency, values=WIDE, points=(1, 10**24))


def major(value: Money) -> Fraction:
    return Fraction(value.minor, 10 ** DECIMALS[value.currency])


class TestBuy:
    @pytest.mark.parametrize(
        ("minor", "currency", "price", "points", "remainder"),
        [
            (2500, "USD", "0.01", 2500, "0"),
            (2500, "USD", "0.0085", 2941, "0.0015"),
            (2501, "USD", "0.02", 1250, "0.01"),
            (500, "USD", "0.00000001", 500_000_000, "0"),
            (999, "USD", "10", 0, None),
            (1000, "USD", "10", 1, "0"),
            (1200, "JPY", "1.5", 800, "0"),
            (1201, "JPY", "1.5", 800, "1"),
            (1001, "KWD", "0.002", 500, "0.001"),
            (999, "KWD", "0.003", 333, "0"),
            (3_33, "USD", "0.00333333", 999, "0.00000333"),
        ],
    )
    def test_gives_whole_points_rounded_down(
        self, minor: int, currency: str, price: str, points: int, remainder: str | None
    ) -> None:
        offer = wide_offer(Decimal(price), currency)
        if remainder is None:
            with pytest.raises(PointsOutOfRange):
                rules.buy(Money(minor, currency), offer)
            return

        preview = rules.buy(Money(minor, currency), offer)

        assert (preview.points, preview.bonus_points, preview.total_points) == (points, 0, points)
        assert (preview.remainder, preview.price) == (Decimal(remainder), Decimal(price))

    @given(minor=st.integers(*WIDE), currency=st.sampled_from(sorted(DECIMALS)), price=PRICES)
    def test_agrees_with_fractions(self, minor: int, currency: str, price: Decimal) -> None:
        value = Money(minor, currency)
        expected = floor(major(value) / Fraction(price))
        if expected == 0:
            with pytest.raises(PointsOutOfRange):
                rules.buy(value, wide_offer(price, currency))
            return

        preview = rules.buy(value, wide_offer(price, currency))

        assert preview.points == expected
        assert Fraction(preview.remainder) == major(value) - expected * Fraction(price)
        assert 0 <= preview.remainder < price

    @pytest.mark.parametrize(
        ("minor", "is_sold"),
        [(499, False), (500, True), (501, True), (199_999, True), (200_000, True), (200_001, False)],
    )
    def test_keeps_within_the_values_sold(self, minor: int, is_sold: bool) -> None:
        offer = make_offer("0.01", values=(500, 200_000))
        if is_sold:
            assert rules.buy(Money(minor, "USD"), offer).points == minor
            return
        with pytest.raises(ValueOutOfRange) as raised:
            rules.buy(Money(minor, "USD"), offer)
        assert dict(raised.value.details) == {"minValue": 5, "maxValue": 2000, "currency": "USD"}

    @pytest.mark.parametrize(
        ("minor", "is_sold"), [(499, False), (500, True), (2000, True), (2001, False), (10_000, False)]
    )
    def test_keeps_within_the_points_accepted(self, minor: int, is_sold: bool) -> None:
        offer = make_offer("0.01", values=WIDE, points=(500, 2000))
        if is_sold:
            assert rules.buy(Money(minor, "USD"), offer).points == minor
            return
        with pytest.raises(PointsOutOfRange, match="Aurora Club accepts between 500 and 2000 Aurora Miles") as raised:
            rules.buy(Money(minor, "USD"), offer)
        assert dict(raised.value.details) == {"minAmountOfPoints": 500, "maxAmountOfPoints": 2000}

    def test_shows_bounds_that_are_not_whole_with_their_decimals(self) -> None:
        with pytest.raises(ValueOutOfRange) as raised:
            rules.buy(Money(1, "USD"), make_offer(values=(5_50, 2000_05)))

        assert {name: str(value) for name, value in raised.value.details.items()} == {
            "minValue": "5.50",
            "maxValue": "2000.05",
            "currency": "USD",
        }


class TestBuyExactly:
    @pytest.mark.parametrize(
        ("points", "currency", "price", "minor", "remainder"),
        [
            (2500, "USD", "0.01", 2500, "0"),
            (2941, "USD", "0.0085", 2500, "0.0015"),
            (1, "USD", "0.00000001", 1, "0.00999999"),
            (801, "JPY", "1.5", 1202, "0.5"),
            (333, "KWD", "0.0033", 1099, "0.0001"),
        ],
    )
    def test_costs_whole_minor_units_rounded_up(
        self, points: int, currency: str, price: str, minor: int, remainder: str
    ) -> None:
        preview = rules.buy_exactly(points, wide_offer(Decimal(price), currency))

        assert (preview.value, preview.total_points) == (Money(minor, currency), points)
        assert preview.remainder == Decimal(remainder)

    @given(points=st.integers(1, 10**12), currency=st.sampled_from(sorted(DECIMALS)), price=PRICES)
    def test_agrees_with_fractions(self, points: int, currency: str, price: Decimal) -> None:
        step = 10 ** DECIMALS[currency]
        expected = ceil(points * Fraction(price) * step)
        if expected > WIDE[1]:
            with pytest.raises(ValueOutOfRange):
                rules.buy_exactly(points, wide_offer(price, currency))
            return

        preview = rules.buy_exactly(points, wide_offer(price, currency))

        assert (preview.points, preview.value.minor) == (points, expected)
        assert Fraction(preview.remainder) == Fraction(expected, step) - points * Fraction(price)

    @given(points=st.integers(1, 10**9), price=st.integers(10**6, 10**10).map(lambda steps: Decimal(steps).scaleb(-8)))
    def test_costs_what_buys_at_least_as_many(self, points: int, price: Decimal) -> None:
        offer = make_offer(str(price), values=(1, 10**24), points=(1, 10**24))

        assert rules.buy(rules.buy_exactly(points, offer).value, offer).points >= points

    @pytest.mark.parametrize(
        ("points", "is_sold"), [(499, False), (500, True), (2000, True), (2001, False), (0, False)]
    )
    def test_keeps_within_the_points_accepted(self, points: int, is_sold: bool) -> None:
        offer = make_offer("0.01", values=WIDE, points=(500, 2000))
        if is_sold:
            assert rules.buy_exactly(points, offer).total_points == points
            return
        with pytest.raises(PointsOutOfRange):
            rules.buy_exactly(points, offer)

    @pytest.mark.parametrize(("points", "is_sold"), [(499, False), (500, True), (200_000, True), (200_001, False)])
    def test_keeps_within_the_values_sold(self, points: int, is_sold: bool) -> None:
        offer = make_offer("0.01", values=(500, 200_000))
        if is_sold:
            assert rules.buy_exactly(points, offer).value.minor == points
            return
        with pytest.raises(ValueOutOfRange):
            rules.buy_exactly(points, offer)


class TestPrice:
    def test_prices_by_value_or_by_points_as_was_ordered(self) -> None:
        offer = make_offer("0.02")

        assert rules.price(asked(Money(2500, "USD")), offer).points == 1250
        assert rules.price(asked(points=2500), offer).value == Money(5000, "USD")

    def test_refuses_an_order_of_nothing(self) -> None:
        with pytest.raises(PointsOutOfRange):
            rules.price(asked(), make_offer())


class TestCheckDestination:
    @pytest.mark.parametrize(
        "destination", [Destination(), Destination(""), Destination(None, "name@example.com"), Destination("", "x")]
    )
    def test_names_what_is_missing(self, destination: Destination) -> None:
        with pytest.raises(InvalidFields) as raised:
            rules.check_destination(destination, make_offer(fields=(NUMBER, EMAIL)))

        assert [(error.field, error.code) for error in raised.value.errors] == [
            ("destinationAccount.destinationUserId", "required")
        ]

    def test_leaves_the_form_to_the_program(self) -> None:
        rules.check_destination(Destination("sandbox-invalid-member", "no address"), make_offer(fields=(NUMBER, EMAIL)))


def asked(value: Money | None = None, points: int | None = None) -> Asked:
    return Asked("env_1", "prg_1", value, points)
