"""Events, for who pulls them."""

from datetime import datetime
from typing import Annotated

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue
from pydantic import BeforeValidator, Field

from widget_host.domain.feed.rules import Place
from widget_host.web import guards
from widget_host.web.answers import answer
from widget_host.web.api.shapes_events import (
    CURSOR,
    EVENTS_PARAMETERS,
    FEED_PARAMETERS,
    LONGEST_ID,
    TAG,
    ConnectionEvent,
    FeedAnswer,
    FollowedEvent,
    TransactionEvent,
)
from widget_host.web.api.webhook_requests import moment
from widget_host.web.operations import Reply, operation
from widget_host.web.paging import PageSize, page_size
from widget_host.web.parsing import Query, Text, parse, query
from widget_host.web.scope import wiring

bp = guards.protect(Blueprint("events", __name__, url_prefix="/events"), guards.bearer)


class EventsAfter(Query):
    """Where to go on: after the event last seen; from the first where none is named."""

    after: Annotated[Text, Field(max_length=LONGEST_ID)] = ""
    limit: PageSize = None


class FeedFrom(Query):
    """Where to go on: at a cursor; else at a moment; else now."""

    cursor: Annotated[Text, Field(pattern=CURSOR)] | None = None
    since: Annotated[datetime, BeforeValidator(moment)] | None = None
    limit: PageSize = None


@bp.get("")
@operation(
    "EventsController_findAll",
    tag=TAG,
    summary="Pull what happened",
    description="The events that webhooks tell of, byte for byte, in the order in which they happened, and the"
    " transactions that are pending besides. Ask again with `after` the last one's id; an empty list means that you"
    " have seen them all.",
    parameters=EVENTS_PARAMETERS,
    answers=Reply(model=list[TransactionEvent | ConnectionEvent], description="The events that follow."),
)
def index() -> ResponseReturnValue:
    """List what happened, in order, each event with the body that a webhook of it has."""
    asked = parse(EventsAfter, query())
    found = wiring().feed.list_after(guards.client().environment_id, asked.after, page_size(asked.limit))
    # The bodies go out as they were signed.
    return Response(f"[{','.join(event.body for event in found)}]\n", content_type="application/json")


@bp.get("/feed")
@operation(
    "EventsController_follow",
    tag=TAG,
    summary="Follow what happens",
    description="What a webhook would bring you, from now on or since a moment: each event that happens, and each that"
    " you have sent again. Ask again with the `cursor` of the answer before. `widget-host webhooks listen` does so, and"
    " posts each event to an address of your own machine.",
    parameters=FEED_PARAMETERS,
    answers=Reply(model=FeedAnswer, description="What came, and where to go on."),
)
def feed() -> ResponseReturnValue:
    """Tell what happened and what was sent again, and where to go on."""
    asked, environment_id = parse(FeedFrom, query()), guards.client().environment_id
    size = page_size(asked.limit)
    if asked.cursor is None:
        found = wiring().feed.begin(environment_id, asked.since, size)
    else:
        found = wiring().feed.follow(environment_id, Place(*map(int, asked.cursor.split("."))), size)
    told = [(each, False) for each in found.happened] + [(each, True) for each in found.resent]
    events = [FollowedEvent(id=each.id, type=each.type, resent=resent, body=each.body) for each, resent in told]
    return answer(FeedAnswer(events=events, cursor=f"{found.place.events}.{found.place.resends}"))
