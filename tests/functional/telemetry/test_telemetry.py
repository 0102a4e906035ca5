"""What operators see of the host's work: figures, readiness, the trail and the log."""

import json
import re
import uuid
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from tests.factories.issuers import AURORA, Issuer
from tests.fakes.clock import StoppedClock
from tests.fixtures import Api
from tests.functional.widgets.conftest import PATH, Widget
from widget_host.app import create_app
from widget_host.config import Settings
from widget_host.domain.endpoints.rules import Details
from widget_host.kit.logs import configure
from widget_host.kit.value import replace
from widget_host.wiring import Wiring
from widget_host.worker import Worker

TOKEN = "m" * 32


def figures(client: FlaskClient, **options: Any) -> dict[str, float]:
    answer = client.get("/metrics", **options)
    assert (answer.status_code, answer.mimetype) == (200, "text/plain"), answer.text
    lines = [line.rpartition(" ") for line in answer.text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in lines}


def order(issuer: Issuer, **changes: Any) -> dict[str, Any]:
    account = {"destinationUserId": "AC12345678"}
    body = {"programId": issuer.programs[AURORA], "value": 25, "currency": "USD", "destinationAccount": account}
    return {**body, "referenceNumber": uuid.uuid4().hex, **changes}


class TestMetrics:
    def test_count_requests_by_rule_never_by_path(self, client: FlaskClient, api: Api) -> None:
        name = 'widget_host_requests_total{method="GET",route="/transactions/<reference:transaction_id>",status="404"}'
        before = figures(client).get(name, 0)
        for reference in ("one", "two"):
            api.get(f"/transactions/{reference}")
        assert figures(client)[name] == before + 2

    def test_name_nothing_that_a_stranger_chose(self, client: FlaskClient) -> None:
        client.get("/nowhere/canary-7")
        client.open("/healthz", method="CANARY")
        text = client.get("/metrics").text
        assert "canary" not in text.lower()
        assert 'method="other"' in text

    def test_count_transactions_and_refusals(self, settings: Settings, wiring: Wiring, issuer: Issuer) -> None:
        client = create_app(replace(settings, rate_limit_writes=1), wiring).test_client()
        api, before = Api(client, issuer), figures(client)
        assert [api.post("/transactions", json=order(issuer)).status_code for _ in range(2)] == [201, 429]
        after = figures(client)
        for name in (
            'widget_host_transactions_total{status="COMPLETED"}',
            'widget_host_rate_limit_refusals_total{limit="writes"}',
        ):
            assert after[name] == before.get(name, 0) + 1

    def test_say_how_the_queue_stands(
        self, client: FlaskClient, api: Api, issuer: Issuer, wiring: Wiring, clock: StoppedClock
    ) -> None:
        with wiring.writing() as services:
            services.endpoints.create(issuer.environment_id, Details(url="http://127.0.0.1:9/hook"))
        api.post("/transactions", json=order(issuer))
        clock.advance(seconds=90)
        found = figures(client)
        assert found["widget_host_deliveries_waiting"] == 1
        assert found["widget_host_deliveries_late_seconds"] == 90
        assert found["widget_host_transactions_pending"] == 0
        assert found["widget_host_database_up"] == 1

    def test_stand_without_a_database_too(self, client: FlaskClient, wiring: Wiring) -> None:
        with wiring.database.writing() as session:
            session.execute(text("ALTER TABLE deliveries RENAME TO elsewhere"))
        try:
            assert figures(client)["widget_host_database_up"] == 0
        finally:
            with wiring.database.writing() as session:
                session.execute(text("ALTER TABLE elsewhere RENAME TO deliveries"))

    def test_are_for_callers_on_this_machine_in_a_trial(self, client: FlaskClient) -> None:
        assert client.get("/metrics", environ_base={"REMOTE_ADDR": "192.0.2.1"}).status_code == 404

    def test_of_a_public_host_need_a_token(self, settings: Settings, wiring: Wiring) -> None:
        wiring.settings = replace(settings, base_url="https://points.example.com")
        client = create_app(wiring.settings, wiring).test_client()
        assert client.get("/metrics").status_code == 404
        wiring.settings = replace(wiring.settings, metrics_token=TOKEN)
        assert client.get("/metrics").status_code == 401
        assert client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}x"}).status_code == 401
        assert figures(client, headers={"Authorization": f"Bearer {TOKEN}"})


class TestReady:
    def test_says_when_a_worker_was_seen_and_how_the_books_are(
        self, client: FlaskClient, wiring: Wiring, clock: StoppedClock
    ) -> None:
        said = client.get("/readyz").get_json()
        assert (said["worker"], said["ledger"]) == ({"lastRound": None, "ageSeconds": None}, None)
        Worker(wiring).work_off()
        with wiring.writing() as services:
            services.upkeep.keep_check({})
        clock.advance(seconds=42)
        said = client.get("/readyz").get_json()
        assert said["status"] == "ok"
        assert said["worker"] == {"lastRound": "2026-01-31T10:00:00.000Z", "ageSeconds": 42}
        assert said["ledger"] == {"checkedAt": "2026-01-31T10:00:00.000Z", "ok": True}


class TestAudit:
    def test_keeps_which_secret_fetched_a_token_and_from_where(self, api: Api, issuer: Issuer, wiring: Wiring) -> None:
        (entry,) = self.trail(wiring, "token.issued")
        assert entry.environment_id == issuer.environment_id
        assert entry.details["address"] == "127.0.0.1"
        assert api.token not in str(entry)

    def test_keeps_that_a_revoked_secret_was_used(
        self, client: FlaskClient, api: Api, issuer: Issuer, wiring: Wiring
    ) -> None:
        with wiring.database.writing() as session:
            session.execute(text("UPDATE client_secrets SET revoked_at = created_at"))
        credentials = {"client_id": issuer.client_id, "client_secret": issuer.client_secret}
        assert client.post("/auth/token", data=credentials).status_code == 401
        assert api.get("/programs").status_code == 401
        entries = self.trail(wiring, "secret.revoked_used")
        assert [entry.environment_id for entry in entries] == [issuer.environment_id] * 2

    def test_logs_a_stranger_and_keeps_nothing_of_it(
        self, client: FlaskClient, wiring: Wiring, issuer: Issuer, capsys: pytest.CaptureFixture[str]
    ) -> None:
        configure("INFO")
        wrong = {"client_id": "whs_sandbox_" + "s" * 43, "client_secret": "guess"}
        client.post("/auth/token", data=wrong)
        client.post("/auth/token", data=wrong | {"client_id": issuer.client_id})
        client.get(PATH, query_string={"token": "forged"})
        said = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
        audited = [(line["event"], line.get("client_id")) for line in said if line["event"].startswith("audit.")]
        assert audited[-3:] == [
            ("audit.client.refused", None),
            ("audit.client.refused", issuer.client_id),
            ("audit.launch.refused", None),
        ]
        assert not self.trail(wiring, "client.refused")

    def trail(self, wiring: Wiring, event: str) -> list[Any]:
        wiring.lone_lines.flush()
        with wiring.reading() as services:
            return services.audit_trail.list(event=event)


class TestLogs:
    def test_hold_no_credential_and_no_member(
        self, client: FlaskClient, issuer: Issuer, capsys: pytest.CaptureFixture[str], wiring: Wiring
    ) -> None:
        configure("DEBUG")
        api = Api(client, issuer)
        canaries = {name: f"canary-{name}" for name in ("member", "source", "text", "reference", "query")}
        email = "canary-mail@example.com"
        member = {"destinationUserId": canaries["member"], "destinationUserEmail": email}
        body = order(issuer, destinationAccount=member, description=canaries["text"])
        api.get("/programs")
        api.post(f"/programs/{issuer.programs[AURORA]}/validate-member", json=member)
        for value in (25, 1, "canary-value"):
            api.post("/transactions", json=body | {"value": value, "referenceNumber": canaries["reference"]})
        api.post("/transactions", data=b'{"canary-json')
        api.get(f"/transactions/{canaries['reference']}")
        api.get("/transactions/x", query_string={"q": canaries["query"]})
        client.get("/programs", headers={"Authorization": "Bearer canary-bearer"})
        client.post("/auth/token", data={"client_id": "canary-client", "client_secret": "canary-secret"})
        launch = {"sourceUserId": canaries["source"], "sourceUserEmail": email, "balance": 100, "currency": "USD"}
        token = api.post("/auth/widget/point-exchange", json=launch).get_json()["accessToken"]
        widget = Widget(client, token)
        entry = {"programId": issuer.programs[AURORA], "destinationFor": issuer.programs[AURORA], "amount": "25"}
        for step in ("preview", "review", "confirm"):
            widget.post(step, **entry, destinationUserId=canaries["member"])
        said = capsys.readouterr().err
        assert len(said.splitlines()) > 15
        assert re.findall('canary[^"]*', said) == []
        for secret in (issuer.client_secret, api.token, token, widget.bearer):
            assert secret not in said

    def test_say_who_called_what_and_how_long_it_took(
        self, client: FlaskClient, issuer: Issuer, capsys: pytest.CaptureFixture[str]
    ) -> None:
        configure("INFO")
        answer = Api(client, issuer).get("/programs")
        line = json.loads(capsys.readouterr().err.splitlines()[-1])
        assert line["request_id"] == answer.headers["X-Request-Id"]
        assert (line["client"], line["environment"], line["route"]) == (issuer.client_id, "sandbox", "/programs")
        assert line["duration_ms"] >= 0
