"""Many rows of a table in one statement: they go as one JSON array, and its text is the same however many there are."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, cast

from sqlalchemy import FromClause, Insert, bindparam, column, func, insert, select
from sqlalchemy import Table as Described
from sqlalchemy.orm import Session

from widget_host.kit.db import PlainJson, Table, moment_of_sqlite, utc

SQLITE = "sqlite"


def insert_many(session: Session, table: type[Table], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, each of which says every column: text without NUL, whole numbers, moments, objects, or None.

    None is null in a column of objects too. Raises ValueError for a moment without a zone. To send each row by itself
    costs fifteen times the program's time.
    """
    dialect = session.get_bind().dialect.name
    said = [{name: _said(value, dialect) for name, value in row.items()} for row in rows]
    session.execute(_statement(table, dialect), {"rows": said})


def _said(value: Any, dialect: str) -> Any:
    if not isinstance(value, datetime):
        return value
    return moment_of_sqlite(value) if dialect == SQLITE else utc(value).isoformat()


@cache
def _statement(table: type[Table], dialect: str) -> Insert:
    described = cast("Described", table.__table__)
    names = [each.name for each in described.columns]
    array = bindparam("rows", type_=PlainJson)
    if dialect == SQLITE:
        each = func.json_each(array).table_valued("value")
        drawn = select(*(func.json_extract(each.c.value, f"$.{name}") for name in names))
        return insert(described).from_select(names, drawn, include_defaults=False)
    kinds = [column(each.name, each.type) for each in described.columns]
    source: FromClause = func.jsonb_to_recordset(array).table_valued(*kinds).render_derived(with_types=True)
    return insert(described).from_select(names, select(source), include_defaults=False)
