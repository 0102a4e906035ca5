"""When a reward is looked at again that has to be undone, and what its parts' history says. Pure."""

from datetime import timedelta

from widget_host.kit.value import Value

LONGEST_REASON = 500
# How long one process may hold a reward before another goes on with it.
LEASE = timedelta(seconds=60)
MOST_DOUBLINGS = 20
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=5), timedelta(hours=6)


class Abandoned(Value, frozen=True):
    """A reward to be undone: the parts that were given by now; `is_complete` when no other part can still be given."""

    environment_id: str
    reward: str
    reason: str
    given: tuple[str, ...]
    is_complete: bool
    clock_ahead: timedelta


def reason(reference_number: str, why: str) -> str:
    """Say why the other parts of a reward are undone, as their history keeps it."""
    return f"All or nothing: part {reference_number} of the reward was refused. {why}"[:LONGEST_REASON]


def pause_after(attempts: int) -> timedelta:
    """Return how long to wait after so many attempts: twice as long each time; it never ends."""
    return min(FIRST_PAUSE * (1 << min(attempts, MOST_DOUBLINGS)), LONGEST_PAUSE)
