"""What was sent to an endpoint, attempt by attempt, and sending it again."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from widget_host.web import guards
from widget_host.web.answers import answer
from widget_host.web.api.shapes_events import TAG
from widget_host.web.api.shapes_webhooks import (
    DELIVERY_PARAMETER,
    ENDPOINT_PARAMETER,
    DeliveryAnswer,
    shown_delivery,
)
from widget_host.web.api.webhook_endpoints import environment_id
from widget_host.web.api.webhook_requests import DeliveriesQuery
from widget_host.web.idempotency import KEY_ERRORS, KEY_PARAMETER, once
from widget_host.web.operations import Parameter, Reply, operation
from widget_host.web.paging import PAGE_PARAMETERS, link_next, page_size, read_cursor, write_cursor
from widget_host.web.parsing import parse, query
from widget_host.web.scope import services, work

bp = guards.protect(Blueprint("webhook_deliveries", __name__), guards.bearer)
STATUS_PARAMETER = Parameter(
    "status", "Only deliveries that stand so.", {"type": "string", "enum": ["WAITING", "DELIVERED", "FAILED"]}
)


@bp.get("/webhook-endpoints/<id:endpoint_id>/deliveries")
@operation(
    "WebhookEndpointsController_findDeliveries",
    tag=TAG,
    summary="List an endpoint's deliveries",
    description="The newest first, each with its attempts; what was answered is shown by GET /deliveries/{deliveryId}.",
    parameters=(ENDPOINT_PARAMETER, STATUS_PARAMETER, *PAGE_PARAMETERS),
    answers=Reply(model=list[DeliveryAnswer], description="The deliveries.", headers=("Link",)),
    errors=("NOT_FOUND",),
)
def index(endpoint_id: str) -> ResponseReturnValue:
    """List an endpoint's deliveries."""
    asked = parse(DeliveriesQuery, query())
    size, before = page_size(asked.limit), None if asked.cursor is None else read_cursor(asked.cursor, 1)[0]
    state = None if asked.status is None else asked.status.lower()
    found = services().redelivery.list_of(environment_id(), endpoint_id, state=state, before=before, limit=size + 1)
    page = found[:size]
    attempts = services().redelivery.attempts([delivery.id for delivery, _ in page])
    shown = [shown_delivery(each, kind, attempts[each.id], with_answers=False) for each, kind in page]
    return link_next(answer(shown), write_cursor(page[-1][0].id) if len(found) > size else None)


@bp.get("/deliveries/<id:delivery_id>")
@operation(
    "WebhookEndpointsController_findDelivery",
    tag=TAG,
    summary="Read a delivery",
    description="With every attempt, and the start of what your endpoint answered.",
    parameters=(DELIVERY_PARAMETER,),
    answers=Reply(model=DeliveryAnswer, description="The delivery."),
    errors=("NOT_FOUND",),
)
def show(delivery_id: str) -> ResponseReturnValue:
    """Return a delivery with its attempts."""
    delivery, kind = services().redelivery.get(environment_id(), delivery_id)
    attempts = services().redelivery.attempts([delivery.id])[delivery.id]
    return answer(shown_delivery(delivery, kind, attempts, with_answers=True))


@bp.post("/deliveries/<id:delivery_id>/resend")
@operation(
    "WebhookEndpointsController_resend",
    tag=TAG,
    summary="Send an event again",
    description="The same event, with the same id and body, to the same endpoint, now; whether it was taken or not.",
    parameters=(DELIVERY_PARAMETER, KEY_PARAMETER),
    answers=Reply(
        model=DeliveryAnswer, status=202, description="The delivery, on its way.", headers=("Idempotency-Replayed",)
    ),
    errors=("NOT_FOUND", "ENDPOINT_DISABLED", *KEY_ERRORS),
)
@once
def resend(delivery_id: str) -> ResponseReturnValue:
    """Send an event again."""
    delivery, kind = work().redelivery.resend(environment_id(), delivery_id)
    attempts = work().redelivery.attempts([delivery.id])[delivery.id]
    return answer(shown_delivery(delivery, kind, attempts, with_answers=True), 202)
