"""One round of the worker, without its waiting."""

from concurrent.futures import ThreadPoolExecutor

from widget_host.wiring import Wiring
from widget_host.worker import Worker


def work_off(wiring: Wiring) -> int:
    """Ask about every pending transaction that is due, then send what is due; returns how many were asked about."""
    asked = wiring.resolving.resolve_due(100)
    wiring.undoing.undo_due(100)
    with wiring.writing() as services:
        deliveries = services.deliveries.claim(100)
    worker = Worker(wiring)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(worker._deliver, deliveries))
    return asked
