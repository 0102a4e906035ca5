import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests.factories.cards import ACCOUNTS, CARD, CUSTOMER, MERIDIAN, VERDE, choose, choose_three, preferred
from tests.factories.issuers import AURORA, Issuer, make_issuer
from tests.factories.production import add_inbound_secret, signed
from tests.fakes.clock import StoppedClock
from tests.fixtures import Api
from widget_host.domain.inbound.models import InboundEvent
from widget_host.domain.preferences.rules import PreferencesChanged
from widget_host.domain.webhooks.models import Event
from widget_host.kit.clock import isoformat
from widget_host.kit.signing import webhook_headers
from widget_host.wiring import Wiring

VECTORS = json.loads((Path(__file__).parents[2] / "contracts" / "webhook_signatures.json").read_text("utf-8"))
FORGERIES = 200
NOBODY = "tnt_01m7xp0c4gf3ht2v8wq6k9s5rd"


class TestConnection:
    def test_is_shown_by_the_api_at_once(self, hook: "Hook") -> None:
        assert hook.send(hook.said(AURORA, 50)) == 204
        assert hook.shown() == {AURORA: 100}
        assert hook.send(hook.said(MERIDIAN, 30)) == 204
        assert hook.shown() == {AURORA: 70, MERIDIAN: 30}

    def test_of_every_program_comes_to_what_was_said_of_each(self, hook: "Hook") -> None:
        for name, percent in ((AURORA, 50), (MERIDIAN, 30), (VERDE, 20)):
            assert hook.send(hook.said(name, percent)) == 204
        assert hook.shown() == {AURORA: 50, MERIDIAN: 30, VERDE: 20}

    def test_frees_the_share_of_a_program_that_is_taken_away(self, hook: "Hook") -> None:
        choose_three(hook.wiring, hook.issuer)
        assert hook.send(hook.said(VERDE, type="DELINKED", destinationAccount=None)) == 204
        assert hook.shown() == {AURORA: 63, MERIDIAN: 37}

    def test_of_the_last_program_leaves_no_preferences(self, hook: "Hook") -> None:
        choose(hook.wiring, hook.issuer, preferred(hook.issuer, AURORA, 100))
        assert hook.send(hook.said(AURORA, type="DELINKED")) == 204
        assert hook.read().status_code == 404
        saved = choose(hook.wiring, hook.issuer, preferred(hook.issuer, VERDE, 100), version=2)
        assert saved.version == 3

    def test_is_noticed_by_who_has_the_widget_open(self, hook: "Hook") -> None:
        choose_three(hook.wiring, hook.issuer)
        assert hook.send(hook.said(AURORA, 60)) == 204
        with pytest.raises(PreferencesChanged):
            choose(hook.wiring, hook.issuer, preferred(hook.issuer, AURORA, 100), version=1)

    def test_is_taken_once(self, hook: "Hook") -> None:
        said = hook.said(AURORA, 100)
        request = signed(hook.wiring, hook.secret, said)
        assert [hook.post(request).status_code for _ in range(3)] == [204, 204, 204]
        assert hook.count(InboundEvent) == 1
        assert hook.send(said | {"allocation": 90}) == 409
        assert hook.read().get_json()["version"] == 1

    @pytest.mark.parametrize("wrong", ["2026-01-31", "2026-01-31T10:00:00", "2026-13-31T10:00:00Z", 1769853600, None])
    def test_names_a_date_that_is_none(self, hook: "Hook", wrong: Any) -> None:
        assert hook.refused(hook.said(AURORA, 100, date=wrong)) == ["date"]

    def test_is_refused_for_what_is_yet_to_come(self, hook: "Hook") -> None:
        assert hook.refused(hook.said(AURORA, 100, date="2026-01-31T10:05:01Z")) == ["date"]
        assert hook.send(hook.said(AURORA, 100, date="2026-01-31T10:05:00Z")) == 204

    @pytest.mark.parametrize(
        ("changed", "field"),
        [
            ({"allocation": None}, "allocation"),
            ({"allocation": 101}, "allocation"),
            ({"sequence": -1}, "sequence"),
            ({"cardId": "a\n"}, "cardId"),
            ({"type": "GONE"}, "type"),
            ({"destinationAccount": None}, "destinationAccount.destinationUserId"),
        ],
    )
    def test_names_what_is_wrong_and_can_be_sent_again(self, hook: "Hook", changed: dict[str, Any], field: str) -> None:
        assert hook.refused(hook.said(AURORA, 100) | changed) == [field]
        assert (hook.count(InboundEvent), hook.read().status_code) == (0, 404)

    def test_of_a_program_that_is_none_is_refused(self, hook: "Hook") -> None:
        for kind in ("LINKED", "DELINKED"):
            assert hook.send(hook.said(AURORA, 100, type=kind, destinationProgramId="prg_nothing")) == 404

    def test_signed_by_a_program_speaks_for_that_program_alone(self, hook: "Hook") -> None:
        hook.secret = add_inbound_secret(hook.wiring, hook.issuer, hook.issuer.programs[AURORA])
        assert hook.send(hook.said(MERIDIAN, 100)) == 404
        assert hook.send(hook.said(AURORA, 100)) == 204


class TestOrder:
    def test_what_is_older_than_what_was_chosen_changes_nothing(self, hook: "Hook", clock: StoppedClock) -> None:
        late = hook.said(VERDE, type="DELINKED")
        clock.advance(seconds=1)
        choose_three(hook.wiring, hook.issuer)
        assert hook.send(late) == 204
        assert hook.shown() == {AURORA: 50, MERIDIAN: 30, VERDE: 20}

    def test_a_late_link_does_not_bring_back_what_was_taken_away(self, hook: "Hook", clock: StoppedClock) -> None:
        late = hook.said(AURORA, 100)
        clock.advance(seconds=1)
        assert [hook.send(hook.said(AURORA, type="DELINKED")), hook.send(late)] == [204, 204]
        assert hook.read().status_code == 404

    def test_the_senders_own_count_goes_before_the_date(self, hook: "Hook", clock: StoppedClock) -> None:
        choose_three(hook.wiring, hook.issuer)
        clock.advance(seconds=9)
        assert hook.send(hook.said(VERDE, 40, sequence=8)) == 204
        assert hook.send(hook.said(VERDE, 90, sequence=7)) == 204
        assert hook.shown()[VERDE] == 40
        assert hook.send(hook.said(VERDE, 60, sequence=9)) == 204
        assert hook.shown()[VERDE] == 60


class TestTold:
    def test_is_what_came_of_the_other_programs_not_the_issuers_own_word(
        self, hook: "Hook", clock: StoppedClock
    ) -> None:
        choose_three(hook.wiring, hook.issuer)
        clock.advance(seconds=1)
        before = hook.count(Event)
        hook.send(hook.said(AURORA, 50, destinationAccount={"destinationUserId": "AC87654321"}))
        assert hook.count(Event) == before
        hook.send(hook.said(VERDE, type="DELINKED"))
        assert hook.told()[before:] == [("UPDATED", AURORA, 63), ("UPDATED", MERIDIAN, 37)]

    def test_is_everything_that_a_program_said(self, hook: "Hook") -> None:
        hook.secret = add_inbound_secret(hook.wiring, hook.issuer, hook.issuer.programs[AURORA])
        hook.send(hook.said(AURORA, 100))
        assert hook.told() == [("LINKED", AURORA, 100)]

    def test_is_the_percent_where_it_is_another_than_the_issuer_said(self, hook: "Hook") -> None:
        hook.send(hook.said(AURORA, 50))
        assert hook.told() == [("LINKED", AURORA, 100)]


class TestForgeries:
    def test_change_nothing_and_are_all_refused_alike(self, hook: "Hook", clock: StoppedClock) -> None:
        choose_three(hook.wiring, hook.issuer)
        body = json.dumps(hook.said(VERDE, type="DELINKED")).encode()
        posts = forgeries(hook.secret, int(clock.now().timestamp()), body)
        assert len(posts) >= FORGERIES
        genuine = {"data": body, "headers": {"Content-Type": "application/json"}}
        answers = [hook.post(genuine | each) for each in posts]
        answers.append(hook.post(signed(hook.wiring, hook.secret, body), tenant_key=NOBODY))
        assert {each.status_code for each in answers} == {401}
        bodies = [{**each.get_json(), "requestId": ""} for each in answers]
        assert all(said == bodies[0] for said in bodies)
        assert (hook.count(InboundEvent), hook.read().get_json()["version"]) == (0, 1)
        assert hook.send(json.loads(body)) == 204

    def test_are_compared_with_every_secret_whatever_is_wrong(
        self, hook: "Hook", monkeypatch: pytest.MonkeyPatch
    ) -> None:
        add_inbound_secret(hook.wiring, hook.issuer)
        compared: list[str] = []

        def compare(secret: str, **_: Any) -> bool:
            compared.append(secret)
            return False

        monkeypatch.setattr("widget_host.domain.inbound.service.is_webhook_signed", compare)
        request = signed(hook.wiring, "another", {})
        for headers in ({}, {"x-timestamp": "17e8"}, {"x-timestamp": "1700000000"}, request["headers"]):
            compared.clear()
            assert hook.post(request | {"headers": headers}).status_code == 401
            assert len(set(compared)) == 3  # both secrets, and the one that is nobody's

    def test_to_a_tenant_that_nobody_is_are_opened_and_compared_as_often(
        self, hook: "Hook", monkeypatch: pytest.MonkeyPatch
    ) -> None:
        done: list[str] = []

        def compare(*_: Any, **__: Any) -> bool:
            done.append("compared")
            return False

        def open_it(*_: Any, **__: Any) -> str:
            done.append("opened")
            return "secret"

        monkeypatch.setattr("widget_host.domain.inbound.service.is_webhook_signed", compare)
        monkeypatch.setattr("widget_host.kit.crypto.SecretBox.open", open_it)
        request = signed(hook.wiring, "another", {})
        assert hook.post(request).status_code == 401
        known = [*done]
        done.clear()
        assert hook.post(request, tenant_key=NOBODY).status_code == 401
        assert done == known == ["compared", "opened", "compared"]


class Hook:
    """A sandbox's hook for connections, signed by the issuer's own systems."""

    def __init__(self, wiring: Wiring, issuer: Issuer, client: FlaskClient) -> None:
        self.wiring, self.issuer, self._client = wiring, issuer, client
        self.secret = add_inbound_secret(wiring, issuer)
        self._api = Api(client, issuer)
        self._number = 0

    def said(self, name: str, allocation: int = 0, **changed: Any) -> dict[str, Any]:
        self._number += 1
        return {
            "id": f"bank-{self._number}",
            "type": "LINKED",
            "sourceUserId": CUSTOMER,
            "cardId": CARD,
            "destinationProgramId": self.issuer.programs[name],
            "destinationAccount": ACCOUNTS[name].as_account(),
            "allocation": allocation,
            "date": isoformat(self.wiring.clock.now() + timedelta(seconds=1)),
            **changed,
        }

    def post(self, request: dict[str, Any], tenant_key: str = "") -> Any:
        return self._client.post(f"/hooks/{tenant_key or self.issuer.tenant_key}/program-connection", **request)

    def send(self, said: Any) -> int:
        return int(self.post(signed(self.wiring, self.secret, said)).status_code)

    def refused(self, said: Any) -> list[str]:
        answer = self.post(signed(self.wiring, self.secret, said))
        assert answer.status_code == 400
        return [each["field"] for each in answer.get_json()["errors"]]

    def read(self) -> Any:
        asked = {"sourceUserId": CUSTOMER, "cardId": CARD}
        return self._api.get("/multibrand/preferences", query_string=asked)

    def shown(self) -> dict[str, int]:
        return {each["programName"]: each["allocation"] for each in self.read().get_json()["preferences"]}

    def count(self, table: Any) -> int:
        with self.wiring.reading() as services:
            return services._session.scalar(select(func.count()).select_from(table)) or 0

    def told(self) -> list[tuple[str, str, int]]:
        names = {program_id: name for name, program_id in self.issuer.programs.items()}
        with self.wiring.reading() as services:
            payloads = [json.loads(each.body) for each in services._session.scalars(select(Event).order_by(Event.id))]
        return [(each["type"], names[each["destinationProgramId"]], each["allocation"]) for each in payloads]


def forgeries(secret: str, now: int, body: bytes) -> list[dict[str, Any]]:
    """Return what differs in each: the time, the secret, the signature or the body, and the vectors' own ways."""
    genuine = webhook_headers(secret, event_id="evt", timestamp=now, body=body)["x-signature"]

    def sent(timestamp: str, signature: str) -> dict[str, Any]:
        return {"headers": {"Content-Type": "application/json", "x-timestamp": timestamp, "x-signature": signature}}

    def dated(moment: int) -> dict[str, Any]:
        return sent(str(moment), webhook_headers(secret, event_id="evt", timestamp=moment, body=body)["x-signature"])

    flipped = [genuine[:at] + f"{int(genuine[at], 16) ^ 1:x}" + genuine[at + 1 :] for at in range(len(genuine))]
    cut = [genuine[:at] for at in range(0, len(genuine), 2)]
    odd = [genuine.upper(), genuine + "0", f"v1,{genuine}", f"{genuine},{genuine}", f"0x{genuine}", f"{genuine}é"]
    times = [f"+{now}", f"{now}:", f"{now}.0", f"0{now}", str(now)[:-1], f"{now}x", hex(now), "", "17e8", f"{now}00"]
    away = [now + seconds for seconds in (-301, 301, -86400, 86400, -(10**9))]
    keys = ["", secret[:-1], secret + "x", secret.swapcase(), secret[::-1], *(str(number) for number in range(20))]
    signatures = [webhook_headers(key, event_id="evt", timestamp=now, body=body)["x-signature"] for key in keys]
    bodies = [body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :] for at in range(0, len(body), 6)]
    vectors = VECTORS["invalid"] + VECTORS["valid"]
    return [
        {"headers": {}},
        *(sent(str(now), signature) for signature in (*flipped, *cut, *odd, *signatures)),
        *(sent(timestamp, genuine) for timestamp in times),
        *(dated(moment) for moment in away),
        *(sent(str(now), genuine) | {"data": changed} for changed in (*bodies, b"", body + b" ", b" " + body)),
        *(sent(f"{now}:{body[:at].decode()}", genuine) | {"data": body[at:]} for at in (1, 7)),
        *(sent(each["timestamp"], each["x-signature"]) | {"data": each["body"].encode()} for each in vectors),
    ]


@pytest.fixture
def hook(wiring: Wiring, client: FlaskClient) -> Hook:
    return Hook(wiring, make_issuer(wiring), client)
