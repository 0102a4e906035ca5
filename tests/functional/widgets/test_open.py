import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from tests.factories.issuers import BANK, Issuer
from tests.fakes.clock import StoppedClock
from tests.functional.widgets.conftest import PATH, Launch, Widget, config_of
from widget_host.domain.programs.models import Partnership
from widget_host.wiring import Wiring


class TestOpening:
    def test_answers_the_complete_first_screen(self, widget: Widget) -> None:
        assert widget.page.status_code == 200
        for words in ("Northwind Bank", "Exchange for points", "$100.00", "Aurora Club", "1,000 Aurora Miles = $10.00"):
            assert words in widget.page.text

    def test_chooses_a_program_whose_account_the_issuer_knows(
        self, client: FlaskClient, launch: Launch, issuer: Issuer
    ) -> None:
        verde = issuer.programs["Verde Box"]
        page = Widget(client, launch(destinationAccounts={verde: {"destinationUserEmail": "ana@example.com"}})).page
        assert f'name="destinationFor" value="{verde}"' in page.text
        assert 'value="ana@example.com"' in page.text

    def test_shows_only_the_programs_the_issuer_named(
        self, client: FlaskClient, launch: Launch, issuer: Issuer
    ) -> None:
        page = Widget(client, launch(programIds=[issuer.programs["Kumo Pass"]])).page
        assert "Kumo Pass" in page.text
        assert "Aurora Club" not in page.text
        assert 'type="radio"' not in page.text

    def test_says_so_when_there_is_no_program(
        self, client: FlaskClient, launch: Launch, wiring: Wiring, issuer: Issuer
    ) -> None:
        token = launch()
        with wiring.database.writing() as session:
            session.execute(update(Partnership).values(enabled=False))
        assert "No programs right now" in client.get(PATH, query_string={"token": token}).text

    def test_hands_widget_js_the_session_and_an_address_without_token(self, widget: Widget, issuer: Issuer) -> None:
        assert len(widget.bearer) >= 43
        assert re.fullmatch(r"/static/js/session\.js\?v=[0-9a-f]+", widget.config.pop("module"))
        assert widget.config == {
            "session": widget.bearer,
            "expiresInMs": 600_000,
            "canExtend": True,
            "widget": "point-exchange",
            "origins": [BANK],
            "address": f"{PATH}?tenant={issuer.tenant_key}",
            "asides": f"{PATH}/asides",
            "script": None,
            "messages": [{"type": "step", "payload": {"name": "amount"}}],
        }

    def test_leaves_what_comes_up_beside_the_steps_for_later(self, client: FlaskClient, widget: Widget) -> None:
        assert "Leave without finishing?" not in widget.page.text
        headers = {"Authorization": f"Bearer {widget.bearer}"}
        asides = client.get(widget.config["asides"], headers=headers).text
        named = set(re.findall(r'<(?:template|dialog)[^>]*? id="([^"]+)"', asides))
        assert named == {"ended", "reconnecting", "still-there", "leave"}
        assert "Leave without finishing?" in asides
        assert client.get(widget.config["asides"]).status_code == 401

    def test_keeps_the_launch_token_out_of_the_page_and_the_log(
        self, client: FlaskClient, launch: Launch, capfd: pytest.CaptureFixture[str]
    ) -> None:
        token = launch()
        page = client.get(PATH, query_string={"token": token})
        assert token not in page.text
        assert token not in "".join(capfd.readouterr())

    def test_puts_the_bearer_only_where_widget_js_removes_it(self, widget: Widget) -> None:
        without_scripts = re.sub(r"<noscript>.*?</noscript>", "", widget.page.text, flags=re.DOTALL)
        assert without_scripts.count(widget.bearer) == 1
        assert widget.bearer in widget.page.text[widget.page.text.index('id="widget-config"') :]

    def test_again_within_ten_minutes_ends_the_session_before(
        self, client: FlaskClient, launch: Launch, entry: dict[str, str]
    ) -> None:
        token = launch()
        first, second = Widget(client, token), Widget(client, token)
        assert first.post("preview", **entry).status_code == 401
        assert second.post("preview", **entry).status_code == 200

    def test_by_head_exchanges_nothing(self, client: FlaskClient, launch: Launch, entry: dict[str, str]) -> None:
        token = launch()
        widget = Widget(client, token)
        assert client.head(PATH, query_string={"token": token}).status_code == 200
        assert widget.post("preview", **entry).status_code == 200


class TestNotOpening:
    def test_with_an_expired_token_says_so_in_the_issuers_frame(
        self, client: FlaskClient, launch: Launch, clock: StoppedClock, issuer: Issuer
    ) -> None:
        token = launch()
        clock.advance(minutes=10, seconds=1)
        page = client.get(PATH, query_string={"token": token})
        assert page.status_code == 401
        assert "Your session has ended" in page.text
        assert "For your security, sessions end after a few minutes. Nothing was charged." in page.text
        assert "Northwind Bank" in page.text
        assert page.headers["Content-Security-Policy"].endswith(f"frame-ancestors {BANK}")
        assert config_of(page)["session"] is None
        assert config_of(page)["address"] == f"{PATH}?tenant={issuer.tenant_key}"

    def test_on_the_bare_address_says_so_in_the_issuers_frame(self, client: FlaskClient, issuer: Issuer) -> None:
        page = client.get(PATH, query_string={"tenant": issuer.tenant_key})
        assert page.status_code == 401
        assert "Your session has ended" in page.text
        assert page.headers["Content-Security-Policy"].endswith(f"frame-ancestors {BANK}")

    @pytest.mark.parametrize("query", [{}, {"token": ""}, {"token": "made-up"}, {"token": "W10.aaaaaa.bbbb"}])
    def test_without_a_token_of_ours_names_no_one(self, client: FlaskClient, query: dict[str, str]) -> None:
        page = client.get(PATH, query_string=query)
        assert page.status_code == 401
        assert "Open this page from your bank&#39;s app." in page.text
        assert page.headers["Content-Security-Policy"].endswith("frame-ancestors 'none'")

    def test_with_a_tenant_nobody_has(self, client: FlaskClient, wiring: Wiring) -> None:
        page = client.get(PATH, query_string={"tenant": "tnt_nobody"})
        assert page.status_code == 401
        assert page.headers["Content-Security-Policy"].endswith("frame-ancestors 'none'")

    def test_with_a_spent_token(
        self, client: FlaskClient, launch: Launch, entry: dict[str, str], issuer: Issuer
    ) -> None:
        token = launch()
        assert Widget(client, token).confirm(**entry).status_code == 200
        assert "This exchange is finished" in client.get(PATH, query_string={"token": token}).text


class TestThePage:
    def test_runs_only_what_carries_its_nonce(self, widget: Widget) -> None:
        policy = widget.page.headers["Content-Security-Policy"]
        nonce = re.search(r"script-src 'nonce-([^']+)' 'strict-dynamic'; style-src 'nonce-([^']+)'", policy)
        assert nonce
        assert nonce[1] == nonce[2]
        code = re.findall(r"<(?:script|style)\b(?![^>]*application/json)[^>]*>", widget.page.text)
        assert len(code) == 4
        assert all(f'nonce="{nonce[1]}"' in tag for tag in code)

    def test_has_another_nonce_each_time(self, client: FlaskClient, launch: Launch) -> None:
        token = launch()
        first, second = Widget(client, token).page, Widget(client, token).page
        assert first.headers["Content-Security-Policy"] != second.headers["Content-Security-Policy"]

    def test_is_framed_by_the_issuers_pages_alone(self, widget: Widget) -> None:
        assert widget.page.headers["Content-Security-Policy"].endswith(f"frame-ancestors {BANK}")
        assert "X-Frame-Options" not in widget.page.headers

    def test_is_neither_kept_nor_sniffed_nor_passed_on(self, widget: Widget) -> None:
        assert widget.page.headers["Cache-Control"] == "no-store"
        assert widget.page.headers["X-Content-Type-Options"] == "nosniff"
        assert widget.page.headers["Referrer-Policy"] == "no-referrer"
        assert "camera=()" in widget.page.headers["Permissions-Policy"]
        assert widget.page.headers["Vary"] == "HX-Request, Accept-Encoding"
