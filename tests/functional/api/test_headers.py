from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.fakes.clock import StoppedClock
from tests.fixtures import Api
from tests.functional.api.conftest import Order
from tests.functional.api.test_errors import address
from widget_host.app import create_app
from widget_host.config import Settings
from widget_host.kit.value import replace
from widget_host.web.scope import HostApp
from widget_host.wiring import Wiring

NOTHING_ALLOWED = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


@pytest.fixture
def answers(app: HostApp, api: Api, client: FlaskClient, order: Order) -> Iterator[list[TestResponse]]:
    """One answer of every route and every kind: with a bearer and without, to a page's visitor, and of nowhere."""
    answers = [client.get("/nothing"), client.delete("/programs"), client.get("/widget/nothing")]
    answers += [api.post("/transactions", order()), api.get("/programs"), api.get("/transactions/order-1")]
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"HEAD"}):
            answers.append(client.open(address(rule), method=method))
    launch = api.post("/auth/widget/point-exchange", {"sourceUserId": "user-1"}).get_json()
    answers.append(client.get(launch["widgetUrl"].removeprefix("http://localhost")))
    yield answers
    for answer in answers:
        answer.close()


class TestEveryAnswer:
    def test_may_be_framed_by_nobody_but_the_issuers_pages(self, answers: list[TestResponse]) -> None:
        framed = [each for each in answers if "frame-ancestors 'none'" not in each.headers["Content-Security-Policy"]]
        assert [each.request.path for each in framed] == ["/widget/point-exchange"]
        assert "frame-ancestors https://bank.example" in framed[0].headers["Content-Security-Policy"]

    def test_is_not_guessed_at(self, answers: list[TestResponse]) -> None:
        assert {answer.headers["X-Content-Type-Options"] for answer in answers} == {"nosniff"}

    def test_sets_no_cookie(self, answers: list[TestResponse]) -> None:
        assert [answer.request.path for answer in answers if "Set-Cookie" in answer.headers] == []

    def test_has_an_id_of_its_own(self, answers: list[TestResponse]) -> None:
        assert len({answer.headers["X-Request-Id"] for answer in answers}) == len(answers)

    def test_tells_no_other_site_where_it_was(self, answers: list[TestResponse]) -> None:
        assert {answer.headers["Referrer-Policy"] for answer in answers} == {"no-referrer"}

    def test_of_the_api_may_do_nothing_and_is_kept_nowhere(self, answers: list[TestResponse]) -> None:
        told = [answer for answer in answers if answer.mimetype in ("application/json", "application/problem+json")]
        assert len(told) > 10
        assert {answer.headers["Content-Security-Policy"] for answer in told} == {NOTHING_ALLOWED}
        secret = [answer for answer in told if not answer.request.path.startswith(("/static/", "/openapi.json"))]
        assert {answer.headers["Cache-Control"] for answer in secret} == {"no-store"}

    def test_allows_no_other_origin_to_read_it(self, answers: list[TestResponse]) -> None:
        assert [each.request.path for each in answers if "Access-Control-Allow-Origin" in each.headers] == []

    def test_on_plain_http_promises_no_https(self, answers: list[TestResponse]) -> None:
        assert [each.request.path for each in answers if "Strict-Transport-Security" in each.headers] == []


class TestStaticFile:
    def test_may_be_kept(self, client: FlaskClient) -> None:
        with client.get("/static/js/htmx.min.js") as answer:
            assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "public, max-age=31536000")


class TestOnHttps:
    def test_every_answer_asks_browsers_to_stay_there(self, settings: Settings, clock: StoppedClock) -> None:
        secure = replace(settings, base_url="https://points.example")
        wiring = Wiring(secure, clock)
        client = create_app(secure, wiring).test_client()
        for path in ("/healthz", "/nothing", "/programs"):
            assert client.get(path).headers["Strict-Transport-Security"] == "max-age=31536000"
        wiring.end()
