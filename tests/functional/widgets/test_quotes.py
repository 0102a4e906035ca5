from datetime import timedelta

import pytest
from sqlalchemy import update

from tests.factories.campaigns import make_campaign
from tests.factories.issuers import Issuer
from tests.fakes.clock import StoppedClock
from tests.functional.widgets.conftest import Widget, events, hidden_fields
from widget_host.domain.programs.models import Partnership
from widget_host.wiring import Wiring


class TestQuote:
    def test_gives_what_the_review_showed_though_the_price_has_changed(
        self, widget: Widget, entry: dict[str, str], wiring: Wiring, clock: StoppedClock
    ) -> None:
        review = widget.post("review", **entry)
        set_price(wiring, "0.02")
        clock.advance(seconds=119)

        assert total(widget, review_fields=hidden_fields(review)) == 2500

    def test_that_ended_asks_again_with_old_and_new(
        self, widget: Widget, entry: dict[str, str], wiring: Wiring, clock: StoppedClock
    ) -> None:
        review = widget.post("review", **entry)
        set_price(wiring, "0.0125")
        clock.advance(minutes=2)

        asked = widget.post("confirm", **hidden_fields(review))

        assert asked.status_code == 422
        assert "The rate has changed. You would now receive 2,000 instead of 2,500 Aurora Miles." in asked.text
        assert "<b>2,000</b> <bdi>Aurora Miles</bdi>" in asked.text
        assert "<s>2,500</s>" in asked.text
        assert "Lena S." in asked.text
        assert "widget:success" not in events(asked)
        assert total(widget, review_fields=hidden_fields(asked)) == 2000

    def test_that_ended_at_the_same_price_asks_nothing(
        self, widget: Widget, entry: dict[str, str], clock: StoppedClock
    ) -> None:
        review = widget.post("review", **entry)
        clock.advance(minutes=2)

        assert total(widget, review_fields=hidden_fields(review)) == 2500

    @pytest.mark.parametrize("quote", ["", "quo_unknown"])
    def test_is_shown_before_anything_is_confirmed(self, widget: Widget, entry: dict[str, str], quote: str) -> None:
        answer = widget.post("confirm", **entry | {"quoteId": quote})

        assert "Review your exchange" in answer.text
        assert "The rate has changed" not in answer.text

    def test_for_another_amount_is_not_taken(self, widget: Widget, entry: dict[str, str]) -> None:
        held = hidden_fields(widget.post("review", **entry))

        asked = widget.post("confirm", **held | {"amount": "50"})

        assert "You would now receive 5,000 instead of 2,500 Aurora Miles." in asked.text


class TestBonus:
    def test_is_named_from_the_first_step_to_the_receipt(
        self, widget: Widget, entry: dict[str, str], wiring: Wiring, issuer: Issuer
    ) -> None:
        make_campaign(wiring, issuer, "10")

        amount, preview = widget.post("amount", **entry), widget.post("preview", **entry)
        review, done = widget.post("review", **entry), widget.confirm(**entry)

        assert "+10% until 7 Feb" in amount.text
        for answer in (preview, review, done):
            assert "<b>2,750</b> <bdi>Aurora Miles</bdi>" in answer.text
            assert "includes 250 bonus" in answer.text

    def test_that_has_ended_changes_the_figure_and_says_so(
        self, widget: Widget, entry: dict[str, str], wiring: Wiring, issuer: Issuer, clock: StoppedClock
    ) -> None:
        make_campaign(wiring, issuer, "10", lasts=timedelta(minutes=1))
        review = widget.post("review", **entry)
        clock.advance(minutes=3)

        asked = widget.post("confirm", **hidden_fields(review))

        assert "You would now receive 2,500 instead of 2,750 Aurora Miles." in asked.text


def set_price(wiring: Wiring, price: str) -> None:
    with wiring.database.writing() as session:
        session.execute(update(Partnership).values(price=price))


def total(widget: Widget, review_fields: dict[str, str]) -> int:
    """Confirm, and return what the host is told that was given."""
    return int(events(widget.post("confirm", **review_fields))["widget:success"]["totalPoints"])
