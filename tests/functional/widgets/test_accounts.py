import re

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.factories.issuers import Issuer
from tests.functional.widgets.conftest import Launch, Widget, hidden_fields

SHOWN = "Saved account"


class TestSavedAccount:
    def test_is_offered_the_next_time_and_used_as_it_is(
        self, again: Widget, entry: dict[str, str], client: FlaskClient, launch: Launch
    ) -> None:
        carried = hidden_fields(again.page)

        assert SHOWN in again.page.text
        assert "••••5678" in again.page.text
        assert "Use another" in again.page.text
        assert carried["destinationUserId"] == entry["destinationUserId"]
        chosen = {"programId": entry["programId"], "amount": "30"}
        assert "Review your exchange" in again.post("review", **carried | chosen).text

    def test_chooses_the_program_used_last(
        self, again: Widget, client: FlaskClient, launch: Launch, issuer: Issuer
    ) -> None:
        kumo = issuer.programs["Kumo Pass"]
        account = {"destinationFor": kumo, "destinationUserId": "sandbox-reply-lost"}
        assert again.confirm(programId=kumo, amount="50", **account).status_code == 200

        assert chosen(Widget(client, launch()).page) != kumo, "what is pending is not remembered"

    def test_is_shown_to_no_other_customer(self, again: Widget, client: FlaskClient, launch: Launch) -> None:
        page = Widget(client, launch(sourceUserId="jonas")).page

        assert SHOWN not in page.text
        assert "AC12345678" not in page.text

    def test_gives_way_to_what_the_issuer_knows(
        self, again: Widget, client: FlaskClient, launch: Launch, entry: dict[str, str]
    ) -> None:
        known = {entry["programId"]: {"destinationUserId": "AC99999999"}}
        page = Widget(client, launch(destinationAccounts=known)).page

        assert SHOWN not in page.text
        assert 'value="AC99999999"' in page.text

    def test_gives_way_to_another_that_is_typed(self, again: Widget, entry: dict[str, str]) -> None:
        asked = again.post("another", **entry)
        assert SHOWN not in asked.text
        assert re.search(r'id="destinationUserId"[^>]*\sdata-focus\b', asked.text)
        assert "AC12345678" not in asked.text

        typed = again.post("amount", **entry | {"destinationUserId": "AC87654321"})
        assert SHOWN not in typed.text
        assert 'value="AC87654321"' in typed.text

    def test_is_forgotten_when_its_owner_says_so(
        self, again: Widget, client: FlaskClient, launch: Launch, entry: dict[str, str]
    ) -> None:
        forgotten = again.post("forget", **entry)

        assert SHOWN not in forgotten.text
        assert SHOWN not in Widget(client, launch()).page.text

    def test_that_the_program_knows_no_longer_is_typed_again(self, again: Widget, entry: dict[str, str]) -> None:
        refused = again.post("review", **entry | {"destinationUserId": "sandbox-invalid-member"})

        assert refused.status_code == 422
        assert 'aria-invalid="true"' in refused.text


@pytest.fixture
def again(client: FlaskClient, launch: Launch, entry: dict[str, str]) -> Widget:
    """A widget opened by a customer who has exchanged before."""
    assert "Exchange complete" in Widget(client, launch()).confirm(**entry).text
    return Widget(client, launch())


def chosen(page: TestResponse) -> str:
    found = re.search(r'name="programId"\s+value="([^"]+)"\s+checked', page.text)
    assert found
    return found[1]
