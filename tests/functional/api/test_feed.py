"""`GET /events/feed`: what happens and what is sent again, for who follows it."""

import json
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.factories.issuers import Issuer, make_issuer
from tests.fakes.clock import StoppedClock
from tests.fakes.receiver import Receiver, answer
from tests.fixtures import Api
from tests.functional.api.answers import wrong_fields
from tests.services.rounds import work_off
from widget_host.domain.endpoints.rules import Details
from widget_host.kit.clock import isoformat
from widget_host.wiring import Wiring


class TestFeed:
    def test_begins_now_and_goes_on(self, follower: "Follower") -> None:
        follower.tell("evt_before")
        assert follower.pull() == []
        follower.tell("evt_after")
        assert follower.pull() == [("evt_after", False)]
        assert follower.pull() == []

    def test_begins_at_a_moment(self, follower: "Follower", clock: StoppedClock) -> None:
        follower.tell("evt_early")
        clock.advance(minutes=9)
        since = isoformat(clock.now())
        follower.tell("evt_late")
        follower.tell("evt_later")
        assert follower.pull(since=since, limit="1") == [("evt_late", False)]
        assert follower.pull() == [("evt_later", False)]

    @pytest.mark.parametrize("since", ["2999-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00"])
    def test_begins_however_far_the_moment_is(self, follower: "Follower", clock: StoppedClock, since: str) -> None:
        follower.tell("evt_1")
        clock.advance(seconds=1)
        assert follower.pull(since=since) == ([] if since > "2026" else [("evt_1", False)])

    def test_gives_places_to_everything_before_it_begins(
        self, follower: "Follower", monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("widget_host.domain.feed.service.MOST_NUMBERED", 1)
        for number in range(3):
            follower.tell(f"evt_{number}")
        assert follower.pull() == []
        assert follower.pull() == []

    def test_tells_what_webhooks_tell(self, follower: "Follower") -> None:
        follower.pull()
        follower.tell("evt_pending", "transaction.pending")
        follower.send_test()
        follower.tell("evt_1", "LINKED")
        assert follower.pull() == [("evt_1", False)]

    def test_tells_again_what_is_sent_again(self, follower: "Follower", receiver: Receiver) -> None:
        follower.tell("evt_1")
        follower.deliver()
        follower.pull()
        follower.resend()
        follower.resend()
        follower.tell("evt_2")
        assert follower.pull(limit="2") == [("evt_2", False), ("evt_1", True)]
        assert follower.pull() == [("evt_1", True)]
        assert follower.last_body.encode() == receiver.received[0].body

    def test_tells_again_what_is_recovered(self, follower: "Follower", receiver: Receiver, clock: StoppedClock) -> None:
        receiver.replies = [answer(410)]
        since = isoformat(clock.now())
        for name in ("evt_failed", "evt_never_sent"):
            follower.tell(name)
            follower.deliver()
        follower.pull()
        follower.recover(since)
        assert sorted(follower.pull()) == [("evt_failed", True), ("evt_never_sent", True)]

    def test_tells_the_callers_own_only(self, follower: "Follower", client: FlaskClient, wiring: Wiring) -> None:
        stranger = Api(client, make_issuer(wiring, "Southwind Bank"))
        follower.tell("evt_1")
        follower.resend()
        assert stranger.get("/events/feed?cursor=0.0").get_json() == {"events": [], "cursor": "0.0"}

    @pytest.mark.parametrize(
        ("query", "field"), [("cursor=evt_1", "cursor"), ("since=yesterday", "since"), ("limit=0", "limit")]
    )
    def test_refuses_what_it_does_not_know(self, api: Api, query: str, field: str) -> None:
        assert wrong_fields(api.get(f"/events/feed?{query}")).keys() == {field}

    @pytest.fixture
    def follower(self, api: Api, issuer: Issuer, wiring: Wiring, receiver: Receiver) -> "Follower":
        return Follower(api, issuer, wiring, receiver)


class Follower:
    """An issuer with an endpoint, who follows what happens."""

    def __init__(self, api: Api, issuer: Issuer, wiring: Wiring, receiver: Receiver) -> None:
        self._api, self._wiring, self._environment_id = api, wiring, issuer.environment_id
        self._cursor: dict[str, str] = {}
        self.last_body = ""
        with wiring.writing() as services:
            endpoint, _ = services.endpoints.create(self._environment_id, Details(url=receiver.url))
            self._endpoint_id = endpoint.id

    def tell(self, event_id: str, kind: str = "LINKED") -> None:
        with self._wiring.writing() as services:
            services.outbox.record(self._environment_id, event_id, kind, event_id, {})

    def send_test(self) -> None:
        assert self._api.post(f"/webhook-endpoints/{self._endpoint_id}/test").status_code == 202

    def deliver(self) -> None:
        work_off(self._wiring)

    def resend(self) -> None:
        delivery = self._api.get(f"/webhook-endpoints/{self._endpoint_id}/deliveries").get_json()[-1]["id"]
        assert self._api.post(f"/deliveries/{delivery}/resend").status_code == 202

    def recover(self, since: str) -> None:
        address = f"/webhook-endpoints/{self._endpoint_id}"
        self._api.post(f"{address}/enable")
        assert self._api.post(f"{address}/recover", {"since": since}).get_json()["recovered"] == 2

    def pull(self, **asked: str) -> list[tuple[str, bool]]:
        answered = self._api.get("/events/feed", query_string=asked | self._cursor)
        assert answered.status_code == 200, answered.text
        said: dict[str, Any] = answered.get_json()
        self._cursor = {"cursor": said["cursor"]}
        for event in said["events"]:
            assert json.loads(event["body"])["id"] == event["id"]
            self.last_body = event["body"]
        return [(event["id"], event["resent"]) for event in said["events"]]
