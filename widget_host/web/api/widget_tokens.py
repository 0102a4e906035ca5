"""Launch tokens: the issuer's backend asks for a widget on behalf of one customer."""

from typing import TypeVar

from flask import Blueprint
from flask.typing import ResponseReturnValue

from widget_host.domain.access.rules import MULTIBRAND, POINT_EXCHANGE, LaunchRequest
from widget_host.domain.organizations.models import Environment
from widget_host.kit.errors import FieldError, InvalidFields, InvalidToken
from widget_host.web import guards
from widget_host.web.answers import answer
from widget_host.web.api import oauth
from widget_host.web.api.shapes_widgets import (
    LAUNCH_SECONDS,
    TAG,
    Launch,
    MultibrandLaunch,
    PointExchangeLaunch,
    WidgetToken,
)
from widget_host.web.idempotency import KEY_ERRORS, KEY_PARAMETER, once
from widget_host.web.operations import Reply, operation
from widget_host.web.parsing import parse
from widget_host.web.scope import services, wiring, work

bp = guards.protect(Blueprint("widget_tokens", __name__, url_prefix="/auth/widget"), guards.bearer_or_secret)
TOKEN_REPLY = Reply(model=WidgetToken, description="The token and the address.", headers=("Idempotency-Replayed",))
L = TypeVar("L", bound=Launch)


@bp.post("/point-exchange")
@operation(
    "WidgetAuthController_pointExchange",
    tag=TAG,
    summary="Open the Purchase widget",
    description="Get the address that opens the Purchase widget for one customer, within ten minutes. Call it from"
    " your backend when the customer asks for the widget, with an access token or with your credentials in the body.",
    request=PointExchangeLaunch,
    parameters=(KEY_PARAMETER,),
    answers=TOKEN_REPLY,
    errors=KEY_ERRORS,
)
@once
def point_exchange() -> ResponseReturnValue:
    """Give the token that opens the Purchase widget once, within ten minutes."""
    asked, environment = _asked(PointExchangeLaunch)
    request = asked.request(environment.local_currency)
    _check(asked, environment, asked.currency)
    return _launched(environment, POINT_EXCHANGE, request)


@bp.post("/multibrand")
@operation(
    "WidgetAuthController_multibrand",
    tag=TAG,
    summary="Open the Multibrand widget",
    description="Get the address that opens the Multibrand widget for one card of a customer, within ten minutes."
    " There the customer chooses the programs that the card's rewards go to, and how many percent each gets; every"
    " change comes to your webhook as `LINKED`, `UPDATED` or `DELINKED`. Call it from your backend when the customer"
    " asks for the widget, with an access token or with your credentials in the body.",
    request=MultibrandLaunch,
    parameters=(KEY_PARAMETER,),
    answers=TOKEN_REPLY,
    errors=KEY_ERRORS,
)
@once
def multibrand() -> ResponseReturnValue:
    """Give the token that opens the Multibrand widget for one card, within ten minutes."""
    asked, environment = _asked(MultibrandLaunch)
    _check(asked, environment)
    return _launched(environment, MULTIBRAND, asked.request())


def _asked(model: type[L]) -> tuple[L, Environment]:
    """Return what is asked and whose it is; who proves nothing is refused after the body's wrong fields are named."""
    asked = parse(model)
    if not guards.is_known():
        why = oauth.refused(asked.client_id or "", asked.client_secret or "")
        raise InvalidToken(f"{why} Send a bearer token, or clientId and clientSecret.")
    return asked, services().organizations.get_environment(guards.client().environment_id)


def _launched(environment: Environment, widget: str, request: LaunchRequest) -> ResponseReturnValue:
    token = work().widget_sessions.launch(environment, widget, request)
    address = f"{wiring().settings.base_url}/widget/{widget}?token={token}"
    return answer(WidgetToken(access_token=token, expires_in=LAUNCH_SECONDS, widget_url=address))


def _check(asked: Launch, environment: Environment, currency: str | None = None) -> None:
    errors = _unknown_programs(asked, environment.id, currency)
    if asked.return_url is not None and asked.return_url not in environment.return_urls:
        message = "This address is not registered for the environment: environments update --return-url."
        errors.append(FieldError("returnUrl", "not_registered", message))
    if errors:
        raise InvalidFields(errors)


def _unknown_programs(asked: Launch, environment_id: str, currency: str | None) -> list[FieldError]:
    offered = {offer.program.id for offer in services().programs.list_offers(environment_id, currency)}
    named = [("programIds", key) for key in asked.program_ids]
    named += [("destinationAccounts", key) for key in asked.destination_accounts]
    return [
        FieldError(field, "unknown_program", f"{key} is not one of your enabled programs.")
        for field, key in named
        if key not in offered
    ]
