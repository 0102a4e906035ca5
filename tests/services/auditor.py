"""An auditor of the books: reads the tables with SQL of their own, knows the history, and trusts nobody's code."""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import psycopg

from tests.services.postgres import plain_url

Leg = tuple[str, str, int]
# A server goes on for a while with what it was sent by one who is no more.
GRACE_SECONDS = 5
ACCOUNTS = "SELECT id, kind, holder, asset FROM ledger_accounts"
BALANCES = "SELECT account_id, balance FROM ledger_balances"
ENTRIES = "SELECT id, key FROM ledger_entries"
POSTINGS = "SELECT entry_id, source_id, destination_id, amount FROM ledger_postings ORDER BY entry_id, leg"
UNTOLD = "SELECT e.key FROM ledger_entries e WHERE NOT EXISTS (SELECT 1 FROM events v WHERE v.id = e.event_id)"
TRANSACTIONS = "SELECT reference_number, id, entry_id, value, points + bonus_points FROM transactions"


@dataclass
class Happened:
    """One thing somebody did: when it began, when it was answered (or its process was killed), and how."""

    key: str
    kind: str
    asked: Mapping[str, Any]
    began: float
    ended: float = 0
    said: str | None = None
    came: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Books:
    """What stands in the tables."""

    names: dict[int, str]
    balances: dict[str, int]
    entries: dict[str, list[list[Leg]]]  # by key; one entry each, if all is well
    entry_keys: dict[str, str]  # by the entry's id
    transactions: dict[str, list[tuple[str, str, int, int]]]  # by reference
    untold: list[str]
    loose: list[str]


def read_history(lines: Iterable[Mapping[str, Any]]) -> list[Happened]:
    """Put beginnings and ends together; what was under way in a process ended soon after that was killed."""
    happened: dict[str, Happened] = {}
    for line in lines:
        if "killed" in line:
            for each in happened.values():
                if each.said is None and not each.ended and each.key.startswith(f"{line['killed']}-"):
                    each.ended = line["at"] + GRACE_SECONDS
        elif "said" in line:
            found = happened[line["key"]]
            found.said, found.ended, found.came = line["said"], line["at"], line
        else:
            happened[line["key"]] = Happened(line["key"], line["kind"], line, line["at"])
    return list(happened.values())


def read_books(database_url: str) -> Books:
    rows = _rows(database_url, ACCOUNTS, BALANCES, ENTRIES, POSTINGS, TRANSACTIONS, UNTOLD)
    names = {row[0]: f"{row[2] or row[1]} {row[3]}" for row in rows[ACCOUNTS]}
    keys = {row[0]: row[1] for row in rows[ENTRIES]}
    legs: dict[str, list[Leg]] = {entry_id: [] for entry_id in keys}
    loose = [row[0] for row in rows[POSTINGS] if row[0] not in keys]
    for entry_id, source, destination, amount in rows[POSTINGS]:
        legs.setdefault(entry_id, []).append((names[source], names[destination], amount))
    entries, transactions = defaultdict(list), defaultdict(list)
    for entry_id, key in keys.items():
        entries[key].append(legs[entry_id])
    for reference, *rest in rows[TRANSACTIONS]:
        transactions[reference].append((rest[0], rest[1], rest[2], rest[3]))
    balances = {names[row[0]]: int(row[1]) for row in rows[BALANCES]}
    return Books(names, balances, entries, keys, transactions, [row[0] for row in rows[UNTOLD]], loose)


def _rows(database_url: str, *statements: str) -> dict[str, list[tuple[Any, ...]]]:
    if database_url.startswith("sqlite:///"):
        with closing(sqlite3.connect(database_url.removeprefix("sqlite:///"))) as file:
            return {each: file.execute(each).fetchall() for each in statements}
    with psycopg.connect(plain_url(database_url)) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        return {each: connection.execute(each.encode()).fetchall() for each in statements}


def audit(books: Books, history: Sequence[Happened]) -> list[str]:
    """Return everything that is not as the history says."""
    found = [f"the entry of {key} has no event" for key in books.untold]
    found += [f"a posting belongs to no entry: {entry_id}" for entry_id in books.loose]
    found += _totals(books)
    known = {each.key for each in history}
    orders = {f"{row[0]}:exchange" for key in known for row in books.transactions.get(key, [])}
    found += [f"nobody asked for the entry {key}" for key in books.entries if key not in known | orders]
    found += [f"nobody asked for the order {reference}" for reference in books.transactions.keys() - known]
    for each in history:
        found += _order(books, each) if each.kind == "order" else _entry(books, each) if each.kind == "entry" else []
    for account in books.balances:
        found += _account(books, account, history)
    return found


def _net(books: Books) -> dict[str, int]:
    net: dict[str, int] = defaultdict(int)
    for entries in books.entries.values():
        for source, destination, amount in (leg for entry in entries for leg in entry):
            net[source] -= amount
            net[destination] += amount
    return net


def _totals(books: Books) -> list[str]:
    """Add up what is kept of each asset, and what its postings make of the accounts that keep no balance."""
    net, totals = _net(books), dict[str, int]()
    for name in books.names.values():
        asset = name.rpartition(" ")[2]
        totals[asset] = totals.get(asset, 0) + books.balances.get(name, net[name])
    found = [f"there are {total} {asset} too many" for asset, total in totals.items() if total]
    wrong = {name: kept for name, kept in books.balances.items() if kept != net[name]}
    return found + [f"{name} keeps {kept}, its postings make {net[name]}" for name, kept in wrong.items()]


def _entry(books: Books, each: Happened) -> list[str]:
    kept = books.entries.get(each.key, [])
    whole = [tuple(leg) for leg in each.asked["legs"]]
    return _happened_once(each, len(kept)) + [f"{each.key} is there in part" for legs in kept if legs != whole]


def _order(books: Books, each: Happened) -> list[str]:
    kept = books.transactions.get(each.key, [])
    found = _happened_once(each, len(kept))
    for transaction_id, entry_id, value, points in kept:
        if each.said == "done" and (transaction_id, points) != (each.came["id"], each.came["points"]):
            found.append(f"{each.key} was answered otherwise than it is kept")
        program, key = each.asked["program"], books.entry_keys.get(entry_id, "")
        whole = [("settlement USD", "liquidity USD", value), (f"liquidity {program}", f"issued {program}", points)]
        if value != each.asked["value"] or books.entries.get(key) != [whole]:
            found.append(f"{each.key} is there in part")
    return found


def _happened_once(each: Happened, times: int) -> list[str]:
    allowed = {"done": (1,), None: (0, 1)}.get(each.said, (0,))
    return [] if times in allowed else [f"{each.key} ({each.said or 'not answered'}) is there {times} times"]


@dataclass(frozen=True)
class Step:
    """What something did to one account: a change, a balance that was seen, or a refusal for want of so much."""

    change: int = 0
    seen: int | None = None
    wanted: int = 0

    def after(self, balance: int) -> int | None:
        """Return the balance that it leaves, or None where it cannot have happened at this one."""
        is_seen = self.seen is None or self.seen == balance
        is_refused = not self.wanted or balance < self.wanted
        return balance + self.change if is_seen and is_refused and balance + self.change >= 0 else None


def _account(books: Books, account: str, history: Sequence[Happened]) -> list[str]:
    steps = [(each, step) for each in history if (step := _step(books, account, each)) is not None]
    moments = [(each.began, 0, number) for number, (each, _) in enumerate(steps)]
    moments += [(each.ended, 1, number) for number, (each, _) in enumerate(steps)]
    stuck = explain([step for _, step in steps], [(number, bool(end)) for _, end, number in sorted(moments)])
    return [] if stuck is None else [f"no order of what happened to {account} explains {steps[stuck][0].key}"]


def _step(books: Books, account: str, each: Happened) -> Step | None:
    if each.kind == "read" and each.asked["account"] == account and each.said == "done":
        return Step(seen=each.came["balance"])
    legs: Sequence[Leg] = each.asked.get("legs", [])
    if each.said == "refused" and legs[0][0] == account:
        return Step(wanted=legs[0][2])
    if each.key not in books.entries or all(account not in leg[:2] for leg in legs):
        return None
    return Step(sum(amount * ((target == account) - (source == account)) for source, target, amount in legs))


def explain(steps: Sequence[Step], moments: Sequence[tuple[int, bool]]) -> int | None:
    """Look for an order in which each step happened between its beginning and its end; return where there is none.

    All that may have happened by now is carried along: a balance, and which steps under way are in it.
    """
    under_way: set[int] = set()
    possible: set[tuple[int, frozenset[int]]] = {(0, frozenset())}
    for number, is_end in moments:
        if not is_end:
            under_way.add(number)
            continue
        ended = _until(number, steps, under_way, possible)
        if not ended:
            return number
        possible = {(balance, done - {number}) for balance, done in ended}
        under_way.remove(number)
    return None


def _until(
    number: int, steps: Sequence[Step], under_way: set[int], possible: set[tuple[int, frozenset[int]]]
) -> set[tuple[int, frozenset[int]]]:
    """Let more of what is under way happen, in every order, until this step has."""
    ended, open_, seen = set(), list(possible), set(possible)
    while open_:
        balance, done = open_.pop()
        if number in done:
            ended.add((balance, done))
            continue
        for each in under_way - done:
            after = steps[each].after(balance)
            if after is not None and (after, done | {each}) not in seen:
                seen.add((after, done | {each}))
                open_.append((after, done | {each}))
    return ended
