from datetime import timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.clock import START
from widget_host.domain.webhooks import rules
from widget_host.domain.webhooks.rules import Outcome, next_due

CHANCES = st.fractions(0, 1).filter(lambda chance: chance < 1)
HALF = Fraction(1, 2)


class TestNextDue:
    @pytest.mark.parametrize(
        ("attempts_made", "step"),
        [
            (0, timedelta(0)),
            (1, timedelta(seconds=5)),
            (2, timedelta(minutes=5)),
            (3, timedelta(minutes=30)),
            (4, timedelta(hours=2)),
            (5, timedelta(hours=5)),
            (6, timedelta(hours=10)),
            (7, timedelta(hours=14)),
            (8, timedelta(hours=20)),
            (9, timedelta(hours=24)),
        ],
    )
    def test_waits_longer_after_each_attempt(self, attempts_made: int, step: timedelta) -> None:
        assert next_due(attempts_made, START, HALF) == START + step
        assert next_due(attempts_made, START, Fraction(0)) == START + step * 4 / 5

    @pytest.mark.parametrize("attempts_made", [10, 11])
    def test_is_never_after_the_tenth(self, attempts_made: int) -> None:
        assert next_due(attempts_made, START, HALF) is None

    def test_adds_up_to_the_days_that_receivers_are_given(self) -> None:
        assert sum(rules.STEPS, timedelta(0)) == timedelta(hours=75, minutes=35, seconds=5)

    @given(attempts_made=st.integers(0, 9), chance=CHANCES)
    def test_spreads_each_step_by_a_fifth_both_ways(self, attempts_made: int, chance: Fraction) -> None:
        due = next_due(attempts_made, START, chance)

        assert due is not None
        step = rules.STEPS[attempts_made]
        assert step * 4 / 5 <= due - START <= step * 6 / 5

    @given(attempts_made=st.integers(1, 9), chance=CHANCES, other=CHANCES)
    def test_is_later_by_a_higher_chance(self, attempts_made: int, chance: Fraction, other: Fraction) -> None:
        low, high = (next_due(attempts_made, START, value) for value in sorted((chance, other)))

        assert low is not None
        assert high is not None
        assert low <= high


class TestIsSuccess:
    @pytest.mark.parametrize(
        ("status", "is_success"),
        [
            (200, True),
            (204, True),
            (299, True),
            (199, False),
            (300, False),
            (301, False),
            (404, False),
            (500, False),
            (None, False),
        ],
    )
    def test_is_any_2xx_and_nothing_else(self, status: int | None, is_success: bool) -> None:
        assert Outcome(START, 1, status=status).is_success is is_success
