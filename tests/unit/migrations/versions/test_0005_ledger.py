from dataclasses import dataclass

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.factories.books import MEMBER, SHOP, Books, make_books, make_entry, move
from widget_host.domain.ledger import queries
from widget_host.wiring import Wiring

KEPT = {"ledger_accounts": "asset", "ledger_entries": "key", "ledger_postings": "asset"}
CHECK = r"(?i)check constraint"
CHANGE = "UPDATE {table} SET {column} = {column}"
DELETE = "DELETE FROM {table}"
REPLACE = "REPLACE INTO {table} SELECT * FROM {table}"
BALANCE = "UPDATE ledger_balances SET {} WHERE account_id = :member"
TOLD = (
    "INSERT INTO events (id, environment_id, type, subject, sequence, body, created_at)"
    " SELECT 'evt_2', environment_id, type, 'evt_2', 1, body, created_at FROM events LIMIT 1"
)
POSTING = (
    "INSERT INTO ledger_postings (entry_id, leg, source_id, destination_id, asset, amount)"
    " VALUES (:entry, 9, {source}, {destination}, '{asset}', {amount})"
)
ENTRY = (
    "INSERT INTO ledger_entries (id, environment_id, key, kind, event_id, reverses_id, details, posted_at)"
    " SELECT {id}, environment_id, {key}, kind, {event}, {reverses}, details, posted_at"
    " FROM ledger_entries WHERE id = :entry"
)
HOLD = (
    "INSERT INTO ledger_holds (id, environment_id, account_id, key, amount, captured, released, created_at)"
    " SELECT {id}, environment_id, :member, {key}, {amount}, {captured}, {released}, created_at"
    " FROM ledger_accounts WHERE id = :member"
)


def posting(*, source: str = ":member", destination: str = ":shop", asset: str = "USD", amount: str = "1") -> str:
    return POSTING.format(source=source, destination=destination, asset=asset, amount=amount)


def entry(*, id: str = "'ent_2'", key: str = "'key_2'", event: str = "'evt_2'", reverses: str = "NULL") -> str:  # noqa: A002 - the column's name
    return ENTRY.format(id=id, key=key, event=event, reverses=reverses)


def hold(*, key: str = "'key_2'", amount: int = 10, captured: int = 0, released: int = 0) -> str:
    return HOLD.format(id="'hld_2'", key=key, amount=amount, captured=captured, released=released)


@dataclass
class Rows:
    """What there is to be attacked, and a connection of one's own to do it."""

    wiring: Wiring
    ids: dict[str, object]

    def attempt(self, *statements: str) -> None:
        """Run statements as anybody with the password could, in one transaction."""
        with self.wiring.database.engine.begin() as connection:
            for sql in statements:
                connection.execute(text(sql), {name: value for name, value in self.ids.items() if f":{name}" in sql})

    def refuse(self, sql: str, match: str) -> None:
        """Fail unless the database refuses this, for the reason that matches."""
        with pytest.raises(DBAPIError, match=match):
            self.attempt(sql)


class TestAppendOnly:
    def test_refuses_to_change_or_delete(self, rows: Rows, books: Books) -> None:
        before = books.counts()
        for table, column in KEPT.items():
            rows.refuse(CHANGE.format(table=table, column=column), "append-only")
            rows.refuse(DELETE.format(table=table), "append-only")

        assert books.counts() == before

    @pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
    def test_refuses_to_be_truncated(self, rows: Rows) -> None:
        for table in (*KEPT, "environments"):
            rows.refuse(f"TRUNCATE {table} CASCADE", "append-only")

    @pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
    def test_refuses_to_be_replaced(self, rows: Rows) -> None:
        for table in KEPT:
            rows.refuse(REPLACE.format(table=table), "append-only")


class TestPostings:
    def test_move_one_asset_between_accounts_of_their_environment(self, rows: Rows, books: Books) -> None:
        before = books.counts()
        for sql in (
            posting(asset="EUR"),
            posting(source=":euros"),
            posting(destination=":euros"),
            posting(source=":euros", destination=":more_euros"),
            posting(source=":foreign"),
            posting(destination=":foreign"),
            posting(source="999999"),
            posting(destination="NULL"),
            posting().replace(":entry", "'ent_nowhere'"),
        ):
            rows.refuse(
                sql, r"a posting moves one asset between two accounts|(?:foreign key|not-null|NOT NULL) constraint"
            )

        assert books.counts() == before

    def test_move_something_somewhere_else(self, rows: Rows) -> None:
        for sql in (posting(amount="0"), posting(amount="-1"), posting(destination=":member")):
            rows.refuse(sql, CHECK)

    @pytest.mark.parametrize("amount", ["1.5", "'1.5'", "'many'"])
    def test_never_keep_a_fraction(self, rows: Rows, books: Books, amount: str) -> None:
        """PostgreSQL's column makes a whole number of a bare fraction, or refuses; SQLite's would keep it."""
        if amount == "1.5" and not rows.wiring.database.is_sqlite:
            rows.attempt(posting(amount=amount))
            assert "every amount is a whole number" not in books.broken()
            return
        with pytest.raises(DBAPIError):
            rows.attempt(posting(amount=amount))

    def test_are_let_pass_when_nothing_is_wrong_with_them(self, rows: Rows, books: Books) -> None:
        before = books.count("ledger_postings")
        rows.attempt(posting())

        assert books.count("ledger_postings") == before + 1


class TestEntries:
    def test_are_refused_without_their_event_when_the_unit_ends(self, rows: Rows, books: Books) -> None:
        before = books.count("ledger_entries")

        with pytest.raises(DBAPIError, match=r"FOREIGN KEY|foreign key"):
            rows.attempt(entry(), posting().replace(":entry", "'ent_2'"))
        assert books.count("ledger_entries") == before

    def test_are_refused_without_their_event_by_the_service_too(self, books: Books, wiring: Wiring) -> None:
        with pytest.raises(DBAPIError, match=r"FOREIGN KEY|foreign key"), wiring.writing() as services:
            services.ledger.post(make_entry(books.environment_id, move(1)))
        assert books.broken() == {}

    def test_are_posted_and_reversed_once(self, rows: Rows, books: Books) -> None:
        rows.attempt(TOLD)
        before = books.counts()
        for sql in (
            entry(key="key"),
            entry(event="event_id"),
            entry(reverses=":reversed"),
            entry(reverses="'ent_nowhere'"),
            entry(id="id"),
        ):
            rows.refuse(sql, r"(?i)unique|foreign key")

        assert books.counts() == before
        rows.attempt(entry())


class TestBalances:
    def test_stay_at_or_above_their_floor(self, rows: Rows) -> None:
        for change in ("balance = floor - 1", "held = balance - floor + 1", "held = -1", "floor = balance + 1"):
            rows.refuse(BALANCE.format(change), CHECK)

    def test_belong_to_an_account(self, rows: Rows) -> None:
        with pytest.raises(DBAPIError, match=r"FOREIGN KEY|foreign key"):
            rows.attempt("INSERT INTO ledger_balances (account_id, balance, held, floor) VALUES (999999, 0, 0, 0)")


class TestHolds:
    def test_never_give_more_than_they_hold(self, rows: Rows) -> None:
        for sql in (
            hold(amount=0),
            hold(amount=-1),
            hold(captured=11),
            hold(released=11),
            hold(captured=6, released=5),
            hold(captured=-1),
            hold(released=-1, captured=1),
            "UPDATE ledger_holds SET captured = amount - released + 1 WHERE id = :hold",
        ):
            rows.refuse(sql, CHECK)

    def test_are_made_once_for_each_key(self, rows: Rows) -> None:
        rows.attempt(hold())

        with pytest.raises(DBAPIError, match=r"(?i)unique"):
            rows.attempt(hold().replace("'hld_2'", "'hld_3'"))


@pytest.fixture
def rows(books: Books, wiring: Wiring) -> Rows:
    elsewhere = make_books(wiring, "Elsewhere")
    elsewhere.post(move(1))
    books.open(MEMBER, filled_with=100)
    euros = [type(SHOP)(kind, "EUR") for kind in ("bank", "shop")]
    books.post(move(1, *euros))
    reversed_id = books.post(move(5))
    books.reverse(reversed_id)
    ids: dict[str, object] = {"entry": books.post(move(7)), "reversed": reversed_id, "hold": books.hold(30)}
    accounts = {"member": (books, MEMBER), "shop": (books, SHOP), "foreign": (elsewhere, SHOP)}
    accounts |= {"euros": (books, euros[0]), "more_euros": (books, euros[1])}
    with wiring.database.reading() as session:
        for key, (owner, name) in accounts.items():
            ids[key] = queries.accounts(session, owner.environment_id, {name})[name].id
    return Rows(wiring, ids)
