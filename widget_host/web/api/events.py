"""Events, for who pulls them."""

from typing import Annotated

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue
from pydantic import Field

from widget_host.web import guards
from widget_host.web.api.shapes_events import EVENTS_PARAMETERS, LONGEST_ID, TAG, ConnectionEvent, TransactionEvent
from widget_host.web.operations import Reply, operation
from widget_host.web.paging import PageSize, page_size
from widget_host.web.parsing import Query, Text, parse, query
from widget_host.web.scope import wiring

bp = guards.protect(Blueprint("events", __name__, url_prefix="/events"), guards.bearer)


class EventsAfter(Query):
    """Where to go on: after the event last seen; from the first where none is named."""

    after: Annotated[Text, Field(max_length=LONGEST_ID)] = ""
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
