"""The worker's work, without its waiting."""

from widget_host.wiring import Wiring
from widget_host.worker import Worker


def work_off(wiring: Wiring) -> int:
    """Ask about every pending transaction that is due, then send what is due; returns how many were asked about."""
    asked = wiring.resolving.resolve_due(100)
    wiring.undoing.undo_due(100)
    Worker(wiring).work_off()
    return asked
