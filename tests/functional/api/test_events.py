import json
import time
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.factories.issuers import Issuer, make_issuer
from tests.fakes.receiver import Receiver
from tests.fixtures import Api
from tests.functional.api.answers import wrong_fields
from tests.functional.api.conftest import Order
from tests.services.rounds import work_off
from widget_host.domain.endpoints.rules import Details
from widget_host.services import Services
from widget_host.wiring import Wiring

pytestmark = pytest.mark.usefixtures("verified")


class TestIndex:
    def test_is_empty_where_nothing_happened(self, api: Api) -> None:
        assert pull(api) == []

    def test_tells_what_happened_in_order(self, api: Api, order: Order, wiring: Wiring) -> None:
        for number, member in enumerate(("sandbox-pending", "AC12345678", "sandbox-pending-fails")):
            issue(api, order, number, member)
        api.post("/sandbox/clock", {"advance": "PT5S"})
        work_off(wiring)
        told = pull(api)
        assert [event["id"] for event in told] == sorted(event["id"] for event in told)
        assert [(event["referenceNumber"], event["status"], event["sequence"]) for event in told] == [
            ("order-0", "PENDING", 1),
            ("order-1", "COMPLETED", 1),
            ("order-2", "PENDING", 1),
            ("order-0", "COMPLETED", 2),
            ("order-2", "FAILED", 2),
        ]

    def test_goes_on_after_the_event_last_seen(self, api: Api, order: Order) -> None:
        for number in range(5):
            issue(api, order, number)
        whole, seen = pull(api), []
        page = pull(api, limit="2")
        while page:
            seen += page
            page = pull(api, limit="2", after=seen[-1]["id"])
        assert seen == whole
        assert len(whole) == 5

    def test_gives_the_bodies_that_webhooks_have(
        self, api: Api, issuer: Issuer, order: Order, wiring: Wiring, receiver: Receiver
    ) -> None:
        with wiring.writing() as services:
            services.endpoints.create(issuer.environment_id, Details(url=receiver.url))
        issue(api, order, 0)
        work_off(wiring)
        answer = pulled(api)
        assert answer.data == b"[" + receiver.received[0].body + b"]\n"

    def test_tells_the_callers_own_only(self, api: Api, client: FlaskClient, wiring: Wiring, order: Order) -> None:
        stranger = Api(client, make_issuer(wiring, "Southwind Bank"))
        issue(api, order, 0)
        issue(stranger, order, 1)
        mine, theirs = pull(api), pull(stranger)
        assert [event["referenceNumber"] for event in mine] == ["order-0"]
        assert [event["referenceNumber"] for event in theirs] == ["order-1"]
        assert pull(stranger, after=mine[0]["id"]) == theirs

    def test_begins_at_the_first_after_what_is_not_the_callers(self, api: Api, order: Order) -> None:
        issue(api, order, 0)
        assert pull(api, after="evt_00000000000000000000000000") == pull(api, after="x") == pull(api)

    def test_goes_on_after_an_event_that_was_never_pulled(
        self, api: Api, issuer: Issuer, wiring: Wiring, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("widget_host.domain.feed.service.MOST_NUMBERED", 1)
        for number in range(4):
            tell(wiring, issuer, f"evt_{number}")
        assert [event["id"] for event in pull(api, after="evt_2")] == ["evt_3"]

    def test_shows_what_was_committed_late_after_what_was_shown_before(
        self, api: Api, issuer: Issuer, wiring: Wiring
    ) -> None:
        tell(wiring, issuer, "evt_made_second")
        assert [event["id"] for event in pull(api)] == ["evt_made_second"]
        tell(wiring, issuer, "evt_made_first")
        assert [event["id"] for event in pull(api, after="evt_made_second")] == ["evt_made_first"]

    @pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
    def test_waits_for_nobody_who_still_writes(self, api: Api, issuer: Issuer, wiring: Wiring) -> None:
        with wiring.writing() as slow:
            record(slow, issuer, "evt_slow")
            tell(wiring, issuer, "evt_swift")
            assert [event["id"] for event in pull(api)] == ["evt_swift"]
        assert [event["id"] for event in pull(api, after="evt_swift")] == ["evt_slow"]
        assert [event["id"] for event in pull(api)] == ["evt_swift", "evt_slow"]

    @pytest.mark.parametrize(
        ("query", "field"), [("limit=0", "limit"), ("limit=501", "limit"), ("before=1", "before"), ("limit=", "limit")]
    )
    def test_refuses_what_it_does_not_know(self, api: Api, query: str, field: str) -> None:
        assert wrong_fields(api.get(f"/events?{query}")).keys() == {field}


def record(services: Services, issuer: Issuer, event_id: str) -> None:
    services.outbox.record(issuer.environment_id, event_id, "LINKED", event_id, {})


def tell(wiring: Wiring, issuer: Issuer, event_id: str) -> None:
    """Let something have happened, under an id that need not be made in the order of its commit."""
    with wiring.writing() as services:
        record(services, issuer, event_id)


def issue(api: Api, order: Order, number: int, member: str = "AC12345678") -> None:
    body = order(referenceNumber=f"order-{number}", destinationAccount={"destinationUserId": member})
    assert api.post("/transactions", body).status_code == 201
    # Ids made in the same millisecond are in no order.
    time.sleep(0.002)


def pulled(api: Api, **asked: str) -> Any:
    time.sleep(0.002)
    return api.get("/events", query_string=asked)


def pull(api: Api, **asked: str) -> list[dict[str, Any]]:
    answer = pulled(api, **asked)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = json.loads(answer.text)
    return found
