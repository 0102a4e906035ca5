"""The database without SQLAlchemy between, but for its pool: what is written at each order is written here."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

from psycopg import Error, RawCursor
from sqlalchemy.exc import DBAPIError

from widget_host.kit import fibers
from widget_host.kit.db import Database

# What another try may mend: a transaction that met another one (SQLSTATE), or a connection that is gone.
MET_ANOTHER = frozenset({"40001", "40P01"})
TRIES = 3
Step = tuple[str, Sequence[Any]]
# Of each thread the line that it keeps.
_own = threading.local()


def at_once(database: Database, statement: bytes, values: Sequence[str | None]) -> tuple[Any, ...]:
    """Run one statement of PostgreSQL outside of any transaction and return its one row.

    It is bytes, for psycopg looks it up among those it has prepared, and would encode its text each time. It is tried
    again where the connection breaks, so it has to be one that does nothing the second time. Raises DBAPIError, as a
    session does.
    """
    with keeping_line(database) as line:
        for tries_left in reversed(range(TRIES)):
            cursor = line.cursor()
            try:
                return cast("tuple[Any, ...]", cursor.execute(statement, values, prepare=True).fetchone())
            except Error as error:
                is_gone = _is_gone(database, error, cursor)
                if is_gone:
                    line.drop(error)
                if not tries_left or not (is_gone or error.sqlstate in MET_ANOTHER):
                    raise _failure(database, statement.decode(), error) from error
    raise AssertionError("the last try returns or raises")


def _is_gone(database: Database, error: Error, cursor: RawCursor[Any]) -> bool:
    return database.engine.dialect.is_disconnect(cast("Any", error), cast("Any", cursor.connection), None)


class Line:
    """One connection to PostgreSQL for many statements, each outside of any transaction; lent for the first of them."""

    def __init__(self, database: Database) -> None:
        """Have none yet."""
        self.database = database
        self._lent: Any = None
        self._cursor: RawCursor[Any] | None = None

    def cursor(self) -> RawCursor[Any]:
        """Return what runs statements; raises DBAPIError where no connection can be had."""
        if self._cursor is None:
            self._lent = _lent(self.database)
            self._cursor = RawCursor(self._lent.driver_connection)
            try:
                self._cursor.connection.autocommit = True
            except Error as error:
                self.drop(error)
                raise _failure(self.database, "autocommit", error) from error
        return self._cursor

    def drop(self, error: BaseException) -> None:
        """Never use this connection again: it is broken."""
        lent, self._lent, self._cursor = self._lent, None, None
        lent.invalidate(error)
        lent.close()

    def give_back(self) -> None:
        """Let others have the connection."""
        if self._cursor is None:
            return
        try:
            self._cursor.connection.autocommit = False
        except Error as error:
            self.drop(error)
        else:
            self._lent.close()
            self._lent = self._cursor = None


@contextmanager
def keeping_line(database: Database) -> Iterator[Line]:
    """Have all that this thread runs at once go over one line: to lend one takes half as long as to ask."""
    kept: Line | None = getattr(_own, "line", None)
    if kept is not None and kept.database is database:
        yield kept
        return
    _own.line = line = Line(database)
    try:
        yield line
    finally:
        _own.line = kept
        line.give_back()


def _lent(database: Database) -> Any:
    fibers.only_in_thread()
    try:
        return database.engine.raw_connection()
    except database.engine.dialect.loaded_dbapi.Error as error:
        raise _failure(database, "connect", error) from error


def in_turn(database: Database, all_steps: Sequence[Sequence[Step]]) -> list[int | None]:
    """Run statements of SQLite together when it is its writer's turn: of each sequence all, or none.

    None for a sequence whose first statement writes no row, for the others how many rows the last ones wrote together.
    Raises DBAPIError, as a session does, and nothing is written then.
    """
    with _as_writer(database, all_steps[0][0][0]) as cursor:
        written = [_stepwise(cursor, steps) for steps in all_steps]
    total = sum(count or 0 for count in written)
    return [None if count is None else total for count in written]


def rows_in_turn(
    database: Database, statement: str, all_values: Sequence[Sequence[Any]]
) -> list[tuple[Any, ...] | None]:
    """Run one statement of SQLite for each of these values when it is its writer's turn: for all, or for none.

    It has a RETURNING: what each run returns is returned, None where it writes no row. Raises as `in_turn` does.
    """
    with _as_writer(database, statement) as cursor:
        return [cursor.execute(statement, values).fetchone() for values in all_values]


@contextmanager
def _as_writer(database: Database, statement: str) -> Iterator[Any]:
    """Lend a cursor within a transaction of SQLite's writer; `statement` is what a failure is said to be of."""
    connection = _lent(database)
    try:
        assert database.turn is not None, "only SQLite takes turns"  # noqa: S101 - for the type checker
        with database.turn:
            cursor = connection.cursor()
            try:
                cursor.execute("BEGIN IMMEDIATE")
                yield cursor
                cursor.execute("COMMIT")
            finally:
                if cursor.connection.in_transaction:
                    cursor.execute("ROLLBACK")
    except database.engine.dialect.loaded_dbapi.Error as error:
        raise _failure(database, statement, error) from error
    finally:
        connection.close()


def _stepwise(cursor: Any, steps: Sequence[Step]) -> int | None:
    for number, (statement, values) in enumerate(steps):
        cursor.execute(statement, values)
        if number == 0 and cursor.rowcount == 0:
            return None
    return int(cursor.rowcount)


def _failure(database: Database, statement: str, error: Exception) -> BaseException:
    dialect = database.engine.dialect
    kind = cast("type[Exception]", dialect.loaded_dbapi.Error)
    return DBAPIError.instance(statement, None, error, kind, hide_parameters=True, dialect=dialect)
