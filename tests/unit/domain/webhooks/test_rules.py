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
FAILED = Outcome(START, 1, status=500)


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
        assert next_due(attempts_made, START, HALF, FAILED) == START + step
        assert next_due(attempts_made, START, Fraction(0), FAILED) == START + step * 4 / 5

    @pytest.mark.parametrize("attempts_made", [10, 11])
    def test_is_never_after_the_tenth(self, attempts_made: int) -> None:
        assert next_due(attempts_made, START, HALF, FAILED) is None

    def test_adds_up_to_the_days_that_receivers_are_given(self) -> None:
        assert sum(rules.STEPS, timedelta(0)) == timedelta(hours=75, minutes=35, seconds=5)

    @given(attempts_made=st.integers(0, 9), chance=CHANCES)
    def test_spreads_each_step_by_a_fifth_both_ways(self, attempts_made: int, chance: Fraction) -> None:
        due = next_due(attempts_made, START, chance, FAILED)

        assert due is not None
        step = rules.STEPS[attempts_made]
        assert step * 4 / 5 <= due - START <= step * 6 / 5

    @given(attempts_made=st.integers(1, 9), chance=CHANCES, other=CHANCES)
    def test_is_later_by_a_higher_chance(self, attempts_made: int, chance: Fraction, other: Fraction) -> None:
        low, high = (next_due(attempts_made, START, value, FAILED) for value in sorted((chance, other)))

        assert low is not None
        assert high is not None
        assert low <= high

    @pytest.mark.parametrize(
        ("tries", "said", "status", "wait"),
        [
            (2, "120", 500, timedelta(minutes=5)),
            (2, "420", 500, timedelta(minutes=7)),
            (2, "99999999999999999999", 500, timedelta(minutes=10)),
            (2, "-5", 500, None),
            (2, "soon", 500, None),
            (2, "٣٠٠", 500, None),
            (2, "Sat, 31 Jan 2026 10:06:40 GMT", 500, timedelta(seconds=400)),
            (2, "Sat, 31 Jan 2026 09:00:00 GMT", 500, timedelta(minutes=5)),
            (1, "0", 503, timedelta(seconds=60)),
            (1, "3600", 429, timedelta(seconds=60)),
            (1, "8", 500, timedelta(seconds=8)),
            (1, None, 502, timedelta(seconds=60)),
            (1, None, 504, timedelta(seconds=60)),
            (1, None, None, timedelta(seconds=60)),
            (1, None, 500, None),
            (3, None, 429, None),
        ],
    )
    def test_hears_what_the_receiver_asks_for_within_two_steps(
        self, tries: int, said: str | None, status: int | None, wait: timedelta | None
    ) -> None:
        outcome = Outcome(START, 1, status=status, retry_after=said, timed_out=status is None)

        assert next_due(tries, START, HALF, outcome) == START + (wait or rules.STEPS[tries])

    def test_is_never_for_who_is_gone(self) -> None:
        assert next_due(1, START, HALF, Outcome(START, 1, status=410)) is None


class TestShares:
    @pytest.mark.parametrize(
        ("held", "free", "given"),
        [
            ({}, 8, {"a": 3, "b": 3}),
            ({}, 1, {"a": 1}),
            ({"a": 4}, 4, {"b": 2}),
            ({"a": 4, "b": 2}, 2, {}),
            ({"x": 9}, 3, {"a": 1, "b": 1}),
            ({}, 0, {}),
        ],
    )
    def test_are_as_many_as_stay_free(self, held: dict[str, int], free: int, given: dict[str, int]) -> None:
        assert rules.shares([rules.Due("a"), rules.Due("b")], held, free) == given

    def test_are_few_for_who_failed_last(self) -> None:
        assert rules.shares([rules.Due("a", is_failing=True), rules.Due("b")], {}, 64) == {"a": 4, "b": 30}
        assert rules.shares([rules.Due("a", is_failing=True)], {"a": 4}, 60) == {}

    @given(held=st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 20)), free=st.integers(0, 64))
    def test_are_never_more_than_there_are(self, held: dict[str, int], free: int) -> None:
        given = rules.shares([rules.Due(name) for name in held], held, free)

        assert sum(given.values()) <= free
        assert all(held[name] + count <= free for name, count in given.items())

    @pytest.mark.parametrize("hanging", [1, 2, 5])
    def test_leave_some_for_a_newcomer_while_others_hang(self, hanging: int) -> None:
        held: dict[str, int] = {}
        for name in map(str, range(hanging)):
            held |= rules.shares([rules.Due(name)], held, 64 - sum(held.values()))

        assert rules.shares([rules.Due("newcomer")], held, 64 - sum(held.values()))["newcomer"] >= 1


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
