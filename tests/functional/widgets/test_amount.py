import re

import pytest
from flask.testing import FlaskClient

from tests.factories.issuers import Issuer
from tests.functional.widgets.conftest import Launch, Widget, events


class TestPreview:
    def test_says_what_the_amount_buys(self, widget: Widget, entry: dict[str, str]) -> None:
        answer = widget.post("preview", **entry)
        assert answer.status_code == 200
        assert answer.text.strip().startswith('<div class="preview" id="preview" role="status">')
        assert "<b>2,500</b> <bdi>Aurora Miles</bdi>" in answer.text
        assert "for $25.00" in answer.text
        assert answer.headers["Vary"] == "HX-Request, Accept-Encoding"

    @pytest.mark.parametrize("amount", ["$25.00", " 25 USD "])
    def test_reads_an_amount_as_people_write_it(self, widget: Widget, entry: dict[str, str], amount: str) -> None:
        assert "<b>2,500</b>" in widget.post("preview", **entry | {"amount": amount}).text

    def test_waits_where_nothing_is_typed_yet(self, widget: Widget, entry: dict[str, str]) -> None:
        answer = widget.post("preview", **entry | {"amount": ""})
        assert answer.status_code == 200
        assert "Enter an amount to see what you&#39;ll receive." in answer.text

    @pytest.mark.parametrize(
        ("amount", "words"),
        [
            ("abc", "Enter an amount."),
            ("0.001", "Enter an amount with no more than 2 decimals."),
            ("4.99", "Enter an amount between $5.00 and $2,000.00."),
            ("-25", "Enter an amount between $5.00 and $2,000.00."),
            ("100.01", "You have $100.00. Enter $100.00 or less."),
        ],
    )
    def test_says_calmly_what_is_wrong(self, widget: Widget, entry: dict[str, str], amount: str, words: str) -> None:
        answer = widget.post("preview", **entry | {"amount": amount})
        assert answer.status_code == 422
        assert words in answer.text

    def test_names_the_limit_where_the_balance_is_larger(
        self, client: FlaskClient, launch: Launch, entry: dict[str, str]
    ) -> None:
        rich = Widget(client, launch(balance=9000, currency="USD"))
        assert "between $5.00 and $2,000.00" in rich.post("preview", **entry | {"amount": "2000.01"}).text

    def test_names_the_most_points_a_program_accepts(self, client: FlaskClient, launch: Launch, issuer: Issuer) -> None:
        rich = Widget(client, launch(balance=9000, currency="EUR"))
        answer = rich.post("preview", programId=issuer.programs["Meridian Circle"], amount="1500")
        assert (
            "That&#39;s more than Meridian Circle accepts at once. The most you can get is 230,000 Circle Points."
            in answer.text
        )

    def test_is_a_whole_page_without_scripts(self, plain_widget: Widget, entry: dict[str, str]) -> None:
        answer = plain_widget.post("preview", **entry)
        assert answer.text.lstrip().startswith("<!DOCTYPE html>")
        assert "<b>2,500</b> <bdi>Aurora Miles</bdi>" in answer.text
        assert 'value="AC12345678"' in answer.text


class TestProgram:
    def test_brings_its_fields_limits_chips_and_preview(
        self, widget: Widget, entry: dict[str, str], issuer: Issuer
    ) -> None:
        sahra = issuer.programs["Sahra Falcon"]
        answer = widget.post("program", **entry | {"programId": sahra})
        assert answer.status_code == 200
        for words in ("Falcon number", "Between $13.62 and $2,723.00", "$50", "Falcon Miles"):
            assert words in answer.text
        assert "AC12345678" not in answer.text
        assert 'id="amount"' not in answer.text

    def test_of_an_e_mail_program_asks_for_an_e_mail(self, client: FlaskClient, launch: Launch, issuer: Issuer) -> None:
        widget = Widget(client, launch(sourceUserEmail="ana@example.com"))
        answer = widget.post("program", programId=issuer.programs["Verde Box"])
        assert 'type="email"' in answer.text
        assert 'autocomplete="email"' in answer.text
        assert 'value="ana@example.com"' in answer.text

    def test_keeps_the_amount_without_scripts(
        self, plain_widget: Widget, entry: dict[str, str], issuer: Issuer
    ) -> None:
        answer = plain_widget.post("program", **entry | {"programId": issuer.programs["Verde Box"]})
        assert 'value="25"' in answer.text
        assert "<b>10,000</b> <bdi>Leaves</bdi>" in answer.text

    def test_not_offered_here_begins_again_with_the_amount_kept(self, widget: Widget, entry: dict[str, str]) -> None:
        answer = widget.post("program", **entry | {"programId": "prg_unknown"})
        assert answer.status_code == 422
        assert '<hx-partial hx-target="#step" hx-swap="outerSync">' in answer.text
        assert "That program isn&#39;t available right now. Choose another program. Nothing was charged." in answer.text
        assert 'value="25"' in answer.text


class TestBack:
    def test_keeps_everything_and_takes_the_focus_to_the_title(self, widget: Widget, entry: dict[str, str]) -> None:
        answer = widget.post("amount", **entry)
        assert 'value="25"' in answer.text
        assert 'value="AC12345678"' in answer.text
        assert re.search(r"<h1[^>]*\sdata-focus>", answer.text)
        assert events(answer) == {"widget:step": {"name": "amount"}}

    def test_takes_the_amount_of_a_pressed_chip_without_scripts(
        self, plain_widget: Widget, entry: dict[str, str]
    ) -> None:
        answer = plain_widget.post("amount", **entry | {"quick": "50"})
        assert "<b>5,000</b> <bdi>Aurora Miles</bdi>" in answer.text
        assert 'value="50"' in answer.text
