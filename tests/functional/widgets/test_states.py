import pytest
from flask.testing import FlaskClient

from tests.factories.issuers import BANK
from tests.functional.widgets.conftest import PATH, Launch, Widget, hidden_fields
from widget_host.kit.value import replace
from widget_host.web.widgets.purchase import amount_screen
from widget_host.wiring import Wiring


class TestNothingToExchange:
    def test_says_so(self, client: FlaskClient, launch: Launch) -> None:
        page = Widget(client, launch(balance=0, currency="USD")).page

        assert "You have $0.00. Come back when there is something to exchange." in page.text
        assert 'id="amount"' not in page.text

    def test_says_what_the_least_is_where_the_balance_is_below(self, client: FlaskClient, launch: Launch) -> None:
        page = Widget(client, launch(balance=3, currency="USD")).page

        assert "The least you can exchange here is $5.00. You have $3.00." in page.text


class TestAnotherWindow:
    def test_takes_the_exchange_over(self, client: FlaskClient, launch: Launch, entry: dict[str, str]) -> None:
        token = launch()
        first, second = Widget(client, token), Widget(client, token)

        answer = first.post("review", **entry)
        assert answer.status_code == 401
        assert "This exchange was opened in another window." in answer.text
        assert second.post("review", **entry).status_code == 200


@pytest.mark.usefixtures("many")
class TestSearch:
    def test_finds_programs_by_any_of_their_names(self, widget: Widget, entry: dict[str, str]) -> None:
        for search in ("kumo", "KÚMO pass", "coins kumo"):
            answer = widget.post("programs", **entry, search=search)
            assert "1 program found" in answer.text
            assert "Kumo Pass" in answer.text
            assert "Verde Box" not in answer.text

    def test_keeps_the_program_chosen_in_the_list(self, widget: Widget, entry: dict[str, str]) -> None:
        answer = widget.post("programs", **entry, search="nothing like it")

        assert "No program found" in answer.text
        assert f'value="{entry["programId"]}"' in answer.text

    def test_keeps_everything_without_scripts(self, plain_widget: Widget, entry: dict[str, str]) -> None:
        page = plain_widget.post("programs", **entry, search="kumo")

        assert 'value="kumo"' in page.text
        assert 'value="25"' in page.text
        assert "Verde Box" not in page.text

    def test_that_finds_nothing_can_be_changed(self, plain_widget: Widget, entry: dict[str, str]) -> None:
        page = plain_widget.post("programs", **entry, search="nothing like it")

        assert 'type="search"' in page.text
        assert "No program found" in page.text

    def test_by_the_enter_key_is_no_review(self, plain_widget: Widget, entry: dict[str, str]) -> None:
        page = plain_widget.post("review", **entry | {"amount": "", "search": "kumo"})

        assert page.status_code == 200
        assert "Enter an amount." not in page.text

    @pytest.fixture
    def many(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(amount_screen, "SEARCHED_FROM", 5)


class TestMember:
    def test_is_shown_by_the_name_the_program_tells(self, widget: Widget, entry: dict[str, str]) -> None:
        assert "Lena S." in widget.post("review", **entry).text

        unnamed = widget.post("review", **entry | {"destinationUserId": "AC12345671"})
        assert "<dt>Member</dt>" not in unnamed.text

    def test_is_shown_again_where_the_review_is(self, widget: Widget, entry: dict[str, str]) -> None:
        held = hidden_fields(widget.post("review", **entry | {"destinationUserId": "sandbox-partner-error"}))

        again = widget.post("confirm", **held | {"memberName": "Ana B."})

        assert "isn&#39;t responding. Nothing was charged." in again.text
        assert "Ana B." in again.text


class TestMaintenance:
    def test_is_a_calm_page_framed_by_the_issuer(
        self, client: FlaskClient, launch: Launch, wiring: Wiring, widget: Widget, entry: dict[str, str]
    ) -> None:
        token = launch()
        wiring.settings = replace(wiring.settings, maintenance=True)

        page = client.get(PATH, query_string={"token": token})
        assert (page.status_code, page.headers["Retry-After"]) == (503, "120")
        assert "We&#39;ll be back soon" in page.text
        assert page.headers["Content-Security-Policy"].endswith(f"frame-ancestors {BANK}")
        assert client.get(PATH, query_string={"token": "x"}).status_code == 503
        assert widget.post("confirm", **entry).status_code == 503

        wiring.settings = replace(wiring.settings, maintenance=False)
        assert Widget(client, token).page.status_code == 200


class TestOpenedWithout:
    def test_a_token_names_nobody(self, client: FlaskClient) -> None:
        assert "Open this page from your bank&#39;s app." in client.get(PATH).text
