"""Launch tokens that are not what they were: whoever brings one sees a calm notice, and nothing is done."""

from collections.abc import Callable, Iterator

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests.factories.cards import CARD, CUSTOMER
from tests.factories.issuers import Issuer, make_issuer
from tests.fixtures import Api
from tests.functional.widgets.conftest import PATH, Launch, Widget, config_of
from widget_host.domain.access.models import WidgetLaunch
from widget_host.domain.ledger.models import Posting
from widget_host.domain.transactions.models import Transaction
from widget_host.wiring import Wiring

NOT_OURS = "Open this page from your bank&#39;s app."


def changed(text: str, at: int) -> str:
    """Put another letter into its place."""
    letter = "A" if text[at] != "A" else "B"
    return f"{text[:at]}{letter}{text[at:][1:]}"


FORGERIES: dict[str, Callable[[str], str]] = {
    "shorter by a letter": lambda token: token[:-1],
    "cut in half": lambda token: token[: len(token) // 2],
    "without its signature": lambda token: token.rpartition(".")[0],
    "with nothing but its signature": lambda token: token.rpartition(".")[2],
    "twice over": lambda token: token * 2,
    "twice over, with a comma": lambda token: f"{token},{token}",
    "longer by a letter": lambda token: f"{token}A",
    "with another letter in what it says": lambda token: changed(token, 3),
    "with another letter in its signature": lambda token: changed(token, -3),
    "with another time": lambda token: changed(token, token.index(".") + 2),
    "in capitals": str.upper,
    "backwards": lambda token: token[::-1],
    "with a space before it": lambda token: f" {token}",
    "with a line's end": lambda token: f"{token}\n",
    "with a null": lambda token: f"{token}\0",
    "of a hundred thousand letters": lambda token: token.ljust(100_000, "A"),
}


class TestForged:
    @pytest.mark.parametrize("forgery", FORGERIES)
    def test_names_no_one(self, client: FlaskClient, launch: Launch, forgery: str) -> None:
        assert_is_not_ours(client, PATH, FORGERIES[forgery](launch()))

    def test_for_the_other_widget_names_no_one(self, client: FlaskClient, api: Api, launch: Launch) -> None:
        assert_is_not_ours(client, "/widget/multibrand", launch())
        answer = api.post("/auth/widget/multibrand", json={"sourceUserId": CUSTOMER, "cardId": CARD})
        assert_is_not_ours(client, PATH, answer.get_json()["accessToken"])

    def test_of_the_api_names_no_one(self, client: FlaskClient, api: Api) -> None:
        assert_is_not_ours(client, PATH, api.token)

    def test_in_a_posted_form_is_not_looked_at(self, client: FlaskClient, launch: Launch) -> None:
        assert client.post(PATH, data={"token": launch()}).status_code == 405

    def test_behind_the_number_sign_is_never_sent(self, client: FlaskClient, launch: Launch) -> None:
        assert NOT_OURS in client.get(f"{PATH}#token={launch()}").text

    @pytest.fixture(autouse=True)
    def nothing_done(self, wiring: Wiring) -> Iterator[None]:
        yield
        with wiring.database.reading() as session:
            opened = select(func.count()).where(WidgetLaunch.session_hash.is_not(None))
            for counted in (opened, *(select(func.count()).select_from(table) for table in (Transaction, Posting))):
                assert session.scalar(counted) == 0


class TestOfAnotherTenant:
    def test_shows_that_tenants_widget_to_that_tenants_pages_alone(
        self, client: FlaskClient, wiring: Wiring, issuer: Issuer
    ) -> None:
        other = make_issuer(wiring, "Harbor Bank", origins=("https://harbor.example",))
        token = Api(client, other).post("/auth/widget/point-exchange", json={"sourceUserId": "ana"}).get_json()
        page = client.get(PATH, query_string={"token": token["accessToken"], "tenant": issuer.tenant_key})
        assert page.headers["Content-Security-Policy"].endswith("frame-ancestors https://harbor.example")
        assert config_of(page)["origins"] == ["https://harbor.example"]
        assert "Northwind Bank" not in page.text


class TestReplayed:
    def test_after_completion_opens_nothing_and_ends_nothing(
        self, client: FlaskClient, launch: Launch, entry: dict[str, str], wiring: Wiring
    ) -> None:
        token = launch()
        widget = Widget(client, token)
        assert "Exchange complete" in widget.confirm(**entry).text
        for _ in range(2):
            assert "This exchange is finished" in client.get(PATH, query_string={"token": token}).text
        assert "Exchange complete" in widget.post("confirm", **entry).text
        with wiring.database.reading() as session:
            assert session.scalar(select(func.count()).select_from(Transaction)) == 1


def assert_is_not_ours(client: FlaskClient, path: str, token: str) -> None:
    page = client.get(path, query_string={"token": token})
    assert page.status_code == 401
    assert NOT_OURS in page.text
    assert page.headers["Content-Security-Policy"].endswith("frame-ancestors 'none'")
    assert 'id="widget-config"' not in page.text
