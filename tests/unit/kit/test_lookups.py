import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest

from tests.fakes.clock import StoppedClock
from widget_host.kit import fibers, lookups
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


class TestGetInFiber:
    """What is half a second old is looked up again by a thread, and the fiber goes on."""

    @pytest.fixture(autouse=True)
    def _half_old(self, memory: Lookups, question: Question, clock: StoppedClock) -> None:
        memory.get("a", question)
        clock.advance(milliseconds=500)

    def test_goes_on_with_what_is_known(self, memory: Lookups, question: Question) -> None:
        assert self.asked_again(memory, question) == (1, 2)

    def test_keeps_what_came_of_it_for_a_second_more(
        self, memory: Lookups, question: Question, clock: StoppedClock
    ) -> None:
        self.asked_again(memory, question)
        clock.advance(milliseconds=400)
        assert memory.get("a", question) == 2

    @pytest.mark.parametrize("look", [lambda: None, lambda: 1 // 0], ids=["nothing found", "raised"])
    def test_forgets_what_is_not_found_again(
        self, memory: Lookups, question: Question, look: Callable[[], int | None]
    ) -> None:
        assert self.asked_again(memory, look) == (1, None)
        assert memory.get("a", question) == 2

    def test_looks_itself_for_what_is_too_old(self, memory: Lookups, question: Question, clock: StoppedClock) -> None:
        clock.advance(milliseconds=500)
        assert self.asked_again(memory, question) == (2, 2)

    @staticmethod
    def asked_again(memory: Lookups, look: Callable[[], int | None]) -> tuple[int | None, int | None]:
        """Return what a fiber is told, and what is remembered when all threads are done."""

        async def ask() -> int | None:
            found = await fibers.run(lambda: memory.get("a", look))
            await asyncio.get_running_loop().shutdown_default_executor()
            return found

        told = asyncio.run(ask())
        known = memory._found.get("a")
        return told, known.value if known else None


class TestGetInFibers:
    """What several fibers miss at once is looked up by one thread for all."""

    def test_looks_once_for_all(self, memory: Lookups) -> None:
        look = Slow(lambda: 1)
        assert asyncio.run(self.asked_at_once(memory, look)) == [1, 1, 1]
        assert look.begun == 1

    def test_looks_for_each_where_the_first_found_nothing(self, memory: Lookups) -> None:
        look = Slow(lambda: 1 // 0)
        told = asyncio.run(self.asked_at_once(memory, look))
        assert [type(each) for each in told] == [ZeroDivisionError] * 3
        assert look.begun == 3

    def test_looks_again_for_who_waited_where_it_was_forgotten_meanwhile(self, memory: Lookups) -> None:
        look = Slow(memory.forget, lambda: 1)
        assert asyncio.run(self.asked_at_once(memory, look)) == [1, 1, 1]
        assert look.begun == 3

    def test_goes_on_where_who_looks_is_not_waited_for_any_more(self, memory: Lookups) -> None:
        look = Slow(lambda: 1)
        told = asyncio.run(self.asked_at_once(memory, look, gone=1))
        assert [type(each) for each in told] == [asyncio.CancelledError, int, int]

    def test_leaves_nobody_waiting_for_ever(self, memory: Lookups) -> None:
        asyncio.run(self.asked_at_once(memory, Slow(lambda: 1)))
        assert memory._looking == {}

    @staticmethod
    async def asked_at_once(memory: Lookups, look: "Slow", gone: int = 0) -> list[Any]:
        """Ask in three fibers, some of which are given up while one looks."""
        asked = [asyncio.create_task(fibers.run(lambda: memory.get("a", look))) for _ in range(3)]
        await asyncio.to_thread(look.is_begun.wait, 10)
        for task in asked[:gone]:
            task.cancel()
        await asyncio.sleep(0)
        look.may_end.set()
        return await asyncio.wait_for(asyncio.gather(*asked, return_exceptions=True), 10)


class Slow:
    """Answers when it may, with what comes of the last step."""

    def __init__(self, *steps: Callable[[], Any]) -> None:
        self.begun = 0
        self.is_begun, self.may_end = threading.Event(), threading.Event()
        self._steps = steps

    def __call__(self) -> Any:
        self.begun += 1
        self.is_begun.set()
        self.may_end.wait(10)
        return [step() for step in self._steps][-1]


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
