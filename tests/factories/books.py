"""A ledger to post in, and entries that come with their events."""

import time
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select, text

from widget_host.domain.ledger.rules import AccountName, Movement, NewEntry
from widget_host.kit.ids import earliest_id, new_id
from widget_host.services import Services
from widget_host.wiring import Wiring

BANK = AccountName("bank", "USD")
SHOP = AccountName("shop", "USD")
TABLES = ("ledger_accounts", "ledger_balances", "ledger_entries", "ledger_postings", "ledger_holds", "events")
MEMBER = AccountName("member", "USD", "amira")
AT_ONCE = timedelta()
PATIENCE_SECONDS = 30
OTHERS = """SELECT pid, CAST(backend_xid AS text) AS xid FROM pg_stat_activity
    WHERE datname <> current_database() AND backend_xid IS NOT NULL"""


def move(amount: int, source: AccountName = BANK, destination: AccountName = SHOP) -> Movement:
    return Movement(source, destination, amount)


def make_entry(environment_id: str, *movements: Movement, key: str | None = None) -> NewEntry:
    return NewEntry(new_id("ent"), environment_id, key or new_id("key"), "transfer", new_id("evt"), movements)


def post(services: Services, entry: NewEntry) -> str:
    """Post an entry with its event, and return its id."""
    services.ledger.post(entry)
    tell(services, entry.environment_id, entry.event_id)
    return entry.id


def tell(services: Services, environment_id: str, event_id: str) -> None:
    services.outbox.record(environment_id, event_id, "ledger.posted", event_id, {})


@dataclass(frozen=True)
class Books:
    """One environment's accounts, each call a unit of work of its own."""

    wiring: Wiring
    environment_id: str

    def post(self, *movements: Movement, key: str | None = None) -> str:
        with self.wiring.writing() as services:
            return post(services, make_entry(self.environment_id, *movements, key=key))

    def reverse(self, entry_id: str) -> str:
        reversal_id, event_id = new_id("ent"), new_id("evt")
        with self.wiring.writing() as services:
            services.ledger.reverse(entry_id, new_entry_id=reversal_id, event_id=event_id)
            tell(services, self.environment_id, event_id)
        return reversal_id

    def open(self, name: AccountName, *, filled_with: int = 0, floor: int = 0) -> None:
        """Open a guarded account, and fill it from the bank."""
        with self.wiring.writing() as services:
            services.ledger.open_guarded(self.environment_id, name, floor=floor)
        if filled_with:
            self.post(move(filled_with, BANK, name))

    def hold(self, amount: int, *, name: AccountName = MEMBER, key: str | None = None) -> str:
        with self.wiring.writing() as services:
            return services.ledger.hold(self.environment_id, name, amount, key=key or new_id("key"))

    def capture(self, hold_id: str, amount: int, *, name: AccountName = MEMBER) -> str:
        entry = make_entry(self.environment_id, move(amount, name, SHOP))
        with self.wiring.writing() as services:
            services.ledger.capture(hold_id, entry)
            tell(services, self.environment_id, entry.event_id)
        return entry.id

    def release(self, hold_id: str, amount: int) -> None:
        with self.wiring.writing() as services:
            services.ledger.release(hold_id, amount)

    def roll_up(self, settled_after: timedelta = AT_ONCE) -> bool:
        """Take two steps, of which the first looks how far they may go; say whether the second left something."""
        last = new_id("ent")
        while earliest_id("ent", timedelta()) < last:
            """A step goes no further than the millisecond before."""
        for _ in range(2):
            with self.wiring.writing() as services:
                is_more = services.ledger.roll_up(settled_after)
            self._let_others_end()
        return is_more

    def _let_others_end(self) -> None:
        """Wait for who writes to another database of this server: all their transactions are numbered in one row."""
        if self.wiring.database.is_sqlite:
            return
        under_way = self._others()
        until = time.monotonic() + PATIENCE_SECONDS
        while under_way & self._others():
            assert time.monotonic() < until, "somebody writes to another database for ever"
            time.sleep(0.005)

    def _others(self) -> set[tuple[int, str]]:
        with self.wiring.database.reading() as session:
            return {(row.pid, row.xid) for row in session.execute(text(OTHERS))}

    def balance(self, name: AccountName = MEMBER) -> int:
        with self.wiring.reading() as services:
            return services.ledger.balance(self.environment_id, name)

    def broken(self) -> dict[str, list[str]]:
        with self.wiring.reading() as services:
            return {**services.ledger.verify(), **services.transactions.verify()}

    def counts(self) -> dict[str, int]:
        """Count all that a refusal must leave as it was."""
        return {table: self.count(table) for table in TABLES}

    def count(self, table: str) -> int:
        """Count what stands in the database itself."""
        with self.wiring.database.engine.connect() as connection:
            return int(connection.scalar(select(func.count()).select_from(text(table))) or 0)


def make_books(wiring: Wiring, name: str = "Northwind Bank") -> Books:
    with wiring.writing() as services:
        _, environment = services.organizations.create(name)
    return Books(wiring, environment.id)
