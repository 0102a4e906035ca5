import time

import pytest

from widget_host.kit.counting import Counts


class TestCounts:
    def test_count_each_key(self) -> None:
        counts = Counts()
        assert [counts.incr(key, 60) for key in ("a", "a", "b", "a")] == [1, 2, 1, 3]

    def test_remember_a_key_for_its_life_and_forget_it_after_two(self, monkeypatch: pytest.MonkeyPatch) -> None:
        moment = 0.0
        monkeypatch.setattr(time, "monotonic", lambda: moment)
        counts = Counts()
        counts.incr("a", 60)
        moment = 61.0
        assert counts.incr("a", 60) == 2
        moment = 200.0
        counts.incr("b", 60)
        moment = 300.0
        assert counts.incr("a", 60) == 1
