"""Queues that are long: no delivery of theirs costs more, and who works them off does not grow."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from tests.factories.long_queues import LongQueue, make_queue
from tests.fakes.receiver import Receiver
from tests.services.soak import ROUNDS
from widget_host.config import Settings
from widget_host.kit.clock import SystemClock
from widget_host.wiring import Wiring

SHORT = 1000
LONG = 50_000 if ROUNDS == 1 else 1_000_000
# An index a storey higher costs a third more pages; who read the queue would look at all of it. What it costs in time
# is measured, not tested: `make bench`.
DEARER = 2
HELD = 5000 * ROUNDS
MOST_MEGABYTES = 200
PATIENCE_SECONDS = 60


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
class TestClaim:
    def test_reads_no_more_of_a_long_queue(self, queue: LongQueue) -> None:
        endpoint_id = queue.add_endpoint("http://127.0.0.1:9/hook")
        queue.fill(endpoint_id, SHORT)
        short = self.pages(queue)
        queue.fill(endpoint_id, LONG - SHORT)
        assert self.pages(queue) < short * DEARER

    def pages(self, queue: LongQueue) -> int:
        """Return how many pages all statements of a claim look at: nothing else on this machine changes that."""
        with queue.wiring.database.engine.connect() as connection:
            asked = self.statements(queue)
            read = sum(
                self.read(connection.exec_driver_sql(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {each}", values))
                for each, values in asked
            )
            connection.rollback()
        return read

    def read(self, answer: Any) -> int:
        plan = answer.scalar_one()[0]["Plan"]
        return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])

    def statements(self, queue: LongQueue) -> list[tuple[str, Any]]:
        asked: list[tuple[str, Any]] = []

        def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
            asked.append((statement, values))

        event.listen(queue.wiring.database.engine, "before_cursor_execute", note)
        with queue.wiring.writing() as services:
            assert len(services.deliveries.claim(64)) == 32
        event.remove(queue.wiring.database.engine, "before_cursor_execute", note)
        return asked


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
class TestWorker:
    def test_does_not_grow_with_what_waits(self, queue: LongQueue, receiver: Receiver, tmp_path: Path) -> None:
        queue.fill(queue.add_endpoint(receiver.url), HELD)
        worker = start(queue, tmp_path)
        try:
            deadline = time.monotonic() + PATIENCE_SECONDS
            while len(receiver.received) < HELD / 5 and time.monotonic() < deadline:
                time.sleep(0.1)
            assert len(receiver.received) >= HELD / 5
            assert peak_megabytes(worker.pid) < MOST_MEGABYTES
        finally:
            worker.kill()
            worker.wait()


def start(queue: LongQueue, folder: Path) -> subprocess.Popen[bytes]:
    settings = queue.wiring.settings
    told = {
        "WIDGET_HOST_DEVELOPMENT": "1",
        "WIDGET_HOST_INSTANCE": str(folder),
        "WIDGET_HOST_DATABASE_URL": settings.database_url,
        "WIDGET_HOST_SECRET_KEY": ",".join(settings.secret_keys),
        "WIDGET_HOST_LOG_LEVEL": "ERROR",
    }
    return subprocess.Popen([sys.executable, "-m", "widget_host", "worker"], env={**os.environ, **told})


def peak_megabytes(process_id: int) -> float:
    status = Path(f"/proc/{process_id}/status").read_text("ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


@pytest.fixture
def wiring(settings: Settings) -> Iterator[Wiring]:
    made = Wiring(settings, SystemClock())
    yield made
    made.end()


@pytest.fixture
def queue(wiring: Wiring) -> LongQueue:
    return make_queue(wiring)
