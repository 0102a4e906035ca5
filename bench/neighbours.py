"""How late deliveries are to eight good endpoints, alone and beside one that is dead and one that is slow."""

import contextlib
import statistics
import threading
import time
from collections.abc import Iterator, Sequence

from bench.hosts import Host, figures, host, postgres, receiving, wait_for
from bench.report import Table, spread, times
from widget_host.kit.ids import new_id
from widget_host.worker import Worker

ROUNDS = 3
GOOD = 8
WARMING = 5
EVENTS = 150
PAUSE_SECONDS = 0.04
CONCURRENCY = 64
ALONE: tuple[str, ...] = ()
TROUBLED = ("/dead", "/slow")


def measure() -> Table:
    """Send the same events in turn to the eight alone and to all ten."""
    late: dict[Sequence[str], list[float]] = {ALONE: [], TROUBLED: []}
    with receiving() as address, postgres() as server, host(server, "neighbours", CONCURRENCY) as own:
        for _ in range(ROUNDS):
            for others, row in late.items():
                row.append(_p95(own, address, others))
    return Table(
        f"How late {GOOD} good endpoints hear of an event: the 95th of a hundred, ms",
        ("Beside", "measured", "beside the eight alone"),
        [
            ("nobody", spread(late[ALONE], 1), "1.00 ×"),
            (
                "one that never answers and one that takes two seconds",
                spread(late[TROUBLED], 1),
                f"{times(late[TROUBLED], late[ALONE])} (at most 2)",
            ),
        ],
    )


def _p95(own: Host, address: str, others: Sequence[str]) -> float:
    own.queue.give_up()
    for path in ("/timed",) * GOOD + tuple(others):
        own.queue.add_endpoint(f"{address}{path}")
    with _working(own):
        _tell(own, WARMING)
        wait_for(lambda: len(figures(address)["late"]) >= WARMING * GOOD)
        figures(address, "?reset=1")
        for _ in range(EVENTS):
            _tell(own, 1)
            time.sleep(PAUSE_SECONDS)
        wait_for(lambda: len(figures(address)["late"]) >= EVENTS * GOOD)
    late: list[float] = figures(address, "?reset=1")["late"]
    return statistics.quantiles(late, n=100)[94]


@contextlib.contextmanager
def _working(own: Host) -> Iterator[None]:
    """Let a worker run beside what happens, as the server does by itself: it hears of an event at once."""
    worker = Worker(own.wiring)
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        yield
    finally:
        worker.stop()
        thread.join()


def _tell(own: Host, count: int) -> None:
    for _ in range(count):
        event_id = new_id("evt")
        with own.wiring.writing() as services:
            said = {"at": time.time_ns()}
            services.outbox.record(own.queue.environment_id, event_id, "transaction.completed", event_id, said)
