"""Workers that are killed while they send: nothing is lost, and what comes twice is the same event."""

import hashlib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from tests.factories.books import make_books
from tests.factories.many_events import record_many
from tests.fakes.tally import Tally
from tests.services.environment import environment_of
from tests.services.soak import IS_SOAK, ROUNDS, SAID, chance
from widget_host.config import Settings
from widget_host.domain.endpoints.rules import Details
from widget_host.domain.webhooks.models import Attempt, Delivery, Event
from widget_host.kit.clock import SystemClock
from widget_host.wiring import Wiring

WORKERS = 4
EVENTS = 10_000 * ROUNDS
KILLED_EVERY_SECONDS = 5 if IS_SOAK else 1.5
# A machine that has much else to do kills later: nobody who sent nothing yet.
SENT_BEFORE_A_KILL = 500
LOOKED_EVERY_SECONDS = 0.2
PATIENCE_SECONDS = 1200 if IS_SOAK else 90


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"] if IS_SOAK else ["postgresql"], indirect=True)
class TestKilled:
    def test_lose_nothing_and_repeat_only_the_same_events(
        self, post: "Post", tally: Tally, crew: "Crew", record_property: Callable[[str, object], None]
    ) -> None:
        post.record(EVENTS, tally.url)
        crew.start()
        self.kill_until_all_is_sent(post, tally, crew)
        record_property("killed, sent", (crew.killed, tally.count))
        assert crew.killed > 0, SAID
        assert post.waiting() == 0, f"{tally.count} were sent, {SAID}"
        heard = {event_id: list(bodies) for event_id, bodies in tally.bodies.items()}
        assert heard == post.told(), SAID
        assert post.kept() == (EVENTS, EVENTS), SAID

    def kill_until_all_is_sent(self, post: "Post", tally: Tally, crew: "Crew") -> None:
        deadline, killed_at, sent, held = time.monotonic() + PATIENCE_SECONDS, time.monotonic(), 0, list[str]()
        while post.waiting() and (now := time.monotonic()) < deadline:
            time.sleep(LOOKED_EVERY_SECONDS)
            if now - killed_at < KILLED_EVERY_SECONDS:
                continue
            # In a soak the minute really passes for which the killed one had claimed deliveries.
            if not IS_SOAK:
                post.end_leases(held)
            if tally.count >= sent + SENT_BEFORE_A_KILL:
                sent = tally.count
                crew.kill_one()
            killed_at, held = time.monotonic(), post.fences()


class Post:
    """One endpoint of one environment, and what became of what was sent to it."""

    def __init__(self, wiring: Wiring) -> None:
        self._wiring = wiring
        self._environment_id = make_books(wiring).environment_id

    def record(self, count: int, url: str) -> None:
        with self._wiring.writing() as services:
            endpoint_id = services.endpoints.create(self._environment_id, Details(url=url))[0].id
        record_many(self._wiring, self._environment_id, endpoint_id, count)

    def waiting(self) -> int:
        with self._wiring.database.reading() as session:
            return session.scalar(select(func.count()).where(Delivery.state == "waiting")) or 0

    def fences(self) -> list[str]:
        """Return under which claims somebody holds deliveries now."""
        held = select(Delivery.fence).where(Delivery.state == "waiting", Delivery.fence.is_not(None)).distinct()
        with self._wiring.database.reading() as session:
            return [fence for fence in session.scalars(held) if fence is not None]

    def end_leases(self, fences: Sequence[str]) -> None:
        """Let the minute be over of what was claimed so long ago that whoever lives has sent it."""
        held = update(Delivery).where(Delivery.state == "waiting", Delivery.fence.in_(fences))
        with self._wiring.database.writing() as session:
            session.execute(held.values(due_at=self._wiring.clock.machine.now()))

    def told(self) -> dict[str, list[bytes]]:
        """Return what has to be heard: each event's one body, by its digest."""
        with self._wiring.database.reading() as session:
            rows = session.execute(select(Event.id, Event.body))
            return {row.id: [hashlib.sha256(row.body.encode()).digest()] for row in rows}

    def kept(self) -> tuple[int | None, int | None]:
        """Return how many deliveries ended as they should, and how many attempts were kept."""
        with self._wiring.database.reading() as session:
            delivered = select(func.count()).where(Delivery.state == "delivered", Delivery.attempts == 1)
            return session.scalar(delivered), session.scalar(select(func.count()).select_from(Attempt))


class Crew:
    """Worker processes; who is killed has a successor at once."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.killed = 0
        self._running: list[subprocess.Popen[bytes]] = []
        self._random = chance("crew")
        self._told = environment_of(settings, INSTANCE=str(folder), WORKER_CONCURRENCY="16")

    def start(self) -> None:
        for _ in range(WORKERS):
            self._start_one()

    def kill_one(self) -> None:
        self._end(self._running.pop(self._random.randrange(WORKERS)))
        self.killed += 1
        self._start_one()

    def end(self) -> None:
        for process in self._running:
            self._end(process)

    def _start_one(self) -> None:
        command = [sys.executable, "-m", "widget_host", "worker"]
        self._running.append(subprocess.Popen(command, env=self._told))

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        process.kill()
        process.wait()


@pytest.fixture
def tally() -> Iterator[Tally]:
    with Tally() as receiver:
        yield receiver


@pytest.fixture
def crew(settings: Settings, tmp_path: Path) -> Iterator[Crew]:
    made = Crew(settings, tmp_path / "workers")
    yield made
    made.end()


@pytest.fixture
def wiring(settings: Settings) -> Iterator[Wiring]:
    made = Wiring(settings, SystemClock())
    yield made
    made.end()


@pytest.fixture
def post(wiring: Wiring) -> Post:
    return Post(wiring)
