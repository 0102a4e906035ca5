"""The bank's own books, in one SQLite file: customers, orders, cards, and every event received."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from widget_host.demo.webhooks import Connection, Event

SCHEMA = Path(__file__).with_name("schema.sql").read_text(encoding="utf-8")
OPEN_ORDER = "INSERT OR IGNORE INTO orders (reference_number, customer_id) SELECT ?, id FROM customers WHERE id = ?"
DEBIT_ORDER = """
UPDATE orders SET state = 'debited', cents = ?, points = ?
WHERE reference_number = ? AND customer_id = ? AND state = 'open' RETURNING -cents, customer_id
"""
RETURN_ORDER = """
UPDATE orders SET state = 'returned'
WHERE reference_number = ? AND customer_id = ? AND state <> 'returned' RETURNING cents, customer_id
"""
ENDED_ORDERS = "SELECT * FROM orders WHERE customer_id = ? AND state <> 'open' ORDER BY rowid DESC LIMIT 20"
LATEST_EVENTS = "SELECT * FROM events ORDER BY rowid DESC LIMIT 20"
KEEP_CONNECTION = """
INSERT INTO connections (card_id, program_id, type, account, allocation, sequence)
SELECT id, ?, ?, ?, ?, ? FROM cards WHERE id = ? AND customer_id = ?
ON CONFLICT DO UPDATE SET
    type = excluded.type, account = excluded.account, allocation = excluded.allocation, sequence = excluded.sequence
WHERE excluded.sequence > connections.sequence
"""
LINKED_PROGRAMS = """
SELECT coalesce(name, program_id) AS program, account, allocation FROM connections
LEFT JOIN programs ON programs.id = program_id
WHERE card_id = ? AND type <> 'DELINKED' ORDER BY allocation DESC, program
"""
CHANGE_BALANCE = "UPDATE customers SET cents = cents + ? WHERE id = ?"


class Customer(NamedTuple):
    """Who banks here; ``id`` is the ``sourceUserId`` that Widget Host knows."""

    id: str
    name: str
    email: str
    cents: int


class Card(NamedTuple):
    """A customer's card; ``id`` is the ``cardId`` that Widget Host knows."""

    id: str
    customer_id: str
    last_four: str


class Store:
    """What the bank remembers; each method is one SQLite transaction."""

    def __init__(self, path: Path) -> None:
        """Create the file, with its two customers, where there is none."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        with self._transaction() as db:
            db.executescript(SCHEMA)

    def list_customers(self) -> list[Customer]:
        """Everyone, by name."""
        with self._transaction() as db:
            return [Customer(*row) for row in db.execute("SELECT * FROM customers ORDER BY name")]

    def open_order(self, reference_number: str, customer_id: str) -> None:
        """Remember the reference before Widget Host learns it, so that no purchase is a surprise."""
        with self._transaction() as db:
            db.execute(OPEN_ORDER, (reference_number, customer_id))

    def read_account(self, customer_id: str) -> dict[str, Any]:
        """What the customer's pages show, all of one moment: a webhook may come between two questions."""
        with self._transaction() as db:
            db.execute("BEGIN")
            customer = db.execute("SELECT * FROM customers WHERE id = ?", (customer_id,)).fetchone()
            card = db.execute("SELECT * FROM cards WHERE customer_id = ?", (customer_id,)).fetchone()
            return {
                "customer": Customer(*customer),
                "card": Card(*card),
                "linked": db.execute(LINKED_PROGRAMS, (card["id"],)).fetchall(),
                "orders": db.execute(ENDED_ORDERS, (customer_id,)).fetchall(),
                "events": db.execute(LATEST_EVENTS).fetchall(),
            }

    def get_card(self, customer_id: str) -> Card:
        """The customer's one card."""
        with self._transaction() as db:
            return Card(*db.execute("SELECT * FROM cards WHERE customer_id = ?", (customer_id,)).fetchone())

    def keep_programs(self, names: Mapping[str, str]) -> None:
        """Remember what the programs are called: events name them by id."""
        with self._transaction() as db:
            db.executemany("INSERT OR REPLACE INTO programs VALUES (?, ?)", names.items())

    def receive(self, event: Event) -> None:
        """Keep the event and what it changes together, once: a repeated id changes nothing."""
        with self._transaction() as db:
            added = db.execute(
                "INSERT OR IGNORE INTO events (id, type, text) VALUES (?, ?, ?)", (event.id, event.type, event.text)
            )
            if added.rowcount and event.cents is not None:
                _move_money(db, event)
            if added.rowcount and event.connection is not None:
                _keep_connection(db, event, event.connection)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        db = sqlite3.connect(self._path, timeout=10)
        db.row_factory = sqlite3.Row
        db.execute("PRAGMA foreign_keys = ON")
        try:
            with db:
                yield db
        finally:
            db.close()


def _move_money(db: sqlite3.Connection, event: Event) -> None:
    """Debit what completed; give back what failed or was reversed, or keep it from being debited later."""
    order = (event.reference_number, event.customer_id)
    moves: Iterable[sqlite3.Row] = ()
    if event.type == "transaction.completed":
        db.execute(OPEN_ORDER, order)  # the points are issued, even where the reference was not ours
        moves = db.execute(DEBIT_ORDER, (event.cents, event.points, *order))
    elif event.type in ("transaction.failed", "transaction.reversed"):
        moves = db.execute(RETURN_ORDER, order)
    db.executemany(CHANGE_BALANCE, list(moves))


def _keep_connection(db: sqlite3.Connection, event: Event, told: Connection) -> None:
    """Keep what is newest of a program, in whatever order the events come; another bank's card changes nothing."""
    said = (told.program_id, event.type, told.account, told.allocation, told.sequence)
    db.execute(KEEP_CONNECTION, (*said, told.card_id, event.customer_id))
