"""Tables filled with copies of orders that the host itself has kept: the same rows, other ids, spread over time."""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from widget_host.kit.db import Database
from widget_host.kit.ids import ALPHABET

# The order's own id in each table that has rows of it.
TABLES = {
    "idempotency_keys": ("key", "reference"),
    "events": ("id", "event"),
    "ledger_entries": ("id", "entry"),
    "ledger_postings": ("entry_id", "entry"),
    "transactions": ("id", "transaction"),
    "transaction_statuses": ("transaction_id", "transaction"),
    "deliveries": ("id", "delivery"),
    "delivery_attempts": ("delivery_id", "delivery"),
}
IDS = ("reference", "event", "entry", "transaction", "delivery")
MOMENTS = ("created_at", "posted_at", "at", "due_at", "ended_at", "started_at")
PLACES_AT_ONCE = 200_000
NAMES = ", ".join(f"'{table}'" for table in TABLES)
# None but those that keep the rows' order of their own: the others are made at once when all rows are there.
UNINDEX = f"""UPDATE pg_index SET indisready = false
    WHERE NOT indisprimary AND indrelid IN (SELECT oid FROM pg_class WHERE relname IN ({NAMES}))"""  # noqa: S608 - our own names
HURRY = (
    "SET LOCAL session_replication_role = replica",
    "SET LOCAL synchronous_commit = off",
    "SET LOCAL maintenance_work_mem = '1GB'",
)
# An id's first ten letters say when it was made: `place` is which copy, `ago` how many seconds ago it was kept.
LETTER = "substr(:alphabet, CAST(((:now - ago * 1000) >> {}) & 31 AS int) + 1, 1)"
LETTERS = " || ".join(LETTER.format(place) for place in range(45, -1, -5))
PLACES = """
    WITH RECURSIVE turns (place) AS (
      SELECT CAST(:first AS bigint) UNION ALL SELECT place + 1 FROM turns WHERE place < :last),
    kept (place, ago) AS (
      SELECT place, :ended + (:stop - place) * CAST(:seconds AS bigint) / CAST(:count AS bigint) FROM turns)
    INSERT INTO places SELECT place, ago, {letters} || {padded} FROM kept"""
PADDED = {"postgresql": "lpad(CAST(place AS text), 16, '0')", "sqlite": "printf('%016d', place)"}
DEFINED = "SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND "
Order = Mapping[str, str | None]


@dataclass(frozen=True)
class Copies:
    """Copies of some orders, which take turns: by their numbers, kept evenly over a time that ended a while ago."""

    orders: Sequence[Order]
    numbers: range
    over_seconds: int
    ended_seconds_ago: int = 0

    def spans(self) -> Iterator[dict[str, int]]:
        """Divide the copies: which are made at once, and what says when each was kept."""
        whole = {"stop": self.numbers.stop, "count": len(self.numbers)}
        times = {"seconds": self.over_seconds, "ended": self.ended_seconds_ago, "now": time.time_ns() // 1_000_000}
        for first in range(self.numbers.start, self.numbers.stop, PLACES_AT_ONCE):
            yield {"first": first, "last": min(first + PLACES_AT_ONCE, self.numbers.stop) - 1, **whole, **times}


def fill(database: Database, wanted: Sequence[Copies]) -> None:
    """Make all of these copies; their ids sort before those of real life."""
    with database.engine.begin() as connection, _unguarded(connection):
        connection.execute(text("CREATE TEMPORARY TABLE places (place bigint, ago bigint, letters text)"))
        for each in wanted:
            _copy(connection, each)
        connection.execute(text("DROP TABLE places"))


def _copy(connection: Connection, copies: Copies) -> None:
    _keep_originals(connection, copies.orders)
    statements = [text(sql) for table in TABLES if (sql := _copying(connection, table, copies))]
    placing = text(PLACES.format(letters=LETTERS, padded=PADDED[connection.dialect.name]))
    for span in copies.spans():
        connection.execute(text("DELETE FROM places"))
        connection.execute(placing, {"alphabet": ALPHABET, **span})
        for statement in statements:
            connection.execute(statement)
    for name in ("chosen", *map(_originals, TABLES)):
        connection.execute(text(f"DROP TABLE {name}"))


def _keep_originals(connection: Connection, orders: Sequence[Order]) -> None:
    """Put the rows of the orders aside, each with the ids of its order."""
    connection.execute(text(f"CREATE TEMPORARY TABLE chosen (own_number bigint, {_own('{} text')})"))
    rows = [{f"own_{name}": order[name] for name in IDS} | {"own_number": n} for n, order in enumerate(orders)]
    connection.execute(text(f"INSERT INTO chosen VALUES (:own_number, {_own(':{}')})"), rows)  # noqa: S608 - our own names
    for table, (column, what) in TABLES.items():
        made = f"CREATE TEMPORARY TABLE {_originals(table)} AS"
        connection.execute(text(f"{made} SELECT * FROM {table} JOIN chosen ON own_{what} = {table}.{column}"))  # noqa: S608 - the same


def _copying(connection: Connection, table: str, copies: Copies) -> str | None:
    originals = connection.execute(text(f"SELECT * FROM {_originals(table)}")).mappings().all()  # noqa: S608 - our own names
    if not originals:
        return None
    is_postgresql = connection.dialect.name == "postgresql"
    names = [name for name in originals[0] if not name.startswith("own_")]
    made = [_made(name, originals[0], is_postgresql=is_postgresql) for name in names]
    return (
        f"INSERT INTO {table} ({', '.join(names)}) SELECT {', '.join(made)}"  # noqa: S608 - the same
        f" FROM places JOIN {_originals(table)} o ON o.own_number = place % {len(copies.orders)}"
    )


def _made(name: str, original: Mapping[Any, Any], *, is_postgresql: bool) -> str:
    value = original[name]
    if name in MOMENTS:
        earlier = f"o.{name} - ago * interval '1 second'"
        return earlier if is_postgresql else f"strftime('%Y-%m-%d %H:%M:%f000', o.{name}, -ago || ' seconds')"
    said = value if isinstance(value, str) else json.dumps(value, default=str)
    found = [what for what in IDS if (own := original[f"own_{what}"]) is not None and own in said]
    if not found:
        return f"o.{name}"
    is_json = is_postgresql and not isinstance(value, str)
    made = f"CAST(o.{name} AS text)" if is_json else f"o.{name}"
    for what in found:
        made = f"replace({made}, o.own_{what}, '{original[f'own_{what}'].partition('_')[0]}_' || letters)"
    return f"CAST({made} AS jsonb)" if is_json else made


def _originals(table: str) -> str:
    return f"original_{table}"


def _own(pattern: str) -> str:
    return ", ".join(pattern.format(f"own_{name}") for name in IDS)


@contextmanager
def _unguarded(connection: Connection) -> Iterator[None]:
    """Let triggers and indexes look away meanwhile."""
    if connection.dialect.name == "postgresql":
        for statement in (*HURRY, UNINDEX):
            connection.execute(text(statement))
        yield
        for table in TABLES:
            connection.execute(text(f"REINDEX TABLE {table}"))
        return
    away = connection.execute(text(f"{DEFINED} (type = 'trigger' OR type = 'index' AND tbl_name IN ({NAMES}))")).all()
    for name, sql in away:
        connection.exec_driver_sql(f"DROP {sql.split()[1].replace('UNIQUE', 'INDEX')} {name}")
    yield
    for _, sql in away:
        connection.exec_driver_sql(sql)
