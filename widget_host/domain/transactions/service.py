"""What may be done with transactions: record, settle, read back."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from widget_host.domain.ledger.rules import NewEntry, exchange, reservation
from widget_host.domain.ledger.service import Ledger
from widget_host.domain.programs.rules import Destination
from widget_host.domain.transactions import queries, rules
from widget_host.domain.transactions.models import Transaction, TransactionStatus
from widget_host.domain.webhooks.rules import Told
from widget_host.domain.webhooks.service import Outbox
from widget_host.kit import wire
from widget_host.kit.checking import Heard, unheard, violations
from widget_host.kit.clock import EnvironmentClock, isoformat
from widget_host.kit.errors import NotFound
from widget_host.kit.ids import new_id
from widget_host.kit.money import Money
from widget_host.kit.value import Value

Row = Mapping[str, Any]
COLUMNS = tuple(Transaction.__table__.columns.keys())


class Opened(Value, frozen=True):
    """A transaction that begins completed: its row, and the entry and the event that come with it."""

    row: Row
    entry: NewEntry
    told: Told

    @property
    def status(self) -> dict[str, Any]:
        """The first line of its history."""
        row = self.row
        return {"transaction_id": row["id"], "number": 1, "status": row["status"], "at": row["created_at"]}


class Transactions:
    """Keeps transactions: each state comes with its postings, its history and its event, in one unit of work."""

    def __init__(self, *, session: Session, clock: EnvironmentClock, ledger: Ledger, outbox: Outbox) -> None:
        """Work within this session, together with these services of the same session."""
        self._session = session
        self._clock = clock
        self._ledger = ledger
        self._outbox = outbox

    def record(
        self,
        order: rules.Order,
        transaction_id: str,
        preview: rules.Preview,
        *,
        due_in: timedelta | None = None,
        at: datetime | None = None,
    ) -> Transaction:
        """Keep a new transaction: COMPLETED, or with `due_in` PENDING and to be asked about after that time."""
        transaction = Transaction(
            **_facts(order, preview),
            id=transaction_id,
            status=rules.PENDING,
            attempts=0,
            due_at=None if due_in is None else self._clock.machine.now() + due_in,
            created_at=at or self._clock.now(),
        )
        self._enter(transaction, rules.COMPLETED if due_in is None else rules.PENDING)
        return transaction

    def complete(self, transaction: Transaction) -> None:
        """Settle a pending transaction: the program gave the points."""
        self._enter(transaction, rules.COMPLETED)

    def fail(self, transaction: Transaction, reason: str) -> None:
        """End a pending transaction: nothing was given, what was set aside goes back."""
        self._enter(transaction, rules.FAILED, reason)

    def reverse(self, transaction: Transaction, reason: str) -> None:
        """Undo a completed transaction."""
        self._enter(transaction, rules.REVERSED, reason)

    def remark(self, transaction: Transaction, reason: str) -> None:
        """Put something into the history of a transaction that stays as it is."""
        self._note(transaction, transaction.status, reason)

    def list_of_reward(self, environment_id: str, reward: str) -> Sequence[Transaction]:
        """Return the parts of a reward."""
        return queries.of_reward(self._session, environment_id, reward)

    def wait(self, transaction: Transaction, due_in: timedelta) -> None:
        """Leave a transaction pending, to be asked about after this time."""
        transaction.due_at = self._clock.machine.now() + due_in
        self._session.flush()

    def _enter(self, transaction: Transaction, status: str, reason: str | None = None) -> None:
        rules.check_step(transaction.status if transaction in self._session else None, status)
        entry_id, event_id = new_id("ent"), new_id("evt")
        self._post(transaction, status, entry_id, event_id)
        transaction.status = status
        if status == rules.PENDING:
            transaction.reservation_id = entry_id
        else:
            transaction.due_at = None
        if status == rules.COMPLETED:
            transaction.entry_id = entry_id
        self._session.add(transaction)
        self._session.flush()
        self._note(transaction, status, reason)
        payload = _told(_row(transaction))
        self._outbox.record(transaction.environment_id, event_id, rules.told_as(status), transaction.id, payload)

    def _post(self, transaction: Transaction, status: str, entry_id: str, event_id: str) -> None:
        undone = {rules.FAILED: transaction.reservation_id, rules.REVERSED: transaction.entry_id}.get(status)
        if undone is not None:
            self._ledger.reverse(undone, new_entry_id=entry_id, event_id=event_id)
            return
        self._ledger.post(_entry(_row(transaction), entry_id, event_id, is_pending=status == rules.PENDING))

    def _note(self, transaction: Transaction, status: str, reason: str | None) -> None:
        number = len(queries.history(self._session, transaction.id)) + 1
        note = {"transaction_id": transaction.id, "number": number, "status": status, "reason": reason}
        self._session.execute(insert(TransactionStatus), [note | {"at": self._clock.now()}])

    def get(self, environment_id: str, id_or_reference: str) -> Transaction:
        """Return a transaction by its id or reference number, or raise NotFound."""
        found = queries.find(self._session, environment_id, id_or_reference)
        if found is None:
            raise NotFound("There is no transaction with this id or reference number.")
        return found

    def list_between(
        self,
        environment_id: str,
        start: datetime,
        end: datetime,
        *,
        program_id: str | None = None,
        after: tuple[datetime, str] | None = None,
        limit: int,
    ) -> Sequence[Transaction]:
        """Return up to `limit` transactions of a period, both ends included, oldest first."""
        return queries.between(
            self._session, environment_id, start, end, program_id=program_id, after=after, limit=limit
        )

    def history(self, transaction: Transaction) -> Sequence[TransactionStatus]:
        """Return the states the transaction came into, oldest first."""
        return queries.history(self._session, transaction.id)

    def claim_pending(self, lease: timedelta, limit: int) -> Sequence[Transaction]:
        """Take pending transactions that are due, for one lease."""
        now = self._clock.machine.now()
        return queries.claim_pending(self._session, now=now, until=now + lease, limit=limit)

    def bring_forward(self, environment_id: str, by: timedelta) -> None:
        """Let what is pending fall due earlier: the environment's time was advanced."""
        queries.bring_forward(self._session, environment_id, by)

    def count_pending(self) -> int:
        """Return how many transactions of all tenants wait for their program's word."""
        return queries.count_pending(self._session)

    def verify(self, heard: Heard = unheard) -> dict[str, list[str]]:
        """Check that transactions, ledger and outbox agree; returns what does not, with ids to look at."""
        return violations(self._session, queries.CHECKS, heard)


def opened(order: rules.Order, transaction_id: str, preview: rules.Preview, at: datetime) -> Opened:
    """Make a transaction that is completed as it begins, with what comes with it; nothing is kept."""
    entry_id, event_id = new_id("ent"), new_id("evt")
    row = _facts(order, preview) | {
        "id": transaction_id,
        "entry_id": entry_id,
        "status": rules.COMPLETED,
        "attempts": 0,
        "created_at": at,
    }
    told = Told(order.environment_id, event_id, rules.told_as(rules.COMPLETED), transaction_id, _told(row))
    return Opened(row, _entry(row, entry_id, event_id), told)


def _row(transaction: Transaction) -> Row:
    return {name: getattr(transaction, name) for name in COLUMNS}


def _entry(row: Row, entry_id: str, event_id: str, *, is_pending: bool = False) -> NewEntry:
    kind = "reservation" if is_pending else "exchange"
    return NewEntry(
        id=entry_id,
        environment_id=row["environment_id"],
        key=f"{row['id']}:{kind}",
        kind=kind,
        event_id=event_id,
        movements=_movements(row, is_pending=is_pending),
        details=_details(row),
    )


def destination_of(transaction: Transaction) -> Destination:
    """Return the member's account that the transaction credits."""
    return Destination(transaction.destination_user_id, transaction.destination_user_email)


def _movements(row: Row, *, is_pending: bool) -> Any:
    if is_pending:
        return reservation(value=row["value"], currency=row["currency"])
    return exchange(
        value=row["value"],
        currency=row["currency"],
        program_id=row["program_id"],
        points=row["points"] + row["bonus_points"],
        is_reserved=row.get("reservation_id") is not None,
    )


def _details(row: Row) -> dict[str, Any]:
    return {
        "pricePerPoint": row["price"],
        "rounding": "floor",
        "remainder": row["remainder"],
        "bonusPoints": row["bonus_points"],
        "campaignId": row["campaign_id"],
    }


def _facts(order: rules.Order, preview: rules.Preview) -> dict[str, Any]:
    return {
        "environment_id": order.environment_id,
        "program_id": order.program_id,
        "reference_number": order.reference_number,
        "source_user_id": order.source_user_id,
        "launch_id": order.launch_id,
        "destination_user_id": order.destination.user_id,
        "destination_user_email": order.destination.user_email,
        **preview.figures,
        "quote_id": order.quote_id,
        "reward": order.reward,
        "description": order.description,
    }


def _told(row: Row) -> dict[str, Any]:
    return {
        "transactionId": row["id"],
        "referenceNumber": row["reference_number"],
        "programId": row["program_id"],
        "sourceUserId": row["source_user_id"],
        "destinationAccount": Destination(row["destination_user_id"], row["destination_user_email"]).as_account(),
        "value": wire.number(Money(row["value"], row["currency"]).major),
        "currency": row["currency"],
        "totalPoints": row["points"] + row["bonus_points"],
        "description": row["description"],
        "status": row["status"],
        "date": isoformat(row["created_at"]),
    }
