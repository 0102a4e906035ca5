"""What may be done with the ledger: post, reverse, hold, capture, release, read a balance, verify."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import CursorResult, insert, select, update
from sqlalchemy.orm import Session

from widget_host.domain.ledger import queries
from widget_host.domain.ledger.models import Account, Balance, Entry, Hold, Posting, Rollup
from widget_host.domain.ledger.rules import (
    AccountName,
    AlreadyPosted,
    HoldEnded,
    InsufficientFunds,
    NewEntry,
    check,
    check_amount,
    entry_row,
    posting_rows,
)
from widget_host.kit.checking import Heard, unheard, violations
from widget_host.kit.clock import Clock
from widget_host.kit.db import insert_if_new
from widget_host.kit.errors import NotFound
from widget_host.kit.ids import earliest_id, new_id

# More than passes between the making of an id and its first row: waiting for a connection, clocks that disagree.
SETTLED_AFTER = timedelta(minutes=10)
ENTRIES_AT_ONCE = 5_000


class Ledger:
    """Keeps who owes whom what; nothing in it is ever changed or removed."""

    def __init__(self, *, session: Session, clock: Clock) -> None:
        """Work within this session."""
        self._session = session
        self._clock = clock

    def post(self, entry: NewEntry) -> None:
        """Post an entry once; raises AlreadyPosted for a key seen before, InsufficientFunds below a floor."""
        check(entry)
        self._claim(entry)
        accounts = self._accounts(entry)
        lines = [(accounts[move.source], accounts[move.destination], move.amount) for move in entry.movements]
        self._move_guarded(_net(lines))
        self._write(entry.id, [(source.id, target.id, source.asset, amount) for source, target, amount in lines])

    def reverse(self, entry_id: str, *, new_entry_id: str, event_id: str) -> None:
        """Undo an entry by its opposite, once; raises AlreadyPosted when that was done before."""
        entry = self._session.get(Entry, entry_id)
        if entry is None:
            raise NotFound("There is no such ledger entry.")
        reversal = NewEntry(
            new_entry_id, entry.environment_id, f"reversal:{entry_id}", "reversal", event_id, (), {}, entry_id
        )
        self._claim(reversal)
        rows = queries.movements(self._session, entry_id)
        lines = [(self._account(row.destination_id), self._account(row.source_id), row.amount) for row in rows]
        self._move_guarded(_net(lines))
        self._write(new_entry_id, [(row.destination_id, row.source_id, row.asset, row.amount) for row in rows])

    def _claim(self, entry: NewEntry) -> None:
        if not insert_if_new(self._session, Entry, [entry_row(entry, self._clock.now())]):
            raise AlreadyPosted(f"{entry.key} is posted already.", key=entry.key)

    def _write(self, entry_id: str, lines: Sequence[tuple[int, int, str, int]]) -> None:
        self._session.execute(insert(Posting), posting_rows(entry_id, lines))

    def unguarded(self, entry: NewEntry) -> dict[AccountName, int] | None:
        """Return the numbers of the entry's accounts, which never change; None where one of them is guarded."""
        check(entry)
        accounts = self._accounts(entry)
        if any(account.guarded for account in accounts.values()):
            return None
        return {name: account.id for name, account in accounts.items()}

    def _accounts(self, entry: NewEntry) -> Mapping[AccountName, Account]:
        names = entry.accounts
        found = queries.accounts(self._session, entry.environment_id, names)
        if len(found) < len(names):
            self._open(entry.environment_id, names - found.keys())
            found = queries.accounts(self._session, entry.environment_id, names)
        return found

    def _open(self, environment_id: str, names: set[AccountName]) -> None:
        shared = {"environment_id": environment_id, "guarded": False, "created_at": self._clock.now()}
        insert_if_new(
            self._session,
            Account,
            [{"kind": name.kind, "holder": name.holder, "asset": name.asset, **shared} for name in sorted_names(names)],
        )

    def _account(self, account_id: int) -> Account:
        return self._session.get_one(Account, account_id)

    def open_guarded(self, environment_id: str, name: AccountName, *, floor: int = 0) -> None:
        """Open an account that may never fall below its floor."""
        account = Account(
            environment_id=environment_id,
            kind=name.kind,
            holder=name.holder,
            asset=name.asset,
            guarded=True,
            created_at=self._clock.now(),
        )
        self._session.add(account)
        self._session.flush()
        self._session.add(Balance(account_id=account.id, balance=0, held=0, floor=floor))
        self._session.flush()

    def _move_guarded(self, changes: Mapping[int, int]) -> None:
        """Change guarded balances; locks are taken in the order of ids, so that no two entries wait for each other."""
        if not changes:
            return
        ids = sorted(changes)
        self._lock(ids)
        for account_id in ids:
            self._change(account_id, balance=changes[account_id])

    def _lock(self, account_ids: Sequence[int]) -> None:
        self._session.execute(
            select(Balance.account_id)
            .where(Balance.account_id.in_(account_ids))
            .order_by(Balance.account_id)
            .with_for_update()
        )

    def _change(self, account_id: int, *, balance: int = 0, held: int = 0) -> None:
        free = Balance.balance + balance - Balance.held - held
        changed = self._session.execute(
            update(Balance)
            .where(Balance.account_id == account_id, free >= Balance.floor)
            .values(balance=Balance.balance + balance, held=Balance.held + held)
            .execution_options(synchronize_session=False)
        )
        if _rows(changed) == 0:
            raise InsufficientFunds("The account does not hold that much.", accountId=account_id)

    def balance(self, environment_id: str, name: AccountName) -> int:
        """Return the account's balance in its asset's smallest unit; 0 for one that never moved."""
        account = queries.accounts(self._session, environment_id, {name}).get(name)
        return 0 if account is None else queries.balance(self._session, account.id)

    def hold(self, environment_id: str, name: AccountName, amount: int, *, key: str) -> str:
        """Set part of a guarded account aside and return the hold's id; raises InsufficientFunds or AlreadyPosted."""
        check_amount(amount, f"hold {key} is of {amount!r}")
        account = queries.accounts(self._session, environment_id, {name})[name]
        row = {"id": new_id("hld"), "environment_id": environment_id, "account_id": account.id, "key": key}
        figures = {"amount": amount, "captured": 0, "released": 0, "created_at": self._clock.now()}
        if not insert_if_new(self._session, Hold, [row | figures]):
            raise AlreadyPosted(f"{key} is held already.", key=key)
        self._lock([account.id])
        self._change(account.id, held=amount)
        return str(row["id"])

    def capture(self, hold_id: str, entry: NewEntry) -> None:
        """Post an entry with what a hold set aside; its first movement is what is captured."""
        self._use(hold_id, captured=entry.movements[0].amount)
        self.post(entry)

    def release(self, hold_id: str, amount: int) -> None:
        """Give back what a hold set aside; raises HoldEnded when less than this is left."""
        check_amount(amount, f"hold {hold_id} gives back {amount!r}")
        self._use(hold_id, released=amount)

    def _use(self, hold_id: str, *, captured: int = 0, released: int = 0) -> None:
        used = captured + released
        left = Hold.amount - Hold.captured - Hold.released
        hold = self._session.get_one(Hold, hold_id)
        self._lock([hold.account_id])
        changed = self._session.execute(
            update(Hold)
            .where(Hold.id == hold_id, left >= used)
            .values(captured=Hold.captured + captured, released=Hold.released + released)
            .execution_options(synchronize_session=False)
        )
        if _rows(changed) == 0:
            raise HoldEnded("Less than this is left of the hold.", holdId=hold_id)
        self._end_if_used_up(hold_id)
        self._change(hold.account_id, held=-used)

    def _end_if_used_up(self, hold_id: str) -> None:
        self._session.execute(
            update(Hold)
            .where(Hold.id == hold_id, Hold.amount == Hold.captured + Hold.released)
            .values(ended_at=self._clock.now())
            .execution_options(synchronize_session=False)
        )

    def roll_up(self, settled_after: timedelta = SETTLED_AFTER) -> bool:
        """Sum up the postings of some more entries in checkpoints; says whether there are more to sum up at once.

        None that is kept late may be passed over. An entry's id is made just before its transaction begins to write:
        so an id made a good while ago is only gone past once all that wrote at a moment since then have ended.
        """
        if self._session.get(Rollup, queries.LEDGER) is None:
            # Not tried each time: on PostgreSQL it would wait for the worker who is at it.
            first = {
                "name": queries.LEDGER,
                "entry_id": "",
                "watched_id": "",
                "watched_xid": 0,
                "at": self._clock.now(),
            }
            insert_if_new(self._session, Rollup, [first])
        rollup = queries.rollup_locked(self._session)
        if rollup is None or not queries.has_ended(self._session, rollup.watched_xid):
            return False
        return self._sum_up(rollup, settled_after)

    def _sum_up(self, rollup: Rollup, settled_after: timedelta) -> bool:
        full = queries.nth_entry(self._session, rollup.entry_id, rollup.watched_id, ENTRIES_AT_ONCE)
        until = full or rollup.watched_id
        queries.sum_up(self._session, rollup.entry_id, until)
        rollup.entry_id, rollup.at = until, self._clock.now()
        if until == rollup.watched_id:
            rollup.watched_id = max(until, earliest_id("ent", settled_after))
            rollup.watched_xid = queries.own_xid(self._session)
        self._session.flush()
        return full is not None

    def verify(self, heard: Heard = unheard) -> dict[str, list[str]]:
        """Check every invariant over all environments; returns those broken, each with ids to look at."""
        return violations(self._session, queries.CHECKS, heard)


def sorted_names(names: set[AccountName]) -> list[AccountName]:
    """Put names in one order, so that two writers opening the same accounts do not wait for each other."""
    return sorted(names, key=lambda name: (name.kind, name.holder, name.asset))


def _net(lines: Sequence[tuple[Account, Account, int]]) -> Mapping[int, int]:
    changes: dict[int, int] = defaultdict(int)
    for source, destination, amount in lines:
        if source.guarded:
            changes[source.id] -= amount
        if destination.guarded:
            changes[destination.id] += amount
    return changes


def _rows(result: Any) -> int:
    return int(result.rowcount) if isinstance(result, CursorResult) else 0
