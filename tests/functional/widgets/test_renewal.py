import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.factories.issuers import Issuer, make_issuer
from tests.fakes.clock import StoppedClock
from tests.fixtures import Api
from tests.functional.widgets.conftest import PATH, Launch, Widget, config_of, events
from widget_host.wiring import Wiring

BACK = "https://bank.example/points?from=widget"


class TestStaySignedIn:
    def test_gives_ten_minutes_from_now(self, widget: Widget, clock: StoppedClock, entry: dict[str, str]) -> None:
        clock.advance(minutes=9)
        assert widget.post("session").get_json() == {"expiresInMs": 600_000, "canExtend": True}
        clock.advance(minutes=9)
        assert widget.post("preview", **entry).status_code == 200

    def test_ends_after_half_an_hour(self, widget: Widget, clock: StoppedClock) -> None:
        for _ in range(3):
            clock.advance(minutes=9)
            answer = widget.post("session")
        assert answer.get_json() == {"expiresInMs": 180_000, "canExtend": False}
        clock.advance(minutes=3)
        assert widget.post("session").status_code == 401

    def test_is_refused_to_strangers(self, client: FlaskClient, widget: Widget) -> None:
        assert client.post(f"{PATH}/session").status_code == 401
        headers = {"Authorization": f"Bearer {widget.bearer}", "Sec-Fetch-Site": "cross-site"}
        assert client.post(f"{PATH}/session", headers=headers).status_code == 403
        assert client.get(f"{PATH}/session").status_code == 405


class TestFreshToken:
    def test_lets_the_session_last_and_is_spent_by_it(
        self, client: FlaskClient, widget: Widget, launch: Launch, clock: StoppedClock, entry: dict[str, str]
    ) -> None:
        clock.advance(minutes=9)
        token = launch()
        assert widget.post("session", token=token).get_json() == {"expiresInMs": 600_000, "canExtend": True}
        clock.advance(minutes=9)
        assert widget.confirm(**entry).status_code == 200
        assert "This exchange is finished" in client.get(PATH, query_string={"token": token}).text

    def test_buys_nothing_more(
        self, widget: Widget, launch: Launch, entry: dict[str, str], wiring: Wiring, issuer: Issuer
    ) -> None:
        first = events(widget.confirm(**entry))["widget:success"]
        widget.post("session", token=launch())
        again = events(widget.confirm(**entry))["widget:success"]
        assert again == first

    def test_of_another_customer_or_issuer_is_refused_and_the_session_goes_on(
        self, client: FlaskClient, widget: Widget, launch: Launch, wiring: Wiring, entry: dict[str, str]
    ) -> None:
        elsewhere = Api(client, make_issuer(wiring, "Elsewhere"))
        strange = elsewhere.post("/auth/widget/point-exchange", json={"sourceUserId": "ana"}).get_json()["accessToken"]
        for token in (launch(sourceUserId="ben"), strange, "made-up", ""):
            refused = widget.post("session", token=token)
            assert (refused.status_code, refused.get_json()["code"]) == (409, "SESSION_NOT_RENEWED")
        assert widget.post("preview", **entry).status_code == 200


class TestEnd:
    def test_is_told_to_the_host(
        self, client: FlaskClient, widget: Widget, launch: Launch, clock: StoppedClock, entry: dict[str, str]
    ) -> None:
        token = launch()
        clock.advance(minutes=10)
        assert events(widget.post("review", **entry)) == {"widget:session.expired": {}}
        opened = config_of(client.get(PATH, query_string={"token": token}))
        assert opened["messages"] == [{"type": "session.expired", "payload": {}}]
        assert opened["canReconnect"] is False

    def test_waits_for_the_host_where_the_page_was_reloaded(self, client: FlaskClient, issuer: Issuer) -> None:
        page = client.get(PATH, query_string={"tenant": issuer.tenant_key, "locale": "ar", "theme": "dark"})
        assert (page.status_code, 'dir="rtl"' in page.text, 'data-mode="dark"' in page.text) == (401, True, True)
        config = config_of(page)
        assert (config["session"], config["canReconnect"], config["messages"]) == (None, True, [])
        assert config["address"] == f"{PATH}?tenant={issuer.tenant_key}&locale=ar&theme=dark"
        assert "data-reconnects" in page.text


class TestWayBack:
    def test_names_what_became_of_it(self, client: FlaskClient, back: Widget, entry: dict[str, str]) -> None:
        assert f'href="{self.address("cancel")}">Back to Northwind Bank</a>' in back.page.text
        assert self.address("completed", "&amp;reference=NW-1") in back.confirm(**entry).text

    def test_is_there_when_the_session_has_ended(
        self, back: Widget, entry: dict[str, str], clock: StoppedClock
    ) -> None:
        clock.advance(minutes=10)
        assert self.address("expired") in back.post("review", **entry).text

    def test_is_not_where_the_issuer_named_none(self, widget: Widget, entry: dict[str, str]) -> None:
        assert "Back to" not in widget.page.text
        assert "Back to" not in widget.confirm(**entry).text

    def address(self, status: str, more: str = "") -> str:
        return f"{BACK}&amp;status={status}{more}"

    @pytest.fixture
    def back(self, client: FlaskClient, launch: Launch, wiring: Wiring, issuer: Issuer) -> Widget:
        with wiring.writing() as services:
            environment = services.organizations.get_environment(issuer.environment_id)
            services.organizations.register_return_urls(environment, [BACK])
        return Widget(client, launch(returnUrl=BACK, referenceNumber="NW-1"))


class TestSharedScript:
    @pytest.mark.parametrize("name", ["embed.js", "embed.d.ts"])
    def test_may_be_taken_by_any_page_and_is_kept_for_minutes(self, client: FlaskClient, name: str) -> None:
        answer = self.got(client, name)
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert answer.headers["Cache-Control"] == "public, max-age=300"

    def test_differs_in_that_from_the_widgets_own(self, client: FlaskClient) -> None:
        assert "Access-Control-Allow-Origin" not in self.got(client, "widget.js").headers

    def got(self, client: FlaskClient, name: str) -> TestResponse:
        answer = client.get(f"/static/js/{name}")
        assert answer.status_code == 200
        answer.close()
        return answer
