from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from threading import Event
from typing import Any

import pytest
from sqlalchemy import select

from tests.factories.books import Books
from tests.factories.queues import Queue
from tests.fakes.receiver import Receiver, answer
from widget_host.domain.webhooks.models import Delivery
from widget_host.domain.webhooks.service import Deliveries
from widget_host.kit.value import replace
from widget_host.wiring import Wiring
from widget_host.worker import Worker, start_in_background

MANY = 3


class TestStop:
    def test_hands_back_what_was_not_begun(self, queue: Queue, receiver: Receiver) -> None:
        self.run_until_the_first(queue, receiver)

        assert len(receiver.received) == 1
        assert states(queue) == [("delivered", None), ("waiting", None), ("waiting", None)]
        assert Worker(queue.wiring).work_off() == MANY - 1

    def test_keeps_what_was_under_way_though_nothing_could_be_handed_back(
        self, queue: Queue, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: Any) -> None:
            raise RuntimeError("the database is away")

        monkeypatch.setattr(Deliveries, "hand_back", fail)
        self.run_until_the_first(queue, receiver)

        assert [(state, fence is None) for state, fence in states(queue)] == [
            ("delivered", True),
            ("waiting", False),
            ("waiting", False),
        ]

    def run_until_the_first(self, queue: Queue, receiver: Receiver) -> None:
        """Let a worker that claims all and sends one at a time be stopped while it sends the first."""
        worker = Worker(queue.wiring)
        receiver.replies = [first(worker.stop)]
        worker.run()


class TestEnd:
    def test_waits_until_what_was_under_way_is_kept(self, queue: Queue, receiver: Receiver) -> None:
        under_way = Event()
        receiver.replies = [first(under_way.set)]
        worker = start_in_background(queue.wiring)
        assert under_way.wait(10)
        worker.end()

        assert len(receiver.received) == len([each for each in states(queue) if each[0] == "delivered"])


@pytest.fixture
def queue(wiring: Wiring, books: Books, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> Queue:
    """Some events on their way, and a worker's settings by which it sends one at a time."""
    monkeypatch.setattr(wiring, "settings", replace(wiring.settings, worker_concurrency=1))
    queue = Queue(wiring, books.environment_id)
    queue.add_endpoint(receiver.url)
    for _ in range(MANY):
        queue.record()
    return queue


def first(happens: Callable[[], object]) -> Callable[[BaseHTTPRequestHandler], None]:
    """Answer after something else has happened."""

    def reply(handler: BaseHTTPRequestHandler) -> None:
        happens()
        answer(200)(handler)

    return reply


def states(queue: Queue) -> list[tuple[str, str | None]]:
    with queue.wiring.database.reading() as session:
        found = session.execute(select(Delivery.state, Delivery.fence).order_by(Delivery.state, Delivery.id))
        return [(state, fence) for state, fence in found]
