import io
import json
import sys
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.factories.issuers import Issuer
from tests.fakes.receiver import Receiver
from tests.fixtures import Api
from tests.functional.api.conftest import Order
from widget_host.domain.endpoints.rules import Details
from widget_host.domain.transactions import rules
from widget_host.web.scope import HostApp
from widget_host.wiring import Wiring
from widget_host.worker import Worker

Lines = Callable[[], list[dict[str, Any]]]
Visit = Callable[[], tuple[str, ...]]
MEMBER, EMAIL, CUSTOMER, NOTE = "AC31415926", "amira@example.com", "customer-2718", "a gift for Zoë"


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Lines:
    """What was logged since the last time, one object a line."""
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)

    def lines() -> list[dict[str, Any]]:
        logged = [json.loads(line) for line in stream.getvalue().splitlines()]
        stream.truncate(0)
        stream.seek(0)
        return logged

    return lines


@pytest.fixture
def app(lines: Lines, app: HostApp) -> HostApp:
    """The app, made once its log is looked at."""
    return app


def deliver(wiring: Wiring) -> None:
    """Send what is due."""
    assert Worker(wiring).work_off()


class TestRequests:
    def test_are_one_line_each(self, lines: Lines, api: Api, issuer: Issuer) -> None:
        lines()
        answer = api.get("/programs?search=secret")
        (line,) = lines()
        assert isinstance(line.pop("duration_ms"), int)
        assert line.pop("timestamp").endswith("Z")
        assert line == {
            "event": "request",
            "level": "info",
            "request_id": answer.headers["X-Request-Id"],
            "method": "GET",
            "route": "/programs",
            "status": 200,
            "client": issuer.client_id,
            "environment": "sandbox",
        }

    def test_to_nowhere_are_logged_without_the_path(self, lines: Lines, client: FlaskClient) -> None:
        lines()
        client.get(f"/nothing/{MEMBER}")
        (line,) = lines()
        assert (line["route"], line["status"]) == (None, 404)


class TestEveryLine:
    def test_is_without_secrets_tokens_and_what_customers_entered(
        self, lines: Lines, api: Api, issuer: Issuer, wiring: Wiring, visit: Visit
    ) -> None:
        told = json.dumps(lines(), ensure_ascii=False)
        secrets = visit()
        deliver(wiring)
        logged = lines()
        audited = {"audit.client.refused", "audit.webhook_secret.created"}
        assert {line["event"] for line in logged} == {"request", "delivery.attempt"} | audited
        told += json.dumps(logged, ensure_ascii=False)
        words = (issuer.client_secret, api.token, *secrets, "token=", MEMBER, EMAIL, CUSTOMER, NOTE, "order-1")
        assert [word for word in words if word in told] == []

    def test_is_without_them_when_the_database_fails_in_the_middle(
        self, lines: Lines, api: Api, order: Order, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        account = {"destinationUserId": MEMBER, "destinationUserEmail": EMAIL}
        monkeypatch.setattr(rules, "COMPLETED", "BROKEN")  # a status that the rules take and the table refuses
        monkeypatch.setattr(rules, "STEPS", rules.STEPS | {(None, "BROKEN")})
        answer = api.post("/transactions", order(destinationAccount=account, description=NOTE))
        assert answer.status_code == 500
        (fault,) = [line for line in lines() if line["event"] == "request.fault"]
        assert fault["request_id"] == answer.headers["X-Request-Id"]
        assert "INSERT INTO" in fault["exception"]
        told = json.dumps(fault, ensure_ascii=False)
        assert [word for word in (api.token, MEMBER, EMAIL, NOTE) if word in told] == []

    @pytest.fixture
    def visit(self, api: Api, issuer: Issuer, order: Order, wiring: Wiring, receiver: Receiver) -> Visit:
        """Everything an issuer and a customer do, well and wrongly; returns the secrets it took."""
        client = api._client

        def visit() -> tuple[str, ...]:
            with wiring.writing() as services:
                _, webhook_secret = services.endpoints.create(issuer.environment_id, Details(url=receiver.url))
            asked = {"sourceUserId": CUSTOMER, "sourceUserEmail": EMAIL}
            launched = api.post("/auth/widget/point-exchange", asked).get_json()
            client.get(launched["widgetUrl"].removeprefix("http://localhost"))
            client.post(
                "/auth/token", json={"client_id": issuer.client_id, "client_secret": f"{issuer.client_secret}x"}
            )
            account = {"destinationUserId": MEMBER, "destinationUserEmail": EMAIL}
            for value in (25, 1, "25"):
                api.post("/transactions", order(value=value, destinationAccount=account, description=NOTE))
            api.get(f"/transactions/order-1?token={launched['accessToken']}&member={MEMBER}")
            return webhook_secret, launched["accessToken"]

        return visit
