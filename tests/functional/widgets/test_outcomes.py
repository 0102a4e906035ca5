from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from tests.fakes.clock import StoppedClock
from tests.fakes.programs import StandInConnector
from tests.functional.widgets.conftest import Launch, Widget, events, hidden_fields
from widget_host.domain.transactions.models import Transaction
from widget_host.domain.transactions.rules import InvalidMember
from widget_host.wiring import Wiring

FAILS = {"destinationUserId": "sandbox-pending-fails"}
WORKING = "Confirming your exchange"


class TestStatus:
    def test_of_a_confirmation_that_is_under_way_asks_for_patience(
        self, widget: Widget, entry: dict[str, str], slow: StandInConnector
    ) -> None:
        review, heard = hidden_fields(widget.post("review", **entry)), []
        slow.meanwhile = lambda: heard.extend([widget.post("status", **review), widget.post("confirm", **review)])

        answer = widget.post("confirm", **review)

        assert "Exchange complete" in answer.text
        for said in heard:
            assert (said.status_code, WORKING in said.text) == (200, True)
            assert "widget:success" not in events(said)
            assert events(said)["widget:step"] == {"name": "processing"}

    def test_asks_less_and_less_often_and_says_after_a_minute_that_it_takes_long(
        self, widget: Widget, entry: dict[str, str], slow: StandInConnector
    ) -> None:
        review = hidden_fields(widget.post("review", **entry))
        heard: list[TestResponse] = []
        slow.meanwhile = lambda: heard.extend(widget.post("status", **review, tries=str(n)) for n in (0, 4, 5, 6, 900))
        widget.post("confirm", **review)

        for answer, seconds in zip(heard, (2, 32, 60, 60, 60), strict=True):
            assert f"load delay:{seconds}s" in answer.text
        assert ["still working on it" in answer.text for answer in heard] == [False, False, True, True, True]
        assert "wgl_" in heard[2].text

    def test_shows_the_receipt_once_there_is_one(self, widget: Widget, entry: dict[str, str]) -> None:
        review = hidden_fields(widget.post("review", **entry))
        widget.post("confirm", **review)

        answer = widget.post("status", **review, tries="1")

        assert "Exchange complete" in answer.text
        assert events(answer)["widget:success"]["status"] == "COMPLETED"

    def test_of_one_that_never_arrived_goes_back_to_the_review_after_a_minute(
        self, widget: Widget, entry: dict[str, str]
    ) -> None:
        review = hidden_fields(widget.post("review", **entry))
        assert WORKING in widget.post("status", **review).text

        answer = widget.post("status", **review, tries="6")

        assert answer.status_code == 422
        assert "We didn&#39;t get your confirmation. Nothing has been charged." in answer.text
        assert "Exchange complete" in widget.post("confirm", **hidden_fields(answer)).text

    def test_works_by_a_button_without_scripts(
        self, plain_widget: Widget, entry: dict[str, str], slow: StandInConnector
    ) -> None:
        review, heard = hidden_fields(plain_widget.post("review", **entry)), []
        slow.meanwhile = lambda: heard.append(plain_widget.post("confirm", **review))
        plain_widget.post("confirm", **review)

        assert WORKING in heard[0].text
        assert "Check again" in heard[0].text
        assert plain_widget.post("status", **hidden_fields(heard[0])).status_code == 303

    @pytest.fixture
    def slow(self, wiring: Wiring) -> Iterator[StandInConnector]:
        """A program that is asked over the network; `meanwhile` happens while it thinks."""
        connector = StandInConnector()
        connector.answers_by_rule = False
        kept, wiring.connectors["sandbox"] = wiring.connectors["sandbox"], connector
        yield connector
        wiring.connectors["sandbox"] = kept


class TestFailedExchange:
    def test_says_that_money_goes_back_and_may_be_tried_again_with_all_kept(
        self, widget: Widget, entry: dict[str, str], wiring: Wiring, clock: StoppedClock, client: FlaskClient
    ) -> None:
        review = hidden_fields(widget.post("review", **entry | FAILS))
        address = events(widget.post("confirm", **review))["widget:address"]["address"]
        settle(wiring, clock)

        failed = client.get(address, headers={"HX-Request": "true", "Authorization": f"Bearer {widget.bearer}"})
        assert "The exchange didn&#39;t go through" in failed.text
        assert "What was charged is being returned." in failed.text
        assert events(failed) == {"widget:step": {"name": "failed"}}

        kept = widget.post("amount", **hidden_fields(failed))
        assert 'value="25"' in kept.text
        assert 'value="sandbox-pending-fails"' in kept.text
        assert "Exchange complete" in widget.confirm(**entry).text
        assert statuses(wiring) == ["COMPLETED", "FAILED"]

    def test_frees_the_issuers_own_reference_for_another_widget(
        self, client: FlaskClient, launch: Launch, entry: dict[str, str], wiring: Wiring, clock: StoppedClock
    ) -> None:
        Widget(client, launch(referenceNumber="NW-1")).confirm(**entry | FAILS)
        settle(wiring, clock)

        assert "Exchange complete" in Widget(client, launch(referenceNumber="NW-1")).confirm(**entry).text
        assert statuses(wiring) == ["COMPLETED", "FAILED"]

    def test_of_an_earlier_try_says_nothing_of_the_one_under_way(
        self, widget: Widget, entry: dict[str, str], wiring: Wiring, clock: StoppedClock
    ) -> None:
        widget.confirm(**entry | FAILS)
        settle(wiring, clock)
        review = hidden_fields(widget.post("review", **entry))

        assert WORKING in widget.post("status", **review).text

    def test_that_the_program_refuses_at_once_is_said_in_place(
        self, widget: Widget, entry: dict[str, str], wiring: Wiring
    ) -> None:
        connector = StandInConnector()
        connector.answers_by_rule, connector.refusal = False, InvalidMember("The account is closed.")
        wiring.connectors["sandbox"] = connector

        refused = widget.confirm(**entry)

        assert refused.status_code == 422
        assert "Nothing was charged." in refused.text
        connector.refusal = None
        assert "Exchange complete" in widget.confirm(**entry).text


def settle(wiring: Wiring, clock: StoppedClock) -> None:
    """Let the program say its last word."""
    clock.advance(seconds=5)
    assert wiring.resolving.resolve_due(10) == 1


def statuses(wiring: Wiring) -> list[str]:
    with wiring.database.reading() as session:
        found = list(session.scalars(select(Transaction.status).order_by(Transaction.status)))
        assert session.scalar(select(func.count()).select_from(Transaction)) == len(found)
    return found
