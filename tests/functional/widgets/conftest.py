import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.factories.issuers import AURORA, Issuer
from tests.fixtures import Api

PATH = "/widget/point-exchange"
CONFIG = re.compile(r'<script type="application/json" id="widget-config">(.*?)</script>', re.DOTALL)
HIDDEN = re.compile(r'<input type="hidden"\s+name="([^"]*)"\s+value="([^"]*)">')

Launch = Callable[..., str]


class Widget:
    """A widget in a browser, the Purchase widget unless `path` is another's; `is_scripted`: whether its scripts run."""

    def __init__(self, client: FlaskClient, token: str, *, path: str = PATH, is_scripted: bool = True) -> None:
        self._client = client
        self._path = path
        self._is_scripted = is_scripted
        self.page = client.get(path, query_string={"token": token})
        self.config: dict[str, Any] = config_of(self.page)
        self.bearer: str = self.config["session"]

    def post(self, step: str, **fields: str) -> TestResponse:
        """Post a step as htmx would, or as a plain form."""
        if self._is_scripted:
            headers = {"HX-Request": "true", "HX-Request-Type": "partial", "Authorization": f"Bearer {self.bearer}"}
            return self._client.post(f"{self._path}/{step}", data=fields, headers=headers)
        return self._client.post(f"{self._path}/{step}", data={"_s": self.bearer, **fields})

    def confirm(self, **fields: str) -> TestResponse:
        """Go through the review, and confirm what it shows."""
        return self.post("confirm", **fields | hidden_fields(self.post("review", **fields)))


def config_of(answer: TestResponse) -> dict[str, Any]:
    """Return what the page hands to widget.js."""
    found = CONFIG.search(answer.text)
    assert found, "the page hands nothing to widget.js"
    config: dict[str, Any] = json.loads(found[1])
    return config


def hidden_fields(answer: TestResponse) -> dict[str, str]:
    """Return the names and values that a form carries on."""
    return dict(HIDDEN.findall(answer.text))


def events(answer: TestResponse) -> dict[str, Any]:
    """Return what the answer has told to the host."""
    told: dict[str, Any] = json.loads(answer.headers.get("HX-Trigger", "{}"))
    return told


@pytest.fixture
def launch(api: Api) -> Launch:
    """The issuer's backend asks for a widget; returns its launch token."""

    def ask(**claims: Any) -> str:
        answer = api.post("/auth/widget/point-exchange", json={"sourceUserId": "ana", **claims})
        return str(json.loads(answer.data)["accessToken"])

    return ask


@pytest.fixture
def widget(client: FlaskClient, launch: Launch) -> Widget:
    """A widget just opened by a customer with 100 dollars."""
    return Widget(client, launch(balance=100, currency="USD"))


@pytest.fixture
def plain_widget(client: FlaskClient, launch: Launch) -> Widget:
    """The same in a browser without scripts."""
    return Widget(client, launch(balance=100, currency="USD"), is_scripted=False)


@pytest.fixture
def entry(issuer: Issuer) -> dict[str, str]:
    """A complete entry: 25 dollars for Aurora Club."""
    aurora = issuer.programs[AURORA]
    return {"programId": aurora, "destinationFor": aurora, "amount": "25", "destinationUserId": "AC12345678"}
