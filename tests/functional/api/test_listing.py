import csv
import io
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.factories.issuers import AURORA, Issuer, make_issuer
from tests.fakes.asked import AskedConnector
from tests.fakes.clock import START, StoppedClock
from tests.fixtures import Api
from tests.functional.api.answers import problem, wrong_fields
from tests.functional.api.conftest import Order
from widget_host.domain.transactions.rules import PartnerFailed
from widget_host.wiring import Wiring

pytestmark = pytest.mark.usefixtures("verified")
NOW = int(START.timestamp())
DAY = {"startDate": str(NOW - 3600), "endDate": str(NOW + 86_400)}
CSV = {"Accept": "text/csv"}


class TestPeriod:
    @pytest.mark.parametrize(
        ("start", "end", "found"), [(0, 0, True), (-1, 0, True), (0, 1, True), (1, 2, False), (-2, -1, False)]
    )
    def test_includes_both_ends(self, api: Api, order: Order, start: int, end: int, found: bool) -> None:
        api.post("/transactions", order())
        asked = {"startDate": str(NOW + start), "endDate": str(NOW + end)}
        assert references(api, asked) == (["order-1"] if found else [])

    def test_includes_the_last_second_to_its_end(self, api: Api, order: Order, clock: StoppedClock) -> None:
        clock.advance(microseconds=999_999)
        api.post("/transactions", order())
        assert references(api, {"startDate": str(NOW - 1), "endDate": str(NOW)}) == ["order-1"]

    @pytest.mark.parametrize("text", ["176985360", "17698536000", "1769853600000", "2026-01-31", "176985360\u0660", ""])
    def test_is_told_in_ten_digits(self, api: Api, text: str) -> None:
        answer = api.get("/transactions", query_string={"startDate": text, "endDate": text})
        assert wrong_fields(answer) == dict.fromkeys(("startDate", "endDate"), "string_pattern_mismatch")

    def test_is_required(self, api: Api) -> None:
        assert wrong_fields(api.get("/transactions")) == {"startDate": "required", "endDate": "required"}

    @pytest.mark.parametrize(
        ("asked", "field", "code"),
        [
            ("&limit=0", "limit", "out_of_range"),
            ("&limit=501", "limit", "out_of_range"),
            ("&limit=ten", "limit", "string_pattern_mismatch"),
            ("&page=2", "page", "unknown"),
            ("&startDate=1769853600", "startDate", "repeated"),
            ("&cursor=bm90LW9uZQ", "cursor", "string_pattern_mismatch"),
            ("&cursor=%FF%FF", "cursor", "string_pattern_mismatch"),
            ("&cursor=1769853600000000.txn_1", "cursor", "string_pattern_mismatch"),
        ],
    )
    def test_refuses_what_it_does_not_know(self, api: Api, asked: str, field: str, code: str) -> None:
        path = f"/transactions?startDate={NOW}&endDate={NOW}{asked}"
        assert wrong_fields(api.get(path)) == {field: code}


class TestRows:
    def test_are_the_documented_ones_and_what_was_added(self, api: Api, issuer: Issuer, order: Order) -> None:
        made = api.post("/transactions", order(description="May")).get_json()
        assert api.get("/transactions", query_string=DAY).get_json() == [
            {
                "id": made["id"],
                "referenceNumber": "order-1",
                "sourceValue": 25,
                "currency": "USD",
                "description": "May",
                "createdAt": made["date"],
                "pointTransactions": [{"destinationNumberOfPoints": "2500", "type": "BASE"}],
                "partnership": {"destination": {"name": AURORA, "programId": issuer.programs[AURORA]}},
                "status": "COMPLETED",
            }
        ]

    def test_are_of_one_program_where_it_is_named(self, api: Api, issuer: Issuer, order: Order) -> None:
        meridian = issuer.programs["Meridian Circle"]
        api.post("/transactions", order())
        account = {"destinationUserId": "204813377"}
        api.post("/transactions", order(programId=meridian, referenceNumber="order-2", destinationAccount=account))
        assert references(api, DAY | {"programId": meridian}) == ["order-2"]
        assert references(api, DAY) == ["order-1", "order-2"]
        assert references(api, DAY | {"programId": "prg_00000000000000000000000000"}) == []

    def test_are_the_callers_own(self, api: Api, client: FlaskClient, wiring: Wiring, order: Order) -> None:
        stranger = Api(client, make_issuer(wiring, "Southwind Bank"))
        stranger.post("/transactions", order(referenceNumber="theirs"))
        assert references(api, DAY) == []
        assert references(stranger, DAY) == ["theirs"]

    @pytest.mark.parametrize("is_csv", [False, True])
    def test_come_all_once_page_by_page(self, api: Api, order: Order, clock: StoppedClock, is_csv: bool) -> None:
        made = []
        for number in range(7):
            clock.advance(microseconds=number // 3)
            made.append(api.post("/transactions", order(referenceNumber=f"order-{number}")).get_json()["id"])
        seen, pages = follow(api, DAY | {"limit": "3"}, is_csv=is_csv)
        assert seen == made
        assert pages == 3

    def test_have_no_next_page_where_the_last_is_full(self, api: Api, order: Order) -> None:
        for number in range(2):
            api.post("/transactions", order(referenceNumber=f"order-{number}"))
        assert "Link" not in api.get("/transactions", query_string=DAY | {"limit": "2"}).headers

    def test_keep_the_filter_from_page_to_page(self, api: Api, issuer: Issuer, order: Order) -> None:
        for number in range(2):
            api.post("/transactions", order(referenceNumber=f"order-{number}"))
        asked = DAY | {"limit": "1", "programId": issuer.programs[AURORA]}
        link = api.get("/transactions", query_string=asked).headers["Link"]
        assert link.startswith("<http://localhost/transactions?")
        assert f"programId={issuer.programs[AURORA]}" in link


class TestCsv:
    def test_has_the_same_rows(self, api: Api, issuer: Issuer, order: Order) -> None:
        made = api.post("/transactions", order(value=25.5, description="May")).get_json()
        answer = api.get("/transactions", query_string=DAY, headers=CSV)
        assert answer.content_type == "text/csv; charset=utf-8; header=present"
        assert answer.text.endswith("\r\n")
        assert answer.text.count("\r\n") == answer.text.count("\n") == 2
        assert list(csv.DictReader(io.StringIO(answer.text))) == [
            {
                "id": made["id"],
                "referenceNumber": "order-1",
                "sourceValue": "25.50",
                "currency": "USD",
                "description": "May",
                "createdAt": made["date"],
                "status": "COMPLETED",
                "programId": issuer.programs[AURORA],
                "programName": AURORA,
                "basePoints": "2550",
                "bonusPoints": "0",
            }
        ]

    @pytest.mark.parametrize(
        ("text", "cell"),
        [
            ('say "hi", then', 'say "hi", then'),
            ("=1+1", "'=1+1"),
            ("+49 30", "'+49 30"),
            ("-5", "'-5"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("a=b", "a=b"),
            ("Łódź ☕", "Łódź ☕"),
        ],
    )
    def test_keeps_text_text(self, api: Api, order: Order, text: str, cell: str) -> None:
        api.post("/transactions", order(description=text, referenceNumber=text))
        answer = api.get("/transactions", query_string=DAY, headers=CSV)
        (row,) = csv.DictReader(io.StringIO(answer.text))
        assert (row["description"], row["referenceNumber"]) == (cell, cell)

    def test_is_a_header_alone_where_there_is_nothing(self, api: Api) -> None:
        answer = api.get("/transactions", query_string=DAY, headers=CSV)
        assert len(list(csv.reader(io.StringIO(answer.text)))) == 1

    @pytest.mark.parametrize("accept", ["*/*", "application/json", "application/json, text/csv;q=0.5"])
    def test_is_given_to_who_prefers_it_only(self, api: Api, accept: str) -> None:
        answer = api.get("/transactions", query_string=DAY, headers={"Accept": accept})
        assert answer.mimetype == "application/json"


class TestShow:
    def test_tells_how_it_came_to_its_status(self, api: Api, order: Order) -> None:
        made = api.post("/transactions", order()).get_json()
        shown = api.get(f"/transactions/{made['id']}").get_json()
        assert shown["statusHistory"] == [{"status": "COMPLETED", "reason": None, "date": made["date"]}]
        assert (shown["date"], shown["createdAt"]) == (made["date"], made["date"])

    def test_finds_by_reference_the_one_that_did_not_fail(self, api: Api, order: Order, wiring: Wiring) -> None:
        wiring.connectors["sandbox"] = AskedConnector(PartnerFailed("They are down."))
        problem(api.post("/transactions", order()), 502, "PARTNER_ERROR")
        failed = api.get("/transactions/order-1").get_json()
        assert [each["status"] for each in failed["statusHistory"]] == ["PENDING", "FAILED"]
        assert failed["statusHistory"][1]["reason"] == "They are down."
        made = api.post("/transactions", order()).get_json()
        assert api.get("/transactions/order-1").get_json()["id"] == made["id"]
        assert api.get(f"/transactions/{failed['id']}").get_json()["status"] == "FAILED"
        assert references(api, DAY) == ["order-1", "order-1"]


def references(api: Api, asked: dict[str, str]) -> list[str]:
    answer = api.get("/transactions", query_string=asked)
    assert answer.status_code == 200, answer.text
    return [row["referenceNumber"] for row in answer.get_json()]


def follow(api: Api, asked: dict[str, str], *, is_csv: bool) -> tuple[list[str], int]:
    """Return the ids of every page, and how many pages there were."""
    seen: list[str] = []
    answer, pages = api.get("/transactions", query_string=asked, headers=CSV if is_csv else {}), 1
    while True:
        rows: list[dict[str, Any]] = list(csv.DictReader(io.StringIO(answer.text))) if is_csv else answer.get_json()
        seen += [row["id"] for row in rows]
        if "Link" not in answer.headers:
            return seen, pages
        path, _, rel = answer.headers["Link"].partition("; ")
        assert rel == 'rel="next"'
        answer = api.get(path.strip("<>").removeprefix("http://localhost"), headers=CSV if is_csv else {})
        pages += 1
