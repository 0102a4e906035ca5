"""Rows of several tables, kept together or not at all, and only where the first of them is new.

PostgreSQL gets one statement outside of any transaction, and so one round trip, whose text is the same however many
orders share it: what they say goes as one JSON array. SQLite gets one turn of its writer. The texts are made once, and
nothing of SQLAlchemy but its pool is on the way.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import chain, islice
from typing import Any, Protocol, cast

from sqlalchemy import JSON
from sqlalchemy import Table as Described
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeEngine

from widget_host.kit import direct, wire
from widget_host.kit.db import Database, Table, UtcDateTime, moment_of_sqlite, utc
from widget_host.kit.value import Value

Row = Mapping[str, Any]
# Of each part its rows.
Rows = Sequence[Sequence[Row]]
POSTGRESQL, SQLITE = "postgresql", "sqlite"
Write = Callable[[Any], Any]


# One set says the same moment many times. In UTC: elsewhere two hours a year are equal and are not the same.
@lru_cache(maxsize=64)
def _written(moment: datetime) -> str:
    return moment.isoformat()


def _moment(moment: datetime) -> str:
    return _written(utc(moment))


# How a value is sent that goes neither into a column as it is nor into JSON.
WRITES: Mapping[str, Mapping[type, Write]] = {
    POSTGRESQL: {UtcDateTime: _moment},
    SQLITE: {UtcDateTime: moment_of_sqlite, JSON: wire.dumps},
}
TYPES: Any = postgresql.dialect()  # type: ignore[no-untyped-call]  # the library's
Kinds = Mapping[str, TypeEngine[Any]]


class Part(Protocol):
    """Rows of one table: the text that writes them, and the values it takes."""

    @property
    def into(self) -> str:
        """Return the beginning of an INSERT: the table and its columns."""

    @property
    def kinds(self) -> Sequence[TypeEngine[Any]]:
        """Return of what type each of its values is."""

    def select(self, dialect: str, names: Sequence[str], source: str = "") -> str:
        """Return what selects the rows, the values under these `names`; the `source` has one row for each set."""

    def values(self, rows: Sequence[Row]) -> Iterable[Any]:
        """Return the values; what a row does not say is null."""


class Given:
    """So many rows of a table, `without` the columns that are filled later."""

    def __init__(self, table: type[Table], count: int = 1, *, without: Sequence[str] = ()) -> None:
        """Take the table's columns."""
        self._table = cast("Described", table.__table__)
        self._columns = [column for column in self._table.columns if column.name not in without]
        self._names = [column.name for column in self._columns]
        self.kinds = [column.type for column in self._columns] * count

    @property
    def into(self) -> str:
        """Name the table and its columns."""
        return f"INSERT INTO {self._table.name} ({', '.join(self._names)})"

    @property
    def key(self) -> dict[str, int]:
        """The columns that make a row one of its kind, and where each stands among the values."""
        return {column.name: self._names.index(column.name) for column in self._table.primary_key}

    def select(self, _dialect: str, names: Sequence[str], source: str = "") -> str:
        """Return the rows."""
        # SQLite could take what follows for a part of a join.
        drawn = f"FROM {source}" if source else "WHERE true"
        width = len(self._names)
        rows = (names[start : start + width] for start in range(0, len(names), width))
        return " UNION ALL ".join(f"SELECT {', '.join(row)} {drawn}" for row in rows)

    def values(self, rows: Sequence[Row]) -> Iterable[Any]:
        """Return the rows' values."""
        return chain.from_iterable(map(row.get, self._names) for row in rows)


class Drawn:
    """Rows that the database finds itself: for each dialect a SELECT … FROM {source}…, with {name} for each value."""

    def __init__(self, into: str, texts: Mapping[str, str], kinds: Kinds) -> None:
        """Take the texts, and of what type the values are that they name."""
        self.into = into
        self._texts = texts
        self._names = list(kinds)
        self.kinds = list(kinds.values())

    def select(self, dialect: str, names: Sequence[str], source: str = "") -> str:
        """Return what selects the rows."""
        said = dict(zip(self._names, names, strict=True))
        return self._texts[dialect].format(source=f"{source}, " if source else "", **said)

    def values(self, rows: Sequence[Row]) -> Iterable[Any]:
        """Return what the one row says under each name."""
        return map(rows[0].get, self._names)


class Ready(Value, frozen=True):
    """One set of rows as it is sent to one kind of database, and the key that it claims."""

    key: tuple[Any, ...]
    sent: Any


class Together:
    """Parts that are always written together: the first one claims, and is told from others of its kind by its key."""

    def __init__(self, first: Given, *others: Part, most: int) -> None:
        """Make the texts; at most so many sets are kept at once, and PostgreSQL plans for so many."""
        self.most = most
        self._first = first
        self._parts = (first, *others)
        kinds = [kind for part in self._parts for kind in part.kinds]
        self._names = [f"value_{place}" for place in range(len(kinds))]
        self._writes = {dialect: _writes(kinds, dialect) for dialect in WRITES}
        self._statement = self._one_statement(kinds).encode()
        self._steps = list(self._each_step())

    def ready(self, database: Database, rows: Rows) -> Ready:
        """Write one set's rows as they will be sent: what takes the time is done before anybody waits for it.

        Raises ValueError for a moment without a zone.
        """
        (claim,) = rows[0]
        key = tuple(claim[name] for name in self._first.key)
        return Ready(key, self._as_steps(rows) if database.is_sqlite else self._as_object(rows))

    def keep(self, database: Database, sets: Sequence[Ready]) -> list[int | None]:
        """Write several sets of rows, and return for each how many rows the last part found, in all sets together.

        None for a set whose first row is there already, or comes twice: nothing of it is written. Safe to be sent
        again where a connection breaks, as the first rows claim keys. Nothing is written where any part is refused.
        Raises ValueError for more sets than `most`.
        """
        if len(sets) > self.most:
            raise ValueError(f"at most {self.most} sets are kept at once, not {len(sets)}")
        # In an order that all keep to: of two who write the same keys nobody waits for the other who waits for him.
        new = dict(sorted({each.key: each.sent for each in reversed(sets)}.items()))
        kept = self._keep_new(database, list(new.values()))
        found = dict(zip(new, kept, strict=True))
        return [found.pop(each.key, None) for each in sets]

    def _keep_new(self, database: Database, sets: Sequence[Any]) -> list[int | None]:
        if database.is_sqlite:
            return direct.in_turn(database, sets)
        said = (f'{{"number":{number},{each}' for number, each in enumerate(sets))
        found, claimed = direct.at_once(database, self._statement, [f"[{','.join(said)}]"])
        return [found if number in claimed else None for number in range(len(sets))]

    def _values(self, rows: Rows, dialect: str) -> list[Any]:
        values = list(chain.from_iterable(part.values(own) for part, own in zip(self._parts, rows, strict=True)))
        # Most are sent as they are: nobody has to look at each value.
        for place, write in self._writes[dialect]:
            if values[place] is not None:
                values[place] = write(values[place])
        return values

    def _as_object(self, rows: Rows) -> str:
        """Return what follows the set's number in its object."""
        return wire.dumps(dict(zip(self._names, self._values(rows, POSTGRESQL), strict=True)))[1:]

    def _as_steps(self, rows: Rows) -> list[direct.Step]:
        values = iter(self._values(rows, SQLITE))
        return [(text, list(islice(values, width))) for text, width in self._steps]

    def _each_step(self) -> Iterator[tuple[str, int]]:
        for number, part in enumerate(self._parts):
            places = [f"?{place}" for place, _ in enumerate(part.kinds, start=1)]
            text = f"{part.into} {part.select(SQLITE, places)}"
            yield (text if number else f"{text} ON CONFLICT DO NOTHING"), len(places)

    def _one_statement(self, kinds: Sequence[TypeEngine[Any]]) -> str:
        given, key = iter(self._names), self._first.key
        names = [list(islice(given, len(part.kinds))) for part in self._parts]
        columns = ", ".join(f"{name} {_plain(kind)}" for name, kind in zip(self._names, kinds, strict=True))
        is_same = " AND ".join(f"claimed.{name} = given.{names[0][place]}" for name, place in key.items())
        steps = {
            # Read once, and written in the order in which they were sent.
            "given": f"SELECT * FROM json_to_recordset($1::json) AS said (number integer, {columns})"  # noqa: S608 - our own names
            f" ORDER BY number LIMIT {self.most}",
            "claimed": f"{self._first.into} {self._first.select(POSTGRESQL, names[0], 'given')}"
            f" ON CONFLICT DO NOTHING RETURNING {', '.join(key)}",
            "new": f"SELECT given.* FROM given JOIN claimed ON {is_same}",  # noqa: S608 - the same
        }
        for number, part in enumerate(self._parts[1:], start=1):
            steps[f"part_{number}"] = f"{part.into} {part.select(POSTGRESQL, names[number], 'new')} RETURNING 1"
        whole = ", ".join(f"{name} AS MATERIALIZED ({text})" for name, text in steps.items())
        *_, last = steps
        return f"WITH {whole} SELECT (SELECT count(*) FROM {last}), ARRAY(SELECT number FROM new)"  # noqa: S608 - the same


def _writes(kinds: Iterable[TypeEngine[Any]], dialect: str) -> list[tuple[int, Write]]:
    """Return which values are written otherwise than they are, and how."""
    return [
        (place, write)
        for place, kind in enumerate(kinds)
        for type_, write in WRITES[dialect].items()
        if isinstance(kind, type_)
    ]


def _plain(kind: TypeEngine[Any]) -> str:
    """Return a type without its length: one that has it cuts what is too long, where an INSERT refuses it."""
    return kind.compile(TYPES).partition("(")[0]
