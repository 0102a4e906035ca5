"""Keeps orders that need nothing but what was decided, those of the same moment in one statement."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import partial

from widget_host.domain.ledger.rules import AccountName, NewEntry, entry_row, posting_rows
from widget_host.domain.ledger.service import Ledger
from widget_host.domain.orders.rules import Decided, Issued, claim_of, key_row, receipt_answer
from widget_host.domain.recording.queries import ORDER
from widget_host.domain.transactions.service import Opened, opened
from widget_host.kit.clock import EnvironmentClock
from widget_host.kit.db import Database
from widget_host.kit.direct import keeping_line
from widget_host.kit.gathering import Gathering
from widget_host.kit.together import Ready, Row

# Environments times currencies and programs: more are looked up again.
MOST_ENTRIES = 10_000


class Guarded(Exception):
    """An account of the order is guarded: its balance is to be locked and looked at."""


class Recorder:
    """Keeps orders the short way; the accounts they move value between never change, and are looked up once."""

    def __init__(
        self,
        *,
        database: Database,
        clock: EnvironmentClock,
        ledgers: Callable[[], AbstractContextManager[Ledger]],
        told: Callable[[str, bool], None],
    ) -> None:
        """Take a unit of work to open accounts in, and who hears what was told, and whether deliveries came with it."""
        self._database = database
        self._clock = clock
        self._ledgers = ledgers
        self._told = told
        self._keeping = Gathering[Ready, int | None](
            lambda sets: ORDER.keep(database, sets), most=ORDER.most, around=partial(keeping_line, database)
        )
        self._numbers: dict[tuple[str, frozenset[AccountName]], Mapping[AccountName, int] | None] = {}

    def record(self, decided: Decided) -> Issued | None:
        """Keep an order that is completed as it begins; None, and nothing kept, where its reference was used before.

        Raises Guarded where it has to be kept the long way.
        """
        receipt = decided.receipt(self._clock.now())
        made = opened(decided.order, decided.transaction_id, decided.preview, receipt.date)
        numbers = self._accounts(made.entry)
        if numbers is None:
            raise Guarded
        key = key_row(claim_of(decided.order), receipt_answer(receipt), receipt.date)
        deliveries = self._keeping.do(ORDER.ready(self._database, [[key], *self._rows(made, numbers)]))
        if deliveries is None:
            return None
        self._told(made.told.kind, deliveries > 0)
        return Issued(receipt)

    def end(self) -> None:
        """Let go of the connection that is kept for whoever comes next."""
        self._keeping.end()

    def _rows(self, made: Opened, numbers: Mapping[AccountName, int]) -> list[Sequence[Row]]:
        entry, told, at = made.entry, made.told, made.row["created_at"]
        lines = [(numbers[move.source], numbers[move.destination], move.asset, move.amount) for move in entry.movements]
        now = self._clock.machine.now()
        delivery = {"event_id": told.event_id, "due_at": now, "subject": told.subject, "kind": told.kind}
        return [
            [told.row(at)],
            [entry_row(entry, at)],
            posting_rows(entry.id, lines),
            [made.row],
            [made.status],
            [delivery | {"environment_id": told.environment_id}],
        ]

    def _accounts(self, entry: NewEntry) -> Mapping[AccountName, int] | None:
        key = entry.environment_id, frozenset(entry.accounts)
        if key not in self._numbers:
            with self._ledgers() as ledger:
                found = ledger.unguarded(entry)
            if len(self._numbers) >= MOST_ENTRIES:
                self._numbers.clear()
            self._numbers[key] = found
        return self._numbers[key]
