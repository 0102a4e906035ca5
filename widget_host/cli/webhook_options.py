"""The options that describe an endpoint, and what they say."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click

from widget_host.domain.endpoints.rules import (
    BASIC,
    EVENT_TYPES,
    IN_BODY,
    IN_HEADER,
    OAUTH2,
    SIGNATURE,
    Authentication,
    Details,
)
from widget_host.kit.value import replace

C = TypeVar("C", bound=Callable[..., Any])
ALL = "all"
OPTIONS = (
    click.option("--description", help="A note of yours."),
    click.option(
        "--event-type", "event_types", multiple=True, type=click.Choice([*EVENT_TYPES, ALL]), help="Repeat it."
    ),
    click.option("--ordered/--unordered", default=None, help="Let events of one subject wait for those before them."),
    click.option("--max-per-second", type=click.IntRange(0, 1000), help="How many a second at most; 0 for any."),
    click.option("--mode", type=click.Choice([SIGNATURE, BASIC, OAUTH2]), help="How it knows us beside the signature."),
    click.option("--username", help="BASIC: the user name."),
    click.option("--token-url", help="OAUTH2: where tokens are fetched."),
    click.option("--oauth-client-id", help="OAUTH2: the client id there."),
    click.option("--scope", help="OAUTH2: the scope."),
    click.option("--credentials-in", type=click.Choice([IN_HEADER, IN_BODY]), help="OAUTH2: Basic header, or form."),
    click.option(
        "--credential",
        envvar="WEBHOOK_CREDENTIAL",
        help="Password or client secret; or $WEBHOOK_CREDENTIAL.",
    ),
)  # fmt: skip - one option, one line


def details_options(command: C) -> C:
    """Give a command the options."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


def read_details(before: Details, said: Mapping[str, Any]) -> Details:
    """Return what the options make of it; those that are not given change nothing."""
    names = ("url", "description", "ordered")
    changes = {name: said[name] for name in names if said.get(name) is not None}
    if said["event_types"]:
        changes["event_types"] = () if ALL in said["event_types"] else tuple(said["event_types"])
    if said["max_per_second"] is not None:
        changes["per_second"] = said["max_per_second"] or None
    if said["mode"] is not None:
        changes["authentication"] = _authentication(said)
    return replace(before, **changes)


def _authentication(said: Mapping[str, Any]) -> Authentication:
    if said["mode"] == SIGNATURE:
        return Authentication()
    if said["mode"] == BASIC:
        return Authentication(BASIC, username=said["username"], credential=said["credential"])
    return Authentication(
        OAUTH2,
        token_url=said["token_url"],
        client_id=said["oauth_client_id"],
        scope=said["scope"],
        credentials_in=said["credentials_in"] or IN_HEADER,
        credential=said["credential"],
    )
