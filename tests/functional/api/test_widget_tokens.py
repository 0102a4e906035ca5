from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from tests.factories.issuers import AURORA, Issuer
from tests.fixtures import Api
from tests.functional.api.answers import problem, wrong_fields
from tests.functional.api.conftest import Change
from tests.functional.api.test_programs import UNKNOWN
from widget_host.domain.access.rules import LaunchedCard, LaunchRequest, Prefill
from widget_host.wiring import Wiring

PATH = "/auth/widget/point-exchange"
MULTIBRAND = "/auth/widget/multibrand"


def launches(wiring: Wiring) -> int:
    with wiring.reading() as services:
        return services._session.scalar(text("SELECT COUNT(*) FROM widget_launches")) or 0


class TestPointExchange:
    def test_gives_a_token_and_the_address_that_it_opens(self, api: Api, client: FlaskClient) -> None:
        said = api.post(PATH, {"sourceUserId": "user-1"}).get_json()
        assert said.keys() == {"accessToken", "expiresIn", "widgetUrl"}
        assert said["expiresIn"] == 600
        address = urlsplit(said["widgetUrl"])
        assert (address.netloc, address.path) == ("localhost", "/widget/point-exchange")
        assert parse_qs(address.query) == {"token": [said["accessToken"]]}
        opened = client.get(f"{address.path}?{address.query}")
        assert (opened.status_code, opened.mimetype) == (200, "text/html")

    def test_takes_everything_an_issuer_may_know(self, api: Api, issuer: Issuer) -> None:
        body = {
            "sourceUserId": "user-1",
            "sourceUserEmail": "amira@example.com",
            "balance": 120.5,
            "currency": "USD",
            "programIds": list(issuer.programs.values()),
            "destinationAccounts": {issuer.programs[AURORA]: {"destinationUserId": "AC12345678"}},
            "referenceNumber": "order-1",
            "locale": "en-GB",
            "theme": "dark",
        }
        assert api.post(PATH, body).status_code == 200

    def test_takes_a_return_url_that_is_registered_and_no_other(self, api: Api, issuer: Issuer, wiring: Wiring) -> None:
        with wiring.writing() as services:
            environment = services.organizations.get_environment(issuer.environment_id)
            services.organizations.register_return_urls(environment, ["https://bank.example/points"])
        body = {"sourceUserId": "user-1", "returnUrl": "https://bank.example/points"}
        assert api.post(PATH, body).status_code == 200
        refused = api.post(PATH, body | {"returnUrl": "https://bank.example/points/"})
        assert wrong_fields(refused) == {"returnUrl": "not_registered"}
        assert launches(wiring) == 1

    def test_takes_client_id_and_secret_in_the_body(self, client: FlaskClient, issuer: Issuer) -> None:
        body = {"clientId": issuer.client_id, "clientSecret": issuer.client_secret, "sourceUserId": "user-1"}
        assert client.post(PATH, json=body).get_json().keys() == {"accessToken", "expiresIn", "widgetUrl"}

    @pytest.mark.parametrize("credentials", [{}, {"clientSecret": "wrong"}, {"clientId": "cli_unknown"}])
    def test_refuses_who_proves_nothing(
        self, client: FlaskClient, issuer: Issuer, wiring: Wiring, credentials: dict[str, str]
    ) -> None:
        body = {"clientId": issuer.client_id, **credentials, "sourceUserId": "user-1"}
        answer = client.post(PATH, json=body)
        problem(answer, 401, "INVALID_TOKEN")
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="widget-host"'
        assert launches(wiring) == 0

    def test_refuses_a_bad_bearer_even_with_good_credentials_in_the_body(
        self, client: FlaskClient, issuer: Issuer
    ) -> None:
        body = {"clientId": issuer.client_id, "clientSecret": issuer.client_secret, "sourceUserId": "user-1"}
        problem(client.post(PATH, json=body, headers={"Authorization": "Bearer x"}), 401, "INVALID_TOKEN")

    def test_names_every_wrong_field_at_once(self, api: Api, wiring: Wiring) -> None:
        body: dict[str, Any] = {
            "sourceUserEmail": 5,
            "balance": "120",
            "currency": "dollars",
            "programIds": "all",
            "destinationAccounts": [],
            "referenceNumber": "",
            "locale": "e",
            "theme": "pink",
            "colour": "pink",
        }
        assert wrong_fields(api.post(PATH, body)) == {
            "sourceUserId": "required",
            "sourceUserEmail": "string_type",
            "balance": "number_type",
            "currency": "currency",
            "programIds": "list_type",
            "destinationAccounts": "dict_type",
            "referenceNumber": "too_short",
            "locale": "too_short",
            "theme": "literal_error",
            "colour": "unknown",
        }
        assert launches(wiring) == 0

    def test_names_programs_that_are_not_the_issuers(
        self, api: Api, issuer: Issuer, wiring: Wiring, change: Change
    ) -> None:
        off = issuer.programs[AURORA]
        change("UPDATE partnerships SET enabled = false WHERE program_id = :id", id=off)
        body = {"sourceUserId": "user-1", "programIds": [off], "destinationAccounts": {UNKNOWN: {}}}
        assert wrong_fields(api.post(PATH, body)) == {
            "programIds": "unknown_program",
            "destinationAccounts": "unknown_program",
        }
        assert launches(wiring) == 0

    @pytest.mark.parametrize(
        ("balance", "currency", "code"),
        [(1.001, "USD", "too_precise"), (1.5, "JPY", "too_precise"), (-1, "USD", "greater_than_equal")],
    )
    def test_refuses_a_balance_nobody_can_have(self, api: Api, balance: int, currency: str, code: str) -> None:
        body = {"sourceUserId": "user-1", "balance": balance, "currency": currency}
        assert wrong_fields(api.post(PATH, body)) == {"balance": code}

    def test_takes_a_balance_in_a_currency_of_three_decimals(self, api: Api) -> None:
        body = {"sourceUserId": "user-1", "balance": 1.125, "currency": "KWD"}
        assert api.post(PATH, body).status_code == 200

    def test_refuses_a_currency_without_a_rate(self, api: Api) -> None:
        body = {"sourceUserId": "user-1", "currency": "XPF"}
        assert wrong_fields(api.post(PATH, body)) == {"currency": "unknown"}


class TestMultibrand:
    def test_gives_a_token_and_its_address(self, api: Api) -> None:
        said = api.post(MULTIBRAND, {"sourceUserId": "user-1", "cardId": "card-1"}).get_json()
        assert said == {
            "accessToken": said["accessToken"],
            "expiresIn": 600,
            "widgetUrl": f"http://localhost/widget/multibrand?token={said['accessToken']}",
        }

    def test_keeps_everything_an_issuer_may_know(self, api: Api, issuer: Issuer, wiring: Wiring) -> None:
        aurora = issuer.programs[AURORA]
        body = {
            "sourceUserId": "user-1",
            "sourceUserEmail": "amira@example.com",
            "cardId": "card-1",
            "cardLastFour": "4821",
            "maxPrograms": 3,
            "metadata": {"campaign": "spring"},
            "programIds": [aurora],
            "destinationAccounts": {aurora: {"destinationUserId": "AC12345678"}},
            "locale": "ar",
            "theme": "dark",
        }
        token = api.post(MULTIBRAND, body).get_json()["accessToken"]
        widget = wiring.openings.open(token, "multibrand").widget
        assert widget.request == LaunchRequest(
            source_user_id="user-1",
            source_user_email="amira@example.com",
            program_ids=(aurora,),
            destination_accounts={aurora: Prefill("AC12345678")},
            locale="ar",
            theme="dark",
            card=LaunchedCard("card-1", "4821", 3),
            metadata={"campaign": "spring"},
        )

    def test_opens_no_other_widget(self, api: Api, client: FlaskClient) -> None:
        token = api.post(MULTIBRAND, {"sourceUserId": "user-1", "cardId": "card-1"}).get_json()["accessToken"]
        answer = client.get("/widget/point-exchange", query_string={"token": token})
        assert "Open this page from your bank&#39;s app." in answer.text

    def test_names_every_wrong_field_at_once(self, api: Api, wiring: Wiring) -> None:
        body: dict[str, Any] = {
            "sourceUserId": "user-1",
            "cardLastFour": "48211",
            "maxPrograms": 0,
            "metadata": {"campaign": 5},
            "balance": 100,
        }
        assert wrong_fields(api.post(MULTIBRAND, body)) == {
            "cardId": "required",
            "cardLastFour": "string_pattern_mismatch",
            "maxPrograms": "greater_than_equal",
            "metadata.campaign": "string_type",
            "balance": "unknown",
        }
        assert launches(wiring) == 0

    def test_refuses_who_proves_nothing(self, client: FlaskClient, issuer: Issuer, wiring: Wiring) -> None:
        body = {"clientId": issuer.client_id, "clientSecret": "wrong", "sourceUserId": "user-1", "cardId": "card-1"}
        problem(client.post(MULTIBRAND, json=body), 401, "INVALID_TOKEN")
        assert launches(wiring) == 0

    def test_names_programs_that_are_not_the_issuers(self, api: Api) -> None:
        body = {"sourceUserId": "user-1", "cardId": "card-1", "programIds": [UNKNOWN]}
        assert wrong_fields(api.post(MULTIBRAND, body)) == {"programIds": "unknown_program"}
