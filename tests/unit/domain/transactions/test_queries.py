import pytest
from sqlalchemy import text

from tests.factories.damage import unguarded
from tests.factories.issuers import Issuer
from tests.factories.orders import make_order
from widget_host.domain.ledger.models import Entry
from widget_host.domain.programs.rules import Destination
from widget_host.domain.transactions import queries
from widget_host.domain.transactions.models import Transaction
from widget_host.domain.transactions.rules import Receipt
from widget_host.wiring import Wiring

# For each check: what breaks it, and which row it has to name.
DAMAGE = {
    "every completed transaction's entry moves its value and its points": [
        ("UPDATE transactions SET value = value + 1 WHERE id = :txn", "txn"),
        ("UPDATE transactions SET points = points + 1 WHERE id = :txn", "txn"),
        ("UPDATE transactions SET bonus_points = bonus_points + 1 WHERE id = :txn", "txn"),
        ("UPDATE transactions SET currency = 'EUR' WHERE id = :txn", "txn"),
        ("UPDATE transactions SET program_id = 'prg_other' WHERE id = :txn", "txn"),
        ("UPDATE ledger_postings SET amount = amount - 1 WHERE entry_id = :entry AND leg = 1", "txn"),
        ("DELETE FROM ledger_postings WHERE entry_id = :entry AND leg = 2", "txn"),
    ],
    "every pending transaction's value is set aside, and nothing more": [
        ("UPDATE transactions SET value = value + 1 WHERE id = :pending", "pending"),
        ("UPDATE transactions SET currency = 'EUR' WHERE id = :pending", "pending"),
        ("UPDATE transactions SET entry_id = reservation_id WHERE id = :pending", "pending"),
        ("UPDATE ledger_postings SET amount = amount - 1 WHERE entry_id = :reservation", "pending"),
        ("DELETE FROM ledger_postings WHERE entry_id = :reservation", "pending"),
    ],
    "every failed or reversed transaction's postings are reversed": [
        ("UPDATE transactions SET status = 'FAILED' WHERE id = :pending", "pending"),
        ("UPDATE transactions SET status = 'REVERSED' WHERE id = :txn", "txn"),
    ],
    "every transaction's history ends with its status": [
        ("DELETE FROM transaction_statuses WHERE transaction_id = :txn", "txn"),
        ("UPDATE transaction_statuses SET status = 'PENDING' WHERE transaction_id = :txn", "txn"),
        ("UPDATE transactions SET status = 'REVERSED' WHERE id = :txn", "txn"),
    ],
    "every exchange in the ledger is a transaction": [("DELETE FROM transactions WHERE id = :txn", "entry")],
    "every ended transaction has told how it ended": [
        ("DELETE FROM events WHERE id = :event", "txn"),
        ("UPDATE events SET subject = 'txn_other' WHERE id = :event", "txn"),
        ("UPDATE transactions SET status = 'FAILED' WHERE id = :txn", "txn"),
    ],
    "every transaction event is about an entry of the ledger": [
        ("DELETE FROM ledger_entries WHERE id = :entry", "event"),
        ("UPDATE ledger_entries SET event_id = 'evt_other' WHERE id = :entry", "event"),
    ],
    "every transaction has its idempotency key": [
        ("DELETE FROM idempotency_keys WHERE key = :reference", "txn"),
        ("UPDATE transactions SET reference_number = 'NW-9' WHERE id = :txn", "txn"),
    ],
    "everything kept of an order is of an environment, a program and an endpoint that there are": [
        ("UPDATE transactions SET environment_id = 'env_other' WHERE id = :txn", "txn"),
        ("UPDATE transactions SET program_id = 'prg_other' WHERE id = :txn", "txn"),
        ("UPDATE ledger_entries SET environment_id = 'env_other' WHERE id = :entry", "entry"),
        ("UPDATE events SET environment_id = 'env_other' WHERE id = :event", "event"),
        ("UPDATE idempotency_keys SET environment_id = 'env_other' WHERE key = :reference", "reference"),
        (
            "INSERT INTO deliveries"
            " (id, environment_id, event_id, endpoint_id, state, attempts, tries, due_at, created_at)"
            " SELECT 'dlv_1', environment_id, id, 'whe_other', 'waiting', 0, 0, created_at, created_at FROM events"
            " WHERE id = :event",
            "delivery",
        ),
    ],
    "every receipt ever given is of a transaction": [("DELETE FROM transactions WHERE id = :txn", "reference")],
}


class TestBroken:
    def test_finds_nothing_where_all_agree(self, wiring: Wiring, receipt: Receipt) -> None:
        with wiring.reading() as services:
            assert services.transactions.verify() == {}

    @pytest.mark.parametrize("name", queries.CHECKS)
    def test_names_what_is_damaged(self, wiring: Wiring, ids: dict[str, str], name: str) -> None:
        for sql, row in DAMAGE[name]:
            with unguarded(wiring) as services:
                named = {word: value for word, value in ids.items() if f":{word}" in sql}
                services._session.execute(text(sql), named)

                assert services.transactions.verify().get(name) == [ids[row]], sql

    def test_is_tried_with_damage_of_every_kind(self) -> None:
        assert set(DAMAGE) == set(queries.CHECKS)

    @pytest.fixture
    def receipt(self, wiring: Wiring, issuer: Issuer) -> Receipt:
        wiring.issuing.issue(make_order(issuer, "NW-2"))
        return wiring.issuing.issue(make_order(issuer, "NW-1")).receipt

    @pytest.fixture
    def pending(self, wiring: Wiring, issuer: Issuer) -> Receipt:
        return wiring.issuing.issue(make_order(issuer, "NW-3", destination=Destination("sandbox-pending"))).receipt

    @pytest.fixture
    def ids(self, wiring: Wiring, receipt: Receipt, pending: Receipt) -> dict[str, str]:
        with wiring.database.reading() as session:
            entry_id = session.get_one(Transaction, receipt.id).entry_id or ""
            reservation_id = session.get_one(Transaction, pending.id).reservation_id or ""
            event_id = session.get_one(Entry, entry_id).event_id
        said = {"txn": receipt.id, "entry": entry_id, "event": event_id, "reference": receipt.reference_number}
        return {**said, "pending": pending.id, "reservation": reservation_id, "delivery": "dlv_1"}


class TestFind:
    def test_prefers_the_id_where_it_is_also_somebodys_reference(self, wiring: Wiring, issuer: Issuer) -> None:
        first = wiring.issuing.issue(make_order(issuer, "NW-1")).receipt
        wiring.issuing.issue(make_order(issuer, first.id))

        with wiring.database.reading() as session:
            found = queries.find(session, issuer.environment_id, first.id)
        assert found is not None
        assert found.reference_number == "NW-1"
