"""Endpoints: where events go."""

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue

from widget_host.web import guards
from widget_host.web.answers import answer
from widget_host.web.api.shapes_events import TAG
from widget_host.web.api.shapes_webhooks import (
    ENDPOINT_PARAMETER,
    DeliveryAnswer,
    EndpointAnswer,
    NewEndpoint,
    Recovery,
    new_endpoint,
    shown_delivery,
    shown_endpoint,
)
from widget_host.web.api.webhook_requests import EndpointChanges, EndpointRequest, RecoveryRequest
from widget_host.web.idempotency import KEY_ERRORS, KEY_PARAMETER, once
from widget_host.web.operations import Reply, operation
from widget_host.web.parsing import parse
from widget_host.web.scope import services, work

bp = guards.protect(Blueprint("webhook_endpoints", __name__, url_prefix="/webhook-endpoints"), guards.bearer)
ONCE = ("Idempotency-Replayed",)
BY_KEY = (ENDPOINT_PARAMETER, KEY_PARAMETER)


def environment_id() -> str:
    """Return whose endpoints these are."""
    return guards.client().environment_id


@bp.post("")
@operation(
    "WebhookEndpointsController_create",
    tag=TAG,
    summary="Add an endpoint",
    description="Events are sent there from now on, signed with the `secret` of this answer, which is shown this once."
    " A repeat makes another endpoint: no `Idempotency-Key` is honoured, for a secret is not kept to be shown again.",
    request=EndpointRequest,
    answers=Reply(
        model=NewEndpoint, status=201, description="The endpoint, with its secret.", headers=("Cache-Control",)
    ),
    errors=("ENDPOINT_LIMIT",),
)
def create() -> ResponseReturnValue:
    """Add an endpoint."""
    endpoint, secret = work().endpoints.create(environment_id(), parse(EndpointRequest).details())
    return unkept(answer(new_endpoint(endpoint, secret), 201))


def unkept(response: Response) -> Response:
    """Let nobody on the way keep an answer that holds a secret."""
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.get("")
@operation(
    "WebhookEndpointsController_findAll",
    tag=TAG,
    summary="List your endpoints",
    description="Every endpoint of your environment, the newest first.",
    answers=Reply(model=list[EndpointAnswer], description="The endpoints."),
)
def index() -> ResponseReturnValue:
    """List the endpoints."""
    return answer([shown_endpoint(each) for each in services().endpoints.list(environment_id())])


@bp.get("/<id:endpoint_id>")
@operation(
    "WebhookEndpointsController_findOne",
    tag=TAG,
    summary="Read an endpoint",
    description="Its settings, and how its deliveries went lately.",
    parameters=(ENDPOINT_PARAMETER,),
    answers=Reply(model=EndpointAnswer, description="The endpoint."),
    errors=("NOT_FOUND",),
)
def show(endpoint_id: str) -> ResponseReturnValue:
    """Return an endpoint."""
    return answer(shown_endpoint(services().endpoints.get(environment_id(), endpoint_id)))


@bp.patch("/<id:endpoint_id>")
@operation(
    "WebhookEndpointsController_update",
    tag=TAG,
    summary="Change an endpoint",
    description="What is named changes, the rest stays. Deliveries that wait use the new address and credentials.",
    parameters=(ENDPOINT_PARAMETER,),
    request=EndpointChanges,
    answers=Reply(model=EndpointAnswer, description="The endpoint as it is now."),
    errors=("NOT_FOUND",),
)
def update(endpoint_id: str) -> ResponseReturnValue:
    """Change an endpoint."""
    changes = parse(EndpointChanges).values()
    return answer(shown_endpoint(work().endpoints.update(environment_id(), endpoint_id, changes)))


@bp.delete("/<id:endpoint_id>")
@operation(
    "WebhookEndpointsController_delete",
    tag=TAG,
    summary="Delete an endpoint",
    description="Nothing is sent there any more, and its secrets are forgotten.",
    parameters=(ENDPOINT_PARAMETER,),
    answers=Reply(status=204, description="It is gone."),
    errors=("NOT_FOUND",),
)
def delete(endpoint_id: str) -> ResponseReturnValue:
    """Delete an endpoint."""
    work().endpoints.delete(environment_id(), endpoint_id)
    return Response(status=204)


@bp.post("/<id:endpoint_id>/enable")
@operation(
    "WebhookEndpointsController_enable",
    tag=TAG,
    summary="Enable an endpoint again",
    description="What waits for it is sent now. What happened while it was disabled is sent when you recover it.",
    parameters=BY_KEY,
    answers=Reply(model=EndpointAnswer, description="The endpoint as it is now.", headers=ONCE),
    errors=("NOT_FOUND", *KEY_ERRORS),
)
@once
def enable(endpoint_id: str) -> ResponseReturnValue:
    """Enable an endpoint."""
    return answer(shown_endpoint(work().endpoints.enable(environment_id(), endpoint_id)))


@bp.post("/<id:endpoint_id>/test")
@operation(
    "WebhookEndpointsController_test",
    tag=TAG,
    summary="Send a test event",
    description="An event of the type `webhook.test` is sent to this endpoint alone. Read the delivery to see what came"
    " of it.",
    parameters=BY_KEY,
    answers=Reply(model=DeliveryAnswer, status=202, description="The delivery, on its way.", headers=ONCE),
    errors=("NOT_FOUND", "ENDPOINT_DISABLED", *KEY_ERRORS),
)
@once
def test(endpoint_id: str) -> ResponseReturnValue:
    """Send a test event."""
    delivery, kind = work().redelivery.test(environment_id(), endpoint_id)
    return answer(shown_delivery(delivery, kind, (), with_answers=True), 202)


@bp.post("/<id:endpoint_id>/recover")
@operation(
    "WebhookEndpointsController_recover",
    tag=TAG,
    summary="Send again what was missed",
    description="Everything since a time that failed, or was never sent because the endpoint was disabled or not there."
    " What was delivered is left alone.",
    parameters=BY_KEY,
    request=RecoveryRequest,
    answers=Reply(model=Recovery, status=202, description="How much is on its way again.", headers=ONCE),
    errors=("NOT_FOUND", "ENDPOINT_DISABLED", *KEY_ERRORS),
)
@once
def recover(endpoint_id: str) -> ResponseReturnValue:
    """Send again what was missed."""
    since = parse(RecoveryRequest).since
    recovered, is_complete = work().redelivery.recover(environment_id(), endpoint_id, since)
    return answer(Recovery(recovered=recovered, is_complete=is_complete), 202)
