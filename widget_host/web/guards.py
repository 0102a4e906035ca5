"""Who may call: each blueprint gets one guard where it is made, open ones say `anyone`."""

from collections.abc import Callable
from typing import cast

from flask import Blueprint, g, request

from widget_host.domain.access.rules import Client
from widget_host.kit.errors import InvalidToken
from widget_host.web.scope import wiring

Guard = Callable[[], None]


def protect(blueprint: Blueprint, guard: Guard) -> Blueprint:
    """Let the guard look at every request of the blueprint before its view does."""
    blueprint.before_request(guard)
    return blueprint


def anyone() -> None:
    """Let everybody in: said on purpose where a page is open."""


def bearer() -> None:
    """Let in who has a valid access token, and remember the client."""
    header = request.headers.get("Authorization", "")
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise InvalidToken("An access token is needed: Authorization: Bearer <token>, from POST /auth/token.")
    with wiring().reading() as services:
        g.client = services.access_tokens.check(token.strip())


def bearer_or_secret() -> None:
    """Let in a bearer, or who puts client id and secret into the body; the view checks those with the body."""
    if "Authorization" in request.headers:
        bearer()


def is_bearer() -> bool:
    """Whether the guard let in a bearer of an access token."""
    return "client" in g


def client() -> Client:
    """Return the client the guard let in."""
    return cast("Client", g.client)


GUARDS: tuple[Guard, ...] = (anyone, bearer, bearer_or_secret)
