"""What is read from the ledger: accounts, balances, and whether every invariant holds."""

from typing import Any

from sqlalchemy import ColumnElement, Row, case, func, or_, select, tuple_
from sqlalchemy.orm import Session

from widget_host.domain.ledger.models import Account, Posting
from widget_host.domain.ledger.rules import AccountName

CHECKS = {
    "every entry has postings": """
        SELECT e.id FROM ledger_entries e
        WHERE NOT EXISTS (SELECT 1 FROM ledger_postings p WHERE p.entry_id = e.id)""",
    "every posting moves one asset between two accounts of its entry's environment": """
        SELECT p.entry_id FROM ledger_postings p JOIN ledger_entries e ON e.id = p.entry_id
        LEFT JOIN ledger_accounts s ON s.id = p.source_id LEFT JOIN ledger_accounts d ON d.id = p.destination_id
        WHERE s.id IS NULL OR d.id IS NULL OR s.id = d.id OR p.amount <= 0
           OR s.asset <> p.asset OR d.asset <> p.asset
           OR s.environment_id <> e.environment_id OR d.environment_id <> e.environment_id""",
    "every guarded balance is the sum of its postings": """
        SELECT CAST(b.account_id AS TEXT) FROM ledger_balances b
        WHERE b.balance <>
              COALESCE((SELECT SUM(amount) FROM ledger_postings WHERE destination_id = b.account_id), 0)
            - COALESCE((SELECT SUM(amount) FROM ledger_postings WHERE source_id = b.account_id), 0)""",
    "every guarded account, and no other, has a balance": """
        SELECT CAST(a.id AS TEXT) FROM ledger_accounts a LEFT JOIN ledger_balances b ON b.account_id = a.id
        WHERE a.guarded <> (b.account_id IS NOT NULL)""",
    "no guarded account is below its floor": """
        SELECT CAST(account_id AS TEXT) FROM ledger_balances WHERE balance - held < floor OR held < 0""",
    "what is held is the sum of the open holds": """
        SELECT CAST(b.account_id AS TEXT) FROM ledger_balances b
        WHERE b.held <> COALESCE((SELECT SUM(h.amount - h.captured - h.released) FROM ledger_holds h
                                  WHERE h.account_id = b.account_id AND h.ended_at IS NULL), 0)""",
    "no hold gives more than it holds, and what ended is used up": """
        SELECT id FROM ledger_holds
        WHERE captured + released > amount OR (ended_at IS NOT NULL) <> (captured + released = amount)""",
    "a reversal undoes exactly what it names, in the same environment": """
        SELECT r.id FROM ledger_entries r JOIN ledger_entries e ON e.id = r.reverses_id
        WHERE r.environment_id <> e.environment_id
           OR (SELECT COUNT(*) FROM ledger_postings WHERE entry_id = r.id)
              <> (SELECT COUNT(*) FROM ledger_postings WHERE entry_id = e.id)
           OR EXISTS (SELECT 1 FROM ledger_postings o WHERE o.entry_id = e.id AND NOT EXISTS (
                      SELECT 1 FROM ledger_postings u WHERE u.entry_id = r.id AND u.leg = o.leg
                      AND u.source_id = o.destination_id AND u.destination_id = o.source_id
                      AND u.asset = o.asset AND u.amount = o.amount))""",
    "every entry has its event, in the same environment": """
        SELECT e.id FROM ledger_entries e LEFT JOIN events v ON v.id = e.event_id
        WHERE v.id IS NULL OR v.environment_id <> e.environment_id""",
    # A column of SQLite keeps a fraction where it is given one.
    "every amount is a whole number": """
        SELECT entry_id FROM ledger_postings WHERE amount <> CAST(amount AS BIGINT)
        UNION ALL SELECT CAST(account_id AS TEXT) FROM ledger_balances
        WHERE balance <> CAST(balance AS BIGINT) OR held <> CAST(held AS BIGINT) OR floor <> CAST(floor AS BIGINT)
        UNION ALL SELECT id FROM ledger_holds
        WHERE amount <> CAST(amount AS BIGINT) OR captured <> CAST(captured AS BIGINT)
           OR released <> CAST(released AS BIGINT)""",
}


def accounts(session: Session, environment_id: str, names: set[AccountName]) -> dict[AccountName, Account]:
    """Return those of the named accounts that exist."""
    wanted = [(name.kind, name.holder, name.asset) for name in names]
    found = session.scalars(
        select(Account).where(
            Account.environment_id == environment_id,
            tuple_(Account.kind, Account.holder, Account.asset).in_(wanted),
        )
    )
    return {AccountName(account.kind, account.asset, account.holder): account for account in found}


def balance(session: Session, account_id: int) -> int:
    """Return the sum of what came in less what went out."""
    change: ColumnElement[int] = case((Posting.destination_id == account_id, Posting.amount), else_=-Posting.amount)
    touches = or_(Posting.destination_id == account_id, Posting.source_id == account_id)
    return int(session.scalar(select(func.coalesce(func.sum(change), 0)).where(touches)) or 0)


def movements(session: Session, entry_id: str) -> list[Row[Any]]:
    """Return an entry's postings: leg, source, destination, asset, amount."""
    columns = (Posting.leg, Posting.source_id, Posting.destination_id, Posting.asset, Posting.amount)
    return list(session.execute(select(*columns).where(Posting.entry_id == entry_id).order_by(Posting.leg)))
