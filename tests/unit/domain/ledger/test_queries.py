from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import text

from tests.factories.books import BANK, MEMBER, SHOP, Books, make_books, move
from tests.factories.damage import unguarded
from widget_host.domain.ledger import queries
from widget_host.domain.ledger.rules import AccountName
from widget_host.wiring import Wiring

SAVER = AccountName("saver", "USD")
MEMBERS_BALANCE = "UPDATE ledger_balances SET {} WHERE account_id = :member"
PLAIN_POSTING = "UPDATE ledger_postings SET {} WHERE entry_id = :plain"
REVERSING_POSTING = "UPDATE ledger_postings SET {} WHERE entry_id = :reversal"
WHOLE = "every amount is a whole number"
# For each check: what breaks it, and the row it has to name.
DAMAGE = {
    "every entry has postings": [("DELETE FROM ledger_postings WHERE entry_id = :plain", "plain")],
    "every posting moves one asset between two accounts of its entry's environment": [
        (PLAIN_POSTING.format("asset = 'EUR'"), "plain"),
        (PLAIN_POSTING.format("source_id = 999999"), "plain"),
        (PLAIN_POSTING.format("destination_id = 999999"), "plain"),
        (PLAIN_POSTING.format("source_id = :foreign"), "plain"),
        (PLAIN_POSTING.format("destination_id = :foreign"), "plain"),
        (PLAIN_POSTING.format("source_id = destination_id"), "plain"),
        (PLAIN_POSTING.format("amount = 0"), "plain"),
        (PLAIN_POSTING.format("amount = -7"), "plain"),
        ("UPDATE ledger_accounts SET asset = 'EUR' WHERE id = :shop", "plain"),
        ("UPDATE ledger_entries SET environment_id = :elsewhere WHERE id = :plain", "plain"),
    ],
    "every guarded balance is the sum of its postings": [
        (MEMBERS_BALANCE.format("balance = balance + 1"), "member"),
        ("UPDATE ledger_postings SET amount = amount - 1 WHERE destination_id = :member", "member"),
        ("DELETE FROM ledger_postings WHERE source_id = :member", "member"),
    ],
    "every checkpoint is the sum of its account's postings until then": [
        ("INSERT INTO ledger_checkpoints (account_id, balance) VALUES (:member, 1)", "member"),
        (
            "INSERT INTO ledger_rollups (name, entry_id, watched_id, watched_xid, at)"
            " SELECT 'ledger', id, id, 0, posted_at FROM ledger_entries WHERE id = :reversal",
            "member",
        ),
    ],
    "every guarded account, and no other, has a balance": [
        ("DELETE FROM ledger_balances WHERE account_id = :saver", "saver"),
        ("UPDATE ledger_accounts SET guarded = TRUE WHERE id = :shop", "shop"),
        ("UPDATE ledger_accounts SET guarded = FALSE WHERE id = :member", "member"),
    ],
    "no guarded account is below its floor": [
        (MEMBERS_BALANCE.format("floor = balance - held + 1"), "member"),
        (MEMBERS_BALANCE.format("balance = held - 1"), "member"),
        (MEMBERS_BALANCE.format("held = -1"), "member"),
    ],
    "what is held is the sum of the open holds": [
        (MEMBERS_BALANCE.format("held = held - 1"), "member"),
        ("DELETE FROM ledger_holds WHERE id = :hold", "member"),
        ("UPDATE ledger_holds SET captured = captured + 1 WHERE id = :hold", "member"),
    ],
    "no hold gives more than it holds, and what ended is used up": [
        ("UPDATE ledger_holds SET captured = amount, released = 1 WHERE id = :hold", "hold"),
        ("UPDATE ledger_holds SET ended_at = created_at WHERE id = :hold", "hold"),
        ("UPDATE ledger_holds SET captured = amount WHERE id = :hold", "hold"),
    ],
    "a reversal undoes exactly what it names, in the same environment": [
        (REVERSING_POSTING.format("amount = amount + 1"), "reversal"),
        (REVERSING_POSTING.format("source_id = destination_id, destination_id = source_id"), "reversal"),
        (REVERSING_POSTING.format("source_id = :saver"), "reversal"),
        (REVERSING_POSTING.format("leg = 2"), "reversal"),
        ("DELETE FROM ledger_postings WHERE entry_id = :reversal", "reversal"),
        (
            "INSERT INTO ledger_postings (entry_id, leg, source_id, destination_id, asset, amount)"
            " SELECT entry_id, 2, source_id, destination_id, asset, amount FROM ledger_postings"
            " WHERE entry_id = :reversal",
            "reversal",
        ),
        ("UPDATE ledger_entries SET environment_id = :elsewhere WHERE id = :reversal", "reversal"),
        ("UPDATE ledger_entries SET reverses_id = :plain WHERE id = :reversal", "reversal"),
    ],
    "every entry has its event, in the same environment": [
        ("DELETE FROM events WHERE id = (SELECT event_id FROM ledger_entries WHERE id = :plain)", "plain"),
        (
            "UPDATE events SET environment_id = :elsewhere"
            " WHERE id = (SELECT event_id FROM ledger_entries WHERE id = :plain)",
            "plain",
        ),
    ],
    WHOLE: [],
}
FRACTIONS = [
    (PLAIN_POSTING.format("amount = 1.5"), "plain"),
    (MEMBERS_BALANCE.format("balance = 69.5"), "member"),
    (MEMBERS_BALANCE.format("held = 29.5"), "member"),
    ("UPDATE ledger_holds SET captured = 0.5 WHERE id = :hold", "hold"),
]


@dataclass
class Filled:
    """Books with something of everything, and the ids of it."""

    books: Books
    ids: dict[str, Any]

    def broken_by(self, sql: str) -> dict[str, list[str]]:
        with unguarded(self.books.wiring) as services:
            named = {name: value for name, value in self.ids.items() if f":{name}" in sql}
            services._session.execute(text(sql), named)
            return services.ledger.verify()


class TestBroken:
    def test_finds_nothing_in_books_that_are_right(self, filled: Filled) -> None:
        assert filled.books.broken() == {}

    @pytest.mark.parametrize("name", queries.CHECKS)
    def test_names_what_is_damaged(self, filled: Filled, name: str) -> None:
        for sql, row in DAMAGE[name]:
            assert str(filled.ids[row]) in filled.broken_by(sql).get(name, []), sql

    @pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
    def test_names_what_is_no_whole_number(self, filled: Filled) -> None:
        """PostgreSQL's columns keep nothing else."""
        for sql, row in FRACTIONS:
            assert str(filled.ids[row]) in filled.broken_by(sql).get(WHOLE, []), sql

    def test_is_tried_with_damage_of_every_kind(self) -> None:
        assert set(DAMAGE) == set(queries.CHECKS)

    def test_names_ten_rows_at_most(self, filled: Filled) -> None:
        for _ in range(12):
            filled.books.post(move(1))

        found = filled.broken_by("DELETE FROM ledger_postings")

        assert len(found["every entry has postings"]) == 10

    def test_is_harmless_to_books_that_are_right_beside_those_that_are_not(self, filled: Filled) -> None:
        found = filled.broken_by(PLAIN_POSTING.format("amount = 0"))

        assert list(found) == ["every posting moves one asset between two accounts of its entry's environment"]
        assert filled.books.broken() == {}

    def test_is_not_misled_by_what_is_kept_meanwhile(self, filled: Filled) -> None:
        """Balances and sums change between the steps that compare them with their postings."""
        books = filled.books

        def keep_on(_rule: str, _done: int, _steps: int) -> None:
            books.post(move(3, BANK, MEMBER))
            books.roll_up()

        with books.wiring.checking() as services:
            assert services.ledger.verify(keep_on) == {}
        assert books.broken() == {}

    @pytest.fixture
    def filled(self, books: Books, wiring: Wiring) -> Filled:
        elsewhere = make_books(wiring, "Elsewhere")
        elsewhere.post(move(1))
        books.open(MEMBER, filled_with=100)
        books.open(SAVER)
        ids: dict[str, Any] = {
            "plain": books.post(move(7)),
            "hold": books.hold(30),
            "reversal": books.reverse(books.post(move(5, MEMBER, SHOP))),
            "elsewhere": elsewhere.environment_id,
        }
        accounts = {
            "member": (books, MEMBER),
            "saver": (books, SAVER),
            "shop": (books, SHOP),
            "foreign": (elsewhere, BANK),
        }
        with wiring.database.reading() as session:
            for key, (owner, name) in accounts.items():
                ids[key] = queries.accounts(session, owner.environment_id, {name})[name].id
        return Filled(books, ids)


class TestAccounts:
    def test_finds_those_of_the_environment_that_exist(self, books: Books, wiring: Wiring) -> None:
        books.post(move(1))
        stranger = make_books(wiring, "Elsewhere")

        with wiring.database.reading() as session:
            found = queries.accounts(session, books.environment_id, {BANK, SHOP, MEMBER})
            assert set(found) == {BANK, SHOP}
            assert queries.accounts(session, stranger.environment_id, {BANK, SHOP}) == {}


class TestMovements:
    def test_gives_the_legs_in_their_order(self, books: Books, wiring: Wiring) -> None:
        entry_id = books.post(move(1), move(2, SHOP, BANK), move(3))

        with wiring.database.reading() as session:
            legs = queries.movements(session, entry_id)
        assert [(row.leg, row.asset, row.amount) for row in legs] == [(1, "USD", 1), (2, "USD", 2), (3, "USD", 3)]
