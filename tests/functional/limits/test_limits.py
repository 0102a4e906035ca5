"""What callers see of the rate limits, on every surface."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.factories.issuers import Issuer, make_issuer
from tests.fakes.clock import StoppedClock
from tests.fixtures import Api
from tests.functional.api.answers import problem
from tests.functional.widgets.conftest import PATH, Widget
from tests.services.redis import RedisServer
from widget_host.app import create_app
from widget_host.config import Settings
from widget_host.kit.value import replace
from widget_host.web import limits
from widget_host.wiring import Wiring

Limited = Callable[..., FlaskClient]
PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial"}


@pytest.fixture
def limited(settings: Settings, wiring: Wiring) -> Limited:
    """A host with these limits, each 1000 where nothing is said."""

    def limited(**quotas: int | str) -> FlaskClient:
        named: dict[str, Any] = {f"rate_limit_{name}": 1000 for name in ("tokens", "reads", "writes", "widget")}
        named |= {f"rate_limit_{name}": quota for name, quota in quotas.items()}
        return create_app(replace(settings, **named), wiring).test_client()

    return limited


def storage(redis_server: RedisServer, kind: str) -> str:
    return redis_server.url if kind == "redis" else "memory://"


class TestReads:
    @pytest.mark.parametrize("kind", ["memory", "redis"])
    def test_are_counted_down_then_refused_until_the_minute_ends(
        self, limited: Limited, issuer: Issuer, clock: StoppedClock, redis_server: RedisServer, kind: str
    ) -> None:
        api = Api(limited(reads=3, storage=storage(redis_server, kind)), issuer)
        clock.advance(seconds=20)
        answers = [api.get("/programs") for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert [answer.headers["RateLimit"] for answer in answers] == [
            '"reads";r=2;t=40',
            '"reads";r=1;t=40',
            '"reads";r=0;t=40',
            '"reads";r=0;t=40',
        ]
        assert {answer.headers["RateLimit-Policy"] for answer in answers} == {'"reads";q=3;w=60'}
        said = problem(answers[3], 429, "RATE_LIMITED")
        assert answers[3].headers["Retry-After"] == "40"
        assert said["details"] == {"seconds": 40, "limit": "reads"}
        clock.advance(seconds=40)
        assert api.get("/programs").status_code == 200

    def test_of_one_client_leave_the_others_alone(self, limited: Limited, issuer: Issuer, wiring: Wiring) -> None:
        client, other = limited(reads=1), make_issuer(wiring, "Southwind Bank")
        api = Api(client, issuer)
        assert [api.get("/programs").status_code for _ in range(2)] == [200, 429]
        assert Api(client, other).get("/programs").status_code == 200

    def test_leave_writes_alone(self, limited: Limited, issuer: Issuer) -> None:
        api = Api(limited(reads=1), issuer)
        assert [api.get("/programs").status_code for _ in range(2)] == [200, 429]
        answer = api.post("/transactions/preview", json={})
        assert (answer.status_code, answer.headers["RateLimit"]) == (400, '"writes";r=999;t=60')

    def test_without_a_valid_token_are_counted_by_address(self, limited: Limited) -> None:
        client = limited(reads=2)
        wrong = {"Authorization": "Bearer nonsense"}
        answers = [client.get("/programs"), client.get("/programs", headers=wrong), client.get("/programs")]
        assert [answer.status_code for answer in answers] == [401, 401, 429]

    def test_are_endless_where_the_limit_is_none(self, limited: Limited, issuer: Issuer) -> None:
        api = Api(limited(reads=0), issuer)
        answer = api.get("/programs")
        assert (answer.status_code, "RateLimit" in answer.headers) == (200, False)


class TestWrites:
    def test_are_refused_before_anything_is_done(self, limited: Limited, issuer: Issuer) -> None:
        api = Api(limited(writes=1), issuer)
        assert api.post("/transactions/preview", json={}).status_code == 400
        problem(api.post("/transactions", json={}), 429, "RATE_LIMITED")

    def test_of_credentials_in_the_body_are_counted_by_address(self, limited: Limited) -> None:
        client = limited(writes=1)
        asked = {"clientId": "x", "clientSecret": "y", "sourceUserId": "ana"}
        answers = [client.post("/auth/widget/point-exchange", json=asked).status_code for _ in range(2)]
        assert answers == [401, 429]


class TestTokens:
    def test_are_limited_by_address(self, limited: Limited) -> None:
        client = limited(tokens=2)
        wrong = {"client_id": "cli_x", "client_secret": "y"}
        answers = [client.post("/auth/token", data=wrong) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [401, 401, 429]
        problem(answers[2], 429, "RATE_LIMITED")

    def test_are_limited_by_client_wherever_it_asks_from(self, limited: Limited, issuer: Issuer) -> None:
        client = limited(tokens=2)
        statuses = [self.ask(client, issuer, address=f"192.0.2.{host}") for host in range(3)]
        assert statuses == [200, 200, 429]

    def test_cannot_be_used_up_by_a_stranger_who_knows_the_client_id(self, limited: Limited, issuer: Issuer) -> None:
        client = limited(tokens=2)
        wrong = {"client_id": issuer.client_id, "client_secret": "guess"}
        for _ in range(3):
            client.post("/auth/token", data=wrong, environ_base={"REMOTE_ADDR": "192.0.2.66"})
        assert self.ask(client, issuer, address="192.0.2.1") == 200

    def ask(self, client: FlaskClient, issuer: Issuer, *, address: str) -> int:
        credentials = {"client_id": issuer.client_id, "client_secret": issuer.client_secret}
        return client.post("/auth/token", data=credentials, environ_base={"REMOTE_ADDR": address}).status_code


class TestWidgets:
    def test_are_answered_beside_the_preview(self, limited: Limited, issuer: Issuer, entry: dict[str, str]) -> None:
        widget = self.opened(limited(widget=1), issuer)
        assert widget.post("preview", **entry).status_code == 200
        answer = widget.post("preview", **entry)
        assert (answer.status_code, answer.mimetype, answer.headers["Retry-After"]) == (429, "text/html", "60")
        assert answer.text.lstrip().startswith('<div class="preview" id="preview"')
        assert "Too many tries. Wait 60 seconds and try again." in answer.text

    @pytest.mark.parametrize("step", ["amount", "review", "confirm", "program"])
    def test_keep_what_was_typed(self, limited: Limited, issuer: Issuer, entry: dict[str, str], step: str) -> None:
        widget = self.opened(limited(widget=1), issuer)
        widget.post("preview", **entry)
        answer = widget.post(step, **entry)
        assert answer.status_code == 429
        assert "Too many tries. Wait 60 seconds and try again." in answer.text
        assert "AC12345678" in answer.text
        assert "<html" not in answer.text

    def test_are_whole_pages_without_scripts(self, limited: Limited, issuer: Issuer, entry: dict[str, str]) -> None:
        widget = self.opened(limited(widget=1), issuer, is_scripted=False)
        widget.post("review", **entry)
        answer = widget.post("review", **entry)
        assert (answer.status_code, "<html" in answer.text) == (429, True)
        assert "frame-ancestors https://bank.example" in answer.headers["Content-Security-Policy"]

    def test_of_nobody_known_are_counted_by_address(self, limited: Limited) -> None:
        client = limited(writes=1)
        answers = [client.post(f"{PATH}/preview", headers=PARTIAL) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [401, 429]
        assert "Too many tries." in answers[1].text
        assert "<html" not in answers[1].text

    def test_are_opened_so_often_from_one_address(self, limited: Limited) -> None:
        client = limited(reads=1)
        answers = [client.get(PATH) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [401, 429]
        assert "Too many tries." in answers[1].text

    def opened(self, client: FlaskClient, issuer: Issuer, *, is_scripted: bool = True) -> Widget:
        asked = {"sourceUserId": "ana", "balance": 100, "currency": "USD"}
        token = Api(client, issuer).post("/auth/widget/point-exchange", json=asked).get_json()["accessToken"]
        return Widget(client, token, is_scripted=is_scripted)

    @pytest.fixture
    def entry(self, issuer: Issuer) -> dict[str, str]:
        aurora = issuer.programs["Aurora Club"]
        return {"programId": aurora, "destinationFor": aurora, "amount": "25", "destinationUserId": "AC12345678"}


class TestProbes:
    def test_are_never_refused(self, limited: Limited) -> None:
        client = limited(reads=1)
        answers = [client.get(path) for path in ("/healthz", "/readyz") for _ in range(3)]
        assert {answer.status_code for answer in answers} == {200}
        assert not any("RateLimit" in answer.headers for answer in answers)


class TestRedis:
    def test_counts_once_for_all_processes(self, limited: Limited, issuer: Issuer, redis_server: RedisServer) -> None:
        one, two = (Api(limited(reads=2, storage=redis_server.url), issuer) for _ in range(2))
        statuses = [api.get("/programs").status_code for api in (one, two, one)]
        assert statuses == [200, 200, 429]

    def test_that_is_away_lets_everybody_in_and_is_asked_again_later(
        self,
        limited: Limited,
        issuer: Issuer,
        redis_server: RedisServer,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        monkeypatch.setattr(limits, "PAUSE_SECONDS", 0)
        api = Api(limited(reads=1, storage=redis_server.url), issuer)
        assert [api.get("/programs").status_code for _ in range(2)] == [200, 429]
        redis_server.pause()
        answers = [api.get("/programs") for _ in range(2)]
        assert [answer.status_code for answer in answers] == [200, 200]
        assert "RateLimit" not in answers[0].headers
        assert "limits.storage_away" in capsys.readouterr().err
        redis_server.start()
        assert [api.get("/programs").status_code for _ in range(2)] == [200, 429]

    def test_that_was_never_there_does_not_stop_the_start(
        self, limited: Limited, issuer: Issuer, redis_server: RedisServer
    ) -> None:
        redis_server.pause()
        api = Api(limited(storage=redis_server.url), issuer)
        assert api.get("/programs").status_code == 200


class TestBodies:
    @pytest.mark.parametrize(("depth", "status"), [(31, "unknown"), (32, "malformed"), (100_000, "malformed")])
    def test_are_not_nested_too_deep(self, api: Api, depth: int, status: str) -> None:
        answer = api.post("/transactions", data='{"deep":' + "[" * depth + "]" * depth + "}")
        errors = problem(answer, 400, "VALIDATION_ERROR")["errors"]
        assert status in {error["code"] for error in errors}

    @pytest.mark.parametrize(("length", "status"), [(1000, "unknown"), (1001, "malformed")])
    def test_have_no_endless_lists(self, api: Api, length: int, status: str) -> None:
        errors = problem(api.post("/transactions", json={"list": [0] * length}), 400, "VALIDATION_ERROR")["errors"]
        assert status in {error["code"] for error in errors}

    def test_name_no_more_programs_than_there_could_be(self, api: Api) -> None:
        accounts: dict[str, Any] = {f"prg_{number}": {} for number in range(201)}
        asked = {"sourceUserId": "ana", "destinationAccounts": accounts, "programIds": ["x"] * 201}
        errors = problem(api.post("/auth/widget/point-exchange", json=asked), 400, "VALIDATION_ERROR")["errors"]
        assert {error["field"]: error["code"] for error in errors} == {
            "destinationAccounts": "too_many",
            "programIds": "too_many",
        }

    def test_are_no_larger_than_a_quarter_of_a_megabyte(self, api: Api) -> None:
        answer = api.post("/transactions", data=b" " * (256 * 1024 + 1))
        assert answer.status_code == 413

    @pytest.mark.parametrize("length", ["9" * 5000, "-1", "1e3", "\u0663", ""])
    def test_whose_length_is_none_are_refused_for_what_they_say(self, client: FlaskClient, length: str) -> None:
        answer = client.post("/auth/token", environ_overrides={"CONTENT_LENGTH": length})
        assert answer.status_code == 401

    @pytest.mark.parametrize("said", [{}, {"CONTENT_LENGTH": "0", "HTTP_TRANSFER_ENCODING": "chunked"}])
    def test_in_chunks_are_measured_too(self, client: FlaskClient, said: dict[str, str]) -> None:
        chunked = {"wsgi.input_terminated": True, **said}
        statuses = []
        for length in (1000, 300 * 1024):
            body = b"client_id=x&client_secret=" + b"y" * length
            answer = client.post(
                "/auth/token",
                input_stream=BytesIO(body),
                content_type="application/x-www-form-urlencoded",
                environ_overrides=chunked,
            )
            statuses.append(answer.status_code)
        assert statuses == [401, 413]
