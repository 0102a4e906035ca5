"""Ask Widget Host: for a widget, for its log. Only the bank's backend may, because it takes the client secret."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import requests

from widget_host.demo.config import Config
from widget_host.demo.store import Card, Customer

CONNECT_AND_READ_SECONDS = (3, 10)
UNAUTHORIZED = 401
RECEIVER = "/webhooks/widget-host"


class HostUnavailable(Exception):
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
        programs = _ask("GET", f"{config.host_url}/programs", _bearer(_fetch_token(config))).json()
        return {program["id"]: program["name"] for program in programs}
    except (requests.RequestException, KeyError, TypeError) as problem:
        raise HostUnavailable(str(problem)) from problem


class HostLog:
    """Widget Host's log of what it sent the bank, asked with one token as long as that lasts."""

    def __init__(self, config: Config) -> None:
        """Ask nothing yet."""
        self._config = config
        self._token = ""

    def read(self) -> dict[str, Any]:
        """Return the bank's endpoint and the newest deliveries to it, each with its attempts."""
        ours = f":{self._config.port}{RECEIVER}"
        try:
            endpoint = next(each for each in self._ask("GET", "/webhook-endpoints") if each["url"].endswith(ours))
            return {
                "endpoint": endpoint,
                "deliveries": self._ask("GET", f"/webhook-endpoints/{endpoint['id']}/deliveries?limit=20"),
            }
        except (StopIteration, KeyError, TypeError) as problem:
            raise HostUnavailable("it knows no endpoint of ours") from problem

    def resend(self, delivery_id: str) -> None:
        """Have an event sent again, now."""
        self._ask("POST", f"/deliveries/{delivery_id}/resend")

    def _ask(self, method: str, path: str) -> Any:
        url = f"{self._config.host_url}{path}"
        try:
            self._token = self._token or _fetch_token(self._config)
            try:
                return _ask(method, url, _bearer(self._token)).json()
            except requests.HTTPError as refusal:
                if refusal.response.status_code != UNAUTHORIZED:
                    raise
                self._token = _fetch_token(self._config)  # the one before lived ten minutes
                return _ask(method, url, _bearer(self._token)).json()
        except (requests.RequestException, KeyError, TypeError) as problem:
            raise HostUnavailable(str(problem)) from problem


def _fetch_token(config: Config) -> str:
    return str(_post(f"{config.host_url}/auth/token", json.dumps(_credentials(config))).json()["accessToken"])


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _credentials(config: Config) -> dict[str, str]:
    return {"clientId": config.client_id, "clientSecret": config.client_secret}


def _open_widget(config: Config, widget: str, body: str) -> str:
    try:
        return str(_post(f"{config.host_url}/auth/widget/{widget}", body).json()["widgetUrl"])
    except (requests.RequestException, KeyError) as problem:
        raise HostUnavailable(str(problem)) from problem


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
