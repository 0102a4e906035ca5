from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from tests.services.ports import free_port
from widget_host.kit import direct
from widget_host.kit.db import Database

STATEMENTS: dict[str, Callable[[Database], Any]] = {
    "a look": lambda database: direct.look(database, "SELECT 1", []),
    "a turn": lambda database: direct.in_turn(database, [[("SELECT 1", [])]]),
}


class TestAway:
    """No connection can be had: it is said as a session says it, so that callers are told to come back."""

    def test_is_said_by_one_statement(self) -> None:
        with pytest.raises(OperationalError):
            direct.at_once(Database(f"postgresql+psycopg://nobody@127.0.0.1:{free_port()}/none"), b"SELECT 1", [])

    @pytest.mark.parametrize("statement", STATEMENTS)
    def test_is_said_on_sqlite(self, tmp_path: Path, statement: str) -> None:
        with pytest.raises(OperationalError):
            STATEMENTS[statement](Database(f"sqlite:///{tmp_path / 'nowhere' / 'host.db'}"))
