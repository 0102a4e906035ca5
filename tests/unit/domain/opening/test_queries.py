from contextlib import ExitStack
from typing import Any, cast

import pytest
from sqlalchemy import text

from tests.factories.issuers import Issuer
from tests.factories.orders import launch
from tests.factories.widgets import open_widget
from widget_host.kit import direct
from widget_host.wiring import Wiring

SET_BY = text("SELECT source FROM pg_settings WHERE name = 'synchronous_commit'")


class TestAtOnce:
    @pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
    def test_waits_for_no_disk_and_leaves_its_connection_as_it_was(
        self, wiring: Wiring, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        said: list[Any] = []
        real = direct.at_once

        def heard(*asked: Any) -> tuple[Any, ...]:
            said.append(real(*asked))
            return cast("tuple[Any, ...]", said[-1])

        monkeypatch.setattr(direct, "at_once", heard)
        open_widget(wiring, launch(wiring, issuer))
        assert [each[1] for each in said] == ["off"]
        with ExitStack() as stack:
            used = wiring.database.engine.pool.checkedin()  # type: ignore[attr-defined]  # that of a QueuePool
            lent = [stack.enter_context(wiring.database.engine.connect()) for _ in range(used)]
            assert "session" not in {each.scalar(SET_BY) for each in lent}
