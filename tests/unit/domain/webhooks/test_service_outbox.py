from decimal import Decimal

import pytest
from sqlalchemy import select, update

from tests.factories.books import Books, make_books
from tests.factories.queues import Queue
from tests.fakes.clock import START
from widget_host.domain.endpoints.models import Endpoint
from widget_host.domain.webhooks.models import Delivery, Event
from widget_host.kit import wire
from widget_host.wiring import Wiring


class TestRecord:
    def test_keeps_the_body_that_will_be_signed(self, wiring: Wiring, queue: Queue) -> None:
        event_id = queue.record(value=Decimal("25.50"), name="Zoë")

        with wiring.database.reading() as session:
            event = session.get_one(Event, event_id)
        assert wire.loads(event.body) == {
            "id": event_id,
            "type": "ledger.posted",
            "sequence": 1,
            "value": Decimal("25.50"),
            "name": "Zoë",
        }
        assert list(wire.loads(event.body)) == ["id", "type", "sequence", "value", "name"]
        assert event.created_at == START

    def test_numbers_the_events_of_each_subject(self, wiring: Wiring, queue: Queue) -> None:
        stranger = Queue(wiring, make_books(wiring, "Elsewhere").environment_id)
        told = [queue.record("a"), queue.record("a"), queue.record("b"), stranger.record("a"), queue.record("a")]

        with wiring.database.reading() as session:
            assert [session.get_one(Event, event_id).sequence for event_id in told] == [1, 2, 1, 1, 3]

    def test_makes_a_delivery_for_each_enabled_endpoint_of_the_environment(self, wiring: Wiring, queue: Queue) -> None:
        wanted = sorted([queue.add_endpoint()[0], queue.add_endpoint()[0]])
        disabled = queue.add_endpoint()[0]
        Queue(wiring, make_books(wiring, "Elsewhere").environment_id).add_endpoint()
        with wiring.database.writing() as session:
            session.execute(update(Endpoint).where(Endpoint.id == disabled).values(enabled=False))

        queue.record()

        with wiring.database.reading() as session:
            made = session.scalars(select(Delivery).order_by(Delivery.endpoint_id)).all()
        assert [delivery.endpoint_id for delivery in made] == wanted
        assert {(delivery.state, delivery.attempts, delivery.due_at) for delivery in made} == {("waiting", 0, START)}

    def test_wakes_the_worker_when_it_is_kept(self, wiring: Wiring, queue: Queue) -> None:
        rung: list[int] = []
        with wiring.enqueued.heard_by(lambda: rung.append(1)):
            queue.record()
            assert rung == []

            queue.add_endpoint()
            queue.record()
        assert rung == [1]

    def test_is_undone_with_what_caused_it(self, wiring: Wiring, queue: Queue, books: Books) -> None:
        queue.add_endpoint()
        rung: list[int] = []
        with wiring.enqueued.heard_by(lambda: rung.append(1)), pytest.raises(RuntimeError):
            self.record_in_vain(wiring, queue)

        assert (books.count("events"), books.count("deliveries"), rung) == (0, 0, [])

    def record_in_vain(self, wiring: Wiring, queue: Queue) -> None:
        with wiring.writing() as services:
            services.outbox.record(queue.environment_id, "evt_1", "ledger.posted", "txn_1", {})
            raise RuntimeError


@pytest.fixture
def queue(wiring: Wiring, books: Books) -> Queue:
    return Queue(wiring, books.environment_id)
