"""Whatever a receiver does: the right state, the right next time, and a worker that goes on."""

import os
import random
import resource
import socket
import time
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update

from tests.factories.books import make_books
from tests.fakes.clock import StoppedClock
from tests.fakes.faults import FAULTS, FaultServer
from tests.fakes.receiver import Receiver
from widget_host.adapters.http import answers
from widget_host.domain.endpoints.models import Endpoint
from widget_host.domain.endpoints.rules import Details
from widget_host.domain.webhooks.models import Attempt, Delivery
from widget_host.domain.webhooks.rules import REST, STEPS
from widget_host.kit.ids import new_id
from widget_host.wiring import Wiring
from widget_host.worker import Worker

# `make soak` asks for more of everything.
ROUNDS = int(os.environ.get("WIDGET_HOST_SOAK", "1"))
# Chosen anew each time, and named when something fails: give it to see the same again.
SEED = int(os.environ.get("WIDGET_HOST_SEED", str(random.SystemRandom().randrange(1 << 32))))
RESTING = {"no answer in time", 429, 503}
ENDS = {200: "delivered", 410: "failed"}
MEGABYTES = 1024


class Post:
    """Endpoints of one environment, and what became of what was sent to them."""

    def __init__(self, wiring: Wiring, environment_id: str) -> None:
        self.wiring = wiring
        self.environment_id = environment_id

    def add(self, url: str) -> str:
        with self.wiring.writing() as services:
            return services.endpoints.create(self.environment_id, Details(url=url))[0].id

    def record(self, count: int = 1) -> None:
        with self.wiring.writing() as services:
            for _ in range(count):
                event_id = new_id("evt")
                services.outbox.record(self.environment_id, event_id, "ledger.posted", event_id, {})

    def work(self) -> float:
        began = time.monotonic()
        Worker(self.wiring).work_off()
        return time.monotonic() - began

    def last(self) -> tuple[Delivery, Attempt]:
        with self.wiring.database.reading() as session:
            attempt = session.scalars(select(Attempt).order_by(Attempt.delivery_id.desc()).limit(1)).one()
            return session.get_one(Delivery, attempt.delivery_id), attempt

    def heal(self) -> None:
        """Let nothing of one fault be remembered for the next."""
        with self.wiring.database.writing() as session:
            health = {"tripped_at": None, "window_from": None, "failing_since": None, "failures": 0}
            session.execute(update(Endpoint).values(enabled=True, window_attempts=0, window_failures=0, **health))
            session.execute(update(Delivery).values(state="failed"))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
class TestFaults:
    def test_are_survived_whatever_they_are(self, post: Post, faults: FaultServer, hasty: None) -> None:
        post.add(faults.url)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        order = random.Random(SEED).sample(list(FAULTS), len(FAULTS))  # noqa: S311 - to be repeated, not to be secret
        for name in order * ROUNDS:
            faults.fault, expected = FAULTS[name]
            post.record()
            took = post.work()

            delivery, attempt = post.last()
            said = f"{name}, WIDGET_HOST_SEED={SEED}"
            assert (attempt.status or attempt.error) == expected, said
            assert delivery.state == ENDS.get(expected, "waiting") if isinstance(expected, int) else "waiting", said
            self.check_due(post, delivery, expected, said)
            assert took < 20, said
            assert len(attempt.answer) <= 64 * 1024, said
            post.heal()
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 60 * MEGABYTES

    def check_due(self, post: Post, delivery: Delivery, expected: int | str, said: str) -> None:
        if delivery.state != "waiting":
            return
        least, most = (REST, REST) if expected in RESTING else (STEPS[1] * 4 / 5, STEPS[1] * 6 / 5)
        assert least <= delivery.due_at - post.wiring.clock.machine.now() <= most, said

    def test_of_addresses_leave_it_waiting(self, post: Post, hasty: None) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            port = taken.getsockname()[1]
            for url, error in (
                (f"http://127.0.0.1:{port}/", "connection failed"),
                (f"https://127.0.0.1:{port}/", "connection failed"),
            ):
                post.add(url)
                post.record()
                post.work()
                assert post.last()[1].error == error
                post.heal()
                self.forget(post)

    def forget(self, post: Post) -> None:
        with post.wiring.database.writing() as session:
            session.execute(update(Endpoint).values(enabled=False, deleted_at=post.wiring.clock.now()))


class TestOneOfMany:
    @pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
    def test_that_hangs_or_is_slow_does_not_hold_the_others_up(
        self, post: Post, faults: FaultServer, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(answers, "ATTEMPT_SECONDS", 2)
        post.add(faults.url)
        for _ in range(8):
            post.add(receiver.url)
        slow = Receiver()
        post.add(f"http://127.0.0.1:{slow.server_port}/hook")
        post.record(10)
        post.work()
        slow.server_close()

        assert len(receiver.received) == 80
        latest = max(self.moments(post, receiver.url))
        assert latest - min(self.moments(post, receiver.url)) < timedelta(seconds=1.5)

    def moments(self, post: Post, url: str) -> list[datetime]:
        with post.wiring.database.reading() as session:
            return list(session.scalars(select(Attempt.started_at).where(Attempt.url == url)))

    @pytest.fixture
    def clock(self) -> StoppedClock:
        return RunningClock()


class RunningClock(StoppedClock):
    """Begins where the stopped one stands, and goes on."""

    def __init__(self) -> None:
        super().__init__()
        self._began = time.monotonic()

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=time.monotonic() - self._began)


class TestClaim:
    @pytest.mark.parametrize("rows", [200 * ROUNDS])
    def test_holds_no_more_than_it_sends(self, post: Post, rows: int, database_url: str) -> None:
        post.add("http://127.0.0.1:9/hook")
        post.record(rows)
        with post.wiring.writing() as services:
            assert len(services.deliveries.claim(64)) == 32


@pytest.fixture
def post(wiring: Wiring) -> Post:
    return Post(wiring, make_books(wiring).environment_id)


@pytest.fixture
def faults() -> Iterator[FaultServer]:
    with FaultServer() as server:
        yield server


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the other side less than a second instead of fifteen."""
    monkeypatch.setattr(answers, "ATTEMPT_SECONDS", 0.5)
