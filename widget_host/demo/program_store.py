"""The program's own books, in one SQLite file: every credit it was asked for, once per id."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

ACCEPTED, CREDITED, REFUSED, REVERSED = "ACCEPTED", "CREDITED", "REFUSED", "REVERSED"
SCHEMA = """
CREATE TABLE IF NOT EXISTS credits (
    id TEXT PRIMARY KEY, member TEXT NOT NULL, points INTEGER NOT NULL CHECK (points > 0), status TEXT NOT NULL
)
"""


class Credit(NamedTuple):
    """Points that were asked for, and what became of them."""

    id: str
    member: str
    points: int
    status: str


class Credits:
    """What the program remembers; each method is one SQLite transaction."""

    def __init__(self, path: Path) -> None:
        """Create the file where there is none."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        with self._transaction() as db:
            db.execute(SCHEMA)

    def keep(self, credit: Credit) -> tuple[Credit, bool]:
        """Keep a new credit; return what stands under its id, and whether this call put it there."""
        with self._transaction() as db:
            added = db.execute("INSERT OR IGNORE INTO credits VALUES (?, ?, ?, ?)", credit).rowcount
            return _find(db, credit.id) or credit, bool(added)

    def find(self, credit_id: str) -> Credit | None:
        """Return a credit, if there is one of this id."""
        with self._transaction() as db:
            return _find(db, credit_id)

    def change(self, credit_id: str, before: str, after: str) -> bool:
        """Move a credit from one status to another; False where it is not in the first."""
        with self._transaction() as db:
            changed = "UPDATE credits SET status = ? WHERE id = ? AND status = ?"
            return bool(db.execute(changed, (after, credit_id, before)).rowcount)

    def list_latest(self) -> list[Credit]:
        """The last fifty, the newest first."""
        with self._transaction() as db:
            return [Credit(*row) for row in db.execute("SELECT * FROM credits ORDER BY rowid DESC LIMIT 50")]

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        db = sqlite3.connect(self._path, timeout=10)
        try:
            with db:
                yield db
        finally:
            db.close()


def _find(db: sqlite3.Connection, credit_id: str) -> Credit | None:
    row = db.execute("SELECT * FROM credits WHERE id = ?", (credit_id,)).fetchone()
    return None if row is None else Credit(*row)
