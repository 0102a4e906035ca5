"""What every benchmark stands on: a receiver, a PostgreSQL as it is when nobody configures it, and a host over it."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import psycopg

from tests.factories.long_queues import LongQueue, make_queue
from tests.services.postgres import USUAL, PostgresServer, WorkerDatabase, plain_url
from widget_host import migrations
from widget_host.config import Settings
from widget_host.wiring import Wiring

ROOT = Path(__file__).resolve().parent.parent
PATIENCE_SECONDS = 120
# Of 16 MB each, as PostgreSQL makes them; of these it keeps half a gigabyte to be used again.
SEGMENTS = 64
QUIET: Any = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


@dataclass(frozen=True)
class Host:
    """A host over a database of its own, and what its processes are told."""

    wiring: Wiring
    queue: LongQueue
    told: Mapping[str, str]

    @contextlib.contextmanager
    def working(self) -> Iterator[subprocess.Popen[bytes]]:
        """Let one worker process run."""
        with running([sys.executable, "-m", "widget_host", "worker"], self.told) as process:
            yield process


@contextlib.contextmanager
def postgres(*settings: str) -> Iterator[PostgresServer]:
    """Start a PostgreSQL that waits for its disk, with these settings besides the usual ones."""
    server = PostgresServer((*USUAL, f"min_wal_size={SEGMENTS * 16}MB", *settings))
    server.start()
    try:
        _run_in(server)
        yield server
    finally:
        server.stop()


def _run_in(server: PostgresServer) -> None:
    """Have it make the segments of its log, which one that has run for a while uses again.

    A new one has everybody wait for 40 ms at each 16 MB, that is at each few thousand orders.
    """
    with psycopg.connect(plain_url(server.url), autocommit=True) as connection:
        for _ in range(SEGMENTS):
            connection.execute("SELECT pg_logical_emit_message(false, 'bench', 'a word'), pg_switch_wal()")
        connection.execute("CHECKPOINT")


@contextlib.contextmanager
def host(server: PostgresServer, name: str, concurrency: int) -> Iterator[Host]:
    """Make a host over a new database of this server."""
    database = WorkerDatabase(server.url, name)
    database.create()
    with tempfile.TemporaryDirectory() as folder, _over(database.url, folder, concurrency) as made:
        yield made


@contextlib.contextmanager
def embedded(concurrency: int) -> Iterator[Host]:
    """Make a host over a SQLite of its own."""
    with tempfile.TemporaryDirectory() as folder, _over(f"sqlite:///{folder}/host.db", folder, concurrency) as made:
        yield made


@contextlib.contextmanager
def _over(url: str, folder: str, concurrency: int) -> Iterator[Host]:
    migrations.upgrade(url)
    told = {
        "WIDGET_HOST_DEVELOPMENT": "1",
        "WIDGET_HOST_INSTANCE": folder,
        "WIDGET_HOST_DATABASE_URL": url,
        "WIDGET_HOST_WORKER": "0",
        "WIDGET_HOST_WORKER_CONCURRENCY": str(concurrency),
        "WIDGET_HOST_LOG_LEVEL": "WARNING",
        "WIDGET_HOST_RATE_LIMIT_WRITES": "0",
    }
    wiring = Wiring(Settings.from_environment(told))
    yield Host(wiring, make_queue(wiring), told)
    wiring.end()


@contextlib.contextmanager
def running(command: Sequence[str], told: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Let a process run, and end it."""
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **told}, **QUIET)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


@contextlib.contextmanager
def receiving() -> Iterator[str]:
    """Let a receiver run, and say where."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    with running([sys.executable, "-m", "bench.receiver", str(port)], {}):
        wait_for(lambda: is_up(address))
        yield address


def is_up(address: str) -> bool:
    """Whether the receiver listens."""
    try:
        figures(address)
    except OSError:
        return False
    return True


def figures(address: str, query: str = "") -> dict[str, Any]:
    """Ask the receiver what came."""
    with urlopen(f"{address}/figures{query}", timeout=10) as answer:  # noqa: S310 - our own receiver
        said: dict[str, Any] = json.load(answer)
        return said


def wait_for(condition: Callable[[], bool], process: subprocess.Popen[bytes] | None = None) -> None:
    """Wait until this is so; raises RuntimeError where it takes too long, or the process ended."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > deadline or (process is not None and process.poll() is not None):
            raise RuntimeError("waited in vain")
        time.sleep(0.1)
