"""What a queue's length costs: a claim from a thousand rows beside one from a million, and a worker's memory."""

import time
from pathlib import Path

from bench.hosts import Host, figures, host, postgres, receiving, wait_for
from bench.report import Table, spread, times
from tests.services.postgres import PostgresServer

SHORT, LONG = 1000, 1_000_000
WARMING, CLAIMS = 3, 26
AT_ONCE = 64
HELD = 50_000
NOWHERE = "http://127.0.0.1:9/hook"


def measure() -> Table:
    """Claim from both in turn, so that what else the machine does meets both; then let a worker hold many."""
    with postgres() as server:
        short, long = _claims(server)
        held = _held(server)
    return Table(
        "A long queue",
        ("What", "measured", "beside"),
        [
            (f"claim 32 of {SHORT:,} waiting, ms", spread(short, 2), "1.00 ×"),
            (f"claim 32 of {LONG:,} waiting, ms", spread(long, 2), f"{times(long, short)} (at most 1.3)"),
            (f"memory of a worker with {HELD:,} due, MB", f"{held:.0f}", "at most 200"),
        ],
    )


def _claims(server: PostgresServer) -> tuple[list[float], list[float]]:
    with host(server, "short", AT_ONCE) as short, host(server, "long", AT_ONCE) as long:
        for each, rows in ((short, SHORT), (long, LONG)):
            each.queue.fill(each.queue.add_endpoint(NOWHERE), rows)
        for _ in range(WARMING):
            _claim(short)
            _claim(long)
        both = [(_claim(short), _claim(long)) for _ in range(CLAIMS)]
    return [pair[0] for pair in both], [pair[1] for pair in both]


def _claim(own: Host) -> float:
    began = time.perf_counter()
    with own.wiring.writing() as services:
        services.deliveries.claim(AT_ONCE)
    return (time.perf_counter() - began) * 1000


def _held(server: PostgresServer) -> float:
    """Return the most megabytes that a worker had while it worked off a long queue."""
    with receiving() as address, host(server, "held", AT_ONCE) as own:
        own.queue.fill(own.queue.add_endpoint(f"{address}/hook"), HELD)
        with own.working() as worker:
            wait_for(lambda: figures(address)["count"] >= HELD / 5, worker)
            status = Path(f"/proc/{worker.pid}/status").read_text("ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024
