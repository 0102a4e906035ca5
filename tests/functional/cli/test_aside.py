import signal
import threading

import pytest

from widget_host.cli.aside import Aside


class TestDo:
    def test_returns_what_comes_of_the_work(self, aside: Aside) -> None:
        assert aside.do(lambda: 1) == 1

    def test_raises_what_the_work_raises_and_goes_on(self, aside: Aside) -> None:
        with pytest.raises(ZeroDivisionError):
            aside.do(lambda: 1 // 0)
        assert aside.do(lambda: 1) == 1

    def test_has_it_all_done_by_one_other_thread(self, aside: Aside) -> None:
        threads = {aside.do(threading.current_thread), aside.do(threading.current_thread)}
        assert len(threads) == 1
        assert threading.current_thread() not in threads

    def test_is_interrupted_whatever_the_work_is_at(self, aside: Aside) -> None:
        may_end, has_ended = threading.Event(), threading.Event()

        def work() -> None:
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
            may_end.wait(10)
            has_ended.set()

        with pytest.raises(KeyboardInterrupt):
            aside.do(work)
        assert not has_ended.is_set()
        may_end.set()
        assert aside.do(lambda: "what was asked after it") == "what was asked after it"


@pytest.fixture
def aside() -> Aside:
    return Aside()
