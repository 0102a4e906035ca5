"""Ask Widget Host for a widget; only the bank's backend may, because it takes the client secret."""

import json
from decimal import Decimal

import requests

from widget_host.demo.config import Config
from widget_host.demo.store import Customer

CONNECT_AND_READ_SECONDS = (3, 10)


class WidgetUnavailable(Exception):
    """Widget Host did not answer with a widget."""


def open_purchase_widget(config: Config, customer: Customer, reference_number: str) -> str:
    """Return the address to frame: good for one customer, one purchase, ten minutes."""
    request = {
        "clientId": config.client_id,
        "clientSecret": config.client_secret,
        "sourceUserId": customer.id,
        "sourceUserEmail": customer.email,
        "currency": "USD",
        "referenceNumber": reference_number,
    }
    try:
        answer = _post(f"{config.host_url}/auth/widget/point-exchange", _with_balance(request, customer.cents))
        answer.raise_for_status()
        return str(answer.json()["widgetUrl"])
    except (requests.RequestException, KeyError) as problem:
        raise WidgetUnavailable(str(problem)) from problem


def _post(url: str, body: str) -> requests.Response:
    """Send once, within a time limit, following no redirect: the secret goes to this address only."""
    with requests.Session() as session:
        session.trust_env = False  # no proxy and no .netrc of this machine comes between the two
        return session.post(
            url,
            data=body,
            headers={"Content-Type": "application/json"},
            timeout=CONNECT_AND_READ_SECONDS,
            allow_redirects=False,
        )


def _with_balance(request: dict[str, str], cents: int) -> str:
    """Write the balance as a JSON number in dollars, exactly: ``json`` would need a float for it."""
    return f'{json.dumps(request)[:-1]}, "balance": {Decimal(cents).scaleb(-2)}}}'
