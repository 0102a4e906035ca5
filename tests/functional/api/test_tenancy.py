"""Every route, asked for what is another tenant's: it answers as if that did not exist."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.factories.cards import CARD, CUSTOMER, choose_three
from tests.factories.issuers import AURORA, Issuer, make_issuer
from tests.fakes.clock import START
from tests.fixtures import Api
from tests.functional.api.conftest import MEMBER, Change
from tests.functional.api.tenancy_webhooks import WEBHOOKS, webhooks
from tests.functional.api.test_programs import VERDE
from widget_host.web.scope import HostApp
from widget_host.wiring import Wiring

# When the stopped clock says it is: the very second of what the stranger made.
MOMENT = str(int(START.timestamp()))
REWARD = {"value": 25, "currency": "USD", "referenceNumber": "reward-1"}
# What differs between two answers to the same question.
PASSING = re.compile(r"\b(req|txn)_[0-9a-z]{26}|nonce-?=?[\"']?[\w-]{22}")


@dataclass(frozen=True)
class Caller:
    """An issuer who asks for what is not theirs, and a customer of theirs in a widget of each kind."""

    issuer: Issuer
    api: Api
    client: FlaskClient
    bearers: dict[str, str]

    def order(self, **changes: Any) -> TestResponse:
        account = {"destinationUserId": MEMBER, "destinationUserEmail": "name@example.com"}
        body = {"value": 25, "currency": "USD", "destinationAccount": account, "referenceNumber": "mine-1"}
        return self.api.post("/transactions", {"programId": self.issuer.programs["Kumo Pass"]} | body | changes)

    def step(self, widget: str, name: str, program_id: str) -> TestResponse:
        bearer = self.bearers[widget]
        headers = {"HX-Request": "true", "HX-Request-Type": "partial", "Authorization": f"Bearer {bearer}"}
        form = {"programId": program_id, "amount": "25", "destinationFor": program_id, "destinationUserId": MEMBER}
        draft = {"version": 0, "lines": [[program_id, MEMBER, None, "100", False]]}
        chosen = {"program": program_id, "do": f"more:{program_id}", "draft": json.dumps(draft)}
        return self.client.post(f"/widget/{widget}/{name}", data=form | chosen, headers=headers)


Ask = Callable[[Caller, str], TestResponse]
Cases = tuple[tuple[str, Ask], ...]
Pairs = dict[str, tuple[str, str]]


def widget_step(widget: str, name: str) -> Cases:
    return (("program", lambda caller, program_id: caller.step(widget, name, program_id)),)


def launching(widget: str, **more: str) -> Cases:
    path, body = f"/auth/widget/{widget}", {"sourceUserId": CUSTOMER, **more}
    return (
        (
            "client",
            lambda caller, name: caller.client.post(
                path, json=body | {"clientId": name, "clientSecret": caller.issuer.client_secret}
            ),
        ),
        ("program", lambda caller, program_id: caller.api.post(path, body | {"programIds": [program_id]})),
        (
            "program",
            lambda caller, program_id: caller.api.post(path, body | {"destinationAccounts": {program_id: {}}}),
        ),
    )


# For each route: which kind of id it takes, and how to ask for one. A route without an id says why.
CASES: dict[str, Cases | str] = {
    "GET /healthz": "says how the process is",
    "GET /readyz": "says how the database is",
    "GET /metrics": "figures of the whole host, for its operator: no tenant is named",
    "GET /.well-known/jwks.json": "public keys",
    "GET /.well-known/oauth-authorization-server": "public addresses",
    "GET /openapi.json": "the same for everybody",
    "GET /pictures/<id:name>": "logos of programs, which customers of any tenant see",
    "GET /gallery": "made-up screens, for who develops the widgets",
    "GET /gallery/<widget>/<name>": "made-up screens, for who develops the widgets",
    "GET /docs": "the same for everybody",
    "GET /docs/embed": "the same for everybody",
    "GET /docs/webhooks": "the same for everybody",
    "GET /docs/errors": "the same for everybody",
    "GET /docs/guide": "the same for everybody",
    "GET /programs": "the caller's own; see below",
    "GET /transactions": "the caller's own; see below",
    "GET /events": "the caller's own; see below",
    "GET /events/feed": "the caller's own; see below",
    "GET /business/profile": "the caller's own; see below",
    "GET /sandbox/personas": "the same in every sandbox",
    "GET /sandbox/clock": "the caller's own sandbox's",
    "POST /sandbox/clock": "the caller's own sandbox's",
    "GET /widget/multibrand": "its token is the permission, and names the tenant by itself",
    "GET /widget/multibrand/asides": "the caller's own session's",
    "POST /widget/multibrand/session": "the caller's own session; test_renewal.py brings strangers' tokens",
    "POST /widget/multibrand/stored": "the caller's own card's",
    "GET /widget/point-exchange/asides": "the caller's own session's",
    "POST /widget/point-exchange/session": "the caller's own session; test_renewal.py brings strangers' tokens",
    "POST /widget/point-exchange/another": "the caller's own session; programs and accounts of others are in none",
    "POST /widget/point-exchange/forget": "the caller's own customer's; test_accounts.py brings another's",
    "POST /widget/point-exchange/programs": "the caller's own",
    "POST /widget/point-exchange/status": "the caller's own launch's",
    "GET /widget/point-exchange": "its token is the permission, and names the tenant by itself",
    "POST /auth/token": (
        (
            "client",
            lambda caller, name: caller.client.post(
                "/auth/token", json={"client_id": name, "client_secret": caller.issuer.client_secret}
            ),
        ),
    ),
    "POST /auth/widget/point-exchange": launching("point-exchange"),
    "POST /auth/widget/multibrand": launching("multibrand", cardId=CARD),
    "GET /programs/<id:program_id>/fields": (
        ("program", lambda caller, program_id: caller.api.get(f"/programs/{program_id}/fields")),
    ),
    "POST /programs/<id:program_id>/validate-member": (
        (
            "program",
            lambda caller, program_id: caller.api.post(
                f"/programs/{program_id}/validate-member", {"destinationUserId": MEMBER}
            ),
        ),
    ),
    "POST /transactions/preview": (
        (
            "program",
            lambda caller, program_id: caller.api.post("/transactions/preview", {"programId": program_id, "value": 25}),
        ),
    ),
    # Asked before the next: what is posted under a stranger's reference is the caller's own from then on.
    "GET /transactions/<reference:transaction_id>": (
        ("transaction", lambda caller, transaction_id: caller.api.get(f"/transactions/{transaction_id}")),
        ("reference", lambda caller, reference: caller.api.get(f"/transactions/{reference}")),
    ),
    "POST /transactions": (
        ("program", lambda caller, program_id: caller.order(programId=program_id)),
        (
            "reference",
            lambda caller, reference: caller.order(
                referenceNumber=reference, destinationAccount={"destinationUserId": "K7F2M9QX"}
            ),
        ),
    ),
    "GET /multibrand/preferences": (
        (
            "card",
            lambda caller, card: caller.api.get(
                "/multibrand/preferences", query_string={"sourceUserId": CUSTOMER, "cardId": card}
            ),
        ),
    ),
    "POST /multibrand/rewards": (
        (
            "card",
            lambda caller, card: caller.api.post(
                "/multibrand/rewards", REWARD | {"sourceUserId": CUSTOMER, "cardId": card}
            ),
        ),
    ),
    "POST /hooks/<id:tenant_key>/program-connection": (
        ("tenant", lambda caller, key: caller.client.post(f"/hooks/{key}/program-connection", json={"id": "event-1"})),
    ),
    "POST /hooks/<id:tenant_key>/transaction": (
        ("tenant", lambda caller, key: caller.client.post(f"/hooks/{key}/transaction", json={"id": "event-1"})),
    ),
    **WEBHOOKS,
}
CASES |= {
    f"POST /widget/{widget}/{name}": widget_step(widget, name)
    for widget, names in (
        ("point-exchange", ("program", "preview", "amount", "review", "confirm")),
        ("multibrand", ("change", "count", "overview", "programs", "search", "account", "link", "save")),
    )
    for name in names
}
# What has an id in its address and is nobody's.
PUBLIC = {"GET /pictures/<id:name>", "GET /gallery/<widget>/<name>"}
ORGANIZATION, ENVIRONMENT = "another organization", "another environment of the same organization"


def routes(app: HostApp) -> set[str]:
    """Return every method and rule of the app but those of static files."""
    return {
        f"{method} {rule.rule}"
        for rule in app.url_map.iter_rules()
        if rule.endpoint != "static"
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


class TestEveryRoute:
    def test_has_a_case_here(self, app: HostApp) -> None:
        assert routes(app) == CASES.keys()

    def test_with_an_id_in_its_address_is_asked_for_a_strangers(self, app: HostApp) -> None:
        assert {route for route in routes(app) if "<" in route and isinstance(CASES[route], str)} == PUBLIC

    @pytest.mark.parametrize("stranger", [ORGANIZATION, ENVIRONMENT], indirect=True)
    def test_answers_for_a_strangers_id_as_for_an_unknown_one(self, caller: Caller, pairs: Pairs) -> None:
        for route, kind, ask in asked(pairs):
            theirs, unknown = pairs[kind]
            found = shown(ask(caller, theirs), theirs)
            assert found == shown(ask(caller, unknown), unknown), f"{route} by {kind}"
            assert "theirs" not in found[1], f"{route} by {kind}"


def asked(pairs: Pairs) -> list[tuple[str, str, Ask]]:
    """Return what to ask every route for, of the kinds that a stranger has."""
    wanted = [(route, cases) for route, cases in CASES.items() if not isinstance(cases, str)]
    found = [(route, kind, ask) for route, cases in wanted for kind, ask in cases if kind in pairs]
    assert {kind for _, kind, _ in found} == pairs.keys()
    return found


def shown(answer: TestResponse, asked_for: str) -> tuple[int, str]:
    """Return status and body, without what differs each time or only repeats what was asked for."""
    text = answer.text.replace(asked_for, "ASKED").replace(AURORA, "PROGRAM").replace(VERDE, "PROGRAM")
    return answer.status_code, PASSING.sub("PASSING", text)


class TestLists:
    @pytest.mark.parametrize("stranger", [ORGANIZATION, ENVIRONMENT], indirect=True)
    def test_hold_nothing_that_only_a_stranger_has(self, caller: Caller, pairs: Pairs) -> None:
        listed = {program["id"] for program in caller.api.get("/programs").get_json()}
        assert len(listed) == 4
        assert not listed & set(pairs["program"])
        day = {"startDate": MOMENT, "endDate": MOMENT}
        assert caller.api.get("/transactions", query_string=day).get_json() == []
        assert "theirs" not in caller.api.get("/events").text
        assert "theirs" not in caller.api.get("/events/feed?cursor=0.0").text
        assert caller.api.get("/webhook-endpoints").get_json() == []
        assert caller.api.get("/business/profile").get_json()["name"] == "Northwind Bank"


@pytest.fixture
def stranger(request: pytest.FixtureRequest, wiring: Wiring, issuer: Issuer) -> Issuer:
    if request.param == ORGANIZATION:
        return make_issuer(wiring, "Southwind Bank")
    with wiring.writing() as services:
        organization = services.organizations.get(issuer.organization_id)
        environment = services.organizations._open(organization, "production", "USD")
        services.programs.open_sandbox(environment)
        services.organizations.allow(organization, points_mode=None, kyb_approved=True)
        _, secret = services.clients.add_secret(environment)
    return replace(issuer, client_secret=secret, environment_id=environment.id, tenant_key=environment.tenant_key)


@pytest.fixture
def pairs(client: FlaskClient, wiring: Wiring, issuer: Issuer, stranger: Issuer, change: Change) -> Pairs:
    """For each kind of id one that is the stranger's, and one that is nobody's."""
    aurora, verde = issuer.programs[AURORA], issuer.programs[VERDE]
    body = {"value": 25, "currency": "USD", "destinationAccount": {"destinationUserId": MEMBER}}
    order = body | {"programId": aurora, "referenceNumber": "theirs-1", "description": "theirs"}
    made = Api(client, stranger).post("/transactions", order)
    assert made.status_code == 201
    choose_three(wiring, stranger)
    change(
        "DELETE FROM partnerships WHERE environment_id = :mine AND program_id IN (:aurora, :verde)",
        mine=issuer.environment_id,
        aurora=aurora,
        verde=verde,
    )
    change("DELETE FROM partnerships WHERE program_id = :verde", verde=verde)
    # Both environments of an organization have the same client id: there is none of a stranger's to ask for.
    clients = {} if stranger.client_id == issuer.client_id else {"client": (stranger.client_id, "cli_unknown")}
    return {
        "program": (aurora, verde),
        "transaction": (made.get_json()["id"], "txn_00000000000000000000000000"),
        "reference": ("theirs-1", "unknown-1"),
        "card": (CARD, "card-unknown"),
        **webhooks(Api(client, stranger)),
        "tenant": (stranger.tenant_key, "tnt_00000000000000000000000000"),
    } | clients


@pytest.fixture
def caller(client: FlaskClient, api: Api, issuer: Issuer, pairs: Pairs) -> Caller:
    asked = {"sourceUserId": CUSTOMER}
    launches = {"point-exchange": asked, "multibrand": asked | {"cardId": CARD}}
    bearers = {widget: opened(client, api.post(f"/auth/widget/{widget}", body)) for widget, body in launches.items()}
    return Caller(issuer, api, client, bearers)


def opened(client: FlaskClient, launched: TestResponse) -> str:
    """Open a widget, and return its session."""
    page = client.get(launched.get_json()["widgetUrl"].removeprefix("http://localhost")).text
    found = re.search(r'"session":"([^"]+)"', page)
    assert found
    return found[1]
