"""What the server's loop answers, beside what its threads answer: nobody can tell the one from the other."""

import asyncio
import gzip
import json
import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

import pytest

from tests.factories.issuers import AURORA, Issuer, make_issuer
from tests.fakes.clock import StoppedClock
from tests.fakes.rsgi import Headers, Protocol, Scope
from widget_host.app import LARGEST_BODY, create_app
from widget_host.config import Settings
from widget_host.domain.access.rules import POINT_EXCHANGE, LaunchRequest
from widget_host.kit import direct, fibers
from widget_host.kit.value import replace
from widget_host.web import limits
from widget_host.web.rsgi import Server
from widget_host.web.scope import HostApp
from widget_host.wiring import Wiring

# Drawn anew for each: ids, tokens, what is random in a page.
OWN = re.compile(
    rb"""[a-z]{3}_[0-9a-hjkmnp-tv-z]{26} | eyJ[\w.-]+ | [\w-]{43}
      | nonce[-=]["']?[\w-]+ | "session":"[\w-]+" | (?<=tenant=)\w+""",
    re.VERBOSE,
)
JSON = {"content-type": "application/json"}
WIDGET = f"/widget/{POINT_EXCHANGE}"
# A request: its method, path, headers and body.
Asked = tuple[str, str, Mapping[str, str], Any]
Answered = tuple[int, Any, bytes]


class Caller:
    """An issuer's backend and its customers, over one kind of server; its own address is like no other's."""

    def __init__(self, server: Server, wiring: Wiring, issuer: Issuer, address: str) -> None:
        self.issuer = issuer
        self._server = server
        self._wiring = wiring
        self._address = address
        _, _, body = self.send(*self.token())
        self._bearer = {"authorization": f"Bearer {json.loads(body)['access_token']}"}

    def send(self, method: str, path: str, headers: Mapping[str, str], body: Any) -> Answered:
        sent = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        named = {"host": "localhost", **headers, **({"content-length": str(len(sent))} if sent else {})}
        address, _, query = path.partition("?")
        scope = Scope(method, address, query, client=f"{self._address}:4000", headers=Headers(named.items()))
        protocol = Protocol(sent)
        asyncio.run(self._server.__rsgi__(scope, protocol))  # type: ignore[arg-type]  # as much of a scope as is asked for
        assert protocol.answer is not None
        return protocol.answer

    def token(self, **wrong: Any) -> Asked:
        secret = {"client_id": self.issuer.client_id, "client_secret": self.issuer.client_secret}
        return "POST", "/auth/token", JSON, secret | wrong

    def order(self, **more: Any) -> Asked:
        member = {"destinationUserId": more.pop("member", "AC12345678")}
        order = {"programId": self.issuer.programs[AURORA], "currency": "USD", "value": 25, "referenceNumber": "one"}
        return "POST", "/transactions", JSON | self._bearer, order | {"destinationAccount": member} | more

    def preview(self, key: str | None = None, **more: Any) -> Asked:
        asked: dict[str, Any] = {"programId": self.issuer.programs[AURORA], "currency": "USD", "value": 25}
        headers = JSON | self._bearer | ({} if key is None else {"idempotency-key": key})
        return "POST", "/transactions/preview", headers, asked | more

    def programs(self, **headers: str) -> Asked:
        return "GET", "/programs", headers or self._bearer, None

    def widget(self, **headers: str) -> Asked:
        with self._wiring.writing() as services:
            environment = services.organizations.get_environment(self.issuer.environment_id)
            token = services.widget_sessions.launch(environment, POINT_EXCHANGE, LaunchRequest("customer-1"))
        return "GET", f"{WIDGET}?token={token}", headers, None


CASES: dict[str, Callable[[Caller], Sequence[Asked]]] = {
    "healthz": lambda _: [("GET", "/healthz", {}, None)],
    "token": lambda caller: [caller.token(), caller.token()],
    "token refused": lambda caller: [caller.token(client_secret="wrong"), caller.token(client_id=["a"])],
    "token of another grant": lambda caller: [caller.token(grant_type="password")],
    "token without a body": lambda _: [("POST", "/auth/token", {}, None), ("POST", "/auth/token", JSON, b"{")],
    "programs": lambda caller: [caller.programs(), caller.programs()],
    "programs refused": lambda caller: [caller.programs(authorization="Bearer no"), caller.programs(cookie="a=b")],
    "order": lambda caller: [caller.order(), caller.order(), caller.order(value=26), caller.order(referenceNumber="2")],
    "order in points": lambda caller: [caller.order(value=2500, currency="POINTS")],
    "order that waits": lambda caller: [caller.order(member="sandbox-pending"), caller.order(member="sandbox-pending")],
    "order refused": lambda caller: [
        caller.order(member="sandbox-partner-error"),
        caller.order(member="sandbox-invalid-member"),
        caller.order(member="sandbox-invalid-member"),
        caller.order(value=10_000_000),
        caller.order(programId="prg_0"),
        caller.order(quoteId="quo_0"),
        caller.order(value="much"),
    ],
    "preview": lambda caller: [caller.preview(), caller.preview(), caller.preview(currency=None)],
    "preview in points": lambda caller: [caller.preview(value=2500, currency="POINTS")],
    "preview with a key": lambda caller: [asked := caller.preview(key="one"), asked],
    "preview refused": lambda caller: [
        caller.preview(value=1),
        caller.preview(value="much"),
        caller.preview(currency="XYZ"),
        caller.preview(programId="prg_0"),
        caller.preview(key=""),
    ],
    "order too large": lambda _: [("POST", "/transactions", {"content-length": "999999"}, None)],
    "widget": lambda caller: [caller.widget(), caller.widget(**{"accept-encoding": "gzip"})],
    "widget in arabic": lambda caller: [caller.widget(**{"accept-language": "ar"})],
    "widget twice": lambda caller: [opened := caller.widget(), opened],
    "widget refused": lambda _: [
        ("GET", f"{WIDGET}?token=no", {}, None),
        ("GET", f"{WIDGET}?tenant=none", {}, None),
        ("GET", f"{WIDGET}?receipt=no", {}, None),
        ("GET", WIDGET, {}, None),
        ("HEAD", WIDGET, {}, None),
    ],
}


WAYS: dict[str, Callable[[Wiring], Any]] = {
    "reading": lambda wiring: wiring.reading().__enter__(),
    "checking": lambda wiring: wiring.checking().__enter__(),
    "writing": lambda wiring: wiring.writing().__enter__(),
    "a turn": lambda wiring: direct.rows_in_turn(wiring.database, "SELECT 1", [[]]),
    "one at once": lambda wiring: direct.at_once(wiring.database, b"SELECT 1", []),
    "a program": lambda wiring: wiring.http.get("http://127.0.0.1:1", {}),
}


class TestOnLoop:
    @pytest.mark.parametrize("case", CASES)
    def test_answers_logs_and_counts_as_threads_do(
        self, case: str, in_loop: Caller, in_threads: Caller, capsys: pytest.CaptureFixture[str]
    ) -> None:
        capsys.readouterr()
        found = []
        for caller in (in_loop, in_threads):
            answers = [shown(caller.send(*asked)) for asked in CASES[case](caller)]
            found.append((answers, logged(capsys.readouterr().err)))
        assert found[0] == found[1]

    def test_answers_on_the_loop_whatever_is_asked_often(
        self, in_loop: Caller, clock: StoppedClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        usual = ("healthz", "token", "programs", "preview", "widget")
        first = [shown(in_loop.send(*asked)) for case in usual for asked in CASES[case](in_loop)]
        in_loop.send(*in_loop.order(referenceNumber="first"))
        monkeypatch.setattr(Server, "_in_thread", lambda *_: pytest.fail("begun again in a thread"))
        again = [in_loop.send(*asked) for case in usual for asked in CASES[case](in_loop)]
        assert [status for status, *_ in again] == [status for status, *_ in first] == [200] * len(first)
        assert in_loop.send(*in_loop.order(referenceNumber="second"))[0] == 201

    def test_renews_behind_the_answer_whatever_it_remembers(
        self, in_loop: Caller, wiring: Wiring, clock: StoppedClock
    ) -> None:
        def ask() -> set[Hashable]:
            of_points = in_loop.order(value=2500, currency="POINTS")
            asked = (in_loop.token(), in_loop.programs(), of_points, in_loop.preview(currency=None), in_loop.widget())
            assert {in_loop.send(*each)[0] for each in asked} <= {200, 201}
            return {key for key, known in wiring.lookups._found.items() if known.since == clock.now()}

        ask()
        clock.advance(seconds=1)
        first = ask()
        clock.advance(milliseconds=600)
        assert ask() == first == wiring.lookups._found.keys()
        looked_up = ("secret", "token", "programs", "points mode", "offer", "home currency", "standing", "offers")
        assert len(first) >= len(looked_up)

    @pytest.mark.parametrize("way", WAYS)
    def test_lets_nothing_wait_there(self, wiring: Wiring, way: str) -> None:
        with pytest.raises(fibers.NeedsThread):
            asyncio.run(fibers.run(lambda: WAYS[way](wiring)))

    def test_has_threads_where_requests_are_counted_in_redis(self, settings: Settings, wiring: Wiring) -> None:
        counted = replace(settings, rate_limit_storage="redis://127.0.0.1:1")
        limiter = limits.limiter(create_app(counted, wiring))
        assert limiter.waits
        with pytest.raises(fibers.NeedsThread):
            asyncio.run(fibers.run(lambda: limiter.count(limits.READS, "somebody")))

    @pytest.fixture
    def in_loop(self, app: HostApp, wiring: Wiring) -> Caller:
        server = Server(app, threads=1, largest_body=LARGEST_BODY, on_loop=app.on_loop())
        return Caller(server, wiring, make_issuer(wiring), "192.0.2.1")

    @pytest.fixture
    def in_threads(self, app: HostApp, wiring: Wiring) -> Caller:
        server = Server(app, threads=1, largest_body=LARGEST_BODY)
        return Caller(server, wiring, make_issuer(wiring), "192.0.2.2")


def shown(answer: Answered) -> Answered:
    """Return an answer without what is drawn for each alone."""
    status, headers, body = answer
    # What was drawn has no other length, but for what is escaped of it.
    told = {name: OWN.sub(b"-", value.encode()) for name, value in headers.items() if name != "Content-Length"}
    return status, told, OWN.sub(b"-", gzip.decompress(body) if "Content-Encoding" in headers else body)


def logged(lines: str) -> list[dict[str, Any]]:
    """Return what was logged, without when and whose."""
    said = [json.loads(line) for line in lines.splitlines()]
    own = {"request_id", "timestamp", "duration_ms", "client", "audit_id", "token_id", "secret_id", "environment_id"}
    return [{name: value for name, value in line.items() if name not in own} for line in said]
