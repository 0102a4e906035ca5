from collections.abc import Callable

import pytest

from tests.fakes.clock import StoppedClock
from widget_host.kit import lookups
from widget_host.kit.lookups import Lookups


class Question:
    """Answers with how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self) -> int:
        self.asked += 1
        return self.asked


class TestGet:
    def test_asks_once_a_second(self, memory: Lookups, question: Question, clock: StoppedClock) -> None:
        assert [memory.get("a", question), memory.get("a", question)] == [1, 1]
        clock.advance(seconds=1)
        assert memory.get("a", question) == 2

    def test_asks_for_each_key(self, memory: Lookups, question: Question) -> None:
        assert [memory.get("a", question), memory.get("b", question)] == [1, 2]

    def test_asks_again_where_the_clock_went_back(
        self, memory: Lookups, question: Question, clock: StoppedClock
    ) -> None:
        memory.get("a", question)
        clock.advance(seconds=-5)
        assert memory.get("a", question) == 2

    def test_does_not_remember_what_raised(self, memory: Lookups, question: Question) -> None:
        with pytest.raises(ZeroDivisionError):
            memory.get("a", lambda: 1 // 0)
        assert memory.get("a", question) == 1

    def test_does_not_remember_that_nothing_was_found(self, memory: Lookups, question: Question) -> None:
        assert memory.get("a", lambda: None) is None
        assert memory.get("a", question) == 1

    def test_keeps_so_many_keys_and_no_more(
        self, memory: Lookups, question: Question, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(lookups, "MOST", 2)
        for key in ("a", "b", "c"):
            memory.get(key, question)
        assert len(memory._found) <= 2


class TestForget:
    def test_lets_everything_be_asked_again(self, memory: Lookups, question: Question) -> None:
        memory.get("a", question)
        memory.forget()
        assert memory.get("a", question) == 2

    def test_counts_for_what_is_being_looked_up_meanwhile(self, memory: Lookups, question: Question) -> None:
        memory.get("a", self.forgetting(memory, question))
        assert memory.get("a", question) == 2

    def forgetting(self, memory: Lookups, question: Question) -> Callable[[], int]:
        def look() -> int:
            found = question()
            memory.forget()
            return found

        return look


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
def memory(clock: StoppedClock) -> Lookups:
    return Lookups(clock)


@pytest.fixture
def question() -> Question:
    return Question()
