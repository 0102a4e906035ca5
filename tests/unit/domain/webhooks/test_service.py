from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from tests.factories.books import Books
from tests.factories.queues import URL, Queue
from tests.fakes.clock import START, StoppedClock
from widget_host.domain.endpoints.models import Endpoint
from widget_host.domain.webhooks.models import Delivery
from widget_host.domain.webhooks.rules import LEASE, STEPS, Claimed
from widget_host.kit import wire
from widget_host.kit.ids import new_id
from widget_host.wiring import Wiring


class TestClaim:
    def test_gives_all_that_is_needed_to_send(self, queue: Queue) -> None:
        _, secret = queue.add_endpoint()
        event_id = queue.record(name="Zoë")

        (claimed,) = queue.claim()

        assert (claimed.receiver.url, claimed.receiver.secrets) == (URL, (secret,))
        assert (claimed.event_id, claimed.number, claimed.tries) == (event_id, 1, 1)
        assert wire.loads(claimed.body)["name"] == "Zoë"
        assert (queue.only().fence, queue.only().due_at) == (claimed.fence, START + LEASE)

    def test_takes_the_longest_due_first_and_no_more_than_asked(self, queue: Queue, clock: StoppedClock) -> None:
        queue.add_endpoint()
        told = []
        for _ in range(5):
            told.append(queue.record(new_id("txn")))
            clock.advance(seconds=1)

        assert [sorted(claimed.event_id for claimed in queue.claim(4)) for _ in range(4)] == [
            told[0:2],
            told[2:4],
            told[4:5],
            [],
        ]

    def test_leaves_what_is_not_due(self, wiring: Wiring, queue: Queue, clock: StoppedClock) -> None:
        queue.add_endpoint()
        queue.record()
        with wiring.database.writing() as session:
            session.execute(update(Delivery).values(due_at=START + timedelta(seconds=5)))

        clock.advance(seconds=4)
        assert queue.claim() == []
        clock.advance(seconds=1)
        assert len(queue.claim()) == 1

    def test_leaves_what_another_has_until_the_lease_ends(self, queue: Queue, clock: StoppedClock) -> None:
        queue.add_endpoint()
        queue.record()
        (first,) = queue.claim()

        clock.advance(seconds=59)
        assert queue.claim() == []
        clock.advance(seconds=1)
        (second,) = queue.claim()
        assert (second.id, second.number) == (first.id, 1)
        assert second.fence != first.fence

    def test_gives_each_delivery_to_one_of_many(self, queue: Queue) -> None:
        queue.add_endpoint()
        told = {queue.record(new_id("txn")) for _ in range(24)}

        def work(_: int) -> list[str]:
            taken: list[str] = []
            while claimed := queue.claim(3):
                taken += [delivery.event_id for delivery in claimed]
            return taken

        with ThreadPoolExecutor(4) as threads:
            taken = [event_id for taken in threads.map(work, range(4)) for event_id in taken]

        assert sorted(taken) == sorted(told)

    @pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
    def test_does_not_wait_for_a_session_that_is_still_claiming(self, wiring: Wiring, queue: Queue) -> None:
        queue.add_endpoint()
        for _ in range(4):
            queue.record(new_id("txn"))

        with wiring.writing() as services:
            first = services.deliveries.claim(6)
            second = queue.claim()

        assert (len(first), len(second)) == (3, 1)
        assert {claimed.id for claimed in first}.isdisjoint(claimed.id for claimed in second)

    def test_uses_the_address_as_it_is_now(self, wiring: Wiring, queue: Queue, clock: StoppedClock) -> None:
        queue.add_endpoint()
        queue.record()
        queue.finish(queue.claim()[0], status=500)
        with wiring.database.writing() as session:
            session.execute(update(Endpoint).values(url="http://127.0.0.1:9/moved"))
        clock.advance(seconds=6)

        assert [claimed.receiver.url for claimed in queue.claim()] == ["http://127.0.0.1:9/moved"]


class TestHandBack:
    def test_lets_another_have_it_at_once(self, wiring: Wiring, queue: Queue) -> None:
        queue.add_endpoint()
        queue.record()
        first = queue.claim()
        self.hand_back(wiring, first)

        assert (queue.only().state, queue.only().fence, queue.only().due_at) == ("waiting", None, START)
        assert [each.id for each in queue.claim()] == [each.id for each in first]

    def test_leaves_what_another_has_by_now(self, wiring: Wiring, queue: Queue, clock: StoppedClock) -> None:
        queue.add_endpoint()
        queue.record()
        stale = queue.claim()
        clock.advance(seconds=60)
        (present,) = queue.claim()
        self.hand_back(wiring, stale)

        assert queue.only().fence == present.fence

    def hand_back(self, wiring: Wiring, claimed: list[Claimed]) -> None:
        with wiring.writing() as services:
            services.deliveries.hand_back(claimed)


class TestFinish:
    def test_ends_a_delivery_that_was_taken(self, queue: Queue, clock: StoppedClock) -> None:
        claimed = self.claimed(queue)
        clock.advance(seconds=2)

        assert queue.finish(claimed, status=204) is True
        ended = queue.only()
        assert (ended.state, ended.attempts, ended.fence, ended.ended_at) == ("delivered", 1, None, clock.now())
        clock.advance(days=30)
        assert queue.claim() == []

    @pytest.mark.parametrize("answer", [{"status": 500}, {"status": 301}, {"error": "no answer in time"}])
    def test_tries_again_after_the_step(self, queue: Queue, answer: dict[str, Any]) -> None:
        queue.finish(self.claimed(queue), **answer)

        waiting = queue.only()
        assert (waiting.state, waiting.attempts, waiting.ended_at) == ("waiting", 1, None)
        assert START + STEPS[1] * 4 / 5 <= waiting.due_at <= START + STEPS[1] * 6 / 5

    def test_gives_up_after_the_last_step_and_keeps_every_attempt(self, queue: Queue, clock: StoppedClock) -> None:
        queue.add_endpoint()
        queue.record()
        for number in range(1, 11):
            (claimed,) = queue.claim()
            assert claimed.number == number
            queue.finish(claimed, status=500 + number)
            clock.advance(hours=13)
            with queue.wiring.database.writing() as session:
                session.execute(update(Delivery).where(Delivery.state == "waiting").values(due_at=clock.now()))

        assert (queue.only().state, queue.only().attempts, queue.claim()) == ("failed", 10, [])
        assert [(attempt.number, attempt.status) for attempt in queue.attempts()] == [
            (number, 500 + number) for number in range(1, 11)
        ]

    def test_keeps_what_was_answered(self, queue: Queue) -> None:
        queue.finish(self.claimed(queue), status=500, answer="x" * 20_000)

        (attempt,) = queue.attempts()
        assert (attempt.started_at, attempt.duration_ms, attempt.url, attempt.status) == (START, 12, URL, 500)
        assert (attempt.error, len(attempt.answer)) == (None, 16 * 1024)

    def test_refuses_who_lost_the_delivery_meanwhile(self, queue: Queue, clock: StoppedClock) -> None:
        stale = self.claimed(queue)
        clock.advance(seconds=60)
        (present,) = queue.claim()

        assert queue.finish(stale, status=500) is False
        assert (queue.only().attempts, queue.only().fence, queue.attempts()) == (0, present.fence, [])
        assert queue.finish(present, status=200) is True

    def test_refuses_to_be_told_twice(self, queue: Queue) -> None:
        claimed = self.claimed(queue)

        assert [queue.finish(claimed, status=200), queue.finish(claimed, status=200)] == [True, False]
        assert len(queue.attempts()) == 1

    def test_is_told_once_when_two_tell_it_at_the_same_time(self, queue: Queue) -> None:
        claimed = self.claimed(queue)

        with ThreadPoolExecutor(4) as threads:
            told = list(threads.map(lambda _: queue.finish(claimed, status=500), range(4)))
        assert (sorted(told), queue.only().attempts) == ([False, False, False, True], 1)

    def test_ends_at_once_where_the_endpoint_is_gone(self, queue: Queue) -> None:
        queue.finish(self.claimed(queue), status=410)
        queue.record("another")

        assert self.endpoint(queue).disabled_reason == "gone"
        assert (queue.attempts()[0].status, queue.claim()) == (410, [])

    def test_keeps_the_names_of_headers_and_no_values(self, queue: Queue) -> None:
        queue.finish(self.claimed(queue), status=200, header_names=("Content-Type", "X-Own"))

        assert queue.attempts()[0].header_names == ["Content-Type", "X-Own"]

    def test_counts_what_was_sent_again_from_the_first_step(self, queue: Queue, wiring: Wiring) -> None:
        queue.finish(self.claimed(queue), status=500)
        with wiring.writing() as services:
            services.redelivery.resend(queue.environment_id, queue.only().id)
        (again,) = queue.claim()

        assert (again.number, again.tries) == (2, 1)

    def test_disables_an_endpoint_that_failed_for_five_days(self, queue: Queue, clock: StoppedClock) -> None:
        queue.add_endpoint()
        for _ in range(4):
            queue.record(new_id("txn"))
            queue.finish(queue.claim()[0], status=500)
            assert self.endpoint(queue).enabled
            clock.advance(hours=30)
            self.end_all(queue)
        queue.record(new_id("txn"))
        queue.finish(queue.claim()[0], status=500)

        assert (self.endpoint(queue).enabled, self.endpoint(queue).disabled_reason) == (False, "failing")
        with queue.wiring.reading() as services:
            (line,) = services.audit_trail.list(event="webhook_endpoint.disabled")
        assert (line.environment_id, line.details["reason"]) == (queue.environment_id, "failing")

    def end_all(self, queue: Queue) -> None:
        with queue.wiring.database.writing() as session:
            session.execute(update(Delivery).values(state="failed"))

    def endpoint(self, queue: Queue) -> Endpoint:
        with queue.wiring.database.reading() as session:
            return session.scalars(select(Endpoint)).one()

    def claimed(self, queue: Queue) -> Claimed:
        queue.add_endpoint()
        queue.record()
        return queue.claim()[0]


@pytest.fixture
def queue(wiring: Wiring, books: Books) -> Queue:
    return Queue(wiring, books.environment_id)
