"""Accounts, entries, postings and holds. Migration 0004 adds what a table definition cannot say: the triggers."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Integer, SmallInteger, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from widget_host.kit.db import Table


class Account(Table):
    """Where value of one asset stands: a currency's minor units or a program's points."""

    __tablename__ = "ledger_accounts"
    __table_args__ = (UniqueConstraint("environment_id", "kind", "holder", "asset"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    environment_id: Mapped[str] = mapped_column(ForeignKey("environments.id"))
    kind: Mapped[str] = mapped_column(String(20))
    holder: Mapped[str] = mapped_column(String(80))
    asset: Mapped[str] = mapped_column(String(40))
    guarded: Mapped[bool]
    created_at: Mapped[datetime]


class Balance(Table):
    """The running balance of a guarded account; the database itself keeps it at or above its floor."""

    __tablename__ = "ledger_balances"
    __table_args__ = (
        CheckConstraint("balance - held >= floor", name="floor"),
        CheckConstraint("held >= 0", name="held"),
    )

    account_id: Mapped[int] = mapped_column(ForeignKey("ledger_accounts.id"), primary_key=True)
    balance: Mapped[int]
    held: Mapped[int]
    floor: Mapped[int]


class Entry(Table):
    """Something that happened, once: its key never posts again, its reversal is another entry that names it."""

    __tablename__ = "ledger_entries"
    __table_args__ = (UniqueConstraint("environment_id", "key"),)

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    # No foreign key: on PostgreSQL each entry would lock the environment's row.
    environment_id: Mapped[str] = mapped_column(String(40))
    key: Mapped[str] = mapped_column(String(160))
    kind: Mapped[str] = mapped_column(String(20))
    event_id: Mapped[str] = mapped_column(ForeignKey("events.id", deferrable=True, initially="DEFERRED"), unique=True)
    reverses_id: Mapped[str | None] = mapped_column(ForeignKey("ledger_entries.id"), unique=True)
    details: Mapped[dict[str, Any]]
    posted_at: Mapped[datetime]


class Posting(Table):
    """One movement of one asset from a source to a destination: a debit and a credit that cannot differ.

    No foreign key to the accounts: on PostgreSQL each insert would lock the busy account's row. A trigger looks.
    No index by account either: balances are summed up as postings come, and checked span by span.
    """

    __tablename__ = "ledger_postings"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("source_id <> destination_id", name="two_accounts"),
    )

    entry_id: Mapped[str] = mapped_column(ForeignKey("ledger_entries.id"), primary_key=True)
    leg: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    source_id: Mapped[int] = mapped_column(Integer)
    destination_id: Mapped[int] = mapped_column(Integer)
    asset: Mapped[str] = mapped_column(String(40))
    amount: Mapped[int]


class Rollup(Table):
    """How far postings are summed up in checkpoints: those of all entries up to this id, and of no other.

    `watched_id` is how far may be gone once every transaction older than `watched_xid` has ended.
    """

    __tablename__ = "ledger_rollups"

    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    entry_id: Mapped[str] = mapped_column(String(40))
    watched_id: Mapped[str] = mapped_column(String(40))
    watched_xid: Mapped[int]
    at: Mapped[datetime]


class Checkpoint(Table):
    """What an account's postings come to, as far as the rollup says."""

    __tablename__ = "ledger_checkpoints"

    account_id: Mapped[int] = mapped_column(
        Integer, ForeignKey("ledger_accounts.id"), primary_key=True, autoincrement=False
    )
    balance: Mapped[int]


class Hold(Table):
    """Part of a guarded account set aside: captured in parts, released in parts, ended once."""

    __tablename__ = "ledger_holds"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("captured >= 0 AND released >= 0 AND captured + released <= amount", name="parts"),
        UniqueConstraint("environment_id", "key"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    environment_id: Mapped[str] = mapped_column(ForeignKey("environments.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("ledger_accounts.id"), index=True)
    key: Mapped[str] = mapped_column(String(160))
    amount: Mapped[int]
    captured: Mapped[int]
    released: Mapped[int]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
