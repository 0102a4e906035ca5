"""Rows of several tables, kept together or not at all, and only where the first of them is new.

PostgreSQL gets one statement outside of any transaction, and so one round trip; SQLite one turn of its writer. The text
is made once, and nothing of SQLAlchemy but its pool is on the way.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol, cast

from sqlalchemy import Column
from sqlalchemy import Table as Described
from sqlalchemy.dialects import postgresql

from widget_host.kit import direct, wire
from widget_host.kit.db import Database, Table

Row = Mapping[str, Any]
POSTGRESQL, SQLITE = "postgresql", "sqlite"
TYPES: Any = postgresql.dialect()  # type: ignore[no-untyped-call]  # the library's


class Part(Protocol):
    """Rows of one table: the text that writes them, and the values it takes."""

    def text(self, dialect: str, source: str = "") -> str:
        """Return an INSERT, parameters as `%s`; it takes its rows from the `source`, which has one row or none."""

    def values(self, rows: Sequence[Row]) -> list[Any]:
        """Return the parameters, in the text's order."""


class Given:
    """So many rows of a table, `without` the columns that are filled later."""

    def __init__(self, table: type[Table], count: int = 1, *, without: Sequence[str] = ()) -> None:
        """Take the table's columns."""
        self._table = cast("Described", table.__table__)
        self._columns = [column for column in self._table.columns if column.name not in without]
        self._names = [column.name for column in self._columns]
        self._count = count

    def text(self, dialect: str, source: str = "") -> str:
        """Return the INSERT."""
        into = f"INSERT INTO {self._table.name} ({', '.join(self._names)})"
        row = ", ".join(_placeholder(column, dialect) for column in self._columns)
        if not source:
            return f"{into} VALUES {', '.join([f'({row})'] * self._count)}"
        selected = " UNION ALL ".join([f"SELECT {row} FROM {source}"] * self._count)  # noqa: S608 - our own names
        return f"{into} {selected}"

    def values(self, rows: Sequence[Row]) -> list[Any]:
        """Return the rows' values; what a row does not say is null."""
        return [row.get(name) for row in rows for name in self._names]


class Drawn:
    """Rows that the database finds itself: an INSERT … SELECT … FROM {source} for each dialect, and what it takes."""

    def __init__(self, texts: Mapping[str, str], names: Sequence[str]) -> None:
        """Take the texts, which name their parameters in this order."""
        self._texts = texts
        self._names = names

    def text(self, dialect: str, source: str = "") -> str:
        """Return the INSERT."""
        return self._texts[dialect].format(source=f"{source}, " if source else "")

    def values(self, rows: Sequence[Row]) -> list[Any]:
        """Return what the one row says under each name."""
        return [rows[0].get(name) for name in self._names]


def _placeholder(column: Column[Any], dialect: str) -> str:
    # Without its length: a cast to one cuts what is too long, where an INSERT refuses it.
    kind = str(column.type.compile(TYPES)).partition("(")[0]
    return f"%s::{kind}" if dialect == POSTGRESQL else "%s"


class Together:
    """Parts that are always written together: the first claims, the last says how many rows it found."""

    def __init__(self, *parts: Part) -> None:
        """Make the texts."""
        self._parts = parts
        self._statement = _one_statement(
            *(part.text(POSTGRESQL, "claimed" * bool(place)) for place, part in enumerate(parts))
        )
        self._statements = [part.text(SQLITE).replace("%s", "?") for part in parts]
        self._statements[0] += " ON CONFLICT DO NOTHING"

    def keep(self, database: Database, rows: Sequence[Sequence[Row]]) -> int | None:
        """Write them and return how many rows the last part found; None, and nothing written, where the first is there.

        Safe to be sent again where a connection breaks, as its first row claims a key.
        """
        values = [part.values(each) for part, each in zip(self._parts, rows, strict=True)]
        if database.is_sqlite:
            as_sqlite = [[_as_sqlite(value) for value in part] for part in values]
            return direct.in_turn(database, list(zip(self._statements, as_sqlite, strict=True)))
        claimed, found = direct.at_once(
            database,
            self._statement,
            [value if type(value) is str else _as_text(value) for part in values for value in part],
        )
        return int(found) if claimed else None


def _one_statement(first: str, *others: str) -> str:
    steps = [f"claimed AS ({first} ON CONFLICT DO NOTHING RETURNING 1)"]
    steps += [f"part_{number} AS ({text} RETURNING 1)" for number, text in enumerate(others)]
    last = f"part_{len(others) - 1}" if others else "claimed"
    counts = f"SELECT (SELECT count(*) FROM claimed), (SELECT count(*) FROM {last})"  # noqa: S608 - our own names
    return _numbered(f"WITH {', '.join(steps)} {counts}")


def _numbered(text: str) -> str:
    """Number the parameters as PostgreSQL itself does, so that nobody has to look for them each time."""
    pieces = text.split("%s")
    return "".join(f"{piece}${number}" for number, piece in enumerate(pieces[:-1], start=1)) + pieces[-1]


def _as_text(value: Any) -> str | None:
    """Write every value as text: the statement says the types, and a number's size does not make it another one."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, dict | list):
        return wire.dumps(value)
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _as_sqlite(value: Any) -> Any:
    """Write a value as SQLAlchemy's types do."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
    return wire.dumps(value) if isinstance(value, dict | list) else value
