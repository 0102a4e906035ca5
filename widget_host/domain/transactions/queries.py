"""What is read of transactions, and whether transactions, ledger and outbox agree."""

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from widget_host.domain.transactions.models import IdempotencyKey, Transaction

CHECKS = {
    "every transaction's entry moves its value and its points": """
        SELECT t.id FROM transactions t
        WHERE NOT EXISTS (SELECT 1 FROM ledger_postings p WHERE p.entry_id = t.entry_id
                          AND p.asset = t.currency AND p.amount = t.value)
           OR NOT EXISTS (SELECT 1 FROM ledger_postings p WHERE p.entry_id = t.entry_id
                          AND p.asset = t.program_id AND p.amount = t.points + t.bonus_points)""",
    "every exchange in the ledger is a transaction": """
        SELECT e.id FROM ledger_entries e
        WHERE e.kind = 'exchange' AND NOT EXISTS (SELECT 1 FROM transactions t WHERE t.entry_id = e.id)""",
    "every ended transaction has told how it ended": """
        SELECT t.id FROM transactions t
        WHERE t.status <> 'PENDING' AND NOT EXISTS (
              SELECT 1 FROM events v WHERE v.environment_id = t.environment_id AND v.subject = t.id
              AND v.type = 'transaction.' || LOWER(t.status))""",
    "every transaction event is about an entry of the ledger": """
        SELECT v.id FROM events v
        WHERE v.type LIKE 'transaction.%' AND NOT EXISTS (SELECT 1 FROM ledger_entries e WHERE e.event_id = v.id)""",
    "every transaction has its idempotency key": """
        SELECT t.id FROM transactions t
        WHERE NOT EXISTS (SELECT 1 FROM idempotency_keys k
                          WHERE k.environment_id = t.environment_id AND k.key = t.reference_number)""",
    "every receipt ever given is of a transaction": """
        SELECT k.key FROM idempotency_keys k
        WHERE CAST(k.answer AS TEXT) LIKE '{"receipt"%' AND NOT EXISTS (
              SELECT 1 FROM transactions t WHERE t.environment_id = k.environment_id AND t.reference_number = k.key)""",
}


def find(session: Session, environment_id: str, id_or_reference: str) -> Transaction | None:
    """Return the environment's transaction of this id, else of this reference number."""
    named = or_(Transaction.id == id_or_reference, Transaction.reference_number == id_or_reference)
    found = session.scalars(select(Transaction).where(Transaction.environment_id == environment_id, named)).all()
    return min(found, key=lambda transaction: transaction.id != id_or_reference, default=None)


def find_key(session: Session, environment_id: str, key: str) -> IdempotencyKey | None:
    """Return what was asked and answered under this key."""
    return session.get(IdempotencyKey, (environment_id, key), populate_existing=True)
