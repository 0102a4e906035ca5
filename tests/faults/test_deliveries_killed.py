"""Workers that are killed while they send: nothing is lost, and what comes twice is the same event."""

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from tests.factories.books import make_books
from tests.fakes.receiver import Receiver, answer
from tests.faults.test_deliveries import ROUNDS, SEED, Post
from widget_host.config import Settings
from widget_host.domain.webhooks.models import Attempt, Delivery
from widget_host.kit.clock import SystemClock
from widget_host.wiring import Wiring

WORKERS = 4
IS_SOAK = ROUNDS > 1
EVENTS = 1000 * ROUNDS if IS_SOAK else 200
KILLED_EVERY_SECONDS = 5 if IS_SOAK else 0.1
# A machine that has much else to do kills later: nobody who sent nothing yet.
SENT_BEFORE_A_KILL = 1 if IS_SOAK else 60
PATIENCE_SECONDS = 600 if IS_SOAK else 60
ANSWERS_AFTER_SECONDS = 0.05
SAID = f"WIDGET_HOST_SEED={SEED}"


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"] if IS_SOAK else ["postgresql"], indirect=True)
class TestKilled:
    def test_lose_nothing_and_repeat_only_the_same_events(self, post: Post, receiver: Receiver, crew: "Crew") -> None:
        receiver.replies = [late] * (EVENTS * 2)
        post.add(receiver.url)
        post.record(EVENTS)
        crew.start()
        self.kill_until_all_is_sent(post, receiver, crew)
        heard = {each.headers["webhook-id"] for each in receiver.received}
        bodies = {each.body for each in receiver.received}
        assert crew.killed > 0, SAID
        assert (self.waiting(post), len(heard), len(bodies)) == (0, EVENTS, EVENTS), SAID
        assert {json.loads(body)["id"] for body in bodies} == heard, SAID
        assert self.kept(post) == (EVENTS, EVENTS), SAID

    def kill_until_all_is_sent(self, post: Post, receiver: Receiver, crew: "Crew") -> None:
        deadline, sent = time.monotonic() + PATIENCE_SECONDS, 0
        while self.waiting(post) and time.monotonic() < deadline:
            time.sleep(KILLED_EVERY_SECONDS)
            if len(receiver.received) >= sent + SENT_BEFORE_A_KILL:
                sent = len(receiver.received)
                crew.kill_one()
                self.end_leases(post)

    def waiting(self, post: Post) -> int:
        with post.wiring.database.reading() as session:
            return session.scalar(select(func.count()).where(Delivery.state == "waiting")) or 0

    def end_leases(self, post: Post) -> None:
        """Let the minute be over for which the killed one had claimed deliveries; in a soak it really passes."""
        if IS_SOAK:
            return
        with post.wiring.database.writing() as session:
            claimed = update(Delivery).where(Delivery.state == "waiting", Delivery.fence.is_not(None))
            session.execute(claimed.values(due_at=post.wiring.clock.machine.now()))

    def kept(self, post: Post) -> tuple[int | None, int | None]:
        """Return how many deliveries ended as they should, and how many attempts were kept."""
        with post.wiring.database.reading() as session:
            delivered = select(func.count()).where(Delivery.state == "delivered", Delivery.attempts == 1)
            return session.scalar(delivered), session.scalar(select(func.count()).select_from(Attempt))


class Crew:
    """Worker processes; who is killed has a successor at once."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.killed = 0
        self._running: list[subprocess.Popen[bytes]] = []
        self._random = random.Random(SEED)  # noqa: S311 - to be repeated, not to be secret
        self._told = {
            "WIDGET_HOST_DEVELOPMENT": "1",
            "WIDGET_HOST_INSTANCE": str(folder),
            "WIDGET_HOST_DATABASE_URL": settings.database_url,
            "WIDGET_HOST_WORKER_CONCURRENCY": "4",
            "WIDGET_HOST_SECRET_KEY": ",".join(settings.secret_keys),
            "WIDGET_HOST_LOG_LEVEL": "ERROR",
        }

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
        self._running.append(subprocess.Popen(command, env={**os.environ, **self._told}))

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        process.kill()
        process.wait()


def late(handler: BaseHTTPRequestHandler) -> None:
    """Answer so that a kill meets some that are under way."""
    time.sleep(ANSWERS_AFTER_SECONDS)
    answer(200)(handler)


@pytest.fixture
def crew(settings: Settings, tmp_path: Path) -> Iterator[Crew]:
    made = Crew(settings, tmp_path / "workers")
    yield made
    made.end()


@pytest.fixture
def wiring(settings: Settings) -> Iterator[Wiring]:
    made = Wiring(settings, SystemClock())
    yield made
    made.database.engine.dispose()


@pytest.fixture
def post(wiring: Wiring) -> Post:
    return Post(wiring, make_books(wiring).environment_id)
