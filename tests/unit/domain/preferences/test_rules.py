import itertools
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from widget_host.domain.preferences import rules
from widget_host.domain.preferences.rules import DELINKED, LINKED, UPDATED, Preferred, Reward
from widget_host.domain.programs.rules import Destination
from widget_host.kit.errors import InvalidFields
from widget_host.kit.money import Money

WEIGHTS = st.lists(st.integers(0, 100), min_size=1, max_size=12).filter(any)


def preferred(name: str, allocation: int, member: str = "1") -> Preferred:
    return Preferred(name, Destination(member), allocation)


class TestSplit:
    @settings(max_examples=2000)
    @given(st.integers(0, 10**16), WEIGHTS)
    def test_loses_nothing_and_gives_each_its_part_to_less_than_one(self, whole: int, weights: list[int]) -> None:
        parts = rules.split(whole, weights)
        assert sum(parts) == whole
        for part, weight in zip(parts, weights, strict=True):
            assert abs(part - Fraction(whole * weight, sum(weights))) < 1
            assert part == 0 or weight > 0

    @settings(max_examples=500)
    @given(st.integers(0, 10**6), WEIGHTS)
    def test_gives_no_more_to_who_weighs_less(self, whole: int, weights: list[int]) -> None:
        parts = rules.split(whole, weights)
        by_weight = [part for _, part in sorted(zip(weights, parts, strict=True))]
        assert by_weight == sorted(by_weight)

    @pytest.mark.parametrize(
        ("whole", "weights", "parts"),
        [
            (100, [50, 50], [50, 50]),
            (101, [50, 50], [51, 50]),
            (1, [34, 33, 33], [1, 0, 0]),
            (10, [33, 33, 34], [3, 3, 4]),
            (7, [100, 0], [7, 0]),
            (0, [60, 40], [0, 0]),
        ],
    )
    def test_gives_what_is_left_to_the_largest_remainders_the_earlier_first(
        self, whole: int, weights: list[int], parts: list[int]
    ) -> None:
        assert rules.split(whole, weights) == parts

    @given(st.integers(1, 100))
    def test_is_a_hundred_percent_in_even_parts(self, count: int) -> None:
        parts = rules.split_evenly(count)
        assert (sum(parts), len(parts)) == (100, count)
        assert max(parts) - min(parts) <= 1
        assert parts == sorted(parts, reverse=True)


class TestCheck:
    @pytest.mark.parametrize("percents", [[100], [50, 50], [0, 100], [20, 20, 20, 20, 20]])
    def test_takes_a_hundred_percent(self, percents: list[int]) -> None:
        rules.check([preferred(f"prg_{place}", percent) for place, percent in enumerate(percents)], 5)

    @pytest.mark.parametrize(
        ("programs", "codes"),
        [
            ([], {"count", "sum"}),
            ([("a", 99)], {"sum"}),
            ([("a", 101)], {"out_of_range", "sum"}),
            ([("a", 120), ("b", -20)], {"out_of_range"}),
            ([("a", 50), ("a", 50)], {"repeated"}),
            ([("a", 50), ("b", 25), ("c", 25)], {"count"}),
        ],
    )
    def test_names_everything_that_is_wrong(self, programs: list[tuple[str, int]], codes: set[str]) -> None:
        with pytest.raises(InvalidFields) as refused:
            rules.check([preferred(name, percent) for name, percent in programs], 2)
        assert {error.code for error in refused.value.errors} == codes


class TestChanges:
    def test_are_links_updates_and_ends(self) -> None:
        before = [preferred("a", 50), preferred("b", 30), preferred("c", 20)]
        after = [preferred("d", 10), preferred("b", 30), preferred("a", 60)]
        told = [(kind, each.program_id, each.allocation) for kind, each in rules.changes(before, after)]
        assert told == [(DELINKED, "c", 0), (LINKED, "d", 10), (UPDATED, "a", 60)]

    def test_are_updates_where_the_account_is_another(self) -> None:
        told = rules.changes([preferred("a", 100)], [preferred("a", 100, "2")])
        assert told == [(UPDATED, preferred("a", 100, "2"))]

    def test_are_none_where_only_the_order_changed(self) -> None:
        programs = [preferred("a", 50), preferred("b", 50)]
        assert rules.changes(programs, programs[::-1]) == []


class TestParts:
    def test_are_numbered_by_the_programs_place_and_leave_out_who_gets_nothing(self) -> None:
        parts = rules.parts(self.reward(101), [preferred("a", 0), preferred("b", 50), preferred("c", 50)])
        assert [(part.order.program_id, part.order.reference_number, part.order.value) for part in parts] == [
            ("b", "R-1.2", Money(51, "USD")),
            ("c", "R-1.3", Money(50, "USD")),
        ]
        assert next(part.said for part in parts) == {"programId": "b", "allocation": 50, "value": 51}

    @settings(max_examples=500)
    @given(st.integers(1, 10**14), st.lists(st.integers(0, 99), max_size=4, unique=True))
    def test_sum_to_the_reward(self, minor: int, cuts: list[int]) -> None:
        edges = [0, *sorted(cuts), 100]
        percents = [high - low for low, high in itertools.pairwise(edges)]
        programs = [preferred(str(place), percent) for place, percent in enumerate(percents)]
        values = [part.order.value for part in rules.parts(self.reward(minor), programs)]
        assert sum(value.minor for value in values if value) == minor

    def test_claim_a_key_that_no_reference_number_can_be(self) -> None:
        assert self.reward(100).claim().key == "reward\nR-1"

    def reward(self, minor: int) -> Reward:
        return Reward("env_1", "user-1", "card-1", Money(minor, "USD"), "R-1")
