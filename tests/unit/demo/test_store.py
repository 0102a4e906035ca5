from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from widget_host.demo.store import Store
from widget_host.demo.webhooks import Connection, Event

COMPLETED = Event(
    id="evt_1",
    type="transaction.completed",
    text="{}",
    reference_number="NW-1",
    customer_id="amira",
    cents=2500,
    points=2500,
)
REVERSED = replace(COMPLETED, id="evt_2", type="transaction.reversed")
LINKED = Event(
    id="evt_4",
    type="LINKED",
    text="{}",
    reference_number=None,
    customer_id="amira",
    cents=None,
    points=None,
    connection=Connection("card-amira", "prg_1", "AC12345678", allocation=100, sequence=4),
)
FAILED = replace(COMPLETED, id="evt_3", type="transaction.failed")


class TestReceive:
    def test_debits_the_customer_when_points_were_issued(self, store: Store) -> None:
        store.receive(COMPLETED)

        assert balances(store) == {"amira": 122500, "jonas": 64050}
        assert [tuple(order) for order in store.read_account("amira")["orders"]] == [
            ("NW-1", "amira", "debited", 2500, 2500)
        ]

    def test_debits_once_however_often_the_event_comes(self, store: Store) -> None:
        with ThreadPoolExecutor(8) as threads:
            list(threads.map(store.receive, [COMPLETED] * 16))

        assert balances(store)["amira"] == 122500
        assert len(events(store)) == 1

    def test_debits_an_order_once_even_under_two_event_ids(self, store: Store) -> None:
        store.receive(COMPLETED)
        store.receive(replace(COMPLETED, id="evt_9"))

        assert balances(store)["amira"] == 122500

    @pytest.mark.parametrize("ending", [REVERSED, FAILED])
    def test_gives_back_once_what_it_had_debited(self, store: Store, ending: Event) -> None:
        for event in (COMPLETED, ending, ending, replace(ending, id="evt_9")):
            store.receive(event)

        assert balances(store)["amira"] == 125000
        assert store.read_account("amira")["orders"][0]["state"] == "returned"

    @pytest.mark.parametrize("ending", [REVERSED, FAILED])
    def test_gives_back_nothing_that_was_not_debited(self, store: Store, ending: Event) -> None:
        store.receive(ending)

        assert balances(store)["amira"] == 125000

    def test_debits_nothing_after_the_order_ended_otherwise(self, store: Store) -> None:
        store.open_order("NW-1", "amira")
        store.receive(REVERSED)
        store.receive(COMPLETED)

        assert balances(store)["amira"] == 125000

    def test_debits_nobody_for_an_order_of_somebody_else(self, store: Store) -> None:
        store.open_order("NW-1", "jonas")
        store.receive(COMPLETED)

        assert balances(store) == {"amira": 125000, "jonas": 64050}

    @pytest.mark.parametrize(
        "event",
        [
            replace(COMPLETED, type="LINKED"),
            replace(COMPLETED, type="transaction.unheard-of"),
            replace(COMPLETED, customer_id="stranger"),
            replace(COMPLETED, customer_id=None),
            replace(COMPLETED, cents=None),
        ],
    )
    def test_keeps_an_event_that_moves_none_of_its_money(self, store: Store, event: Event) -> None:
        store.receive(event)

        assert balances(store) == {"amira": 125000, "jonas": 64050}
        assert events(store) == ["evt_1"]

    def test_keeps_no_event_whose_money_could_not_move(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        with monkeypatch.context() as broken:
            broken.setattr("widget_host.demo.store.CHANGE_BALANCE", "UPDATE nowhere SET cents = ? WHERE id = ?")
            with pytest.raises(Exception, match="no such table: nowhere"):
                store.receive(COMPLETED)
        assert events(store) == []

        store.receive(COMPLETED)
        assert balances(store)["amira"] == 122500

    def test_keeps_what_is_newest_of_a_program_in_whatever_order_events_come(self, store: Store) -> None:
        updated, delinked = told("evt_5", "UPDATED", 5, 40), told("evt_6", "DELINKED", 6, 0)
        store.receive(updated)
        store.receive(LINKED)
        assert linked(store) == [("prg_1", "AC12345678", 40)]
        store.receive(delinked)
        store.receive(replace(updated, id="evt_7"))
        assert linked(store) == []

    def test_keeps_nothing_of_another_customers_card(self, store: Store) -> None:
        store.receive(replace(LINKED, customer_id="jonas"))
        assert linked(store) == []
        assert events(store) == ["evt_4"]


class TestKeepPrograms:
    def test_gives_linked_programs_their_names(self, store: Store) -> None:
        store.receive(LINKED)
        store.keep_programs({"prg_1": "Aurora Club"})
        assert linked(store) == [("Aurora Club", "AC12345678", 100)]


class TestReadAccount:
    def test_shows_one_moment_while_webhooks_arrive(self, store: Store) -> None:
        arriving = [replace(COMPLETED, id=f"evt_{n}", reference_number=f"NW-{n}", cents=1) for n in range(20)]
        with ThreadPoolExecutor(2) as threads:
            done = threads.map(store.receive, arriving)
            seen = [store.read_account("amira") for _ in range(100)]
            list(done)

        assert {account["customer"].cents + len(account["events"]) for account in seen} == {125000}
        assert {len(account["orders"]) - len(account["events"]) for account in seen} == {0}


class TestStore:
    def test_remembers_balances_when_it_is_opened_again(self, store: Store) -> None:
        store.receive(COMPLETED)

        assert balances(Store(store._path))["amira"] == 122500


def told(event_id: str, kind: str, sequence: int, allocation: int) -> Event:
    assert LINKED.connection is not None
    connection = replace(LINKED.connection, sequence=sequence, allocation=allocation)
    return replace(LINKED, id=event_id, type=kind, connection=connection)


def linked(store: Store) -> list[tuple[str, str, int]]:
    return [tuple(row) for row in store.read_account("amira")["linked"]]


def balances(store: Store) -> dict[str, int]:
    return {customer.id: customer.cents for customer in store.list_customers()}


def events(store: Store) -> list[str]:
    return [event["id"] for event in store.read_account("amira")["events"]]
