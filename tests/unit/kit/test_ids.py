import time
from collections.abc import Iterator
from uuid import UUID

import pytest

from widget_host.kit.ids import ALPHABET, new_id


def read(made: str) -> UUID:
    number = 0
    for letter in made.partition("_")[2]:
        number = number << 5 | ALPHABET.index(letter)
    return UUID(int=number)


class TestNewId:
    def test_is_a_uuid_of_version_7_behind_its_prefix(self) -> None:
        made = new_id("txn")

        assert made.startswith("txn_")
        assert len(made) == 4 + 26
        assert (read(made).version, read(made).variant) == (7, "specified in RFC 4122")

    def test_carries_the_millisecond_it_was_made_in(self) -> None:
        before = time.time_ns() // 1_000_000

        made = read(new_id("txn")).int >> 80

        assert before <= made <= time.time_ns() // 1_000_000

    def test_sorts_by_the_time_it_was_made(self, passing_time: list[int]) -> None:
        made = [new_id("txn") for _ in passing_time.copy()]

        assert made == sorted(made)

    def test_sorts_by_the_order_it_was_made_in_within_a_millisecond(self) -> None:
        made = [new_id("txn") for _ in range(2000)]

        assert made == sorted(made)

    def test_is_never_the_same_twice(self) -> None:
        made = [new_id("txn") for _ in range(2000)]

        assert len(set(made)) == len(made)

    @pytest.fixture
    def passing_time(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
        """Moments a millisecond apart, and further, as `time_ns` tells them one after the other."""
        moments = [10**18 + step * 10**6 for step in (0, 1, 2, 31, 32, 1023, 10**6, 10**9)]
        told = iter(moments)
        monkeypatch.setattr(time, "time_ns", lambda: next(told))
        yield moments
        monkeypatch.undo()
