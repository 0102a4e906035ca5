"""Who may call: each blueprint gets one guard where it is made, open ones say `anyone`."""

from collections.abc import Callable
from typing import cast

from flask import Blueprint, request

from widget_host.domain.access.rules import Client, RefusedSecret
from widget_host.domain.inbound.rules import InvalidSignature, Sender
from widget_host.domain.organizations.rules import PRODUCTION, SANDBOX
from widget_host.kit.errors import InvalidFields, InvalidToken
from widget_host.web import audit, limits
from widget_host.web.parsing import json_object
from widget_host.web.scope import asked, follow_clock, wiring

SENDER = "sender"
Guard = Callable[[], None]


def protect(blueprint: Blueprint, guard: Guard) -> Blueprint:
    """Let the guard look at every request of the blueprint before its view does."""
    blueprint.before_request(guard)
    return blueprint


def anyone() -> None:
    """Let everybody in, each address so often: said on purpose where a page is open."""
    limits.count_address()


def probe() -> None:
    """Let everybody in, however often: a machine asks whether the host lives, and must hear it."""


def bearer() -> None:
    """Let in who has a valid access token, and remember the client."""
    request = asked()
    header = request.environ.get("HTTP_AUTHORIZATION", "")
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        limits.count_address()
        raise InvalidToken("An access token is needed: Authorization: Bearer <token>, from POST /auth/token.")
    found = _client(token.strip())
    check_host(found)
    request.client = found
    limits.count_client(found.environment_id)
    follow_clock(found.clock_ahead)


def _client(token: str) -> Client:
    try:
        return wiring().callers.of_token(token)
    except InvalidToken as refusal:
        limits.count_address()
        if isinstance(refusal, RefusedSecret):
            audit.refused_secret_used(refusal)
        raise


def bearer_or_secret() -> None:
    """Let in a bearer, or who puts client id and secret into the body; the view refuses who is not known then.

    So that a body's wrong fields are named first.
    """
    if "Authorization" in request.headers:
        bearer()
        return
    limits.count_address()
    found = _client_in_body()
    if found is not None:
        check_host(found)
        asked().client = found
        follow_clock(found.clock_ahead)


def _client_in_body() -> Client | None:
    try:
        body = json_object()
    except InvalidFields:
        return None
    client_id, secret = body.get("clientId"), body.get("clientSecret")
    if not isinstance(client_id, str) or not isinstance(secret, str):
        return None
    return wiring().callers.of_secret(client_id, secret)


def signature() -> None:
    """Let in who signed the raw body with a live secret of the environment that the path names, at its host."""
    limits.count_address()
    with wiring().reading() as services:
        found = services.inbound_secrets.authenticate(
            str((request.view_args or {}).get("tenant_key")),
            timestamp=request.headers.get("x-timestamp", ""),
            signature=request.headers.get("x-signature", ""),
            body=request.get_data(cache=True),
        )
    if not is_at_its_host(found.environment_kind):
        raise InvalidSignature
    asked().kept[SENDER] = found
    follow_clock(found.clock_ahead)


def sender() -> Sender:
    """Return who signed."""
    return cast("Sender", asked().kept[SENDER])


def is_at_its_host(environment_kind: str) -> bool:
    """Whether the request came to a host where this kind of environment is served."""
    settings = wiring().settings
    if not settings.sandbox_host and not settings.production_host:
        return True
    hosts = {SANDBOX: settings.sandbox_host, PRODUCTION: settings.production_host}
    own = hosts.pop(environment_kind)
    return request.host.lower() == own if own else request.host.lower() not in hosts.values()


def check_host(client: Client) -> None:
    """Raise InvalidToken where the client's environment is served at another host."""
    if not is_at_its_host(client.environment_kind):
        raise InvalidToken(f"This is not the host of the {client.environment_kind} environment.")


def is_known() -> bool:
    """Whether the guard knows who calls."""
    return asked().client is not None


def client() -> Client:
    """Return the client the guard let in."""
    return cast("Client", asked().client)


GUARDS: tuple[Guard, ...] = (anyone, probe, bearer, bearer_or_secret, signature)
