"""Whatever a receiver does: the right state, the right next time, and a worker that goes on."""

import resource
import socket
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from tests.factories.books import make_books
from tests.fakes.clock import StoppedClock
from tests.fakes.faults import EXPECTED, NO_NAME, FaultServers
from tests.fakes.receiver import Receiver
from tests.services.soak import ROUNDS, SAID, chance
from widget_host.adapters.http import answers
from widget_host.domain.endpoints import rules
from widget_host.domain.endpoints.models import Endpoint
from widget_host.domain.endpoints.rules import Details
from widget_host.domain.webhooks.models import Attempt, Delivery, Event
from widget_host.domain.webhooks.rules import ANSWER_KEPT, REST, STEPS
from widget_host.kit.ids import new_id
from widget_host.wiring import Wiring
from widget_host.worker import Worker

TIMES = 10
HASTY_SECONDS = 1.5
HELD_AT_MOST_SECONDS = 20
RESTING = {"no answer in time", 429, 503}
ENDS: dict[int | str, str] = {200: "delivered", 410: "failed"}
# In kilobytes, as the kernel counts.
GROWN_AT_MOST = 60 * 1024


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

    def latest(self) -> dict[str, tuple[Delivery, Attempt]]:
        """Return what became of the newest event, by endpoint."""
        newest = select(func.max(Event.id)).scalar_subquery()
        found = select(Delivery, Attempt).join(Attempt, Attempt.delivery_id == Delivery.id)
        with self.wiring.database.reading() as session:
            rows = session.execute(found.where(Delivery.event_id == newest, Attempt.number == Delivery.attempts))
            return {delivery.endpoint_id: (delivery, attempt) for delivery, attempt in rows}

    def heal(self) -> None:
        """Let nothing of one fault be remembered for the next."""
        with self.wiring.database.writing() as session:
            health = {"tripped_at": None, "window_from": None, "failing_since": None, "failures": 0}
            session.execute(update(Endpoint).values(enabled=True, window_attempts=0, window_failures=0, **health))
            session.execute(update(Delivery).values(state="failed"))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
class TestFaults:
    def test_are_survived_whatever_they_are(self, post: Post, faults: FaultServers, nameless: None) -> None:
        kinds = self.add_all(post, faults)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for _ in range(ROUNDS):
            self.meet(post, kinds)
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < GROWN_AT_MOST

    def add_all(self, post: Post, faults: FaultServers) -> dict[str, str]:
        """Add an endpoint for each time a fault is met, and return their kinds by their ids."""
        order = list(EXPECTED) * TIMES
        chance("faults").shuffle(order)
        return {post.add(faults.urls[kind]): kind for kind in order}

    def meet(self, post: Post, kinds: dict[str, str]) -> None:
        post.heal()
        post.record()
        took = post.work()
        found = post.latest()
        assert found.keys() == kinds.keys(), SAID
        for endpoint_id, (delivery, attempt) in found.items():
            self.check(post, delivery, attempt, EXPECTED[kinds[endpoint_id]], f"{kinds[endpoint_id]}, {SAID}")
        assert took < HELD_AT_MOST_SECONDS, SAID

    def check(self, post: Post, delivery: Delivery, attempt: Attempt, expected: int | str, said: str) -> None:
        assert (attempt.status or attempt.error) == expected, said
        assert (delivery.state, delivery.fence) == (ENDS.get(expected, "waiting"), None), said
        assert len(attempt.answer) <= ANSWER_KEPT, said
        assert attempt.duration_ms < HELD_AT_MOST_SECONDS * 1000, said
        if delivery.state == "waiting":
            least, most = (REST, REST) if expected in RESTING else (STEPS[1] * 4 / 5, STEPS[1] * 6 / 5)
            assert least <= delivery.due_at - post.wiring.clock.machine.now() <= most, said


HANGS_SECONDS = 12


class TestOneOfMany:
    @pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
    def test_that_hangs_or_is_slow_does_not_hold_the_others_up(
        self, post: Post, faults: FaultServers, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(answers, "ATTEMPT_SECONDS", HANGS_SECONDS)
        post.add(faults.urls["black hole"])
        for _ in range(8):
            post.add(receiver.url)
        slow = Receiver()
        post.add(f"http://127.0.0.1:{slow.server_port}/hook")
        post.record(10)
        post.work()
        slow.server_close()

        assert len(receiver.received) == 80
        latest = max(self.moments(post, receiver.url))
        # Who waited for a hanging one would begin after its deadline.
        assert latest - min(self.moments(post, receiver.url)) < timedelta(seconds=HANGS_SECONDS)

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
def faults() -> Iterator[FaultServers]:
    with FaultServers() as servers:
        yield servers


@pytest.fixture
def nameless(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answer for a name that nobody has; give the other side less than fifteen seconds, and an issuer all endpoints."""
    real = socket.getaddrinfo

    def getaddrinfo(host: Any, *args: Any, **options: Any) -> Any:
        if host == NO_NAME:
            raise socket.gaierror(socket.EAI_NONAME, "nobody has this name")
        return real(host, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(answers, "ATTEMPT_SECONDS", HASTY_SECONDS)
    monkeypatch.setattr(rules, "MOST_ENDPOINTS", len(EXPECTED) * TIMES)
