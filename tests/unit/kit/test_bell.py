from widget_host.kit.bell import Bell


class TestRing:
    def test_is_heard_by_whoever_listens(self) -> None:
        bell, heard = Bell(), list[str]()
        with bell.heard_by(lambda: heard.append("first")), bell.heard_by(lambda: heard.append("second")):
            bell.ring()
        assert heard == ["first", "second"]

    def test_is_heard_by_nobody_who_left(self) -> None:
        bell, heard = Bell(), list[str]()
        with bell.heard_by(lambda: heard.append("first")):
            pass
        bell.ring()
        assert heard == []
