from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.factories.cards import CARD, CUSTOMER, MERIDIAN, VERDE, choose, choose_three, preferred
from tests.factories.issuers import AURORA, Issuer, make_issuer
from tests.fakes.clock import StoppedClock
from tests.fixtures import Api
from tests.functional.api.answers import problem, wrong_fields
from tests.functional.api.conftest import NOTHING, Change, Posted
from widget_host.domain.programs.rules import Destination
from widget_host.web.scope import HostApp
from widget_host.wiring import Wiring

pytestmark = pytest.mark.usefixtures("verified")
ASKED = {"sourceUserId": CUSTOMER, "cardId": CARD}
REWARD = {**ASKED, "value": 100, "currency": "USD", "referenceNumber": "reward-1"}


class TestFind:
    def test_returns_what_was_chosen_in_the_customers_order(self, api: Api, issuer: Issuer, wiring: Wiring) -> None:
        choose_three(wiring, issuer)
        assert api.get("/multibrand/preferences", query_string=ASKED).get_json() == {
            "sourceUserId": CUSTOMER,
            "cardId": CARD,
            "version": 1,
            "preferences": [
                {
                    "programId": issuer.programs[name],
                    "programName": name,
                    "destinationAccount": {"destinationUserId": user_id, "destinationUserEmail": email},
                    "allocation": percent,
                }
                for name, user_id, email, percent in (
                    (AURORA, "AC12345678", None, 50),
                    (MERIDIAN, "204813377", None, 30),
                    (VERDE, None, "name@example.com", 20),
                )
            ],
            "updatedAt": "2026-01-31T10:00:00.000Z",
        }

    def test_tells_when_it_was_changed(self, api: Api, issuer: Issuer, wiring: Wiring, clock: StoppedClock) -> None:
        choose_three(wiring, issuer)
        clock.advance(minutes=1)
        choose(wiring, issuer, preferred(issuer, AURORA, 100), version=1)
        found = api.get("/multibrand/preferences", query_string=ASKED).get_json()
        assert (found["version"], found["updatedAt"]) == (2, "2026-01-31T10:01:00.000Z")
        assert [each["allocation"] for each in found["preferences"]] == [100]

    def test_finds_nothing_of_another_card_customer_or_tenant(
        self, api: Api, client: FlaskClient, issuer: Issuer, wiring: Wiring
    ) -> None:
        choose_three(wiring, issuer)
        stranger = Api(client, make_issuer(wiring, "Southwind Bank"))
        said = [
            problem(caller.get("/multibrand/preferences", query_string=asked), 404, "NOT_FOUND")["detail"]
            for caller, asked in (
                (api, ASKED | {"cardId": "card-2"}),
                (api, ASKED | {"sourceUserId": "user-2"}),
                (stranger, ASKED),
            )
        ]
        assert len(set(said)) == 1

    def test_names_what_is_missing(self, api: Api) -> None:
        assert wrong_fields(api.get("/multibrand/preferences?cardId=")) == {
            "sourceUserId": "required",
            "cardId": "too_short",
        }


class TestReward:
    def test_becomes_a_transaction_for_each_program(self, api: Api, three: Issuer, posted: Posted) -> None:
        answer = api.post("/multibrand/rewards", REWARD)
        assert answer.status_code == 201
        said = answer.get_json()
        parts = said.pop("transactions")
        assert said == REWARD | {"date": "2026-01-31T10:00:00.000Z"}
        assert [(part["programId"], part["allocation"], part["value"], part["totalPoints"]) for part in parts] == [
            (three.programs[AURORA], 50, 50, 5000),
            (three.programs[MERIDIAN], 30, 30, 4273),
            (three.programs[VERDE], 20, 20, 8000),
        ]
        assert [(part["referenceNumber"], part["status"]) for part in parts] == [
            (f"reward-1.{number}", "COMPLETED") for number in (1, 2, 3)
        ]
        assert posted()["transactions"] == 3
        for part in parts:
            shown = api.get(f"/transactions/{part['id']}").get_json()
            assert shown["referenceNumber"] == part["referenceNumber"]
            assert (shown["value"], shown["totalPoints"]) == (part["value"], part["totalPoints"])
            assert shown["date"] == said["date"]

    @pytest.mark.parametrize(
        ("value", "percents", "shares"),
        [
            ("33.33", (34, 33, 33), ("11.33", "11", "11")),
            ("100.01", (50, 25, 25), ("50.01", "25", "25")),
            ("200", (99, 1, 0), ("198", "2")),
        ],
    )
    def test_loses_nothing(
        self,
        *,
        api: Api,
        issuer: Issuer,
        wiring: Wiring,
        change: Change,
        value: str,
        percents: tuple[int, ...],
        shares: tuple[str, ...],
    ) -> None:
        change("UPDATE partnerships SET min_value = 1, min_points = 1")
        names = (AURORA, MERIDIAN, VERDE)
        choose(wiring, issuer, *(preferred(issuer, name, part) for name, part in zip(names, percents, strict=True)))
        body = (
            f'{{"sourceUserId":"{CUSTOMER}","cardId":"{CARD}","value":{value},'
            '"currency":"USD","referenceNumber":"reward-1"}'
        )
        said = api.post("/multibrand/rewards", data=body, content_type="application/json").get_json()
        given = [part["value"] for part in said["transactions"]]
        assert [f"{share:f}".removesuffix(".00") if not isinstance(share, int) else str(share) for share in given] == [
            *shares
        ]
        assert sum(given) == said["value"]

    def test_is_answered_the_same_again_though_the_customer_chose_anew(
        self, api: Api, three: Issuer, wiring: Wiring, posted: Posted, clock: StoppedClock
    ) -> None:
        first, once = api.post("/multibrand/rewards", REWARD), posted()
        clock.advance(minutes=1)
        choose(wiring, three, preferred(three, AURORA, 100), version=1)
        again = api.post("/multibrand/rewards", REWARD)
        assert (again.status_code, again.data) == (201, first.data)
        assert again.headers["Idempotency-Replayed"] == "true"
        assert "Idempotency-Replayed" not in first.headers
        assert posted()["transactions"] == once["transactions"]

    @pytest.mark.parametrize(
        ("changes", "fields"),
        [({"value": 101}, ["value"]), ({"cardId": "card-2"}, ["cardId"]), ({"currency": "EUR"}, ["currency"])],
    )
    def test_refuses_its_reference_for_another_body(
        self, api: Api, three: Issuer, changes: dict[str, Any], fields: list[str]
    ) -> None:
        api.post("/multibrand/rewards", REWARD)
        said = problem(api.post("/multibrand/rewards", REWARD | changes), 409, "DUPLICATE_REFERENCE")
        assert said["details"] == {"fields": fields}

    def test_has_references_of_its_own(self, api: Api, three: Issuer, order: Any) -> None:
        api.post("/transactions", order(referenceNumber="reward-1"))
        assert api.post("/multibrand/rewards", REWARD).status_code == 201

    @pytest.mark.parametrize(
        ("member", "status", "code"),
        [
            ("sandbox-partner-error", 502, "PARTNER_ERROR"),
            ("sandbox-value-limit", 422, "VALUE_LIMIT_EXCEEDED"),
            ("sandbox-invalid-member", 422, "INVALID_MEMBER"),
            ("sandbox-no-partnership", 403, "NO_PARTNERSHIP"),
        ],
    )
    def test_is_refused_whole_where_one_program_refuses(
        self, *, api: Api, issuer: Issuer, wiring: Wiring, posted: Posted, member: str, status: int, code: str
    ) -> None:
        last = preferred(issuer, MERIDIAN, 50, Destination(member))
        choose(wiring, issuer, preferred(issuer, AURORA, 50), last)
        before = posted()
        problem(api.post("/multibrand/rewards", REWARD), status, code)
        assert posted() == before
        again = api.post("/multibrand/rewards", REWARD)
        problem(again, status, code)
        assert (again.headers.get("Idempotency-Replayed") == "true") == (status == 422)

    def test_is_refused_whole_where_a_share_is_too_small(self, api: Api, three: Issuer, posted: Posted) -> None:
        before = posted()
        # 30 % of 20 are 6 USD; Meridian sells from 10.80.
        said = problem(api.post("/multibrand/rewards", REWARD | {"value": 20}), 422, "VALUE_LIMIT_EXCEEDED")
        assert MERIDIAN in said["detail"]
        assert posted() == before

    def test_is_refused_whole_where_a_partnership_ended(
        self, api: Api, three: Issuer, change: Change, posted: Posted
    ) -> None:
        before = posted()
        change("UPDATE partnerships SET enabled = false WHERE program_id = :id", id=three.programs[VERDE])
        said = problem(api.post("/multibrand/rewards", REWARD), 403, "NO_PARTNERSHIP")
        assert said["details"] == {"programId": three.programs[VERDE]}
        assert posted() == before
        change("UPDATE partnerships SET enabled = true")
        assert api.post("/multibrand/rewards", REWARD).status_code == 201

    def test_is_refused_whole_where_a_parts_reference_is_taken(
        self, api: Api, three: Issuer, order: Any, posted: Posted
    ) -> None:
        api.post("/transactions", order(referenceNumber="reward-1.2"))
        before = posted()
        problem(api.post("/multibrand/rewards", REWARD), 409, "DUPLICATE_REFERENCE")
        assert posted() == before

    def test_is_refused_whole_where_a_part_was_ordered_before_just_so(
        self, api: Api, issuer: Issuer, wiring: Wiring, posted: Posted, change: Change
    ) -> None:
        choose(wiring, issuer, preferred(issuer, AURORA, 100))
        api.post("/multibrand/rewards", REWARD)
        change("DELETE FROM idempotency_keys WHERE key LIKE 'reward%' AND key <> 'reward-1.1'")
        before = posted()
        problem(api.post("/multibrand/rewards", REWARD), 409, "DUPLICATE_REFERENCE")
        assert posted() == before

    def test_needs_preferences(self, api: Api, posted: Posted) -> None:
        problem(api.post("/multibrand/rewards", REWARD), 404, "NOT_FOUND")
        assert posted() == NOTHING

    def test_needs_the_callers_own_preferences(
        self, client: FlaskClient, three: Issuer, wiring: Wiring, posted: Posted
    ) -> None:
        stranger, before = Api(client, make_issuer(wiring, "Southwind Bank")), posted()
        problem(stranger.post("/multibrand/rewards", REWARD), 404, "NOT_FOUND")
        assert posted() == before

    def test_names_every_wrong_field(self, api: Api) -> None:
        body = {"sourceUserId": "", "value": 0, "currency": "POINTS", "referenceNumber": "r" * 111, "points": 1}
        assert wrong_fields(api.post("/multibrand/rewards", body)) == {
            "sourceUserId": "too_short",
            "cardId": "required",
            "currency": "currency",
            "value": "too_small",
            "referenceNumber": "too_long",
            "points": "unknown",
        }

    def test_happens_once_however_many_ask_at_once(self, api: Api, app: HostApp, three: Issuer, posted: Posted) -> None:
        headers = {"Authorization": f"Bearer {api.token}", "Idempotency-Key": "key-1"}

        def ask(_: int) -> str:
            return app.test_client().post("/multibrand/rewards", json=REWARD, headers=headers).text

        with ThreadPoolExecutor(8) as pool:
            assert len(set(pool.map(ask, range(8)))) == 1
        assert posted()["transactions"] == 3

    @pytest.fixture
    def three(self, issuer: Issuer, wiring: Wiring) -> Issuer:
        """The issuer, one of whose customers chose three programs for a card."""
        choose_three(wiring, issuer)
        return issuer


class TestRewardsHeader:
    def test_is_honoured_beside_the_reference(self, api: Api, issuer: Issuer, wiring: Wiring) -> None:
        choose(wiring, issuer, preferred(issuer, AURORA, 100))
        headers = {"Idempotency-Key": "key-1"}
        first = api.post("/multibrand/rewards", REWARD, headers=headers)
        assert api.post("/multibrand/rewards", REWARD, headers=headers).data == first.data
        other = api.post("/multibrand/rewards", REWARD | {"referenceNumber": "reward-2"}, headers=headers)
        assert problem(other, 409, "DUPLICATE_REFERENCE")["details"] == {"fields": ["referenceNumber"]}
