"""Ask Widget Host for a widget; only the bank's backend may, because it takes the client secret."""

import json
from collections.abc import Mapping
from decimal import Decimal

import requests

from widget_host.demo.config import Config
from widget_host.demo.store import Card, Customer

CONNECT_AND_READ_SECONDS = (3, 10)


class WidgetUnavailable(Exception):
    """Widget Host did not answer as it should."""


def open_purchase_widget(config: Config, customer: Customer, reference_number: str) -> str:
    """Return the address to frame: good for one customer, one purchase, ten minutes."""
    request = {
        **_credentials(config),
        "sourceUserId": customer.id,
        "sourceUserEmail": customer.email,
        "currency": "USD",
        "referenceNumber": reference_number,
    }
    return _open_widget(config, "point-exchange", _with_balance(request, customer.cents))


def open_card_widget(config: Config, customer: Customer, card: Card) -> str:
    """Return the address to frame, where the customer divides this card's rewards among programs."""
    request = {
        **_credentials(config),
        "sourceUserId": customer.id,
        "sourceUserEmail": customer.email,
        "cardId": card.id,
        "cardLastFour": card.last_four,
    }
    return _open_widget(config, "multibrand", json.dumps(request))


def list_programs(config: Config) -> dict[str, str]:
    """Return what each program is called, by its id: events name programs by id alone."""
    try:
        token = _post(f"{config.host_url}/auth/token", json.dumps(_credentials(config))).json()["accessToken"]
        programs = _ask("GET", f"{config.host_url}/programs", {"Authorization": f"Bearer {token}"}).json()
        return {program["id"]: program["name"] for program in programs}
    except (requests.RequestException, KeyError, TypeError) as problem:
        raise WidgetUnavailable(str(problem)) from problem


def _credentials(config: Config) -> dict[str, str]:
    return {"clientId": config.client_id, "clientSecret": config.client_secret}


def _open_widget(config: Config, widget: str, body: str) -> str:
    try:
        return str(_post(f"{config.host_url}/auth/widget/{widget}", body).json()["widgetUrl"])
    except (requests.RequestException, KeyError) as problem:
        raise WidgetUnavailable(str(problem)) from problem


def _post(url: str, body: str) -> requests.Response:
    return _ask("POST", url, {"Content-Type": "application/json"}, body)


def _ask(method: str, url: str, headers: Mapping[str, str], body: str | None = None) -> requests.Response:
    """Ask once, within a time limit, following no redirect: the secret goes to this address only."""
    with requests.Session() as session:
        session.trust_env = False  # no proxy and no .netrc of this machine comes between the two
        answer = session.request(
            method, url, data=body, headers=headers, timeout=CONNECT_AND_READ_SECONDS, allow_redirects=False
        )
    answer.raise_for_status()
    return answer


def _with_balance(request: dict[str, str], cents: int) -> str:
    """Write the balance as a JSON number in dollars, exactly: ``json`` would need a float for it."""
    return f'{json.dumps(request)[:-1]}, "balance": {Decimal(cents).scaleb(-2)}}}'
