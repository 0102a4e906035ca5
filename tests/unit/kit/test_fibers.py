import asyncio
import threading
import weakref
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import pytest
from greenlet import getcurrent

from widget_host.kit import fibers

said: ContextVar[str] = ContextVar("said", default="nothing")


def run(work: Callable[[], Any]) -> Any:
    return asyncio.run(fibers.run(work))


def fail() -> None:
    raise ValueError("no")


class TestRun:
    def test_returns_what_comes_of_the_work(self) -> None:
        assert run(lambda: 1) == 1

    def test_raises_what_the_work_raises_and_goes_on(self) -> None:
        with pytest.raises(ValueError, match="no"):
            run(fail)
        assert run(lambda: 1) == 1

    def test_has_one_fiber_do_what_comes_one_after_the_other(self) -> None:
        async def twice() -> bool:
            return await fibers.run(getcurrent) is await fibers.run(getcurrent)

        assert asyncio.run(twice())

    def test_keeps_no_fiber_for_another_thread(self) -> None:
        first = run(getcurrent)
        found: list[Any] = []
        thread = threading.Thread(target=lambda: found.append(run(getcurrent)))
        thread.start()
        thread.join(10)
        assert found[0] is not first

    def test_keeps_nothing_of_what_it_did(self) -> None:
        class Made:
            """Something that can be looked at from afar."""

        def begin() -> Any:
            asked = Made()
            given = weakref.ref(asked)
            return given, weakref.ref(run(lambda: (asked, Made())[1]))

        assert [each() for each in begin()] == [None, None]

    def test_tells_the_work_that_nobody_waits_for_it_any_more(self) -> None:
        heard: list[BaseException] = []

        def work() -> None:
            try:
                fibers.turn().wait()
            except asyncio.CancelledError as gone:
                heard.append(gone)
                raise

        async def leave() -> None:
            task = asyncio.ensure_future(fibers.run(work))
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert await fibers.run(lambda: 1) == 1

        asyncio.run(leave())
        assert len(heard) == 1


class TestOnlyInThread:
    def test_ends_work_in_a_fiber_whatever_it_catches(self) -> None:
        def work() -> None:
            try:
                fibers.only_in_thread()
            except Exception:  # noqa: BLE001 - as broad as a handler can be
                pytest.fail("this is no fault that anybody handles")

        with pytest.raises(fibers.NeedsThread):
            run(work)

    def test_lets_a_thread_go_on(self) -> None:
        fibers.only_in_thread()
        assert not fibers.is_here()


class TestInThread:
    def test_has_a_thread_do_it_in_the_same_context_and_others_go_on_meanwhile(self) -> None:
        may_end, done = threading.Event(), []

        def look() -> tuple[str, bool, threading.Thread]:
            assert may_end.wait(10)
            return said.get(), fibers.is_here(), threading.current_thread()

        def work() -> Any:
            said.set("something")
            return fibers.in_thread(look)

        async def both() -> Any:
            slow = asyncio.ensure_future(fibers.run(work))
            done.append(await fibers.run(lambda: "fast"))
            assert not slow.done()
            may_end.set()
            return await asyncio.wait_for(slow, 10)

        heard, is_fiber, thread = asyncio.run(both())
        assert (heard, is_fiber, done) == ("something", False, ["fast"])
        assert thread is not threading.current_thread()

    def test_raises_what_the_thread_raises(self) -> None:
        with pytest.raises(ValueError, match="no"):
            run(lambda: fibers.in_thread(fail))

    def test_is_done_at_once_by_a_thread_itself(self) -> None:
        assert fibers.in_thread(threading.current_thread) is threading.current_thread()


class TestAside:
    def test_lets_the_fiber_go_on_while_a_thread_works_in_the_same_context(self) -> None:
        may_end, heard = threading.Event(), []

        def work() -> None:
            assert may_end.wait(10)
            heard.append((said.get(), fibers.is_here()))

        def begin() -> None:
            said.set("something")
            fibers.aside(work)

        async def both() -> None:
            await fibers.run(begin)
            assert heard == []
            may_end.set()
            await asyncio.get_running_loop().shutdown_default_executor()

        asyncio.run(both())
        assert heard == [("something", False)]

    def test_lets_the_loop_say_what_it_raised(self) -> None:
        heard: list[Any] = []

        async def both() -> None:
            asyncio.get_running_loop().set_exception_handler(lambda _loop, context: heard.append(context["exception"]))
            await fibers.run(lambda: fibers.aside(fail))
            await asyncio.get_running_loop().shutdown_default_executor()

        asyncio.run(both())
        assert [str(each) for each in heard] == ["no"]


class TestCome:
    def test_lets_fibers_and_threads_go_on(self) -> None:
        turns: list[fibers.Turn] = []

        def work() -> None:
            turns.append(fibers.turn())
            turns[-1].wait()

        async def all_of_them() -> None:
            waiting = [asyncio.ensure_future(fibers.run(work)) for _ in range(2)]
            thread = threading.Thread(target=work)
            thread.start()
            while len(turns) < 3:
                await asyncio.sleep(0.001)
            await asyncio.to_thread(fibers.come, turns)
            await asyncio.wait_for(asyncio.gather(*waiting), 10)
            thread.join(10)
            assert not thread.is_alive()

        asyncio.run(all_of_them())

    def test_says_nothing_to_who_has_gone(self) -> None:
        turns: list[fibers.Turn] = []

        def work() -> None:
            turns.append(fibers.turn())
            turns[-1].wait()

        async def leave() -> None:
            task = asyncio.ensure_future(fibers.run(work))
            await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            fibers.come(turns)
            await asyncio.sleep(0)

        asyncio.run(leave())
        # Nor where the whole loop is over.
        fibers.come(turns)
        assert len(turns) == 1
