from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests.factories.production import Live, add_inbound_secret, make_live, make_live_order, signed
from tests.fakes.clock import StoppedClock
from tests.fakes.receiver import Receiver, answer
from tests.fixtures import Api
from widget_host.config import Settings
from widget_host.domain.inbound.models import InboundEvent
from widget_host.domain.webhooks.models import Event
from widget_host.kit.value import replace
from widget_host.wiring import Wiring


class TestFinalWord:
    def test_completes_a_pending_transaction_once(self, hook: "Hook") -> None:
        transaction_id = hook.pending()
        word = {"id": "fj-1", "transactionId": transaction_id, "status": "COMPLETED"}
        assert [hook.send(word) for _ in range(3)] == [204, 204, 204]
        assert hook.status(transaction_id) == "COMPLETED"
        assert hook.count(Event) == 2  # pending, completed
        assert hook.count(InboundEvent) == 1
        assert hook.broken() == {}

    def test_fails_one_with_the_programs_reason(self, hook: "Hook") -> None:
        transaction_id = hook.pending()
        said = {"id": "fj-1", "transactionId": transaction_id, "status": "FAILED", "reason": "The account is closed."}
        assert hook.send(said) == 204
        assert hook.shown(transaction_id)["statusHistory"][-1]["reason"] == "The account is closed."
        assert hook.status(transaction_id) == "FAILED"
        assert hook.broken() == {}

    def test_refuses_another_body_under_a_known_id(self, hook: "Hook") -> None:
        transaction_id = hook.pending()
        assert hook.send({"id": "fj-1", "transactionId": transaction_id, "status": "COMPLETED"}) == 204
        assert hook.send({"id": "fj-1", "transactionId": transaction_id, "status": "FAILED"}) == 409
        assert hook.status(transaction_id) == "COMPLETED"

    def test_refuses_to_end_a_transaction_the_other_way(self, hook: "Hook") -> None:
        transaction_id = hook.pending()
        assert hook.send({"id": "fj-1", "transactionId": transaction_id, "status": "COMPLETED"}) == 204
        assert hook.send({"id": "fj-2", "transactionId": transaction_id, "status": "FAILED"}) == 409
        assert hook.send({"id": "fj-3", "transactionId": transaction_id, "status": "COMPLETED"}) == 204

    def test_can_be_sent_again_after_a_refusal(self, hook: "Hook") -> None:
        word = {"id": "fj-1", "transactionId": "txn_unknown", "status": "COMPLETED"}
        assert [hook.send(word), hook.send(word)] == [404, 404]
        assert hook.count(InboundEvent) == 0

    @pytest.mark.parametrize(
        "said",
        [
            b"{",
            b"[]",
            {"id": "fj-1", "transactionId": "txn_1", "status": "PENDING"},
            {"transactionId": "txn_1", "status": "FAILED"},
            {"id": "fj-1", "status": "FAILED"},
            {"id": "f" * 121, "transactionId": "txn_1", "status": "FAILED"},
        ],
    )
    def test_names_what_is_wrong_with_a_body(self, hook: "Hook", said: Any) -> None:
        assert hook.send(said) == 400

    def test_lets_fields_through_that_others_need(self, hook: "Hook") -> None:
        transaction_id = hook.pending()
        said = {"id": "fj-1", "transactionId": transaction_id, "status": "COMPLETED", "sequence": 3, "value": 1.5}
        assert hook.send(said) == 204


class TestStrangers:
    def test_are_all_refused_alike(self, hook: "Hook", clock: StoppedClock) -> None:
        said = {"id": "fj-1", "transactionId": hook.pending(), "status": "COMPLETED"}
        genuine = signed(hook.wiring, hook.secret, said)
        stale = signed(hook.wiring, hook.secret, said)
        clock.advance(seconds=301)
        headers = dict(signed(hook.wiring, hook.secret, said)["headers"])
        now = headers["x-timestamp"]
        posts = [
            stale,
            signed(hook.wiring, "another secret", said),
            {**genuine, "headers": {}},
            {**genuine, "headers": {**headers, "x-signature": headers["x-signature"][:-1]}},
            {**genuine, "headers": {**headers, "x-signature": headers["x-signature"].upper()}},
            {**genuine, "headers": {**headers, "x-timestamp": f"{now}:"}},
            {**genuine, "headers": {**headers, "x-timestamp": f" {now}x"}},
            {**genuine, "data": genuine["data"] + b" ", "headers": headers},
        ]
        answers = [hook.post(each) for each in posts] + [hook.post(genuine, tenant_key="tnt_nobody")]
        assert {each.status_code for each in answers} == {401}
        assert {each.headers["WWW-Authenticate"] for each in answers} == {'Signature realm="widget-host"'}
        bodies = [{**each.get_json(), "requestId": ""} for each in answers]
        assert all(body == bodies[0] for body in bodies)
        assert hook.status(said["transactionId"]) == "PENDING"

    def test_of_another_environment_are_refused(self, hook: "Hook") -> None:
        said = {"id": "fj-1", "transactionId": hook.pending(), "status": "COMPLETED"}
        sandbox = add_inbound_secret(hook.wiring, hook.live.sandbox)
        assert hook.post(signed(hook.wiring, sandbox, said)).status_code == 401
        key = hook.live.sandbox.tenant_key
        assert hook.post(signed(hook.wiring, sandbox, said), tenant_key=key).status_code == 404

    def test_at_the_other_environments_host_are_refused(self, hook: "Hook", settings: Settings) -> None:
        said = {"id": "fj-1", "transactionId": hook.pending(), "status": "COMPLETED"}
        hook.wiring.settings = replace(settings, sandbox_host="sandbox.example", production_host="points.example")
        request = signed(hook.wiring, hook.secret, said)
        refused = hook.post({**request, "base_url": "http://sandbox.example"})
        assert (refused.status_code, refused.get_json()["code"]) == (401, "INVALID_SIGNATURE")
        assert hook.post({**request, "base_url": "http://points.example"}).status_code == 204

    def test_of_another_program_hear_of_no_transaction(self, hook: "Hook") -> None:
        said = {"id": "fj-1", "transactionId": hook.pending(), "status": "COMPLETED"}
        other = next(iter(hook.live.sandbox.programs.values()))
        secret = add_inbound_secret(hook.wiring, hook.live.production, other)
        assert hook.post(signed(hook.wiring, secret, said)).status_code == 404

    def test_may_send_no_more_than_256_kib(self, hook: "Hook") -> None:
        assert hook.post(signed(hook.wiring, hook.secret, b" " * (256 * 1024 + 1))).status_code == 413


class TestSecrets:
    def test_all_sign_while_they_live(self, hook: "Hook") -> None:
        newer = add_inbound_secret(hook.wiring, hook.live.production)
        said = {"id": "fj-1", "transactionId": hook.pending(), "status": "COMPLETED"}
        with hook.wiring.writing() as services:
            environment = services.organizations.get_environment(hook.live.production.environment_id)
            oldest = services.inbound_secrets.list_live(environment.id)[-1]
            services.inbound_secrets.end(environment, oldest.id)
        assert hook.post(signed(hook.wiring, hook.secret, said)).status_code == 401
        assert hook.post(signed(hook.wiring, newer, said)).status_code == 204


class Hook:
    """Production's hook for transactions, with a program that accepts everything and decides later."""

    def __init__(self, wiring: Wiring, live: Live, client: FlaskClient, receiver: Receiver) -> None:
        self.wiring, self.live, self._client, self._receiver = wiring, live, client, receiver
        self.secret = add_inbound_secret(wiring, live.production, live.program_id)
        self._api = Api(client, live.production)

    def pending(self) -> str:
        self._receiver.replies = [answer(200, b'{"isValid":true}'), answer(504)]
        issued = self.wiring.issuing.issue(make_live_order(self.live))
        assert issued.receipt.status == "PENDING"
        return issued.receipt.id

    def post(self, signed_request: dict[str, Any], tenant_key: str | None = None) -> Any:
        key = tenant_key or self.live.production.tenant_key
        return self._client.post(f"/hooks/{key}/transaction", **signed_request)

    def send(self, said: Any) -> int:
        return int(self.post(signed(self.wiring, self.secret, said)).status_code)

    def shown(self, transaction_id: str) -> Any:
        return self._api.get(f"/transactions/{transaction_id}").get_json()

    def status(self, transaction_id: str) -> str:
        with self.wiring.reading() as services:
            return services.transactions.get(self.live.production.environment_id, transaction_id).status

    def count(self, table: Any) -> int:
        with self.wiring.reading() as services:
            return services._session.scalar(select(func.count()).select_from(table)) or 0

    def broken(self) -> dict[str, list[str]]:
        with self.wiring.reading() as services:
            return {**services.ledger.verify(), **services.transactions.verify()}


@pytest.fixture
def hook(wiring: Wiring, client: FlaskClient, receiver: Receiver) -> Hook:
    return Hook(wiring, make_live(wiring, receiver.address), client, receiver)
