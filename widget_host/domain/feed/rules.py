"""Where a follower is, and how far back it may begin. Pure."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

from widget_host.domain.webhooks.rules import NOT_SENT, TEST
from widget_host.kit.value import Value

LONGEST_AGO = timedelta(days=20 * 365)
# What no webhook tells, or what means nothing.
NOT_FOLLOWED = (*NOT_SENT, TEST)


class Told(Protocol):
    """An event, as it is kept."""

    id: str
    type: str
    body: str


class Place(Value, frozen=True):
    """The positions of the last event and the last resend that were seen."""

    events: int = 0
    resends: int = 0


class Followed(Value, frozen=True):
    """What follows a place, and the place after it: events that happened, then events that were sent again."""

    happened: Sequence[Told]
    resent: Sequence[Told]
    place: Place
