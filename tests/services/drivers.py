"""What the drivers of both databases are given to do, overheard: it does not matter who above them says it, or how."""

import sqlite3
from collections.abc import Callable, Generator
from typing import Any

import psycopg
from sqlalchemy import Engine, event

COMMIT = "COMMIT"
Hear = Callable[[str], None]


def overhear(engine: Engine, before: Hear, after: Hear) -> None:
    """Call these around each statement and each commit of connections that are opened from now on, in this process."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "do_connect", lambda _dialect, _record, _args, named: named.update(factory=tapped))
    else:
        _tap_psycopg(before, after)

    class TappedCursor(sqlite3.Cursor):
        def execute(self, statement: str, *values: Any) -> Any:
            before(statement)
            done = super().execute(statement, *values)
            after(statement)
            return done

    class TappedConnection(sqlite3.Connection):
        def cursor(self, *_: Any) -> Any:  # what it would take is a factory
            return super().cursor(TappedCursor)

        def commit(self) -> None:
            is_one = self.in_transaction
            if is_one:
                before(COMMIT)
            super().commit()
            if is_one:
                after(COMMIT)

    tapped = TappedConnection


def _tap_psycopg(before: Hear, after: Hear) -> None:
    execute, commit, wait = psycopg.Cursor.execute, psycopg.Connection.commit, psycopg.Connection.wait
    alone: set[psycopg.Connection[Any]] = set()

    def tapped_execute(self: Any, query: Any, *values: Any, **options: Any) -> Any:
        statement, connection = str(query), self.connection
        # Outside of a transaction what writes commits as well.
        if is_alone := connection.autocommit and "INSERT INTO" in statement:
            alone.add(connection)
        before(statement)
        done = execute(self, query, *values, **options)
        after(statement)
        if is_alone:
            alone.remove(connection)
            after(COMMIT)
        return done

    def tapped_wait(self: Any, asking: Any, *options: Any, **named: Any) -> Any:
        heard = _sent(asking, before) if self in alone else asking
        return wait(self, heard, *options, **named)

    def tapped_commit(self: Any) -> None:
        before(COMMIT)
        commit(self)
        after(COMMIT)

    psycopg.Cursor.execute = tapped_execute  # type: ignore[method-assign]  # in this process alone
    psycopg.Connection.wait = tapped_wait  # type: ignore[method-assign, assignment]  # the same
    psycopg.Connection.commit = tapped_commit  # type: ignore[method-assign]  # the same


def _sent(asking: Generator[Any, Any, Any], before: Hear) -> Generator[Any, Any, Any]:
    """Pass on what a statement waits for; it is on its way when it waits first."""
    waits_for = next(asking)
    before(COMMIT)
    while True:
        ready = yield waits_for
        try:
            waits_for = asking.send(ready)
        except StopIteration as ended:
            return ended.value
