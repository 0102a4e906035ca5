"""What a value buys, against a computation of its own: fractions, which never round."""

import random
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.factories.offers import make_offer
from tests.fakes.clock import START
from widget_host.domain.preferences.rules import split
from widget_host.domain.programs.rules import CampaignFacts, Offer
from widget_host.domain.transactions.rules import buy, buy_exactly
from widget_host.kit.money import Money, decimals_of
from widget_host.kit.value import replace

CASES, SEEDS = 5_000, (1, 2, 3, 4)
CURRENCIES = ("USD", "JPY", "KWD")
WIDEST = 10**15


def offer(price: Decimal, percent: Decimal | None, currency: str) -> Offer:
    wide = make_offer(str(price), currency, values=(1, WIDEST), points=(1, 10**30))
    if percent is None:
        return wide
    return replace(wide, campaign=CampaignFacts("cmp_1", "Bonus", percent, 50, START))


def check_value(minor: int, price: Decimal, percent: Decimal | None, currency: str) -> None:
    """Compare with the fractions: whole points, rounded down, the bonus on them too, and nothing lost."""
    value = Fraction(minor, 10 ** decimals_of(currency))
    points = floor(value / Fraction(price))
    if points == 0:
        return
    preview = buy(Money(minor, currency), offer(price, percent, currency))
    assert preview.points == points
    assert preview.bonus_points == (0 if percent is None else floor(points * Fraction(percent) / 100))
    assert preview.total_points == preview.points + preview.bonus_points
    assert Fraction(preview.remainder) == value - points * Fraction(price)
    assert 0 <= Fraction(preview.remainder) < Fraction(price)


def check_points(points: int, price: Decimal, currency: str) -> None:
    """Compare with the fractions: the least whole minor units that pay for the points."""
    cost = ceil(points * Fraction(price) * 10 ** decimals_of(currency))
    if cost > WIDEST:
        return
    preview = buy_exactly(points, offer(price, None, currency))
    assert (preview.points, preview.value) == (points, Money(cost, currency))
    assert Fraction(preview.remainder) == Fraction(preview.value.major) - points * Fraction(price)


def a_price(chance: random.Random) -> Decimal:
    """Draw a price per point, eight decimals at most, small ones as often as large ones."""
    return Decimal(chance.randint(1, 10 ** chance.randint(1, 11))).scaleb(-8)


class TestMoney:
    @pytest.mark.parametrize("seed", SEEDS)
    def test_equals_the_fractions(self, seed: int) -> None:
        chance = random.Random(seed)  # noqa: S311 - cases to try, no secrets
        for _ in range(CASES):
            currency, price = chance.choice(CURRENCIES), a_price(chance)
            percent = chance.choice((None, Decimal(chance.randint(1, 50_000)).scaleb(-chance.randint(0, 3))))
            minor = chance.randint(1, 10 ** chance.randint(1, 15))
            check_value(minor, price, percent, currency)
            check_points(chance.randint(1, 10 ** chance.randint(1, 9)), price, currency)
            weights = [chance.randint(1, 100) for _ in range(chance.randint(1, 6))]
            assert sum(split(minor, weights)) == minor

    @settings(max_examples=500)
    @given(
        st.integers(1, WIDEST),
        st.integers(1, 10**11),
        st.one_of(st.none(), st.decimals("0.001", "500", places=3)),
        st.sampled_from(CURRENCIES),
    )
    def test_equals_the_fractions_at_the_edges(
        self, minor: int, price: int, percent: Decimal | None, currency: str
    ) -> None:
        check_value(minor, Decimal(price).scaleb(-8), percent, currency)
