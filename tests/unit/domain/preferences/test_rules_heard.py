from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from widget_host.domain.preferences.rules import (
    DELINKED,
    LINKED,
    MOST_EVER,
    UPDATED,
    WHOLE,
    Connection,
    Preferred,
    Share,
    Word,
    heard,
    is_newer,
)
from widget_host.domain.programs.rules import Destination
from widget_host.kit.errors import InvalidFields

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
LATER = NOON + timedelta(seconds=1)


def share(name: str, percent: int, asked: int | None = None) -> Share:
    return Share(Preferred(name, Destination(name), percent), percent if asked is None else asked)


def said(name: str, percent: int = 0, kind: str = UPDATED) -> Connection:
    return Connection(kind, "user-1", "card-1", name, Destination(), percent, NOON)


def percents(shares: list[Share]) -> dict[str, int]:
    return {each.preferred.program_id: each.preferred.allocation for each in shares}


class TestHeard:
    @pytest.mark.parametrize(
        ("before", "word", "after"),
        [
            ([], said("a", 40, LINKED), {"a": 100}),
            ([share("a", 100)], said("b", 30, LINKED), {"a": 70, "b": 30}),
            ([share("a", 70, 50), share("b", 30)], said("c", 20, LINKED), {"a": 50, "b": 30, "c": 20}),
            ([share("a", 50), share("b", 30), share("c", 20)], said("a", 0), {"a": 0, "b": 60, "c": 40}),
            ([share("a", 100), share("b", 0), share("c", 0)], said("a", 55), {"a": 55, "b": 23, "c": 22}),
            ([share("a", 50), share("b", 30), share("c", 20)], said("c", kind=DELINKED), {"a": 63, "b": 37}),
            ([share("a", 100)], said("a", kind=DELINKED), {}),
            ([share("a", 100)], said("b", kind=DELINKED), {"a": 100}),
            ([], said("a", kind=DELINKED), {}),
        ],
    )
    def test_settles_to_a_whole(self, before: list[Share], word: Connection, after: dict[str, int]) -> None:
        assert percents(heard(before, word)) == after

    @given(st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 100), st.sampled_from([UPDATED, DELINKED]))))
    def test_is_always_a_hundred_or_nothing(self, words: list[tuple[str, int, str]]) -> None:
        shares: list[Share] = []
        for name, percent, kind in words:
            shares = heard(shares, said(name, percent, kind))
            assert sum(percents(shares).values()) == (WHOLE if shares else 0)

    @given(st.permutations([("a", 50), ("b", 30), ("c", 20), ("d", 0)]))
    def test_comes_to_what_was_said_in_whatever_order(self, words: list[tuple[str, int]]) -> None:
        shares: list[Share] = []
        for name, percent in words:
            shares = heard(shares, said(name, percent))
        assert percents(shares) == dict(words)

    def test_keeps_the_account_that_is_not_told_anew(self) -> None:
        (kept,) = heard([share("a", 100)], said("a", 100))
        assert kept.preferred.destination == Destination("a")

    def test_has_room_for_so_many_programs(self) -> None:
        full = [share(str(number), 5) for number in range(MOST_EVER)]
        with pytest.raises(InvalidFields, match="destinationProgramId"):
            heard(full, said("another", 5))


class TestIsNewer:
    @pytest.mark.parametrize(
        ("word", "known", "newer"),
        [
            (Word(NOON), None, True),
            (Word(NOON), Word(NOON), False),
            (Word(LATER), Word(NOON), True),
            (Word(NOON), Word(LATER), False),
            (Word(NOON, "p", 2), Word(LATER, "p", 1), True),
            (Word(LATER, "p", 1), Word(NOON, "p", 1), False),
            (Word(LATER, "p", 1), Word(NOON, "q", 9), True),
            (Word(LATER, "p", 1), Word(NOON), True),
            (Word(NOON, None, 9), Word(LATER), False),
        ],
    )
    def test_compares_the_count_of_one_sender_or_the_dates(self, word: Word, known: Word | None, newer: bool) -> None:
        assert is_newer(word, known) is newer
