"""Events for who pulls them, and for who follows them as they happen."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from widget_host.domain.feed import queries
from widget_host.domain.feed.rules import LONGEST_AGO, Followed, Place
from widget_host.domain.organizations.models import Environment
from widget_host.domain.redelivery.models import Resend
from widget_host.domain.webhooks.models import Event
from widget_host.kit.clock import EnvironmentClock

# One statement of a fraction of a second.
MOST_NUMBERED = 10_000
NOTHING = timedelta(0)
# More than passes between an event's time and its commit.
KEPT_LATE = timedelta(minutes=10)


class Events:
    """What happened, in an order that nothing can slip into: a position is given to what is committed, and stays."""

    def __init__(self, *, session: Session, clock: EnvironmentClock) -> None:
        """Work within this session."""
        self._session = session
        self._clock = clock

    def are_numbered(self, environment_id: str) -> bool:
        """Whether every event that can be seen has its position."""
        return not queries.unnumbered(self._session, Event, environment_id, 1)

    def is_all_numbered(self, environment_id: str) -> bool:
        """Whether every event and every resend that can be seen has its position."""
        return self.are_numbered(environment_id) and not queries.unnumbered(self._session, Resend, environment_id, 1)

    def number(self, environment_id: str, until: str = "") -> None:
        """Give events their positions up to the one named, and those that follow it, so many at once."""
        self._lock(environment_id)
        while queries.is_waiting(self._session, environment_id, until):
            queries.number(self._session, Event, environment_id, MOST_NUMBERED)
        queries.number(self._session, Event, environment_id, MOST_NUMBERED)

    def number_all(self, environment_id: str) -> None:
        """Give so many events and so many resends their positions."""
        self._lock(environment_id)
        for model in (Event, Resend):
            queries.number(self._session, model, environment_id, MOST_NUMBERED)

    def list_after(self, environment_id: str, after: str, limit: int) -> list[Event]:
        """Return up to `limit` events that follow the one named; from the first where it is not the environment's."""
        place = queries.position(self._session, environment_id, after)
        return queries.events_after(self._session, environment_id, place, limit)

    def present(self, environment_id: str, since: datetime | None) -> Place:
        """Return where who begins to follow begins: after all that there is, or before the first event since then."""
        events = queries.last_position(self._session, Event, environment_id)
        resends = queries.last_position(self._session, Resend, environment_id)
        if since is not None:
            now = self._clock.now()
            ago = min(max(now - since, NOTHING), LONGEST_AGO)
            found = queries.first_since(self._session, environment_id, now - ago, now - ago - KEPT_LATE)
            events = events if found is None else found - 1
        return Place(events, resends)

    def follow(self, environment_id: str, place: Place, limit: int) -> Followed:
        """Return what follows a place; what was sent again comes once no event is left."""
        happened = queries.told_after(self._session, environment_id, place.events, limit)
        resent = queries.resent_after(self._session, environment_id, place.resends, limit - len(happened))
        after = Place(
            max([place.events, *(each.position or 0 for each in happened)]),
            max([place.resends, *(row.position for row in resent)]),
        )
        return Followed(happened, resent, after)

    def _lock(self, environment_id: str) -> None:
        # One after another; whoever posts events is not held up, and holds nobody up.
        lock = select(Environment.id).where(Environment.id == environment_id).with_for_update(key_share=True)
        self._session.execute(lock)


class Feed:
    """Events for who pulls them: what has happened since the last time is numbered first."""

    def __init__(
        self,
        *,
        reading: Callable[[], AbstractContextManager[Events]],
        writing: Callable[[], AbstractContextManager[Events]],
    ) -> None:
        """Take a way to read, and a unit of work to number in."""
        self._reading = reading
        self._writing = writing

    def list_after(self, environment_id: str, after: str, limit: int) -> list[Event]:
        """Return up to `limit` events that follow the one named, in order; empty text begins at the first."""
        with self._reading() as events:
            if events.are_numbered(environment_id):
                return events.list_after(environment_id, after, limit)
        with self._writing() as events:
            events.number(environment_id, until=after)
            return events.list_after(environment_id, after, limit)

    def begin(self, environment_id: str, since: datetime | None, limit: int) -> Followed:
        """Return what happened since then, nothing where no moment is named, and the place to go on from."""
        while not self._is_all_numbered(environment_id):
            with self._writing() as events:
                events.number_all(environment_id)
        with self._reading() as events:
            return events.follow(environment_id, events.present(environment_id, since), limit)

    def follow(self, environment_id: str, place: Place, limit: int) -> Followed:
        """Return up to `limit` events that happened or were sent again after a place, and the place to go on from."""
        if not self._is_all_numbered(environment_id):
            with self._writing() as events:
                events.number_all(environment_id)
        with self._reading() as events:
            return events.follow(environment_id, place, limit)

    def _is_all_numbered(self, environment_id: str) -> bool:
        with self._reading() as events:
            return events.is_all_numbered(environment_id)
