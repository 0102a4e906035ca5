import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from tests.factories.issuers import AURORA, Issuer
from tests.fixtures import Api
from tests.functional.widgets.conftest import PATH, Launch, Widget, events, hidden_fields
from widget_host.domain.ledger.models import Entry
from widget_host.domain.transactions.models import Transaction
from widget_host.web.scope import HostApp
from widget_host.wiring import Wiring


class TestConfirm:
    def test_shows_the_receipt(self, client: FlaskClient, launch: Launch, entry: dict[str, str]) -> None:
        answer = Widget(client, launch(referenceNumber="NW-1")).confirm(**entry)
        assert answer.status_code == 200
        for words in (
            "Exchange complete",
            "<b>2,500</b> <bdi>Aurora Miles</bdi>",
            "$25.00",
            "••••5678",
            "NW-1",
            "31 Jan 2026",
        ):
            assert words in answer.text

    def test_tells_the_host(self, client: FlaskClient, launch: Launch, entry: dict[str, str], api: Api) -> None:
        answer = Widget(client, launch(referenceNumber="NW-1")).confirm(**entry | {"amount": "25.50"})
        told = events(answer)
        assert told["widget:step"] == {"name": "done"}
        assert told["widget:success"] == {
            "transactionId": _made(api, "NW-1")["id"],
            "referenceNumber": "NW-1",
            "programId": entry["programId"],
            "totalPoints": 2550,
            "value": 25.5,
            "currency": "USD",
            "status": "COMPLETED",
        }

    def test_tells_a_reference_in_any_script(self, client: FlaskClient, launch: Launch, entry: dict[str, str]) -> None:
        answer = Widget(client, launch(referenceNumber="注文-é-١")).confirm(**entry)
        assert answer.status_code == 200
        assert events(answer)["widget:success"]["referenceNumber"] == "注文-é-١"
        assert answer.headers["HX-Trigger"].isascii()

    def test_issues_what_was_reviewed_for_the_customer_of_the_launch(
        self, widget: Widget, entry: dict[str, str], api: Api
    ) -> None:
        reference = events(widget.confirm(**entry))["widget:success"]["referenceNumber"]
        made = _made(api, reference)
        assert made["totalPoints"] == 2500
        assert made["destinationAccount"]["destinationUserId"] == "AC12345678"

    def test_again_gives_the_same_receipt(self, widget: Widget, entry: dict[str, str], wiring: Wiring) -> None:
        first, second = widget.confirm(**entry), widget.confirm(**entry)
        assert first.text == second.text
        assert events(first) == events(second)
        assert _count(wiring, Transaction) == 1

    def test_with_another_amount_shows_what_was_made_and_makes_no_more(
        self, widget: Widget, entry: dict[str, str], wiring: Wiring
    ) -> None:
        first = widget.confirm(**entry)
        assert widget.confirm(**entry | {"amount": "50"}).text == first.text
        assert _count(wiring, Transaction) == 1

    def test_eight_times_at_once_exchanges_once(
        self, widget: Widget, entry: dict[str, str], wiring: Wiring, app: HostApp
    ) -> None:
        headers = {"HX-Request": "true", "Authorization": f"Bearer {widget.bearer}"}
        entry = hidden_fields(widget.post("review", **entry))

        def confirm(_: int) -> TestResponse:
            return app.test_client().post(f"{PATH}/confirm", data=entry, headers=headers)

        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(confirm, range(8)))
        assert {answer.status_code for answer in answers} == {200}
        assert len({answer.text for answer in answers}) == 1
        assert _count(wiring, Transaction) == 1


class TestRefusedConfirm:
    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"amount": "1"}, "Enter an amount between $5.00 and $2,000.00."),
            ({"amount": "100.01"}, "You have $100.00. Enter $100.00 or less."),
            ({"amount": ""}, "Enter an amount."),
            ({"destinationUserId": "sandbox-invalid-member"}, "Aurora Club couldn&#39;t find that member number."),
            ({"destinationUserId": ""}, "Aurora Club number is needed."),
            ({"programId": "prg_unknown"}, "Choose another program. Nothing was charged."),
            ({"destinationUserId": "sandbox-partner-error"}, "isn&#39;t responding. Nothing was charged."),
            ({"destinationUserId": "sandbox-partner-timeout"}, "isn&#39;t responding. Nothing was charged."),
        ],
    )
    def test_says_so_in_place_and_posts_nothing(
        self, widget: Widget, entry: dict[str, str], wiring: Wiring, change: dict[str, str], words: str
    ) -> None:
        answer = widget.confirm(**entry | change)
        assert answer.status_code == 422
        assert words in answer.text
        assert "widget:success" not in events(answer)
        assert _count(wiring, Transaction) == 0
        assert _count(wiring, Entry) == 0

    def test_may_be_tried_again_when_the_program_answers(
        self, client: FlaskClient, launch: Launch, entry: dict[str, str]
    ) -> None:
        widget = Widget(client, launch(referenceNumber="NW-1"))
        held = widget.confirm(**entry | {"destinationUserId": "sandbox-partner-error"})
        assert "Review your exchange" in held.text
        assert "Confirm exchange" in held.text
        assert widget.confirm(**entry).status_code == 200

    def test_shows_nobody_elses_receipt(
        self, client: FlaskClient, launch: Launch, entry: dict[str, str], api: Api, issuer: Issuer
    ) -> None:
        order: dict[str, Any] = {"programId": issuer.programs[AURORA], "value": 30, "currency": "USD"}
        account = {"destinationUserId": "AC99999999"}
        api.post("/transactions", json={**order, "destinationAccount": account, "referenceNumber": "NW-1"})
        answer = Widget(client, launch(referenceNumber="NW-1")).confirm(**entry)
        assert answer.status_code == 422
        assert "This exchange can&#39;t be made right now. Nothing was charged." in answer.text
        assert "9999" not in answer.text


def _made(api: Api, reference: str) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(api.get(f"/transactions/{reference}").data)
    return made


def _count(wiring: Wiring, table: type[Transaction] | type[Entry]) -> int:
    with wiring.database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0
