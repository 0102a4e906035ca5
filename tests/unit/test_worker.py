import base64
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from sqlalchemy import select, update
from standardwebhooks import Webhook

from tests.factories.books import Books
from tests.fakes.clock import StoppedClock
from tests.fakes.receiver import Receiver, answer, drip, hang_up
from widget_host.adapters.http import answers
from widget_host.demo.webhooks import is_authentic
from widget_host.domain.endpoints.models import Endpoint, EndpointSecret
from widget_host.domain.endpoints.rules import Details
from widget_host.domain.webhooks.models import Attempt, Delivery
from widget_host.domain.webhooks.rules import Claimed
from widget_host.domain.webhooks.service import Deliveries
from widget_host.kit.ids import new_id
from widget_host.kit.value import replace
from widget_host.wiring import Wiring
from widget_host.worker import Worker, check_lease, start_in_background


class Post:
    """An endpoint, and events on their way to it."""

    def __init__(self, wiring: Wiring, environment_id: str, url: str) -> None:
        self.wiring = wiring
        self.environment_id = environment_id
        with wiring.writing() as services:
            _, self.secret = services.endpoints.create(environment_id, Details(url=url))

    def record(self) -> str:
        event_id = new_id("evt")
        with self.wiring.writing() as services:
            services.outbox.record(self.environment_id, event_id, "ledger.posted", event_id, {"name": "Zoë"})
        return event_id

    def deliver(self) -> int:
        """Let a worker send what is due, to the end."""
        return Worker(self.wiring).work_off()

    def state(self) -> tuple[str, int]:
        with self.wiring.database.reading() as session:
            delivery = session.scalars(select(Delivery)).one()
            return delivery.state, delivery.attempts

    def attempts(self) -> list[tuple[int | None, str | None]]:
        with self.wiring.database.reading() as session:
            found = session.scalars(select(Attempt).order_by(Attempt.delivery_id, Attempt.number))
            return [(attempt.status, attempt.error) for attempt in found]


class TestWorkOff:
    def test_delivers_what_is_due(self, post: Post, receiver: Receiver) -> None:
        event_id = post.record()

        assert post.deliver() == 1
        assert (post.state(), post.attempts()) == (("delivered", 1), [(200, None)])
        (received,) = receiver.received
        assert received.headers["content-type"] == "application/json"
        assert received.headers["webhook-id"] == event_id
        assert f'"id":"{event_id}"'.encode() in received.body
        assert "Zoë".encode() in received.body

    def test_does_nothing_where_nothing_is_due(self, post: Post, receiver: Receiver) -> None:
        assert post.deliver() == 0
        assert receiver.received == []

    def test_tries_again_after_the_step_with_the_same_event_signed_anew(
        self, post: Post, receiver: Receiver, clock: StoppedClock
    ) -> None:
        receiver.replies = [answer(500, b"later")]
        post.record()

        assert (post.deliver(), post.deliver()) == (1, 0)
        assert post.state() == ("waiting", 1)
        clock.advance(seconds=6)
        assert post.deliver() == 1

        first, second = receiver.received
        assert (post.state(), post.attempts()) == (("delivered", 2), [(500, None), (200, None)])
        assert (first.body, first.headers["webhook-id"]) == (second.body, second.headers["webhook-id"])
        assert int(second.headers["x-timestamp"]) - int(first.headers["x-timestamp"]) == 6
        assert first.headers["x-signature"] != second.headers["x-signature"]

    def test_follows_no_redirect(self, post: Post, receiver: Receiver) -> None:
        receiver.replies = [answer(307, b"", Location=receiver.url)]
        post.record()
        post.deliver()

        assert (post.state(), post.attempts(), len(receiver.received)) == (("waiting", 1), [(307, None)], 1)

    def test_keeps_that_nobody_answered(self, post: Post, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(answers, "ATTEMPT_SECONDS", 0.3)
        receiver.replies = [hang_up, drip(b"x", pause=0.05, before=b"HTTP/1.1 200 OK\r\n\r\n")]
        for _ in range(2):
            post.record()
            post.deliver()

        assert sorted(post.attempts(), key=str) == [(None, "connection failed"), (None, "no answer in time")]

    def test_keeps_that_the_address_is_none(self, post: Post) -> None:
        self.point(post, "http://[bad")
        post.record()
        post.deliver()

        assert (post.state(), post.attempts()) == (("waiting", 1), [(None, "address refused: not a URL")])

    def test_keeps_an_answer_with_odd_bytes(self, post: Post, receiver: Receiver) -> None:
        receiver.replies = [answer(200, b"a\x00\xffb")]
        post.record()
        post.deliver()

        assert post.state() == ("delivered", 1)

    def test_sends_nothing_it_cannot_sign(self, post: Post, receiver: Receiver) -> None:
        with post.wiring.database.writing() as session:
            session.execute(update(EndpointSecret).values(sealed_secret="0badc0de.AAAA"))
        post.record()
        post.deliver()

        assert receiver.received == []
        assert post.attempts() == [(None, "the endpoint's secret cannot be opened with the configured keys")]

    def test_sends_no_more_at_once_than_it_may(
        self, post: Post, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(post.wiring, "settings", replace(post.wiring.settings, worker_concurrency=4))
        receiver.replies = [drip(b"", pause=0.1, times=1)] * 6
        for _ in range(6):
            post.record()

        assert post.deliver() == 6
        assert receiver.most_at_once <= 4

    def test_keeps_what_came_of_attempts_when_the_database_was_away_meanwhile(
        self, post: Post, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("widget_host.worker.PAUSE_AFTER_A_FAULT_SECONDS", 0.01)
        finish = Deliveries.finish
        failed: list[int] = []

        def fail_once(*args: Any) -> set[str]:
            if not failed:
                failed.append(1)
                raise RuntimeError("the database is away")
            return finish(*args)

        monkeypatch.setattr(Deliveries, "finish", fail_once)
        post.record()
        post.deliver()

        assert (failed, post.state(), post.attempts()) == ([1], ("delivered", 1), [(200, None)])

    def test_sends_with_the_address_that_the_endpoint_has_now(
        self, post: Post, receiver: Receiver, clock: StoppedClock
    ) -> None:
        receiver.replies = [answer(500)]
        post.record()
        post.deliver()
        self.point(post, f"{receiver.address}/moved")
        clock.advance(seconds=6)
        post.deliver()

        assert [each.path for each in receiver.received] == ["/hook", "/moved"]

    def test_leaves_half_of_its_senders_to_others_while_an_endpoint_hangs(
        self, post: Post, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(post.wiring, "settings", replace(post.wiring.settings, worker_concurrency=4))
        receiver.replies = [drip(b"", pause=0.3, times=1)] * 2 + [answer(200)] * 10
        for _ in range(6):
            post.record()
        other = Post(post.wiring, post.environment_id, f"{receiver.address}/other")
        other.record()
        post.deliver()

        paths = [each.path for each in receiver.received]
        assert paths.index("/other") <= 3

    def point(self, post: Post, url: str) -> None:
        with post.wiring.database.writing() as session:
            session.execute(update(Endpoint).values(url=url))


class TestSignature:
    def test_is_believed_by_the_plain_check_and_by_a_ready_made_verifier(self, post: Post, receiver: Receiver) -> None:
        post.record()
        post.deliver()

        (received,) = receiver.received
        shown = "whsec_" + base64.b64encode(post.secret.encode()).decode()
        assert Webhook(shown).verify(received.body, received.headers)["type"] == "ledger.posted"
        assert is_authentic(
            received.body,
            timestamp=received.headers["x-timestamp"],
            signature=received.headers["x-signature"],
            secret=post.secret,
            now=int(received.headers["x-timestamp"]),
        )

    @pytest.fixture
    def clock(self) -> StoppedClock:
        """The ready-made verifier looks at the machine's own clock."""
        return StoppedClock(datetime.now(UTC))


class TestCheckLease:
    def test_refuses_a_lease_under_which_two_could_send(self) -> None:
        with pytest.raises(RuntimeError, match="does not outlast"):
            check_lease(timedelta(seconds=34), timedelta(seconds=15))
        check_lease(timedelta(seconds=35), timedelta(seconds=15))


class TestRun:
    def test_delivers_as_soon_as_something_is_kept(self, post: Post, receiver: Receiver) -> None:
        worker = start_in_background(post.wiring)
        try:
            post.record()
            self.wait_for(lambda: post.state() == ("delivered", 1))
        finally:
            worker.stop()

    def test_puts_nobody_off_for_what_waits_for_an_endpoint_that_hangs(
        self, post: Post, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(post.wiring, "settings", replace(post.wiring.settings, worker_concurrency=4))
        monkeypatch.setattr("widget_host.worker.PUT_OFF_SECONDS", 60)
        go_on = threading.Event()

        def reply(handler: BaseHTTPRequestHandler) -> None:
            if handler.path != "/other":
                go_on.wait(20)
            answer(200)(handler)

        def came(count: int) -> bool:
            return [each.path for each in receiver.received].count("/other") == count

        receiver.replies = [reply] * 20
        for _ in range(12):
            post.record()
        worker = start_in_background(post.wiring)
        try:
            self.wait_for(lambda: len(receiver.received) >= 2)
            other = Post(post.wiring, post.environment_id, f"{receiver.address}/other")
            for count in (1, 2):
                other.record()
                self.wait_for(partial(came, count))
        finally:
            monkeypatch.undo()
            go_on.set()
            worker.end()

    def test_outlives_a_round_that_fails(self, post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("widget_host.worker.PAUSE_AFTER_A_FAULT_SECONDS", 0.01)
        worker = Worker(post.wiring)
        rounds: list[int] = []

        def fail_twice(*_: Any) -> list[Claimed]:
            rounds.append(1)
            if len(rounds) < 3:
                raise RuntimeError("the database is away")
            worker.stop()
            return []

        monkeypatch.setattr(worker, "_settle_and_claim", fail_twice)
        worker.run()

        assert len(rounds) == 3

    def test_finishes_what_is_under_way_when_it_is_stopped(self, post: Post, receiver: Receiver) -> None:
        worker = Worker(post.wiring)

        def stop_first(handler: BaseHTTPRequestHandler) -> None:
            worker.stop()
            answer(200)(handler)

        receiver.replies = [stop_first]
        post.record()
        worker.run()

        assert post.state() == ("delivered", 1)

    def wait_for(self, is_done: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 10
        while not is_done():
            assert time.monotonic() < deadline
            time.sleep(0.02)


@pytest.fixture
def post(wiring: Wiring, books: Books, receiver: Receiver) -> Post:
    return Post(wiring, books.environment_id, receiver.url)
