"""What is read from the ledger: accounts, balances, and whether every invariant holds."""

from typing import Any

from sqlalchemy import ColumnElement, Row, case, func, or_, select, text, tuple_
from sqlalchemy.orm import Session

from widget_host.domain.ledger.models import Account, Checkpoint, Entry, Posting, Rollup
from widget_host.domain.ledger.rules import AccountName
from widget_host.kit.checking import Checks, Sweep, Tally

# Each account may have any number of holds; so many sums are held at once.
ACCOUNTS_A_STEP = 100
ACCOUNTS_A_TALLY = 100_000
LEDGER = "ledger"
_SUMMED_TO = select(Rollup.entry_id).where(Rollup.name == LEDGER)
_IS_SUMMED_UP = f"p.entry_id <= (SELECT r.entry_id FROM ledger_rollups r WHERE r.name = '{LEDGER}')"  # noqa: S608 - our own name
_SUM_UP = """
    INSERT INTO ledger_checkpoints (account_id, balance)
    SELECT account_id, CAST(SUM(change) AS BIGINT) FROM (
        SELECT destination_id AS account_id, amount AS change FROM ledger_postings
        WHERE entry_id > :after AND entry_id <= :until
        UNION ALL SELECT source_id, -amount FROM ledger_postings WHERE entry_id > :after AND entry_id <= :until) moved
    WHERE true GROUP BY account_id
    ON CONFLICT (account_id) DO UPDATE SET balance = ledger_checkpoints.balance + excluded.balance"""
_MOVED = """
    SELECT account_id, CAST(SUM(change) AS BIGINT) FROM (
        SELECT p.destination_id AS account_id, p.amount AS change FROM ledger_postings p WHERE {within} AND {until}
        UNION ALL SELECT p.source_id, -p.amount FROM ledger_postings p WHERE {within} AND {until}) moved
    WHERE account_id >= :first_id AND account_id <= :last_id GROUP BY account_id"""
CHECKS: Checks = {
    "every entry has postings": [
        Sweep(
            "ledger_entries",
            "e.id",
            """
        SELECT e.id FROM ledger_entries e
        WHERE {within} AND NOT EXISTS (SELECT 1 FROM ledger_postings p WHERE p.entry_id = e.id)""",
        )
    ],
    "every posting moves one asset between two accounts of its entry's environment": [
        Sweep(
            "ledger_postings",
            "p.entry_id, p.leg",
            """
        SELECT p.entry_id FROM ledger_postings p JOIN ledger_entries e ON e.id = p.entry_id
        LEFT JOIN ledger_accounts s ON s.id = p.source_id LEFT JOIN ledger_accounts d ON d.id = p.destination_id
        WHERE {within} AND (s.id IS NULL OR d.id IS NULL OR s.id = d.id OR p.amount <= 0
           OR s.asset <> p.asset OR d.asset <> p.asset
           OR s.environment_id <> e.environment_id OR d.environment_id <> e.environment_id)""",
        )
    ],
    "every guarded balance is the sum of its postings": [
        Tally(
            Sweep(
                "ledger_accounts",
                "a.id",
                """
        SELECT a.id, b.balance FROM ledger_accounts a JOIN ledger_balances b ON b.account_id = a.id WHERE {within}""",
                ACCOUNTS_A_TALLY,
            ),
            Sweep("ledger_postings", "p.entry_id, p.leg", _MOVED.replace("{until}", "TRUE")),
        )
    ],
    "every checkpoint is the sum of its account's postings until then": [
        Tally(
            Sweep(
                "ledger_accounts",
                "a.id",
                """
        SELECT a.id, COALESCE(c.balance, 0) FROM ledger_accounts a
        LEFT JOIN ledger_checkpoints c ON c.account_id = a.id WHERE {within}""",
                ACCOUNTS_A_TALLY,
            ),
            Sweep("ledger_postings", "p.entry_id, p.leg", _MOVED.replace("{until}", _IS_SUMMED_UP)),
        )
    ],
    "every guarded account, and no other, has a balance": [
        Sweep(
            "ledger_accounts",
            "a.id",
            """
        SELECT CAST(a.id AS TEXT) FROM ledger_accounts a LEFT JOIN ledger_balances b ON b.account_id = a.id
        WHERE {within} AND a.guarded <> (b.account_id IS NOT NULL)""",
        )
    ],
    "no guarded account is below its floor": [
        Sweep(
            "ledger_balances",
            "b.account_id",
            """
        SELECT CAST(b.account_id AS TEXT) FROM ledger_balances b
        WHERE {within} AND (b.balance - b.held < b.floor OR b.held < 0)""",
        )
    ],
    "what is held is the sum of the open holds": [
        Sweep(
            "ledger_balances",
            "b.account_id",
            """
        SELECT CAST(b.account_id AS TEXT) FROM ledger_balances b
        WHERE {within} AND b.held <> COALESCE((
              SELECT SUM(h.amount - h.captured - h.released) FROM ledger_holds h
              WHERE h.account_id = b.account_id AND h.ended_at IS NULL), 0)""",
            ACCOUNTS_A_STEP,
        )
    ],
    "no hold gives more than it holds, and what ended is used up": [
        Sweep(
            "ledger_holds",
            "h.id",
            """
        SELECT h.id FROM ledger_holds h WHERE {within} AND (h.captured + h.released > h.amount
           OR (h.ended_at IS NOT NULL) <> (h.captured + h.released = h.amount))""",
        )
    ],
    "a reversal undoes exactly what it names, in the same environment": [
        Sweep(
            "ledger_entries",
            "r.id",
            """
        SELECT r.id FROM ledger_entries r JOIN ledger_entries e ON e.id = r.reverses_id
        WHERE {within} AND (r.environment_id <> e.environment_id
           OR (SELECT COUNT(*) FROM ledger_postings WHERE entry_id = r.id)
              <> (SELECT COUNT(*) FROM ledger_postings WHERE entry_id = e.id)
           OR EXISTS (SELECT 1 FROM ledger_postings o WHERE o.entry_id = e.id AND NOT EXISTS (
                      SELECT 1 FROM ledger_postings u WHERE u.entry_id = r.id AND u.leg = o.leg
                      AND u.source_id = o.destination_id AND u.destination_id = o.source_id
                      AND u.asset = o.asset AND u.amount = o.amount)))""",
        )
    ],
    "every entry has its event, in the same environment": [
        Sweep(
            "ledger_entries",
            "e.id",
            """
        SELECT e.id FROM ledger_entries e LEFT JOIN events v ON v.id = e.event_id
        WHERE {within} AND (v.id IS NULL OR v.environment_id <> e.environment_id)""",
        )
    ],
    # A column of SQLite keeps a fraction where it is given one.
    "every amount is a whole number": [
        Sweep(
            "ledger_postings",
            "p.entry_id, p.leg",
            """
        SELECT p.entry_id FROM ledger_postings p WHERE {within} AND p.amount <> CAST(p.amount AS BIGINT)""",
        ),
        Sweep(
            "ledger_balances",
            "b.account_id",
            """
        SELECT CAST(b.account_id AS TEXT) FROM ledger_balances b
        WHERE {within} AND (b.balance <> CAST(b.balance AS BIGINT) OR b.held <> CAST(b.held AS BIGINT)
           OR b.floor <> CAST(b.floor AS BIGINT))""",
        ),
        Sweep(
            "ledger_holds",
            "h.id",
            """
        SELECT h.id FROM ledger_holds h
        WHERE {within} AND (h.amount <> CAST(h.amount AS BIGINT) OR h.captured <> CAST(h.captured AS BIGINT)
           OR h.released <> CAST(h.released AS BIGINT))""",
        ),
    ],
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
    """Return the sum of what came in less what went out: what is summed up already, and the postings since."""
    while True:
        summed_to = session.scalar(_SUMMED_TO) or ""
        change: ColumnElement[int] = case((Posting.destination_id == account_id, Posting.amount), else_=-Posting.amount)
        touches = or_(Posting.destination_id == account_id, Posting.source_id == account_id)
        tail = select(func.coalesce(func.sum(change), 0)).where(touches, Posting.entry_id > summed_to)
        before = select(Checkpoint.balance).where(Checkpoint.account_id == account_id)
        columns = (_SUMMED_TO.scalar_subquery(), before.scalar_subquery(), tail.scalar_subquery())
        row = session.execute(select(*columns)).one()
        # Else it was summed up further in between. Its place is handed over so that the tail is found by it.
        if (row[0] or "") == summed_to:
            return int(row[1] or 0) + int(row[2])


def rollup_locked(session: Session) -> Rollup | None:
    """Return how far postings are summed up, for who goes on; None where another worker does."""
    mine = select(Rollup).where(Rollup.name == LEDGER).with_for_update(skip_locked=True)
    # As it is now: it may have been read before it was locked.
    return session.scalars(mine.execution_options(populate_existing=True)).one_or_none()


def nth_entry(session: Session, after: str, until: str, count: int) -> str | None:
    """Return the id of the entry that stands so far after one, if there are that many."""
    within = select(Entry.id).where(Entry.id > after, Entry.id <= until).order_by(Entry.id)
    return session.scalar(within.offset(count - 1).limit(1))


def sum_up(session: Session, after: str, until: str) -> None:
    """Add what the postings after an entry and until another come to."""
    session.execute(text(_SUM_UP), {"after": after, "until": until})


def own_xid(session: Session) -> int:
    """Return this transaction's number: those that write already have lower ones. 0 where only one writes at a time."""
    if _has_one_writer(session):
        return 0
    return int(session.scalar(text("SELECT CAST(CAST(pg_current_xact_id() AS text) AS bigint)")) or 0)


def has_ended(session: Session, xid: int) -> bool:
    """Whether every transaction with a lower number has ended."""
    if _has_one_writer(session):
        return True
    oldest = text("SELECT CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS text) AS bigint)")
    return int(session.scalar(oldest) or 0) >= xid


def _has_one_writer(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"


def movements(session: Session, entry_id: str) -> list[Row[Any]]:
    """Return an entry's postings: leg, source, destination, asset, amount."""
    columns = (Posting.leg, Posting.source_id, Posting.destination_id, Posting.asset, Posting.amount)
    return list(session.execute(select(*columns).where(Posting.entry_id == entry_id).order_by(Posting.leg)))
