"""The database without SQLAlchemy between, but for its pool: what is written at each order is written here."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from psycopg import RawCursor
from sqlalchemy.exc import DBAPIError

from widget_host.kit import fibers
from widget_host.kit.db import Database, moment_of_sqlite

# What another try may mend: a transaction that met another one (SQLSTATE), or a connection that is gone.
MET_ANOTHER = frozenset({"40001", "40P01"})
TRIES = 3
Step = tuple[str, Sequence[Any]]


def at_once(database: Database, statement: bytes, values: Sequence[str | None]) -> tuple[Any, ...]:
    """Run one statement of PostgreSQL outside of any transaction and return its one row.

    It is bytes, for psycopg looks it up among those it has prepared, and would encode its text each time. It is tried
    again where the connection breaks, so it has to be one that does nothing the second time. Raises DBAPIError, as a
    session does.
    """
    for tries_left in reversed(range(TRIES)):
        connection = _lent(database)
        try:
            return _alone(connection.driver_connection, statement, values)
        except database.engine.dialect.loaded_dbapi.Error as error:
            is_gone = database.engine.dialect.is_disconnect(error, cast("Any", connection.driver_connection), None)
            if is_gone:
                connection.invalidate(error)
            if not tries_left or not (is_gone or getattr(error, "sqlstate", None) in MET_ANOTHER):
                raise _failure(database, statement.decode(), error) from error
        finally:
            connection.close()
    raise AssertionError("the last try returns or raises")


def _lent(database: Database) -> Any:
    fibers.only_in_thread()
    return database.engine.raw_connection()


def _alone(connection: Any, statement: bytes, values: Sequence[str | None]) -> tuple[Any, ...]:
    connection.autocommit = True
    try:
        row = RawCursor(connection).execute(statement, values, prepare=True).fetchone()
        return cast("tuple[Any, ...]", row)
    finally:
        if not connection.closed:
            connection.autocommit = False


def in_turn(database: Database, all_steps: Sequence[Sequence[Step]]) -> list[int | None]:
    """Run statements of SQLite together when it is its writer's turn: of each sequence all, or none.

    None for a sequence whose first statement writes no row, for the others how many rows the last ones wrote together.
    Raises DBAPIError, as a session does, and nothing is written then.
    """
    assert database.turn is not None, "only SQLite takes turns"  # noqa: S101 - for the type checker
    connection = _lent(database)
    try:
        with database.turn:
            written = _as_writer(database, connection.cursor(), all_steps)
    finally:
        connection.close()
    total = sum(count or 0 for count in written)
    return [None if count is None else total for count in written]


def _as_writer(database: Database, cursor: Any, all_steps: Sequence[Sequence[Step]]) -> list[int | None]:
    try:
        cursor.execute("BEGIN IMMEDIATE")
        written = [_stepwise(cursor, steps) for steps in all_steps]
        cursor.execute("COMMIT")
    except database.engine.dialect.loaded_dbapi.Error as error:
        raise _failure(database, all_steps[0][0][0], error) from error
    finally:
        if cursor.connection.in_transaction:
            cursor.execute("ROLLBACK")
    return written


def _stepwise(cursor: Any, steps: Sequence[Step]) -> int | None:
    for number, (statement, values) in enumerate(steps):
        cursor.execute(statement, values)
        if number == 0 and cursor.rowcount == 0:
            return None
    return int(cursor.rowcount)


def look(database: Database, statement: str, values: Sequence[Any]) -> tuple[Any, ...]:
    """Return the one row that a statement of SQLite finds, as it is just then. Raises DBAPIError, as a session does."""
    connection = _lent(database)
    try:
        cursor = connection.cursor()
        cursor.execute(statement, values)
        return cast("tuple[Any, ...]", cursor.fetchone())
    except database.engine.dialect.loaded_dbapi.Error as error:
        raise _failure(database, statement, error) from error
    finally:
        connection.close()


def moment(database: Database, at: datetime) -> str:
    """Write a moment as the database keeps it."""
    return moment_of_sqlite(at) if database.is_sqlite else at.isoformat()


def _failure(database: Database, statement: str, error: Exception) -> BaseException:
    dialect = database.engine.dialect
    kind = cast("type[Exception]", dialect.loaded_dbapi.Error)
    return DBAPIError.instance(statement, None, error, kind, hide_parameters=True, dialect=dialect)
