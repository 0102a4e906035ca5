"""The secrets that sign for an endpoint, replaced in stages."""

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue

from widget_host.domain.endpoints.models import Endpoint
from widget_host.services import Services
from widget_host.web import guards
from widget_host.web.answers import answer
from widget_host.web.api.shapes_events import TAG
from widget_host.web.api.shapes_webhooks import (
    ENDPOINT_PARAMETER,
    SECRET_PARAMETER,
    NewSecret,
    SecretAnswer,
    shown_secret,
)
from widget_host.web.api.webhook_endpoints import environment_id, unkept
from widget_host.web.api.webhook_requests import Promotion
from widget_host.web.idempotency import KEY_ERRORS, KEY_PARAMETER, once
from widget_host.web.operations import Reply, operation
from widget_host.web.parsing import parse
from widget_host.web.scope import services, work

bp = guards.protect(
    Blueprint("webhook_secrets", __name__, url_prefix="/webhook-endpoints/<id:endpoint_id>/secrets"), guards.bearer
)


def _endpoint(found: Services, endpoint_id: str) -> Endpoint:
    return found.endpoints.get(environment_id(), endpoint_id)


@bp.get("")
@operation(
    "WebhookEndpointsController_findSecrets",
    tag=TAG,
    summary="List an endpoint's secrets",
    description="The live ones, the newest first, without showing them.",
    parameters=(ENDPOINT_PARAMETER,),
    answers=Reply(model=list[SecretAnswer], description="The secrets' stages."),
    errors=("NOT_FOUND",),
)
def index(endpoint_id: str) -> ResponseReturnValue:
    """List the live secrets."""
    secrets = services().endpoint_secrets
    return answer(
        [shown_secret(each, secrets.stage(each)) for each in secrets.list_live(_endpoint(services(), endpoint_id))]
    )


@bp.post("")
@operation(
    "WebhookEndpointsController_createSecret",
    tag=TAG,
    summary="Stage a new secret",
    description="The first step of a rotation: the secret is shown this once and does not sign alone yet. Let your"
    " receiver accept both, then promote it. No `Idempotency-Key` is honoured, for a secret is not kept to be shown"
    " again.",
    parameters=(ENDPOINT_PARAMETER,),
    answers=Reply(model=NewSecret, status=201, description="The staged secret.", headers=("Cache-Control",)),
    errors=("NOT_FOUND", "ENDPOINT_LIMIT", "SECRET_IN_USE"),
)
def create(endpoint_id: str) -> ResponseReturnValue:
    """Stage a secret."""
    secrets = work().endpoint_secrets
    made, plain = secrets.add(_endpoint(work(), endpoint_id))
    return unkept(answer(shown_secret(made, secrets.stage(made), plain), 201))


@bp.post("/<id:secret_id>/promote")
@operation(
    "WebhookEndpointsController_promoteSecret",
    tag=TAG,
    summary="Let a staged secret sign",
    description="The second step of a rotation: `x-signature` is made with it from now on, and the one before stays"
    " listed in `webhook-signature` for the overlap.",
    parameters=(ENDPOINT_PARAMETER, SECRET_PARAMETER, KEY_PARAMETER),
    request=Promotion,
    answers=Reply(model=SecretAnswer, description="The secret, signing.", headers=("Idempotency-Replayed",)),
    errors=("NOT_FOUND", "SECRET_IN_USE", *KEY_ERRORS),
)
@once
def promote(endpoint_id: str, secret_id: str) -> ResponseReturnValue:
    """Let a staged secret sign."""
    secrets, said = work().endpoint_secrets, parse(Promotion)
    promoted = secrets.promote(_endpoint(work(), endpoint_id), secret_id, said.overlap)
    return answer(shown_secret(promoted, secrets.stage(promoted)))


@bp.delete("/<id:secret_id>")
@operation(
    "WebhookEndpointsController_deleteSecret",
    tag=TAG,
    summary="End a secret now",
    description="It signs nothing any more. The one that signs can be ended only where the endpoint knows this host by"
    " other means too.",
    parameters=(ENDPOINT_PARAMETER, SECRET_PARAMETER),
    answers=Reply(status=204, description="It has ended."),
    errors=("NOT_FOUND", "SECRET_IN_USE"),
)
def delete(endpoint_id: str, secret_id: str) -> ResponseReturnValue:
    """End a secret."""
    work().endpoint_secrets.end(_endpoint(work(), endpoint_id), secret_id)
    return Response(status=204)
