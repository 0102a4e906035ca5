"""Deliveries a second: this host's worker beside a Celery + Redis worker that sends the same signed POSTs."""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from statistics import median

from bench.hosts import Host, figures, host, postgres, receiving, running, wait_for
from bench.report import Table, spread, times
from tests.factories.long_queues import BODY
from tests.services.redis import RedisServer
from widget_host.kit.ids import new_id

CONCURRENCY = 32
ROUNDS = 3
POOLS = ("threads", "prefork")


def measure() -> Table:
    """Measure one after the other, several times in turn; OURS and THEIRS say how many events."""
    ours, theirs = int(os.environ.get("OURS", "5000")), int(os.environ.get("THEIRS", "1500"))
    name = "widget-host worker, 1 process, PostgreSQL"
    rates: dict[str, list[float]] = {name: [], **{f"Celery + Redis, {pool}": [] for pool in POOLS}}
    with receiving() as address, postgres() as server, host(server, "deliveries", CONCURRENCY) as own:
        for _ in range(ROUNDS):
            rates[name].append(_ours(own, address, ours))
            for pool in POOLS:
                rates[f"Celery + Redis, {pool}"].append(_celery(address, theirs, pool))
    best = max((row for called, row in rates.items() if called != name), key=median)
    return Table(
        f"Deliveries a second, {CONCURRENCY} at a time, a receiver that answers at once",
        ("Worker", "a second", "beside the better Celery"),
        [(called, spread(row), times(row, best)) for called, row in rates.items()],
    )


def _ours(own: Host, address: str, count: int) -> float:
    own.queue.fill(own.queue.add_endpoint(f"{address}/hook"), count)
    return _rate(address, count, [sys.executable, "-m", "widget_host", "worker"], own.told)


def _celery(address: str, count: int, pool: str) -> float:
    server = RedisServer()
    server.start()
    try:
        told = {"BENCH_REDIS_URL": server.url}
        os.environ.update(told)
        sys.modules.pop("bench.celery_worker", None)
        from bench.celery_worker import deliver  # noqa: PLC0415 - it reads where its broker is when it is imported

        body = json.dumps({"id": "evt_1", "type": "transaction.completed", "sequence": 1, **BODY})
        for _ in range(count):
            deliver.delay(f"{address}/hook", "secret-of-the-endpoint", new_id("evt"), body)
        celery = [sys.executable, "-m", "celery", "-A", "bench.celery_worker", "worker", "--loglevel", "ERROR"]
        return _rate(address, count, [*celery, "--pool", pool, "--concurrency", str(CONCURRENCY)], told)
    finally:
        server.stop()


def _rate(address: str, count: int, command: Sequence[str], told: Mapping[str, str]) -> float:
    """Start a worker on a full queue, and return how many a second arrived between the first and the last."""
    figures(address, "?reset=1")
    with running(command, told) as process:
        wait_for(lambda: figures(address)["count"] >= count, process)
        said = figures(address)
    return float(said["count"] / said["seconds"])
