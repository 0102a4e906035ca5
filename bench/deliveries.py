"""Deliveries a second: this host's worker beside a Celery + Redis worker that sends the same signed POSTs."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from tests.services.postgres import PostgresServer
from tests.services.redis import RedisServer
from widget_host import migrations
from widget_host.cli.organizations import create_with_sandbox
from widget_host.config import Settings
from widget_host.domain.endpoints.rules import Details
from widget_host.kit.ids import new_id
from widget_host.wiring import Wiring

ROOT = Path(__file__).resolve().parent.parent
CONCURRENCY = 32
PAYLOAD = {"transactionId": "txn_1", "referenceNumber": "order-1", "value": 25, "currency": "USD", "totalPoints": 2500}
PATIENCE_SECONDS = 120


def main() -> None:
    """Measure both, one after the other, and print a row for each; OURS and THEIRS say how many events."""
    ours, theirs = int(os.environ.get("OURS", "5000")), int(os.environ.get("THEIRS", "1500"))
    with _receiver() as address:
        rows = {"widget-host worker, 1 process, PostgreSQL": _measure_ours(address, ours)}
        for pool in ("threads", "prefork"):
            rows[f"Celery + Redis, {pool}"] = _measure_celery(address, theirs, pool)
    best = max(rate for name, rate in rows.items() if name.startswith("Celery"))
    sys.stdout.write(f"deliveries a second, {CONCURRENCY} at a time, a receiver that answers at once\n")
    for name, rate in rows.items():
        sys.stdout.write(f"  {name:<44}{rate:>8,.0f}{rate / best:>8.1f} ×\n")


def _measure_ours(address: str, count: int) -> float:
    server = PostgresServer()
    server.start()
    try:
        with tempfile.TemporaryDirectory() as folder:
            told = {
                "WIDGET_HOST_DEVELOPMENT": "1",
                "WIDGET_HOST_INSTANCE": folder,
                "WIDGET_HOST_DATABASE_URL": server.url,
                "WIDGET_HOST_WORKER_CONCURRENCY": str(CONCURRENCY),
                "WIDGET_HOST_LOG_LEVEL": "WARNING",
            }
            migrations.upgrade(server.url)
            _enqueue(Wiring(Settings.from_environment(told)), f"{address}/hook", count)
            return _rate(address, count, [sys.executable, "-m", "widget_host", "worker"], told)
    finally:
        server.stop()


def _enqueue(wiring: Wiring, url: str, count: int) -> None:
    with wiring.writing() as services:
        made = create_with_sandbox(services, "Bench", "USD")
        environment_id = made["environments"]["sandbox"]["environmentId"]
        services.endpoints.create(environment_id, Details(url=url))
    for _ in range(count // 100):
        with wiring.writing() as services:
            for _ in range(100):
                event_id = new_id("evt")
                services.outbox.record(environment_id, event_id, "transaction.completed", event_id, PAYLOAD)
    wiring.database.engine.dispose()


def _measure_celery(address: str, count: int, pool: str) -> float:
    server = RedisServer()
    server.start()
    try:
        told = {"BENCH_REDIS_URL": server.url}
        os.environ.update(told)
        sys.modules.pop("bench.celery_worker", None)
        from bench.celery_worker import deliver  # noqa: PLC0415 - it reads where its broker is when it is imported

        body = json.dumps({"id": "evt_1", "type": "transaction.completed", "sequence": 1, **PAYLOAD})
        for _ in range(count):
            deliver.delay(f"{address}/hook", "secret-of-the-endpoint", new_id("evt"), body)
        celery = [sys.executable, "-m", "celery", "-A", "bench.celery_worker", "worker", "--loglevel", "ERROR"]
        return _rate(address, count, [*celery, "--pool", pool, "--concurrency", str(CONCURRENCY)], told)
    finally:
        server.stop()


def _rate(address: str, count: int, command: list[str], told: dict[str, str]) -> float:
    """Start a worker on a full queue, and return how many a second arrived between the first and the last."""
    _figures(address, "?reset=1")
    quiet: Any = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    worker = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **told}, **quiet)
    try:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (said := _figures(address))["count"] < count:
            if time.monotonic() > deadline or worker.poll() is not None:
                raise RuntimeError(f"{said['count']} of {count} arrived: {' '.join(command)}")
            time.sleep(0.2)
        return float(said["count"] / said["seconds"])
    finally:
        worker.terminate()
        worker.wait(30)


def _figures(address: str, query: str = "") -> dict[str, Any]:
    with urlopen(f"{address}/figures{query}", timeout=10) as answer:  # noqa: S310 - our own receiver
        said: dict[str, Any] = json.load(answer)
        return said


@contextlib.contextmanager
def _receiver() -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen([sys.executable, "-m", "bench.receiver", str(port)], cwd=ROOT)
    try:
        address = f"http://127.0.0.1:{port}"
        for _ in range(100):
            with contextlib.suppress(OSError):
                _figures(address)
                break
            time.sleep(0.1)
        yield address
    finally:
        server.terminate()
        server.wait(10)


if __name__ == "__main__":
    main()
