"""Rows of several tables, kept together or not at all, and only where the first of them is new.

PostgreSQL gets one statement outside of any transaction, and so one round trip; SQLite one turn of its writer. The text
is made once, and nothing of SQLAlchemy but its pool is on the way.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import Any, Protocol, cast

from sqlalchemy import JSON, Column, Integer
from sqlalchemy import Table as Described
from sqlalchemy.dialects import postgresql

from widget_host.kit import direct, wire
from widget_host.kit.db import Database, Table, UtcDateTime, moment_of_sqlite

Row = Mapping[str, Any]
# Of each part its rows.
Rows = Sequence[Sequence[Row]]
POSTGRESQL, SQLITE = "postgresql", "sqlite"
Write = Callable[[Any], Any]
# How a value is sent that is no text: a whole number, a moment or an object. To PostgreSQL as text: the statement says
# the types, and a number's size does not make it another one. To SQLite as SQLAlchemy's types do.
NUMBER: Mapping[str, Write] = {POSTGRESQL: str, SQLITE: lambda number: number}
MOMENT: Mapping[str, Write] = {POSTGRESQL: datetime.isoformat, SQLITE: moment_of_sqlite}
OBJECT: Mapping[str, Write] = {POSTGRESQL: wire.dumps, SQLITE: wire.dumps}
BY_VALUE: Mapping[type, Mapping[str, Write]] = {int: NUMBER, datetime: MOMENT, dict: OBJECT, list: OBJECT}
BY_COLUMN: Mapping[type, Mapping[str, Write]] = {
    Integer: NUMBER,
    UtcDateTime: MOMENT,
    JSON: OBJECT,
}
TYPES: Any = postgresql.dialect()  # type: ignore[no-untyped-call]  # the library's


class Part(Protocol):
    """Rows of one table: the text that writes them, and the values it takes."""

    @property
    def into(self) -> str:
        """Return the beginning of an INSERT: the table and its columns."""

    def select(self, dialect: str, source: str = "") -> str:
        """Return what selects the rows, parameters as `%s`; the `source` has one row or none."""

    def values(self, rows: Sequence[Row], dialect: str) -> Iterable[Any]:
        """Return the parameters as they are sent, in the text's order."""


class Given:
    """So many rows of a table, `without` the columns that are filled later."""

    def __init__(self, table: type[Table], count: int = 1, *, without: Sequence[str] = ()) -> None:
        """Take the table's columns."""
        self._table = cast("Described", table.__table__)
        self._columns = [column for column in self._table.columns if column.name not in without]
        self._names = [column.name for column in self._columns]
        self._count = count
        # Most are text, and sent as they are: nobody has to look at each value.
        self._others = {
            dialect: [
                (place, write)
                for place, column in enumerate(self._columns)
                if (write := _write_of(column, dialect)) is not None
            ]
            for dialect in (POSTGRESQL, SQLITE)
        }

    @property
    def into(self) -> str:
        """Name the table and its columns."""
        return f"INSERT INTO {self._table.name} ({', '.join(self._names)})"

    @property
    def key(self) -> dict[str, int]:
        """The columns that make a row one of its kind, and where each stands among the values."""
        return {column.name: self._names.index(column.name) for column in self._table.primary_key}

    @property
    def width(self) -> int:
        """How many values it takes."""
        return len(self._names) * self._count

    def select(self, dialect: str, source: str = "") -> str:
        """Return the rows."""
        row = ", ".join(_placeholder(column, dialect) for column in self._columns)
        # SQLite could take what follows for a part of a join.
        drawn = f"FROM {source}" if source else "WHERE true"
        return _union([f"SELECT {row} {drawn}"] * self._count)

    def values(self, rows: Sequence[Row], dialect: str) -> Iterable[Any]:
        """Return the rows' values; what a row does not say is null."""
        others = self._others[dialect]
        return chain.from_iterable([self._of(row, others) for row in rows])

    def _of(self, row: Row, others: Iterable[tuple[int, Write]]) -> list[Any]:
        values = list(map(row.get, self._names))
        for place, write in others:
            if values[place] is not None:
                values[place] = write(values[place])
        return values


class Drawn:
    """Rows that the database finds itself: for each dialect a SELECT … FROM {source}…, and what it takes."""

    def __init__(self, into: str, texts: Mapping[str, str], names: Sequence[str]) -> None:
        """Take the texts, which name their parameters in this order."""
        self.into = into
        self._texts = texts
        self._names = names

    def select(self, dialect: str, source: str = "") -> str:
        """Return what selects the rows."""
        return self._texts[dialect].format(source=f"{source}, " if source else "")

    def values(self, rows: Sequence[Row], dialect: str) -> Iterable[Any]:
        """Return what the one row says under each name."""
        values = map(rows[0].get, self._names)
        return [BY_VALUE[type(value)][dialect](value) if type(value) in BY_VALUE else value for value in values]


def _write_of(column: Column[Any], dialect: str) -> Write | None:
    return next((written[dialect] for kind, written in BY_COLUMN.items() if isinstance(column.type, kind)), None)


def _placeholder(column: Column[Any], dialect: str) -> str:
    # Without its length: a cast to one cuts what is too long, where an INSERT refuses it.
    kind = str(column.type.compile(TYPES)).partition("(")[0]
    return f"%s::{kind}" if dialect == POSTGRESQL else "%s"


class Together:
    """Parts that are always written together: the first one claims, and is told from others of its kind by its key."""

    def __init__(self, first: Given, *others: Part) -> None:
        """Make the texts for SQLite; those for PostgreSQL, one for each number of sets, when they are asked for."""
        self._first = first
        self._parts = (first, *others)
        self._texts: dict[int, bytes] = {}
        self._steps = [f"{part.into} {part.select(SQLITE)}".replace("%s", "?") for part in self._parts]
        self._steps[0] += " ON CONFLICT DO NOTHING"

    def keep(self, database: Database, sets: Sequence[Rows]) -> list[int | None]:
        """Write several sets of rows, and return for each how many rows the last part found, in all sets together.

        None for a set whose first row is there already, or comes twice: nothing of it is written. Safe to be sent
        again where a connection breaks, as the first rows claim keys. Nothing is written where any part is refused.
        """
        # In an order that all keep to: of two who write the same keys nobody waits for the other who waits for him.
        new = dict(sorted({self._key(rows): rows for rows in reversed(sets)}.items()))
        kept = self._keep_new(database, list(new.values()))
        found = dict(zip(new, kept, strict=True))
        return [found.pop(self._key(rows), None) for rows in sets]

    def _key(self, rows: Rows) -> tuple[Any, ...]:
        (claim,) = rows[0]
        return tuple(claim[name] for name in self._first.key)

    def _keep_new(self, database: Database, sets: Sequence[Rows]) -> list[int | None]:
        if database.is_sqlite:
            return direct.in_turn(database, [self._as_steps(rows) for rows in sets])
        said = [part.values(rows[place], POSTGRESQL) for place, part in enumerate(self._parts) for rows in sets]
        found, *claimed = direct.at_once(database, self._text(len(sets)), list(chain.from_iterable(said)))
        return [int(found) if is_new else None for is_new in claimed]

    def _as_steps(self, rows: Rows) -> list[direct.Step]:
        values = (list(part.values(own, SQLITE)) for part, own in zip(self._parts, rows, strict=True))
        return list(zip(self._steps, values, strict=True))

    def _text(self, count: int) -> bytes:
        if count not in self._texts:
            self._texts[count] = self._one_statement(count).encode()
        return self._texts[count]

    def _one_statement(self, count: int) -> str:
        first, *others = self._parts
        claims = [f"(SELECT 1 FROM claimed WHERE {each}) claim" for each in self._claimed(count)]  # noqa: S608 - our own names
        whole = [f"{first.into} {_union([first.select(POSTGRESQL)] * count)} ON CONFLICT DO NOTHING"]
        whole += [f"{part.into} {_union(part.select(POSTGRESQL, claim) for claim in claims)}" for part in others]
        names = ["claimed", *(f"part_{number}" for number in range(len(others)))]
        returned = [", ".join(self._first.key), *["1"] * len(others)]
        steps = (f"{name} AS ({text} RETURNING {row})" for name, text, row in zip(names, whole, returned, strict=True))
        sums = [f"(SELECT count(*) FROM {names[-1]})"]  # noqa: S608 - our own names
        sums += [f"EXISTS {claim.removesuffix(' claim')}" for claim in claims]
        return _numbered(f"WITH {', '.join(steps)} SELECT {', '.join(sums)}")

    def _claimed(self, count: int) -> list[str]:
        """Say how each set's claim is known; its values are the first part's, and so the statement's first."""
        key, width = self._first.key, self._first.width
        return [
            " AND ".join(f"{name} = ${number * width + place + 1}" for name, place in key.items())
            for number in range(count)
        ]


def _union(selects: Iterable[str]) -> str:
    return " UNION ALL ".join(selects)


def _numbered(text: str) -> str:
    """Number the parameters as PostgreSQL itself does, so that nobody has to look for them each time."""
    pieces = text.split("%s")
    return "".join(f"{piece}${number}" for number, piece in enumerate(pieces[:-1], start=1)) + pieces[-1]
