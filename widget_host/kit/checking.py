"""Looking through whole tables for rows that break a rule: in steps, to be watched, stopped and afforded."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from widget_host.kit.value import Value

# One step takes a tenth of a second: rows of the same time lie together, and so do those they are compared with.
ROWS_A_STEP = 20_000
MOST_IDS = 10
Key = str | int
Span = dict[str, Key]
Sums = dict[Key, int]
Step = Callable[[], list[str]]
# Who hears how far a rule is: its name, the steps that are done, and the steps there are.
Heard = Callable[[str, int, int], None]


@dataclass(frozen=True)  # dataclass: its texts are made once
class Sweep:
    """A query for rows that break a rule; where it says `{within}`, it looks at one span of the table's key only.

    The key is written as the query calls it: `e.id`, or `k.environment_id, k.key`.
    """

    table: str
    key: str
    sql: str
    rows: int = ROWS_A_STEP

    @cached_property
    def columns(self) -> list[str]:
        """The key's columns, as the table calls them."""
        return [name.strip().partition(".")[2] for name in self.key.split(",")]

    @cached_property
    def whole(self) -> str:
        """The query for one span."""
        first, last = (", ".join(f":{end}_{name}" for name in self.columns) for end in ("first", "last"))
        within = f"({self.key}) >= ({first}) AND ({self.key}) <= ({last})"
        if len(self.columns) > 1:
            # Said again of the first column alone: how few rows a span of several holds, PostgreSQL does not guess.
            leading, name = self.key.partition(",")[0], self.columns[0]
            within += f" AND {leading} >= :first_{name} AND {leading} <= :last_{name}"
        return self.sql.replace("{within}", within)

    @cached_property
    def text(self) -> str:
        """The query for one span, for as many rows as are named."""
        return f"{self.whole} LIMIT {MOST_IDS}"


class Tally(Value, frozen=True):
    """Two queries that have to come to the same sum for each id: what is kept, and the parts that it was made of.

    Both give an id and a sum. Parts are added up span by span for one span of what is kept, which they find under its
    key's names (`:first_id`, `:last_id`): no more sums are held than it has rows, and no index by id is needed.
    """

    kept: Sweep
    parts: Sweep


Checks = Mapping[str, Sequence[Sweep | Tally]]


def unheard(_rule: str, _done: int, _steps: int) -> None:
    """Tell nobody."""


def violations(session: Session, checks: Checks, heard: Heard = unheard) -> dict[str, list[str]]:
    """Look for rows that break a rule; return the rules broken, each with up to ten ids."""
    looking = _Looking(session)
    found = {rule: looking.ids(rule, each, heard) for rule, each in checks.items()}
    return {rule: ids for rule, ids in found.items() if ids}


class _Looking:
    """One look through the tables; each is divided into spans once."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._spans: dict[tuple[str, int], list[Span]] = {}

    def ids(self, rule: str, checks: Sequence[Sweep | Tally], heard: Heard) -> list[str]:
        steps = [step for check in checks for step in self._steps(check)]
        found: list[str] = []
        heard(rule, 0, len(steps))
        for done, step in enumerate(steps, start=1):
            found += step()
            heard(rule, done, len(steps))
        return found[:MOST_IDS]

    def _steps(self, check: Sweep | Tally) -> Iterator[Step]:
        if isinstance(check, Sweep):
            yield from (partial(self._broken, check, span) for span in self._divided(check))
            return
        for span in self._divided(check.kept):
            sums: Sums = defaultdict(int)
            yield from (partial(self._add, sums, check.parts, span | part) for part in self._divided(check.parts))
            yield partial(self._differing, sums, check.kept, span)

    def _broken(self, sweep: Sweep, span: Span) -> list[str]:
        return list(self._session.scalars(text(sweep.text), span))

    def _add(self, sums: Sums, parts: Sweep, span: Span) -> list[str]:
        for key, part in self._session.execute(text(parts.whole), span):
            sums[key] += part
        return []

    def _differing(self, sums: Sums, kept: Sweep, span: Span) -> list[str]:
        rows = self._session.execute(text(kept.whole), span)
        found = [str(key) for key, value in rows if sums.get(key, 0) != value]
        # What was added up for this span is needed no more.
        sums.clear()
        return found[:MOST_IDS]

    def _divided(self, sweep: Sweep) -> list[Span]:
        name = sweep.table, sweep.rows
        if name not in self._spans:
            self._spans[name] = list(_spans(self._session, sweep))
        return self._spans[name]


def _spans(session: Session, sweep: Sweep) -> Iterator[Span]:
    """Divide the table as it is now; each span but the last holds as many rows as a step takes."""
    names = ", ".join(sweep.columns)
    firsts = ", ".join(f":first_{name}" for name in sweep.columns)
    ends = f"{_ordered(sweep, 'ASC')} LIMIT 2 OFFSET {sweep.rows - 1}"
    # The last row of this span, and the first of the next.
    onwards = f"SELECT {names} FROM {sweep.table} WHERE ({names}) >= ({firsts}) {ends}"  # noqa: S608 - our own names
    next_row = _edges(session, sweep, "ASC")
    while next_row:
        span = _named("first", sweep, next_row[0])
        last, *next_row = session.execute(text(onwards), span).all() or _edges(session, sweep, "DESC")
        yield span | _named("last", sweep, last)


def _edges(session: Session, sweep: Sweep, order: str) -> Sequence[Row[Any]]:
    query = f"SELECT {', '.join(sweep.columns)} FROM {sweep.table} {_ordered(sweep, order)} LIMIT 1"  # noqa: S608 - the same
    return session.execute(text(query)).all()


def _ordered(sweep: Sweep, order: str) -> str:
    return "ORDER BY " + ", ".join(f"{name} {order}" for name in sweep.columns)


def _named(end: str, sweep: Sweep, values: Row[Any]) -> Span:
    return {f"{end}_{name}": value for name, value in zip(sweep.columns, values, strict=True)}
