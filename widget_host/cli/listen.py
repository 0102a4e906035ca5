"""`widget-host webhooks listen`: events of a host anywhere, posted to a receiver on this machine, without a tunnel."""

import base64
import binascii
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from types import FrameType
from urllib.parse import urlsplit

import click

from widget_host.cli.following import HostAway, HostRefused, RemoteHost
from widget_host.cli.forwarding import LocalReceiver
from widget_host.cli.host import answer as say
from widget_host.cli.listening import Listener, Report
from widget_host.domain.endpoints.rules import EVENT_TYPES
from widget_host.kit.clock import isoformat
from widget_host.kit.crypto import new_secret
from widget_host.kit.diagnosis import PREFIX


def _address(_context: click.Context, _parameter: click.Parameter, said: str) -> str:
    url = said if "://" in said else f"http://{said}"
    try:
        parts = urlsplit(url)
        is_address = (
            parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0 and not said.isdecimal()
        )
    except ValueError:
        is_address = False
    if not is_address:
        raise click.BadParameter(f"{said!r} is not an http address, such as http://localhost:3000/hook.")
    return url


def _secret(_context: click.Context, _parameter: click.Parameter, said: str | None) -> str | None:
    if said is None or not said.startswith(PREFIX):
        return said
    try:
        return base64.b64decode(said.removeprefix(PREFIX), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise click.BadParameter(f"Behind {PREFIX} must stand the Base64 of an endpoint's secret.") from error


@click.command()
@click.option("--forward-to", required=True, callback=_address, help="Your receiver: http://localhost:3000/hook")
@click.option(
    "--host-url",
    envvar="HOST",
    show_envvar=True,
    default="http://localhost:8000",
    show_default=True,
    callback=_address,
    help="The host's address.",
)
@click.option("--client-id", envvar="CLIENT_ID", show_envvar=True, required=True, help="Your client id.")
@click.option(
    "--client-secret",
    envvar="CLIENT_SECRET",
    show_envvar=True,
    required=True,
    help="Your client secret; it decides between sandbox and production.",
)
@click.option(
    "--secret",
    envvar="WEBHOOK_SECRET",
    show_envvar=True,
    callback=_secret,
    help="What to sign with, plain or as whsec_…; a new one is made and printed where none is named.",
)
@click.option(
    "--event", "kinds", multiple=True, type=click.Choice(EVENT_TYPES), help="Only this type; may be repeated."
)
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%dT%H:%M:%S%z"]),
    help="Begin with what happened since then, 2026-01-31T10:00:00Z; with what happens now where left out.",
)
@click.option("--json", "as_json", is_flag=True, help="Say everything as JSON, an object a line.")
def listen(
    *,
    forward_to: str,
    host_url: str,
    client_id: str,
    client_secret: str,
    secret: str | None,
    kinds: tuple[str, ...],
    since: datetime | None,
    as_json: bool,
) -> None:
    """Post the events of your environment to a receiver on this machine, signed; Ctrl-C ends it.

    Asks the host for what happens, so it works from behind any wall. An event that is sent again comes again. A
    receiver that fails gets each event four times within seven seconds.
    """
    host, report = RemoteHost(host_url, client_id, client_secret), Report(as_json=as_json)
    signing = secret or new_secret()
    listener = Listener(host, LocalReceiver(forward_to, signing), report, kinds=kinds)
    try:
        with _ended_by_sigterm():
            news = listener.ask(**({} if since is None else {"since": isoformat(since)}))
            _begin(host.url, forward_to, None if secret else signing, as_json=as_json)
            listener.run(news)
    except (HostAway, HostRefused) as refused:
        raise click.ClickException(str(refused)) from None
    except KeyboardInterrupt:
        report.note(f"\n{report.sum_up()}")


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _begin(host_url: str, forward_to: str, made: str | None, *, as_json: bool) -> None:
    standard = "" if made is None else f"{PREFIX}{base64.b64encode(made.encode()).decode()}"
    if as_json:
        secret = {} if made is None else {"secret": made, "standardSecret": standard}
        say({"hostUrl": host_url, "forwardTo": forward_to, **secret})
        return
    click.echo(f"Listening to {host_url}, posting to {forward_to}. Ctrl-C ends it.")
    if made is not None:
        click.echo(f"Secret    {made}\nThe same  {standard}  for libraries of Standard Webhooks")
    click.echo()
