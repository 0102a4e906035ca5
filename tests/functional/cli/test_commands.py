import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import inspect, text

from tests.factories.issuers import Issuer
from tests.fixtures import Api
from tests.functional.cli.conftest import Run
from widget_host.cli.ledger import Progress
from widget_host.config import Settings
from widget_host.domain.ledger import queries as ledger_queries
from widget_host.domain.transactions import queries as transaction_queries
from widget_host.wiring import Wiring

SANDBOX = ("--environment", "sandbox")
HOOK = "http://127.0.0.1:9/hook"


def everything(wiring: Wiring) -> str:
    """Return all that is in the database, as text."""
    with wiring.database.engine.connect() as connection:
        names = inspect(connection).get_table_names()
        return "".join(str(connection.execute(text(f"SELECT * FROM {name}")).all()) for name in names)  # noqa: S608 - the tables' own names


class TestOrganizationsCreate:
    def test_prints_what_an_integrator_needs_once(self, made: dict[str, Any]) -> None:
        assert list(made) == ["organizationId", "clientId", "environments"]
        assert list(made["environments"]) == ["sandbox"]
        sandbox = made["environments"]["sandbox"]
        assert list(sandbox) == ["environmentId", "tenantKey", "clientSecret"]
        ids = (made["organizationId"], made["clientId"], sandbox["environmentId"], sandbox["tenantKey"])
        assert [name[:4] for name in ids] == ["org_", "cli_", "env_", "tnt_"]

    def test_makes_a_secret_that_works_and_six_programs(self, made: dict[str, Any], client: FlaskClient) -> None:
        secret = made["environments"]["sandbox"]["clientSecret"]
        asked = {"client_id": made["clientId"], "client_secret": secret}
        token = client.post("/auth/token", json=asked).get_json()["access_token"]
        programs = client.get("/programs", headers={"Authorization": f"Bearer {token}"}).get_json()
        assert len(programs) == 6

    def test_keeps_the_secret_nowhere(self, made: dict[str, Any], wiring: Wiring) -> None:
        secret = made["environments"]["sandbox"]["clientSecret"]
        kept = everything(wiring)
        assert made["clientId"] in kept
        assert secret not in kept
        assert secret.removeprefix("whs_sandbox_") not in kept

    def test_says_the_same_in_words(self, run: Run) -> None:
        printed = run("organizations", "create", "Northwind Bank").stdout
        assert "Client secret  whs_sandbox_" in printed
        assert "not shown again" in printed

    def test_prices_in_the_currency_named(self, run: Run, client: FlaskClient) -> None:
        made = json.loads(run("organizations", "create", "Bank", "--currency", "EUR", "--json").stdout)
        asked = {"client_id": made["clientId"], "client_secret": made["environments"]["sandbox"]["clientSecret"]}
        token = client.post("/auth/token", json=asked).get_json()["access_token"]
        programs = client.get("/programs", headers={"Authorization": f"Bearer {token}"}).get_json()
        assert {program["localCurrency"] for program in programs} == {"EUR"}

    @pytest.mark.parametrize(
        "arguments", [("  ",), ("x" * 201,), ("Bank", "--currency", "XTS"), ("Bank", "--currency", "dollars")]
    )
    def test_refuses_what_cannot_be_and_makes_nothing(
        self, run: Run, wiring: Wiring, arguments: tuple[str, ...]
    ) -> None:
        ended = run("organizations", "create", *arguments)
        assert ended.exit_code == 1
        assert ended.stderr.startswith("Error: ")
        assert "org_" not in everything(wiring)


class TestEnvironmentsUpdate:
    def test_lets_the_origins_named_frame_the_widgets(
        self, run: Run, made: dict[str, Any], client: FlaskClient
    ) -> None:
        origins = ("--allowed-origin", "https://Bank.example/", "--allowed-origin", "http://127.0.0.1:8001")
        ended = run("environments", "update", "--client-id", made["clientId"], *SANDBOX, *origins, "--json")
        assert json.loads(ended.stdout) == {
            "environmentId": made["environments"]["sandbox"]["environmentId"],
            "allowedOrigins": ["https://bank.example", "http://127.0.0.1:8001"],
            "returnUrls": [],
            "theme": {},
        }
        asked = {"clientId": made["clientId"], "clientSecret": made["environments"]["sandbox"]["clientSecret"]}
        launched = client.post("/auth/widget/point-exchange", json=asked | {"sourceUserId": "user-1"}).get_json()
        page = client.get(launched["widgetUrl"].removeprefix("http://localhost"))
        policy = page.headers["Content-Security-Policy"]
        assert "frame-ancestors https://bank.example http://127.0.0.1:8001" in policy

    def test_names_every_origin_that_is_none_and_changes_nothing(
        self, run: Run, made: dict[str, Any], wiring: Wiring
    ) -> None:
        wrong = ("https://bank.example/page", "*", "ftp://bank.example", "https://bank.example:99999")
        origins = [word for origin in ("https://good.example", *wrong) for word in ("--allowed-origin", origin)]
        ended = run("environments", "update", "--client-id", made["clientId"], *SANDBOX, *origins)
        assert ended.exit_code == 1
        assert [origin for origin in wrong if origin not in ended.stderr] == []
        assert "good.example" not in everything(wiring)

    def test_registers_where_a_widget_leads_back_to_and_leaves_the_rest(self, run: Run, made: dict[str, Any]) -> None:
        update = ("environments", "update", "--client-id", made["clientId"], *SANDBOX)
        run(*update, "--allowed-origin", "https://bank.example")
        ended = run(
            *update, "--return-url", "https://bank.example/points?from=widget", "--return-url", "com.bank.app:/"
        )
        assert "may be framed by https://bank.example." in ended.stdout
        assert "may lead back to https://bank.example/points?from=widget, com.bank.app:/." in ended.stdout

    def test_names_the_return_urls_that_may_not_be_and_asks_for_something_to_change(
        self, run: Run, made: dict[str, Any]
    ) -> None:
        update = ("environments", "update", "--client-id", made["clientId"], *SANDBOX)
        refused = run(*update, "--return-url", "javascript:alert(1)", "--return-url", "https://good.example/")
        assert (refused.exit_code, "javascript:alert(1)" in refused.stderr) == (1, True)
        assert "--return-url" in run(*update).stderr

    def test_paints_the_widgets_and_keeps_what_is_not_named(
        self, run: Run, made: dict[str, Any], client: FlaskClient
    ) -> None:
        command = ("environments", "update", "--client-id", made["clientId"], *SANDBOX, "--json")
        run(*command, "--accent", "#0A5C36", "--radius", "4")
        assert json.loads(run(*command, "--mode", "dark").stdout)["theme"] == {
            "accent": "#0a5c36",
            "radius": 4,
            "mode": "dark",
        }
        asked = {"clientId": made["clientId"], "clientSecret": made["environments"]["sandbox"]["clientSecret"]}
        launched = client.post("/auth/widget/point-exchange", json=asked | {"sourceUserId": "user-1"}).get_json()
        page = client.get(launched["widgetUrl"].removeprefix("http://localhost")).text
        assert 'data-mode="dark"' in page
        assert "--accent:#0a5c36" in page
        assert "--card:4px" in page

    @pytest.mark.parametrize(
        ("look", "word"), [(("--accent", "green"), "#rrggbb"), (("--radius", "99"), "from 0 to 24"), ((), "Name what")]
    )
    def test_says_what_is_wrong_with_a_look(
        self, run: Run, made: dict[str, Any], look: tuple[str, ...], word: str
    ) -> None:
        ended = run("environments", "update", "--client-id", made["clientId"], *SANDBOX, *look)
        assert ended.exit_code != 0
        assert word in ended.stderr

    @pytest.mark.parametrize(("client_id", "environment"), [("cli_unknown", "sandbox"), (None, "production")])
    def test_says_which_client_or_environment_there_is_not(
        self, run: Run, made: dict[str, Any], client_id: str | None, environment: str
    ) -> None:
        which = ("--client-id", client_id or made["clientId"], "--environment", environment)
        ended = run("environments", "update", *which, "--allowed-origin", "https://bank.example")
        assert ended.exit_code == 1
        assert ended.stderr == f"Error: Client {client_id or made['clientId']} has no {environment} environment.\n"


class TestWebhooksCreate:
    def test_prints_id_and_secret_once(self, run: Run, made: dict[str, Any], wiring: Wiring) -> None:
        ended = run("webhooks", "create", "--client-id", made["clientId"], *SANDBOX, "--url", HOOK, "--json")
        said = json.loads(ended.stdout)
        assert list(said) == ["id", "secret"]
        assert said["id"].startswith("whe_")
        assert said["id"] in everything(wiring)
        assert said["secret"] not in everything(wiring)

    @pytest.mark.parametrize("url", ["bank.example/hook", "ftp://bank.example/hook", "https://", ""])
    def test_refuses_an_address_nothing_can_be_sent_to(
        self, run: Run, made: dict[str, Any], wiring: Wiring, url: str
    ) -> None:
        ended = run("webhooks", "create", "--client-id", made["clientId"], *SANDBOX, "--url", url)
        assert ended.exit_code == 1
        assert ended.stderr.startswith("Error: ")
        assert "whe_" not in everything(wiring)


class TestLedgerVerify:
    def test_finds_nothing_wrong_with_what_the_host_posted(self, run: Run, transaction: None) -> None:
        assert run("ledger", "verify").exit_code == 0
        assert json.loads(run("ledger", "verify", "--json").stdout) == {"ok": True, "broken": {}}

    def test_tells_each_rule_when_it_is_checked(self, run: Run, transaction: None) -> None:
        told = run("ledger", "verify").stderr.splitlines()
        assert told[0] == "1. every entry has postings: 100 %"
        assert len(told) == len(ledger_queries.CHECKS) + len(transaction_queries.CHECKS)
        assert run("ledger", "verify", "--json").stderr == ""

    def test_can_be_interrupted(self, run: Run, transaction: None, monkeypatch: pytest.MonkeyPatch) -> None:
        def interrupt(*_told: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(Progress, "__call__", interrupt)
        ended = run("ledger", "verify")
        assert (ended.exit_code, ended.stdout) == (130, "")
        assert "Nothing was changed" in ended.stderr

    def test_ends_with_1_and_names_what_is_broken(self, run: Run, transaction: None, wiring: Wiring) -> None:
        with wiring.writing() as services:
            services._session.execute(text("DELETE FROM idempotency_keys"))
        ended = run("ledger", "verify")
        assert ended.exit_code == 1
        assert "BROKEN: every transaction has its idempotency key. See txn_" in ended.stdout
        said = json.loads(run("ledger", "verify", "--json").stdout)
        assert said["ok"] is False
        assert said["broken"].keys() == {"every transaction has its idempotency key"}

    @pytest.fixture
    def transaction(self, api: Api, issuer: Issuer) -> None:
        order = {"programId": issuer.programs["Aurora Club"], "value": 25, "currency": "USD", "referenceNumber": "a"}
        made = api.post("/transactions", order | {"destinationAccount": {"destinationUserId": "AC12345678"}})
        assert made.status_code == 201


class TestDatabase:
    def test_upgraded_again_keeps_what_is_in_it(self, run: Run, made: dict[str, Any], wiring: Wiring) -> None:
        before = everything(wiring)
        for _ in range(2):
            ended = run("db", "upgrade")
            assert (ended.exit_code, ended.stdout) == (0, "The database is up to date.\n")
        assert everything(wiring) == before

    def test_is_taken_back_to_nothing_and_made_again(
        self, run: Run, settings: Settings, request: pytest.FixtureRequest
    ) -> None:
        try:
            assert run("db", "downgrade", "base").stdout == "The database is at base.\n"
            wiring = Wiring(settings)
            assert wiring.readiness() == {"database": True, "migrations": False}
        finally:
            assert run("db", "upgrade").exit_code == 0
        assert wiring.readiness() == {"database": True, "migrations": True}
        wiring.end()


class TestHelp:
    def test_is_there_for_every_command(self, run: Run) -> None:
        listed = run("--help").stdout
        for command in ("serve", "worker", "demo", "db", "organizations", "environments", "webhooks", "ledger"):
            assert command in listed
            assert run(command, "--help").exit_code == 0


class TestWebhooks:
    def test_are_managed_from_making_to_deleting(self, run: Run, made: dict[str, Any]) -> None:
        def call(command: str, *arguments: str) -> Any:
            ended = run("webhooks", command, "--client-id", made["clientId"], *SANDBOX, *arguments)
            assert ended.exit_code == 0, ended.output
            return ended.stdout

        by_password = ("--mode", "BASIC", "--username", "host", "--credential", "secret")
        endpoint = json.loads(call("create", "--url", HOOK, *by_password, "--json"))["id"]
        call("update", endpoint, "--max-per-second", "5", "--event-type", "LINKED", "--ordered")
        listed = json.loads(call("list", "--json"))["endpoints"]
        assert [(each["mode"], each["eventTypes"], each["state"]) for each in listed] == [
            ("BASIC", ["LINKED"], "enabled")
        ]
        staged = json.loads(call("stage-secret", endpoint, "--json"))["id"]
        assert "signs now" in call("promote-secret", endpoint, staged, "--overlap", "PT1H")
        call("end-secret", endpoint, staged)
        call("test", endpoint)
        delivery = json.loads(call("deliveries", endpoint, "--json"))["deliveries"][0]
        assert (delivery["eventType"], delivery["status"]) == ("webhook.test", "WAITING")
        call("resend", delivery["id"])
        call("disable", endpoint)
        assert "disabled (manual)" in call("list")
        call("enable", endpoint)
        since = ("--since", "2026-01-31T09:00:00Z")
        assert json.loads(call("recover", endpoint, *since, "--json")) == {"recovered": 0, "isComplete": True}
        call("delete", endpoint)
        assert "There is no endpoint." in call("list")
