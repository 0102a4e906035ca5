import asyncio
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest

from widget_host.kit import fibers
from widget_host.kit import gathering as kit_gathering
from widget_host.kit.gathering import Gathering

Patience = Callable[[float], None]


class Doer:
    """Doubles numbers, holding on to the first of them until it may go on; it refuses the number 13."""

    def __init__(self) -> None:
        self.done: list[list[int]] = []
        self.began, self.may_go_on = threading.Event(), threading.Event()

    def __call__(self, numbers: Sequence[int]) -> list[int]:
        self.done.append(list(numbers))
        self.began.set()
        assert self.may_go_on.wait(10)
        if 13 in numbers:
            raise ValueError(f"13 among {len(numbers)}")
        return [2 * number for number in numbers]


def refuse(_thread: threading.Thread) -> None:
    raise RuntimeError("can't start new thread")


class TestDo:
    def test_does_what_comes_alone_alone(self, doer: Doer, gathering: Gathering[int, int]) -> None:
        doer.may_go_on.set()
        assert [gathering.do(1), gathering.do(2)] == [2, 4]
        assert doer.done == [[1], [2]]

    def test_does_together_what_came_meanwhile(self, doer: Doer, begin: Callable[[int], Future[int]]) -> None:
        results = [begin(number) for number in range(4)]
        doer.may_go_on.set()
        assert [result.result(10) for result in results] == [0, 2, 4, 6]
        assert doer.done == [[0], [1, 2, 3]]

    def test_does_no_more_at_once_than_it_may(self, doer: Doer, begin: Callable[[int], Future[int]]) -> None:
        results = [begin(number) for number in range(9)]
        doer.may_go_on.set()
        assert [result.result(10) for result in results] == [2 * number for number in range(9)]
        assert [len(numbers) for numbers in doer.done] == [1, 4, 4]

    def test_waits_a_moment_for_as_many_as_there_were_just_now(
        self, doer: Doer, gathering: Gathering[int, int], begin: Callable[[int], Future[int]], patience: Patience
    ) -> None:
        results = [begin(number) for number in range(4)]
        doer.may_go_on.set()
        assert [result.result(10) for result in results] == [0, 2, 4, 6]
        patience(10)
        with ThreadPoolExecutor(3) as threads:
            began = time.monotonic()
            assert list(threads.map(gathering.do, (4, 5, 6))) == [8, 10, 12]
        assert sorted(doer.done[-1]) == [4, 5, 6]
        assert time.monotonic() - began < 5

    def test_does_alone_what_waited_in_vain_and_waits_less_often(
        self, doer: Doer, gathering: Gathering[int, int], begin: Callable[[int], Future[int]], patience: Patience
    ) -> None:
        results = [begin(number) for number in range(3)]
        doer.may_go_on.set()
        assert [result.result(10) for result in results] == [0, 2, 4]
        patience(0.001)
        assert [gathering.do(3), gathering.do(4)] == [6, 8]
        patience(60)
        assert gathering.do(5) == 10
        assert doer.done == [[0], [1, 2], [3], [4], [5]]

    def test_lets_nobody_fail_for_anothers_fault(self, doer: Doer, begin: Callable[[int], Future[int]]) -> None:
        first, good, bad, other = (begin(number) for number in (0, 1, 13, 2))
        doer.may_go_on.set()
        assert [each.result(10) for each in (first, good, other)] == [0, 2, 4]
        with pytest.raises(ValueError, match="13 among 1"):
            bad.result(10)
        assert doer.done == [[0], [1, 13, 2], [1], [13], [2]]

    def test_goes_on_after_a_fault(self, doer: Doer, gathering: Gathering[int, int]) -> None:
        doer.may_go_on.set()
        with pytest.raises(ValueError, match="13 among 1"):
            gathering.do(13)
        assert gathering.do(1) == 2

    def test_answers_each_of_many_with_its_own(self) -> None:
        gathering = Gathering[int, int](lambda numbers: [number * number for number in numbers], most=8)
        with ThreadPoolExecutor(16) as threads:
            assert list(threads.map(gathering.do, range(2000))) == [number * number for number in range(2000)]

    def test_answers_fibers_and_threads_together(self) -> None:
        gathering = Gathering[int, int](lambda numbers: [number * number for number in numbers], most=8)

        def work(number: int) -> Callable[[], int]:
            return lambda: gathering.do(number)

        async def ask() -> list[int]:
            in_fibers = [fibers.run(work(number)) for number in range(300)]
            in_threads = [asyncio.to_thread(work(number)) for number in range(300, 600)]
            return await asyncio.wait_for(asyncio.gather(*in_fibers, *in_threads), 30)

        assert asyncio.run(ask()) == [number * number for number in range(600)]

    def test_lets_no_fiber_fail_for_anothers_fault(self, doer: Doer, gathering: Gathering[int, int]) -> None:
        doer.may_go_on.set()

        async def ask() -> list[Any]:
            asked = [fibers.run(partial(gathering.do, number)) for number in (1, 13, 2)]
            return await asyncio.wait_for(asyncio.gather(*asked, return_exceptions=True), 10)

        first, refused, last = asyncio.run(ask())
        assert (first, last, str(refused)) == (2, 4, "13 among 1")

    def test_keeps_no_thread_where_nobody_comes_and_goes_on_when_somebody_does(
        self, doer: Doer, gathering: Gathering[int, int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(kit_gathering, "IDLE_SECONDS", 0.01)
        doer.may_go_on.set()
        assert gathering.do(1) == 2
        keeper = gathering._keeper
        if keeper is not None:
            keeper.join(10)
        assert gathering._keeper is None
        assert gathering.do(2) == 4

    def test_does_it_within_what_is_let_go_of_when_nobody_comes_or_it_ends(
        self, doer: Doer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        said: list[str] = []

        @contextmanager
        def around() -> Iterator[None]:
            said.append("in")
            yield
            said.append("out")

        doer.may_go_on.set()
        monkeypatch.setattr(kit_gathering, "LULL_SECONDS", 30)
        gathering = Gathering(doer, most=4, around=around)
        assert [gathering.do(1), gathering.do(2)] == [2, 4]
        assert said == ["in"]
        gathering.end()
        assert said == ["in", "out"]
        monkeypatch.setattr(kit_gathering, "LULL_SECONDS", 0.001)
        assert gathering.do(3) == 6
        until = time.monotonic() + 10
        while len(said) < 4 and time.monotonic() < until:
            time.sleep(0.001)
        assert said == ["in", "out"] * 2

    def test_tells_who_waits_that_there_is_no_result_for_them(self) -> None:
        gathering = Gathering[int, int](lambda _: [], most=4)
        with pytest.raises(ValueError, match="zip"):
            gathering.do(1)

    def test_goes_on_in_a_process_that_was_forked(self) -> None:
        gathering = Gathering[int, int](lambda numbers: [2 * number for number in numbers], most=4)
        assert gathering.do(1) == 2
        child = os.fork()
        if child == 0:
            os._exit(gathering.do(3))
        until = time.monotonic() + 10
        while (ended := os.waitpid(child, os.WNOHANG))[0] == 0 and time.monotonic() < until:
            time.sleep(0.01)
        if ended[0] == 0:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(ended[1]) == 6
        assert ended[0] == child

    def test_says_so_where_no_thread_can_be_had_and_goes_on_when_one_can(
        self, doer: Doer, gathering: Gathering[int, int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        doer.may_go_on.set()
        with monkeypatch.context() as patched:
            patched.setattr(threading.Thread, "start", refuse)
            with pytest.raises(RuntimeError, match="can't start new thread"):
                gathering.do(1)
        assert gathering.do(2) == 4
        assert doer.done == [[2]]

    @pytest.fixture
    def patience(self, gathering: Gathering[int, int], monkeypatch: pytest.MonkeyPatch) -> Patience:
        """How long, in seconds, the keeper waits for company."""
        return lambda seconds: monkeypatch.setattr(gathering, "_patience", seconds)

    @pytest.fixture
    def doer(self) -> Doer:
        return Doer()

    @pytest.fixture
    def gathering(self, doer: Doer) -> Gathering[int, int]:
        return Gathering(doer, most=4)

    @pytest.fixture
    def begin(self, doer: Doer, gathering: Gathering[int, int]) -> Iterator[Callable[[int], Future[int]]]:
        """Have a number doubled by a thread of its own; it is known to wait, or to be worked on, when this returns."""
        begun = 0

        def begin(number: int) -> Future[int]:
            nonlocal begun
            result = threads.submit(gathering.do, number)
            assert doer.began.wait(10)
            until = time.monotonic() + 10
            while len(gathering._waiting) < begun and time.monotonic() < until:
                time.sleep(0.001)
            begun += 1
            return result

        with ThreadPoolExecutor(16) as threads:
            yield begin
            doer.may_go_on.set()
