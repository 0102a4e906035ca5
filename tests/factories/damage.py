"""Ways round everything that keeps the database right, for damage that only `verify` can find."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import text
from sqlalchemy.orm import Session

from widget_host.services import Services
from widget_host.wiring import Wiring

CHECKS_OF_POSTGRESQL = """
    SELECT 'ALTER TABLE ' || conrelid::regclass || ' DROP CONSTRAINT ' || conname FROM pg_constraint
    WHERE contype = 'c' AND connamespace = 'public'::regnamespace"""
TRIGGERS_OF_SQLITE = "SELECT 'DROP TRIGGER ' || name FROM sqlite_schema WHERE type = 'trigger'"


class Undone(Exception):
    """Takes the damage away again."""


@contextmanager
def unguarded(wiring: Wiring) -> Iterator[Services]:
    """Open a unit of work in which triggers, foreign keys and checks look away; nothing of it is kept."""
    try:
        with wiring.writing() as services:
            if wiring.database.is_sqlite:
                _open_sqlite(services._session)
            else:
                _open_postgresql(services._session)
            yield services
            raise Undone
    except Undone:
        pass


def _open_sqlite(session: Session) -> None:
    session.execute(text("PRAGMA defer_foreign_keys=ON"))
    session.execute(text("PRAGMA ignore_check_constraints=ON"))
    _run_all(session, TRIGGERS_OF_SQLITE)


def _open_postgresql(session: Session) -> None:
    _run_all(session, CHECKS_OF_POSTGRESQL)
    session.execute(text("SET LOCAL session_replication_role = replica"))


def _run_all(session: Session, which: str) -> None:
    for statement in session.scalars(text(which)).all():
        session.execute(text(statement))
