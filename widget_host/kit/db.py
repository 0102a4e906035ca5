"""The database, SQLite or PostgreSQL: typed tables, and units of work that keep all or nothing."""

import select
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, cast

from sqlalchemy import (
    BigInteger,
    BindParameter,
    Connection,
    DateTime,
    Dialect,
    Engine,
    Integer,
    MetaData,
    TableClause,
    TextClause,
    bindparam,
    create_engine,
    event,
    literal,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import JSON, TypeDecorator

from widget_host.kit import fibers, wire

SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA busy_timeout=15000",
    # Else REPLACE deletes rows without asking the triggers that refuse it.
    "PRAGMA recursive_triggers=ON",
)
# A server that is gone without a word is given up after half a minute: all orders of a moment wait for one connection.
# Seconds, and milliseconds for what was sent and not heard; the address may say otherwise.
PATIENCE = {"keepalives_idle": 15, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 20_000}
# Both or neither: how long a statement may take, and how long a transaction may idle.
LIMITS = ("statement_timeout", "idle_in_transaction_session_timeout")
IS_POOLED = "is_pooled"
# For who looks through whole tables, a span at a time: nothing ends it, and no step reads more than its span.
UNHURRIED = {
    **dict.fromkeys(LIMITS, "0"),
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "max_parallel_workers_per_gather": "0",
    "jit": "off",
}
NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


def utc(moment: datetime) -> datetime:
    """Return the same moment in UTC; raises ValueError for one without a zone, which would be a guess."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return moment.astimezone(UTC)


def moment_of_sqlite(moment: datetime) -> str:
    """Write a moment as SQLite keeps it, so that later ones sort later; PostgreSQL reads the usual form."""
    return utc(moment).replace(tzinfo=None).isoformat(" ", "microseconds")


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC; SQLite keeps it without a zone, the program never sees it so."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a moment without a zone."""
        if value is None:
            return None
        return utc(value).replace(tzinfo=None) if dialect.name == "sqlite" else utc(value)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the zone back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


PlainJson = JSON().with_variant(JSONB(), "postgresql")


class Table(DeclarativeBase):
    """The base of every typed table."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {datetime: UtcDateTime, int: BigInteger, dict[str, Any]: PlainJson, list[str]: PlainJson}


def insert_if_new(session: Session, table: type[Table], rows: Sequence[Mapping[str, Any]]) -> int:
    """Insert the rows that break no unique rule, skip the others, and say how many were inserted."""
    # Both dialects write it the same way; SQLAlchemy keeps it out of what all databases share.
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    statement = insert(cast("TableClause", table.__table__)).on_conflict_do_nothing()
    # Rows are counted, not asked for: the drivers do not agree on `rowcount` after an INSERT. Given beside the
    # statement and not within, they leave it the same, and SQLAlchemy compiles it once.
    return len(session.execute(statement.returning(literal(1)), [dict(row) for row in rows]).all())


def known(limit: int) -> BindParameter[int]:
    """Return a limit that stands in the statement itself.

    Handed over, it is not known to a plan that is kept: that looks dear then, and PostgreSQL plans each call anew.
    """
    return bindparam(None, limit, Integer, literal_execute=True)


class Database:
    """One database and its connections; `writing` keeps what ends well and undoes what raises."""

    def __init__(self, url: str) -> None:
        """Connect lazily; `url` as SQLAlchemy writes it (`sqlite:///file`, `postgresql+psycopg://…`)."""
        self.engine = _engine(url)
        self._reader = _reader(self.engine)
        self._writer = self.engine.execution_options(writes=True)
        # The writers of a process take turns where the database has one only.
        self.turn = threading.Lock() if self.is_sqlite else None
        self._changes = threading.local()
        self.on_change: Callable[[], None] = lambda: None

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the embedded database: one file, one writer at a time."""
        return self.engine.dialect.name == "sqlite"

    def limit_statements(self, seconds: int) -> None:
        """Have PostgreSQL give up on a statement, and on a transaction that idles, after so long.

        Said once for a connection; behind a pooler, where whoever is next would inherit it, for each transaction.
        SQLite has no such limit; there a writer waits 15 s for its turn.
        """
        if self.is_sqlite:
            return
        until, always = (_limiting(seconds, within_transaction=within) for within in (True, False))

        def limit(connection: Any, record: Any) -> None:
            if not record.info[IS_POOLED]:
                connection.execute(always)
                connection.commit()

        def limit_pooled(connection: Connection) -> None:
            lent = connection.connection
            if lent.info[IS_POOLED]:
                # A session that reads begins no transaction by itself.
                begin = "BEGIN; " if cast("Any", lent.driver_connection).autocommit else ""
                connection.exec_driver_sql(begin + until)

        event.listen(self.engine, "connect", limit)
        event.listen(self.engine, "begin", limit_pooled)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open a session that may only read."""
        fibers.only_in_thread()
        with Session(self._reader, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def checking(self) -> Iterator[Session]:
        """Open a session that may only read, for as long as it takes; it sees the moment at which it begins."""
        if self.is_sqlite:
            with self.reading() as session:
                yield session
            return
        fibers.only_in_thread()
        # Sums are read after their parts: in between neither may change.
        options = {"postgresql_readonly": True, "isolation_level": "REPEATABLE READ"}
        with Session(self.engine.execution_options(**options), expire_on_commit=False) as session:
            chosen = ", ".join(f"set_config('{name}', '{value}', true)" for name, value in UNHURRIED.items())
            session.execute(text(f"SELECT {chosen}"))
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Open a session that is committed when the block ends and undone when it raises.

        On SQLite the writers of a process take turns here: waiting in line is fair, waiting for the file is not.
        """
        fibers.only_in_thread()
        if self.turn is None:
            with self._transaction() as session:
                yield session
            return
        with self.turn, self._transaction() as session:
            yield session

    @contextmanager
    def _transaction(self) -> Iterator[Session]:
        self._changes.seen = False
        try:
            with Session(self._writer, expire_on_commit=False) as session, session.begin():
                yield session
        finally:
            # Whether it is kept or undone: it may itself have looked at what it wrote.
            if self._changes.seen:
                self.on_change()

    def watch(self, tables: Set[str], on_change: Callable[[], None]) -> None:
        """Call this after each unit of work that may have changed one of these tables; text is always suspected."""

        def look(_connection: Any, statement: Any, *_others: Any) -> None:
            if getattr(statement, "is_dml", False):
                self._changes.seen |= statement.table.name in tables
            elif isinstance(statement, TextClause):
                self._changes.seen = True

        self.on_change = on_change
        event.listen(self._writer, "before_execute", look)


def _engine(url: str) -> Engine:
    # Hidden parameters: what a statement failed with is somebody's data, and errors are logged.
    shared: dict[str, Any] = {"json_serializer": wire.dumps, "json_deserializer": wire.loads, "hide_parameters": True}
    named = make_url(url)
    if named.get_backend_name() != "sqlite":
        patience = {name: value for name, value in PATIENCE.items() if name not in named.query}
        # Kept for the eight threads of a server process and three that gather, 20 at the most.
        pool: dict[str, Any] = {"pool_size": 11, "max_overflow": 9, "connect_args": patience}
        engine = create_engine(url, isolation_level="READ COMMITTED", **pool, **shared)
        event.listen(engine, "connect", _look_for_pooler)
        event.listen(engine, "checkout", _check_is_open)
        return engine
    engine = create_engine(url, pool_size=16, max_overflow=32, **shared)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _look_for_pooler(connection: Any, record: Any) -> None:
    """Prepare no statement where a pooler may give each transaction to another server process.

    A pooler (PgBouncer) tells its clients process ids of its own making.
    """
    (process,) = connection.execute("SELECT pg_backend_pid()").fetchone()
    connection.rollback()
    record.info[IS_POOLED] = process != connection.info.backend_pid
    if record.info[IS_POOLED]:
        connection.prepare_threshold = None


def _limiting(seconds: int, *, within_transaction: bool) -> str:
    scope = str(within_transaction).lower()
    return "SELECT " + ", ".join(f"set_config('{name}', '{seconds * 1000}', {scope})" for name in LIMITS)


def _reader(engine: Engine) -> Engine:
    # On PostgreSQL each statement sees what is committed by then anyway: no need to begin and to end for it.
    own = {"writes": False} if engine.dialect.name == "sqlite" else {"isolation_level": "AUTOCOMMIT"}
    reader = engine.execution_options(**own)
    event.listen(reader, "before_execute", _refuse_to_write)
    return reader


def _refuse_to_write(_connection: Any, statement: Any, *_others: Any) -> None:
    if getattr(statement, "is_dml", False):
        raise RuntimeError(f"{statement.table.name} is written to in a session that reads")


def _check_is_open(connection: Any, _record: Any, _proxy: Any) -> None:
    # On a connection at rest there is nothing to be read but its end. Asking the server would cost a round trip.
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    if poll.poll(0):
        raise DisconnectionError("the server has closed this connection")


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # The driver's own transaction handling is off: it begins late and commits before DDL.
    connection.isolation_level = None
    for pragma in SQLITE_PRAGMAS:
        connection.execute(pragma)


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", True)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
