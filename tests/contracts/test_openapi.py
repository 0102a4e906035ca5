import time
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.factories.cards import CARD, CUSTOMER, choose_three, preferred
from tests.factories.issuers import AURORA, Issuer
from tests.fakes.clock import START
from tests.fixtures import Api
from widget_host.kit.clock import isoformat
from widget_host.kit.errors import Refused
from widget_host.web.openapi import endpoints
from widget_host.web.operations import described
from widget_host.web.problems import PROBLEMS
from widget_host.web.scope import HostApp
from widget_host.wiring import Wiring

Document = dict[str, Any]

# The contract's names: an integrator's generated client has methods of these names.
OPERATIONS = {
    ("POST", "/auth/token"): ("AuthController_token", "Authentication"),
    ("GET", "/business/profile"): ("BusinessController_profile", "Business Info"),
    ("GET", "/programs"): ("ProgramsController_findAll", "Programs"),
    ("GET", "/programs/{programId}/fields"): ("ProgramsController_getFields", "Programs"),
    ("POST", "/programs/{programId}/validate-member"): ("ProgramsController_validateMember", "Programs"),
    ("POST", "/transactions/preview"): ("TransactionsController_preview", "Transactions"),
    ("POST", "/transactions"): ("TransactionsController_create", "Transactions"),
    ("GET", "/transactions"): ("TransactionsController_findAll", "Transactions"),
    ("GET", "/transactions/{transactionId}"): ("TransactionsController_findOne", "Transactions"),
    ("POST", "/auth/widget/point-exchange"): ("WidgetAuthController_pointExchange", "Widgets"),
    ("POST", "/auth/widget/multibrand"): ("WidgetAuthController_multibrand", "Widgets"),
    ("GET", "/multibrand/preferences"): ("MultibrandController_find", "Multibrand"),
    ("POST", "/multibrand/rewards"): ("MultibrandController_reward", "Multibrand"),
    ("GET", "/sandbox/personas"): ("SandboxController_personas", "Sandbox"),
    ("GET", "/sandbox/clock"): ("SandboxController_clock", "Sandbox"),
    ("POST", "/sandbox/clock"): ("SandboxController_advance", "Sandbox"),
    ("GET", "/events"): ("EventsController_findAll", "Webhooks"),
    ("GET", "/events/feed"): ("EventsController_follow", "Webhooks"),
    ("POST", "/hooks/{tenantKey}/program-connection"): ("HooksController_programConnection", "Webhooks in"),
    ("POST", "/webhook-endpoints"): ("WebhookEndpointsController_create", "Webhooks"),
    ("GET", "/webhook-endpoints"): ("WebhookEndpointsController_findAll", "Webhooks"),
    ("PATCH", "/webhook-endpoints/{endpointId}"): ("WebhookEndpointsController_update", "Webhooks"),
    ("POST", "/deliveries/{deliveryId}/resend"): ("WebhookEndpointsController_resend", "Webhooks"),
}
API = "widget_host.web.api."
# What no caller of the API hears: states inside the ledger, sentences of the widgets' own forms, and what only an
# operator is told at the command line.
NEVER_ANSWERED = {
    "ALREADY_POSTED",
    "AMOUNT_MISSING",
    "AMOUNT_TOO_PRECISE",
    "BAD_DRAFT",
    "BALANCE_EXCEEDED",
    "HOLD_ENDED",
    "INSUFFICIENT_FUNDS",
    "PARTNERSHIP_EXISTS",
    "PRODUCTION_NOT_READY",
    "REVERSAL_REFUSED",
    "TOO_MANY_SECRETS",
}


def operations(document: Document) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def bodies(operation: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Give every body of an operation by its place: the request's, then each answer's."""
    for media in operation.get("requestBody", {}).get("content", {}).values():
        yield "request", media
    for status, answer in operation["responses"].items():
        for media in answer.get("content", {}).values():
            yield status, media


def strictly(schema: Any) -> Any:
    """Return a schema by which an object has no member that the schema does not name."""
    if isinstance(schema, list):
        return [strictly(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found = {name: strictly(value) for name, value in schema.items()}
    if isinstance(schema.get("properties"), dict) and schema.get("type") == "object":
        found.setdefault("additionalProperties", False)
    return found


def mistakes(document: Document, schema: Mapping[str, Any], value: Any) -> list[str]:
    """Return what is wrong with a value, by one of the document's schemas."""
    whole = {**strictly(dict(schema)), "components": strictly(document["components"])}
    validator = Draft202012Validator(whole, format_checker=FormatChecker())
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]


class TestDocument:
    def test_is_openapi(self, document: Document) -> None:
        assert document["openapi"].startswith("3.1.")
        assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []

    def test_is_the_same_however_often_it_is_asked_for_and_may_be_kept(self, client: FlaskClient) -> None:
        first, second = client.get("/openapi.json"), client.get("/openapi.json")
        assert first.data == second.data
        again = client.get("/openapi.json", headers={"If-None-Match": first.headers["ETag"]})
        assert again.status_code == 304

    @pytest.mark.parametrize(("method", "path"), OPERATIONS)
    def test_keeps_the_contracts_names(self, document: Document, method: str, path: str) -> None:
        operation = document["paths"][path][method.lower()]
        assert (operation["operationId"], *operation["tags"]) == OPERATIONS[method, path]

    def test_names_each_operation_once(self, document: Document) -> None:
        names = [operation["operationId"] for _, _, operation in operations(document)]
        assert len(names) == len(set(names))

    def test_describes_every_view_of_the_api(self, app: HostApp) -> None:
        views = {rule.endpoint: app.view_functions[rule.endpoint] for rule in app.url_map.iter_rules()}
        api = {endpoint for endpoint, view in views.items() if view.__module__.startswith(API)}
        assert api
        assert [endpoint for endpoint in sorted(api) if described(views[endpoint]) is None] == []

    def test_has_every_parameter_of_every_path(self, document: Document) -> None:
        for _, path, operation in operations(document):
            told = {each["name"] for each in operation.get("parameters", []) if each["in"] == "path"}
            assert told == {part[1:-1] for part in path.split("/") if part.startswith("{")}, path

    def test_tells_who_may_call(self, document: Document, client: FlaskClient) -> None:
        for method, path, operation in operations(document):
            if operation["security"] and {} not in operation["security"]:
                assert client.open(path, method=method).status_code == 401, path


class TestExamples:
    def test_are_everywhere_and_fit_their_schemas(self, document: Document) -> None:
        for _, path, operation in operations(document):
            for place, media in bodies(operation):
                assert media["examples"], (path, place)
                for name, example in media["examples"].items():
                    assert mistakes(document, media["schema"], example["value"]) == [], (path, place, name)

    def test_show_every_error_under_the_status_it_has(self, document: Document) -> None:
        for _, path, operation in operations(document):
            for status, answer in operation["responses"].items():
                problem = answer.get("content", {}).get("application/problem+json", {"examples": {}})
                for code, example in problem["examples"].items():
                    assert str(PROBLEMS[code].status) == status == str(example["value"]["status"]), (path, code)

    def test_describe_every_field(self, document: Document) -> None:
        for name, schema in document["components"]["schemas"].items():
            for field, said in schema.get("properties", {}).items():
                assert said.get("description"), f"{name}.{field}"

    def test_of_requests_can_be_sent(self, document: Document, api: Api, issuer: Issuer, enabled: None) -> None:
        for method, path, operation in operations(document):
            if operation["security"] == [{"bearerAuth": []}]:
                for example in examples(operation):
                    ids = {"programId": issuer.programs[AURORA], "transactionId": "order-1"}
                    address = path.format(**ids, **self.webhook(api, path))
                    asked = example_query(operation)
                    answer = api.send(method, address, self.lately(example), query_string=asked)
                    assert answer.status_code < 300, (path, answer.text)
                    if answer.status_code == 204:
                        continue
                    media = operation["responses"][str(answer.status_code)]["content"]["application/json"]
                    assert mistakes(document, media["schema"], answer.get_json()) == [], (path, answer.text)

    def webhook(self, api: Api, path: str) -> dict[str, str]:
        """Make an endpoint with a delivery on its way, and a staged secret where the path names one."""
        if "{endpointId}" not in path and "{deliveryId}" not in path:
            return {}
        made = api.post("/webhook-endpoints", {"url": "https://bank.example/webhooks"}).get_json()["id"]
        staged = api.post(f"/webhook-endpoints/{made}/secrets").get_json() if "{secretId}" in path else {"id": ""}
        delivery = api.post(f"/webhook-endpoints/{made}/test").get_json()
        return {"endpointId": made, "secretId": staged["id"], "deliveryId": delivery["id"]}

    def lately(self, example: Any) -> Any:
        """Give an example's moment the time that it is in the test."""
        return example | {"since": isoformat(START)} if example and "since" in example else example

    @pytest.fixture
    def enabled(self, issuer: Issuer, wiring: Wiring) -> None:
        """Let the issuer order exact points, and a customer have chosen what becomes of a card's rewards."""
        with wiring.writing() as services:
            services.organizations.get(issuer.organization_id).points_mode = True
            aurora = preferred(issuer, AURORA, 100)
            services.preferences.save(issuer.environment_id, "customer-1", "card-1", [aurora], version=0)


def example_query(operation: Mapping[str, Any]) -> dict[str, Any]:
    """Return the examples of the parameters that a query must have."""
    told = [each for each in operation.get("parameters", []) if each["in"] == "query" and each["required"]]
    return {each["name"]: each["schema"]["examples"][0] for each in told}


def examples(operation: Mapping[str, Any]) -> list[Any]:
    """Return the examples of a request's body, None where it has none."""
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {"examples": {}})
    return [example["value"] for example in content["examples"].values()] or [None]


class TestAnswers:
    def test_of_the_token_endpoint_fit(self, document: Document, client: FlaskClient, issuer: Issuer) -> None:
        schema = document["paths"]["/auth/token"]["post"]["responses"]["200"]["content"]["application/json"]["schema"]
        for names in (("client_id", "client_secret"), ("clientId", "clientSecret")):
            credentials = dict(zip(names, (issuer.client_id, issuer.client_secret), strict=True))
            answer = client.post("/auth/token", json=credentials)
            assert mistakes(document, schema, answer.get_json()) == []

    def test_of_published_documents_fit(self, document: Document, client: FlaskClient) -> None:
        for path in ("/.well-known/jwks.json", "/.well-known/oauth-authorization-server"):
            media = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]
            assert mistakes(document, media["schema"], client.get(path).get_json()) == []

    def test_that_open_a_widget_fit(self, document: Document, api: Api) -> None:
        of_a_card = {"cardId": "card-1"}
        for widget, more in (("point-exchange", {}), ("multibrand", of_a_card)):
            path = f"/auth/widget/{widget}"
            answer = api.post(path, {"sourceUserId": "customer-1"} | more)
            media = document["paths"][path]["post"]["responses"]["200"]["content"]["application/json"]
            assert mistakes(document, media["schema"], answer.get_json()) == []

    def test_that_tell_what_happened_fit(
        self, document: Document, api: Api, issuer: Issuer, wiring: Wiring, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Nobody else writes here: what is there has settled.
        choose_three(wiring, issuer)
        reward = {"sourceUserId": CUSTOMER, "cardId": CARD, "value": 100, "currency": "USD", "referenceNumber": "r"}
        assert api.post("/multibrand/rewards", reward).status_code == 201
        time.sleep(0.002)
        told = api.get("/events").get_json()
        media = document["paths"]["/events"]["get"]["responses"]["200"]["content"]["application/json"]
        assert mistakes(document, media["schema"], told) == []
        assert {event["type"] for event in told} == {"LINKED", "transaction.completed"}

    def test_that_refuse_fit(self, document: Document, api: Api) -> None:
        answer = api.post("/transactions", {"value": "25"})
        media = document["paths"]["/transactions"]["post"]["responses"]["400"]["content"]["application/problem+json"]
        assert mistakes(document, media["schema"], answer.get_json()) == []

    def test_with_a_stranger_in_them_do_not(self, document: Document) -> None:
        schema = {"$ref": "#/components/schemas/MemberCheckAnswer"}
        assert mistakes(document, schema, {"isValid": True, "member": "x"}) != []


class TestProblems:
    def test_list_every_refusal_that_the_host_knows(self, app: HostApp) -> None:
        codes = {kind.code for kind in kinds(Refused) if kind.__module__.startswith("widget_host.")}
        assert sorted(codes - PROBLEMS.keys() - NEVER_ANSWERED) == []

    def test_of_operations_are_listed(self, app: HostApp) -> None:
        for endpoint in endpoints(app):
            assert [code for code in endpoint.errors if code not in PROBLEMS] == []


def kinds(kind: type[Refused]) -> Iterator[type[Refused]]:
    for each in kind.__subclasses__():
        yield each
        yield from kinds(each)


@pytest.fixture
def document(client: FlaskClient) -> Document:
    answer = client.get("/openapi.json")
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    found: Document = answer.get_json()
    return found
