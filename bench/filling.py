"""Tables filled with copies of an order that the host itself has kept: the same rows, other ids, spread over a year."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from widget_host.kit.db import Database

# The order's own id in each table that has rows of it.
TABLES = {
    "idempotency_keys": ("key", "reference"),
    "events": ("id", "event"),
    "ledger_entries": ("id", "entry"),
    "ledger_postings": ("entry_id", "entry"),
    "transactions": ("id", "transaction"),
    "transaction_statuses": ("transaction_id", "transaction"),
}
YEAR_SECONDS = 365 * 24 * 3600
MOMENTS = ("created_at", "posted_at", "at")
ROWS_AT_ONCE = 500_000
TRIGGERS = "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'"


@dataclass(frozen=True)
class Filling:
    """An order of one of several environments, and how many copies there will be of all of them in the end."""

    order: Mapping[str, str]
    environment: int
    environments: int
    total: int

    @property
    def place(self) -> str:
        """Which of all copies it is: the environments take turns."""
        return f"(n * {self.environments} + {self.environment})"

    @property
    def back(self) -> str:
        """How many seconds ago it was kept."""
        return f"(({self.total} - {self.place}) * {YEAR_SECONDS} / {self.total})"

    def fill(self, database: Database, copies: range) -> None:
        """Make these copies; their ids sort before those of real life."""
        with database.engine.begin() as connection:
            triggers = _unguard(connection)
            for first in range(copies.start, copies.stop, ROWS_AT_ONCE):
                numbers = {"first": first, "last": min(first + ROWS_AT_ONCE, copies.stop) - 1, **self.order}
                for table in TABLES:
                    connection.execute(text(_copying(connection, table, self)), numbers)
            for trigger in triggers:
                connection.exec_driver_sql(trigger)


def _unguard(connection: Connection) -> list[str]:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        return []
    triggers = connection.execute(text(TRIGGERS)).all()
    for name, _ in triggers:
        connection.exec_driver_sql(f"DROP TRIGGER {name}")
    return [sql for _, sql in triggers]


def _copying(connection: Connection, table: str, of: Filling) -> str:
    column, what = TABLES[table]
    query = f"SELECT * FROM {table} WHERE {column} = :id"  # noqa: S608 - our own names
    row = connection.execute(text(query), {"id": of.order[what]}).mappings().first()
    assert row is not None
    is_postgresql = connection.dialect.name == "postgresql"
    made = [_made(name, value, of, is_postgresql=is_postgresql) for name, value in row.items()]
    return (
        f"WITH RECURSIVE numbers (n) AS (SELECT CAST(:first AS bigint) UNION ALL"  # noqa: S608 - the same
        f" SELECT n + 1 FROM numbers WHERE n < :last)"
        f" INSERT INTO {table} ({', '.join(row.keys())}) SELECT {', '.join(made)} FROM numbers CROSS JOIN {table} o"
        f" WHERE o.{column} = :{what}"
    )


def _made(name: str, value: Any, of: Filling, *, is_postgresql: bool) -> str:
    if name in MOMENTS:
        earlier = f"o.{name} - {of.back} * interval '1 second'"
        return earlier if is_postgresql else f"strftime('%Y-%m-%d %H:%M:%f000', o.{name}, -{of.back} || ' seconds')"
    is_text = isinstance(value, str)
    said = value if is_text else json.dumps(value, default=str)
    made = f"o.{name}" if is_text else f"CAST(o.{name} AS text)"
    number = f"lpad(CAST({of.place} AS text), 26, '0')" if is_postgresql else f"printf('%026d', {of.place})"
    found = [what for what, own in of.order.items() if own in said]
    for what in found:
        made = f"replace({made}, :{what}, '{of.order[what].partition('_')[0]}_' || {number})"
    if not found:
        return f"o.{name}"
    return made if is_text or not is_postgresql else f"CAST({made} AS jsonb)"
