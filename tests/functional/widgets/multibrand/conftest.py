import html
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.factories.cards import CARD, CUSTOMER, choose_three
from tests.factories.issuers import Issuer
from tests.fixtures import Api
from tests.functional.widgets.conftest import Widget
from widget_host.wiring import Wiring

PATH = "/widget/multibrand"
DRAFT = re.compile(r'<input type="hidden" name="draft" value="([^"]*)"')
PERCENT = re.compile(r'name="percent-([^"]+)".*?value="([^"]*)"', re.DOTALL)
FOCUSED = re.compile(r'<(?:\w+)\s[^>]*?(?:id|value)="([^"]+)"[^>]*\sdata-focus\b')
SUM = re.compile(r'id="sum".*?<span>([^<]*)</span>', re.DOTALL)

Open = Callable[..., Widget]


def draft_of(answer: TestResponse) -> str:
    """Return the draft that the answer's form carries on."""
    found = DRAFT.search(answer.text)
    assert found, "the form carries no draft"
    return html.unescape(found[1])


def percents_of(answer: TestResponse) -> list[str]:
    """Return what stands in the percent fields, in their order."""
    return [value for _, value in PERCENT.findall(answer.text)]


def sum_of(answer: TestResponse) -> str:
    """Return what is said of the sum."""
    found = SUM.search(answer.text)
    assert found, "nothing is said of the sum"
    return found[1]


def focused(answer: TestResponse) -> str:
    """Return the id, or the value, of what takes the focus."""
    found = FOCUSED.search(answer.text)
    assert found, "nothing takes the focus"
    return found[1]


def draft(*programs: tuple[str, str, int], version: int = 0) -> str:
    """Write a draft as the form carries it: programs, members there, percents."""
    lines = [[program_id, member, None, str(percent), False] for program_id, member, percent in programs]
    return json.dumps({"version": version, "lines": lines})


@pytest.fixture
def launch_card(api: Api) -> Callable[..., str]:
    """The issuer's backend asks for the widget of a card; returns its launch token."""

    def ask(**claims: Any) -> str:
        body = {"sourceUserId": CUSTOMER, "cardId": CARD, "cardLastFour": "4821", **claims}
        return str(api.post("/auth/widget/multibrand", json=body).get_json()["accessToken"])

    return ask


@pytest.fixture
def open_card(client: FlaskClient, launch_card: Callable[..., str]) -> Open:
    """The customer opens the widget of their card."""

    def opened(*, is_scripted: bool = True, **claims: Any) -> Widget:
        return Widget(client, launch_card(**claims), path=PATH, is_scripted=is_scripted)

    return opened


@pytest.fixture
def chosen(wiring: Wiring, issuer: Issuer) -> Issuer:
    """An issuer with a customer who chose three programs for the card: 50, 30 and 20 percent."""
    choose_three(wiring, issuer)
    return issuer
