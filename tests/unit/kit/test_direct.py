from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError

from tests.services.ports import free_port
from widget_host.kit import direct
from widget_host.kit.db import Database

STATEMENTS: dict[str, Callable[[Database], Any]] = {
    "a turn with rows": lambda database: direct.rows_in_turn(database, "SELECT 1", [[]]),
    "a turn": lambda database: direct.in_turn(database, [[("SELECT 1", [])]]),
}
ADD = "INSERT INTO words (name) VALUES (?) ON CONFLICT DO NOTHING RETURNING name"


class TestAway:
    """No connection can be had: it is said as a session says it, so that callers are told to come back."""

    def test_is_said_by_one_statement(self) -> None:
        with pytest.raises(OperationalError):
            direct.at_once(Database(f"postgresql+psycopg://nobody@127.0.0.1:{free_port()}/none"), b"SELECT 1", [])

    @pytest.mark.parametrize("statement", STATEMENTS)
    def test_is_said_on_sqlite(self, tmp_path: Path, statement: str) -> None:
        with pytest.raises(OperationalError):
            STATEMENTS[statement](Database(f"sqlite:///{tmp_path / 'nowhere' / 'host.db'}"))


class TestRowsInTurn:
    def test_returns_a_row_for_each_that_was_written(self, database: Database) -> None:
        assert direct.rows_in_turn(database, ADD, [["a"], ["a"], ["b"]]) == [("a",), None, ("b",)]
        assert self.kept(database) == ["a", "b"]

    def test_writes_nothing_where_one_is_refused(self, database: Database) -> None:
        with pytest.raises(IntegrityError):
            direct.rows_in_turn(database, ADD, [["a"], [None]])
        assert self.kept(database) == []

    def kept(self, database: Database) -> list[str]:
        with database.reading() as session:
            return list(session.scalars(text("SELECT name FROM words ORDER BY name")))

    @pytest.fixture
    def database(self, tmp_path: Path) -> Iterator[Database]:
        database = Database(f"sqlite:///{tmp_path / 'host.db'}")
        with database.engine.begin() as connection:
            connection.execute(text("CREATE TABLE words (name TEXT NOT NULL PRIMARY KEY)"))
        yield database
        database.engine.dispose()
