"""`widget-host webhooks send|verify`: what a developer tries a receiver with; no host needs to run."""

import json
import sys

import click
import requests

from widget_host.kit.clock import SystemClock
from widget_host.kit.diagnosis import Signed, faults
from widget_host.kit.ids import new_id
from widget_host.kit.signing import webhook_headers

TIMEOUT_SECONDS = 15
FIRST_FAILURE = 300
secret_option = click.option("--secret", required=True, envvar="WEBHOOK_SECRET", help="The endpoint's secret.")


@click.command()
@click.argument("kind", metavar="TYPE")
@click.option("--to", "url", required=True, help="The receiver's address.")
@click.option("--data", default="{}", help="The body's fields, as a JSON object; `id` and `type` are added.")
@secret_option
def send(kind: str, url: str, data: str, secret: str) -> None:
    """Send an event of TYPE, signed, to a receiver that you work on."""
    event = {"id": new_id("evt"), "type": kind, **_fields(data)}
    body, event_id = json.dumps(event, ensure_ascii=False).encode(), str(event["id"])
    headers = webhook_headers(secret, event_id=event_id, timestamp=int(SystemClock().now().timestamp()), body=body)
    with requests.Session() as session:
        session.trust_env = False
        try:
            answer = session.post(
                url,
                data=body,
                headers={"Content-Type": "application/json", **headers},
                timeout=TIMEOUT_SECONDS,
                allow_redirects=False,
            )
        except (requests.RequestException, ValueError) as error:
            raise click.ClickException(f"{url} did not answer: {type(error).__name__}.") from error
    click.echo(f"{event_id}  {answer.status_code}")
    if not answer.ok or answer.status_code >= FIRST_FAILURE:
        raise click.ClickException("Anything but 2xx is tried again.")


@click.command()
@secret_option
@click.option("--timestamp", required=True, help="The header x-timestamp.")
@click.option("--signature", required=True, help="The header x-signature.")
def verify(secret: str, timestamp: str, signature: str) -> None:
    """Read a body from the standard input, and say which of timestamp, secret and body is wrong."""
    body = sys.stdin.buffer.read()
    found = faults(Signed(secret, timestamp, signature, body), SystemClock().now())
    if found:
        raise click.ClickException("\n".join(found))
    click.echo("The signature fits, and the timestamp is fresh.")


def _fields(data: str) -> dict[str, object]:
    try:
        fields = json.loads(data)
    except ValueError as error:
        raise click.BadParameter(f"This is not JSON: {error}.", param_hint="--data") from error
    if not isinstance(fields, dict):
        raise click.BadParameter("This must be a JSON object.", param_hint="--data")
    return fields
