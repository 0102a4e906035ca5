"""A receiver that can be broken on purpose, to watch how Widget Host goes on. No real bank has this."""

import time
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime

from flask import Response, current_app, g, request
from flask.typing import ResponseReturnValue

RECEIVING = "bank.receive_webhook"
NONE, ERROR, SLOW, WRONG_SECRET = "none", "error", "slow", "secret"
# Widget Host waits for 15 seconds.
SLOW_SECONDS = 20
KINDS = {
    NONE: ("Works", "Checks each event, keeps it and answers 204."),
    ERROR: ("Answers 500", "Keeps nothing."),
    SLOW: ("Too slow", f"Keeps the event, but answers after {SLOW_SECONDS} seconds. Widget Host waits for 15."),
    WRONG_SECRET: ("Wrong secret", "Finds every signature wrong, and answers 401."),
}
LONGEST_ID = 40


@dataclass(frozen=True)
class Arrival:
    """A webhook as the bank saw it; it is whatever somebody sent, believed or not."""

    at: str
    event_id: str
    status: int
    seconds: int


@dataclass
class Trouble:
    """What is broken at present, and what arrived; forgotten when the bank is closed."""

    kind: str = NONE
    arrivals: deque[Arrival] = field(default_factory=lambda: deque(maxlen=30))


def get_trouble() -> Trouble:
    """What is broken at the bank that is asked."""
    trouble: Trouble = current_app.extensions["bank"].trouble
    return trouble


def meet_trouble() -> ResponseReturnValue | None:
    """Come before the receiver, and break it as somebody chose."""
    g.began = time.monotonic()
    if request.endpoint != RECEIVING:
        return None
    if get_trouble().kind == SLOW:
        time.sleep(SLOW_SECONDS)
    return ("", 500) if get_trouble().kind == ERROR else None


def note_arrival(response: Response) -> Response:
    """Keep what arrived, and how it was answered."""
    if request.endpoint == RECEIVING:
        at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        event_id = request.headers.get("webhook-id", "")[:LONGEST_ID]
        arrival = Arrival(at, event_id, response.status_code, round(time.monotonic() - g.began))
        get_trouble().arrivals.appendleft(arrival)
    return response
