"""What is read of transactions, and whether transactions, ledger and outbox agree."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import and_, func, select, text, tuple_, update
from sqlalchemy.orm import Session

from widget_host.domain.transactions.models import Transaction, TransactionStatus
from widget_host.kit.checking import Checks, Sweep
from widget_host.kit.db import known

# As the indexes say it: what is handed over as a parameter is not known when an index is chosen.
DID_FAIL, DID_NOT_FAIL = text("status = 'FAILED'"), text("status <> 'FAILED'")
IS_PENDING = text("status = 'PENDING'")
CHECKS: Checks = {
    "every completed transaction's entry moves its value and its points": [
        Sweep(
            "transactions",
            "t.id",
            """
        SELECT t.id FROM transactions t
        WHERE {within} AND t.status IN ('COMPLETED', 'REVERSED') AND (
              NOT EXISTS (SELECT 1 FROM ledger_postings p WHERE p.entry_id = t.entry_id
                          AND p.asset = t.currency AND p.amount = t.value)
           OR NOT EXISTS (SELECT 1 FROM ledger_postings p WHERE p.entry_id = t.entry_id
                          AND p.asset = t.program_id AND p.amount = t.points + t.bonus_points))""",
        ),
    ],
    "every pending transaction's value is set aside, and nothing more": [
        Sweep(
            "transactions",
            "t.id",
            """
        SELECT t.id FROM transactions t
        WHERE {within} AND t.status = 'PENDING' AND (t.entry_id IS NOT NULL OR NOT EXISTS (
              SELECT 1 FROM ledger_postings p WHERE p.entry_id = t.reservation_id
              AND p.asset = t.currency AND p.amount = t.value))""",
        ),
    ],
    "every failed or reversed transaction's postings are reversed": [
        Sweep(
            "transactions",
            "t.id",
            """
        SELECT t.id FROM transactions t
        WHERE {within} AND ((t.status = 'FAILED' AND NOT EXISTS (
               SELECT 1 FROM ledger_entries e WHERE e.reverses_id = t.reservation_id))
           OR (t.status = 'REVERSED' AND NOT EXISTS (
               SELECT 1 FROM ledger_entries e WHERE e.reverses_id = t.entry_id)))""",
        ),
    ],
    "every exchange in the ledger is a transaction": [
        Sweep(
            "ledger_entries",
            "e.id",
            """
        SELECT e.id FROM ledger_entries e
        WHERE {within} AND e.kind = 'exchange' AND NOT EXISTS (SELECT 1 FROM transactions t WHERE t.entry_id = e.id)""",
        ),
    ],
    "every ended transaction has told how it ended": [
        Sweep(
            "transactions",
            "t.id",
            """
        SELECT t.id FROM transactions t
        WHERE {within} AND NOT EXISTS (
              SELECT 1 FROM events v WHERE v.environment_id = t.environment_id AND v.subject = t.id
              AND v.type = 'transaction.' || LOWER(t.status))""",
        ),
    ],
    "every transaction event is about an entry of the ledger": [
        Sweep(
            "events",
            "v.id",
            """
        SELECT v.id FROM events v
        WHERE {within} AND v.type LIKE 'transaction.%'
          AND NOT EXISTS (SELECT 1 FROM ledger_entries e WHERE e.event_id = v.id)""",
        ),
    ],
    "every transaction's history ends with its status": [
        Sweep(
            "transactions",
            "t.id",
            """
        SELECT t.id FROM transactions t
        WHERE {within} AND t.status <> COALESCE((
              SELECT s.status FROM transaction_statuses s WHERE s.transaction_id = t.id
              ORDER BY s.number DESC LIMIT 1), '')""",
        ),
    ],
    "every transaction has its idempotency key": [
        Sweep(
            "transactions",
            "t.id",
            """
        SELECT t.id FROM transactions t
        WHERE {within} AND t.status <> 'FAILED' AND NOT EXISTS (SELECT 1 FROM idempotency_keys k
                          WHERE k.environment_id = t.environment_id AND k.key = t.reference_number)""",
        ),
    ],
    "everything kept of an order is of an environment, a program and an endpoint that there are": [
        Sweep(
            "transactions",
            "t.id",
            """
        SELECT t.id FROM transactions t
        WHERE {within} AND (t.environment_id NOT IN (SELECT id FROM environments)
           OR t.program_id NOT IN (SELECT id FROM programs))""",
        ),
        Sweep(
            "ledger_entries",
            "n.id",
            """
        SELECT n.id FROM ledger_entries n
        WHERE {within} AND n.environment_id NOT IN (SELECT id FROM environments)""",
        ),
        Sweep(
            "events",
            "v.id",
            """
        SELECT v.id FROM events v
        WHERE {within} AND v.environment_id NOT IN (SELECT id FROM environments)""",
        ),
        Sweep(
            "idempotency_keys",
            "k.environment_id, k.key",
            """
        SELECT k.key FROM idempotency_keys k
        WHERE {within} AND k.environment_id NOT IN (SELECT id FROM environments)""",
        ),
        Sweep(
            "deliveries",
            "d.id",
            """
        SELECT d.id FROM deliveries d
        WHERE {within} AND NOT EXISTS (SELECT 1 FROM webhook_endpoints w
                          WHERE w.id = d.endpoint_id AND w.environment_id = d.environment_id)""",
        ),
    ],
    "every receipt ever given is of a transaction": [
        Sweep(
            "idempotency_keys",
            "k.environment_id, k.key",
            """
        SELECT k.key FROM idempotency_keys k
        WHERE {within} AND CAST(k.answer AS TEXT) LIKE '{"receipt"%'
          AND NOT EXISTS (SELECT 1 FROM transactions t WHERE t.environment_id = k.environment_id
                          AND t.reference_number = k.key AND t.status <> 'FAILED')
          AND NOT EXISTS (SELECT 1 FROM transactions t WHERE t.environment_id = k.environment_id
                          AND t.reference_number = k.key AND t.status = 'FAILED')""",
        ),
    ],
}


def find(session: Session, environment_id: str, id_or_reference: str) -> Transaction | None:
    """Return the environment's transaction of this id, else of this reference number: the one that did not fail."""
    of_environment = select(Transaction).where(Transaction.environment_id == environment_id)
    is_named = Transaction.reference_number == id_or_reference
    # One after the other, each by an index of its own: asked together they are found by reading all there are.
    for wanted in (Transaction.id == id_or_reference, and_(is_named, DID_NOT_FAIL), and_(is_named, DID_FAIL)):
        latest = of_environment.where(wanted).order_by(Transaction.id.desc()).limit(1)
        if (found := session.scalars(latest).first()) is not None:
            return found
    return None


def between(
    session: Session,
    environment_id: str,
    start: datetime,
    end: datetime,
    *,
    program_id: str | None,
    after: tuple[datetime, str] | None,
    limit: int,
) -> Sequence[Transaction]:
    """Return the environment's transactions of a period, both ends included, oldest first, after a given one."""
    wanted = select(Transaction).where(Transaction.environment_id == environment_id, Transaction.created_at <= end)
    if program_id is not None:
        wanted = wanted.where(Transaction.program_id == program_id)
    if after is not None:
        wanted = wanted.where(tuple_(Transaction.created_at, Transaction.id) > after)
    # Not both: PostgreSQL begins where the first of them says, and reads all the pages before this one again.
    if after is None or after[0] < start:
        wanted = wanted.where(Transaction.created_at >= start)
    return session.scalars(wanted.order_by(Transaction.created_at, Transaction.id).limit(known(limit))).all()


def of_reward(session: Session, environment_id: str, reward: str) -> Sequence[Transaction]:
    """Return the parts of a reward, in the order in which they were made."""
    wanted = select(Transaction).where(Transaction.environment_id == environment_id, Transaction.reward == reward)
    return session.scalars(wanted.order_by(Transaction.id)).all()


def history(session: Session, transaction_id: str) -> Sequence[TransactionStatus]:
    """Return the states a transaction came into, oldest first."""
    wanted = select(TransactionStatus).where(TransactionStatus.transaction_id == transaction_id)
    return session.scalars(wanted.order_by(TransactionStatus.number)).all()


def claim_pending(session: Session, *, now: datetime, until: datetime, limit: int) -> Sequence[Transaction]:
    """Take up to `limit` pending transactions that are due, for a lease; no two workers get the same one."""
    due = (
        select(Transaction.id)
        .where(IS_PENDING, Transaction.due_at <= now)
        .order_by(Transaction.due_at, Transaction.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        # Apart from the UPDATE: PostgreSQL may run a plain subquery again for each row, and take more than the limit.
        .cte("due")
    )
    taken = update(Transaction).where(Transaction.id.in_(select(due.c.id)))
    taken = taken.values(due_at=until, attempts=Transaction.attempts + 1)
    found = session.scalars(taken.returning(Transaction), execution_options={"synchronize_session": False})
    # What comes back is in no order; the oldest is asked about first.
    return sorted(found, key=lambda transaction: transaction.id)


def bring_forward(session: Session, environment_id: str, by: timedelta) -> None:
    """Let the environment's pending transactions fall due earlier by this much."""
    pending = select(Transaction).where(Transaction.environment_id == environment_id, IS_PENDING)
    for transaction in session.scalars(pending.with_for_update()):
        if transaction.due_at is not None:
            transaction.due_at -= by
    session.flush()


def count_pending(session: Session) -> int:
    """Count the transactions that wait for their program's word."""
    return session.scalar(select(func.count()).select_from(Transaction).where(IS_PENDING)) or 0
