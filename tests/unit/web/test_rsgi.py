import asyncio
import io
import threading
import time
from collections.abc import Iterable
from typing import Any

import pytest
from flask import Flask, request
from werkzeug.exceptions import HTTPException

from tests.fakes.rsgi import Gone, Headers, Protocol, Scope
from widget_host.kit import fibers
from widget_host.web import rsgi
from widget_host.web.rsgi import Server

LARGEST = 10


@pytest.fixture
def server() -> Server:
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST

    @app.route("/<path:path>", methods=["GET", "POST"])
    @app.route("/", defaults={"path": ""}, methods=["GET", "POST"])
    def echo(path: str) -> dict[str, Any]:
        body = request.get_data(as_text=True)
        return {"path": path, "body": body, "from": request.remote_addr, "headers": dict(request.headers)}

    @app.errorhandler(HTTPException)
    def refuse(error: HTTPException) -> tuple[dict[str, Any], int]:
        return {"said": error.description}, error.code or 500

    return Server(app, threads=1, largest_body=LARGEST)


def answered(server: Server, protocol: Protocol, *headers: tuple[str, str], **scope: Any) -> tuple[int, Any]:
    asked = Scope(headers=Headers(headers), **scope)
    asyncio.run(server.__rsgi__(asked, protocol))  # type: ignore[arg-type]  # as much of a scope as is asked for
    assert protocol.answer is not None
    status, said, body = protocol.answer
    assert said["Content-Type"] == "application/json"
    return status, Flask(__name__).json.loads(body)


class TestServer:
    def test_passes_on_what_the_application_raises_and_goes_on(self) -> None:
        def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
            if environ["PATH_INFO"] == "/bad":
                raise ValueError("no")
            start_response("200 OK", [("Content-Type", "application/json")])
            return [b"1"]

        server = Server(app, threads=1, largest_body=LARGEST)
        with pytest.raises(ValueError, match="no"):
            answered(server, Protocol(), path="/bad")
        assert answered(server, Protocol()) == (200, 1)

    def test_ends_what_is_answered_beside_one_that_takes_long_and_tells_of_a_fault_at_once(self) -> None:
        may_end = threading.Event()

        def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
            if environ["PATH_INFO"] == "/slow":
                assert may_end.wait(10)
            if environ["PATH_INFO"] == "/bad":
                raise ValueError("no")
            start_response("200 OK", [("Content-Type", "application/json")])
            return [b"1"]

        server = Server(app, threads=2, largest_body=LARGEST)

        async def talk() -> None:
            slow, fast, bad, last = (Protocol() for _ in range(4))
            asked = [self.asked(server, slow, "/slow"), self.asked(server, fast, "/fast")]
            while fast.answer is None:
                await asyncio.sleep(0.001)
            with pytest.raises(ValueError, match="no"):
                await asyncio.wait_for(self.asked(server, bad, "/bad"), 5)
            assert [each.done() for each in asked] == [False, True]
            asked.append(self.asked(server, last, "/last"))
            may_end.set()
            await asyncio.wait_for(asyncio.gather(*asked), 5)
            assert [each.answer and each.answer[0] for each in (slow, fast, last)] == [200, 200, 200]

        asyncio.run(talk())

    def asked(self, server: Server, protocol: Protocol, path: str) -> asyncio.Task[None]:
        return asyncio.ensure_future(server.__rsgi__(Scope(path=path), protocol))  # type: ignore[arg-type]  # as much of a scope as is asked for

    def test_answers_on_its_loop_what_belongs_there_and_in_a_thread_what_does_not(self) -> None:
        worked: dict[str, threading.Thread] = {}

        def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
            worked[environ["PATH_INFO"]] = threading.current_thread()
            start_response("200 OK", [("Content-Type", "application/json")])
            return [b"1"]

        server = Server(app, threads=1, largest_body=LARGEST, on_loop={("POST", "/short")})
        assert [answered(server, Protocol(), path=path) for path in ("/short", "/long")] == [(200, 1)] * 2
        assert worked["/short"] is threading.current_thread()
        assert worked["/long"] is not threading.current_thread()

    def test_begins_again_in_a_thread_what_would_keep_its_loop_waiting(self) -> None:
        begun: list[str] = []

        def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
            begun.append(environ["wsgi.input"].read().decode() + environ.get("again", ""))
            environ["again"] = " again"
            fibers.only_in_thread()
            start_response("200 OK", [("Content-Type", "application/json")])
            return [b"1"]

        server = Server(app, threads=1, largest_body=LARGEST, on_loop={("POST", "/")})
        assert answered(server, Protocol(b"ab"), ("content-length", "2")) == (200, 1)
        assert begun == ["ab", "ab again"]

    def test_says_in_a_thread_too_that_a_body_came_late(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(rsgi, "BODY_SECONDS", 0.01)

        def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
            fibers.only_in_thread()
            with pytest.raises(HTTPException, match="did not arrive"):
                environ["wsgi.input"].read()
            start_response("408 Late", [("Content-Type", "application/json")])
            return [b"1"]

        server = Server(app, threads=1, largest_body=LARGEST, on_loop={("POST", "/")})
        assert answered(server, Protocol(b"ab", stalls=True), ("content-length", "9")) == (408, 1)

    def test_goes_on_with_others_while_one_waits_on_its_loop(self) -> None:
        turns: dict[str, fibers.Turn] = {}

        def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
            if environ["PATH_INFO"] == "/bad":
                raise ValueError("no")
            turn = turns[environ["PATH_INFO"]] = fibers.turn()
            turn.wait()
            start_response("200 OK", [("Content-Type", "application/json")])
            return [b"1"]

        paths = ("/first", "/second", "/bad")
        server = Server(app, threads=1, largest_body=LARGEST, on_loop={("POST", path) for path in paths})

        async def talk() -> None:
            first, second, bad = (Protocol() for _ in range(3))
            asked = [self.asked(server, first, "/first"), self.asked(server, second, "/second")]
            with pytest.raises(ValueError, match="no"):
                await asyncio.wait_for(self.asked(server, bad, "/bad"), 5)
            fibers.come([turns["/second"]])
            await asyncio.wait_for(asked[1], 5)
            assert (first.answer, second.answer and second.answer[0]) == (None, 200)
            fibers.come([turns["/first"]])
            await asyncio.wait_for(asked[0], 5)
            assert first.answer is not None

        asyncio.run(talk())

    def test_goes_on_in_another_loop_than_one_that_was_closed_meanwhile(self) -> None:
        may_end = threading.Event()

        def app(_environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
            assert may_end.wait(10)
            start_response("200 OK", [("Content-Type", "application/json")])
            return [b"1"]

        server = Server(app, threads=1, largest_body=LARGEST)
        left, first = asyncio.new_event_loop(), Protocol()
        asked = left.create_task(server.__rsgi__(Scope(), first))  # type: ignore[arg-type]  # as much of a scope as is asked for
        left.run_until_complete(asyncio.sleep(0.01))
        left.close()
        may_end.set()
        while first.answer is None:
            time.sleep(0.001)
        assert answered(server, Protocol()) == (200, 1)
        assert not asked.done()

    def test_ends_every_one_of_many_at_once(self, server: Server) -> None:
        async def talk() -> None:
            for count in (1, 2, 7, 1):
                talks = [Protocol() for _ in range(count)]
                await asyncio.wait_for(asyncio.gather(*(self.asked(server, each, "/") for each in talks)), 5)
                assert all(each.answer for each in talks)

        asyncio.run(talk())

    def test_gives_the_application_the_request_as_it_came(self, server: Server) -> None:
        status, seen = answered(
            server,
            Protocol(b"ab", b"cd"),
            ("content-length", "4"),
            ("content-type", "text/plain"),
            ("x-two", "1"),
            ("x-two", "2"),
            ("cookie", "a=1"),
            ("cookie", "b=2"),
            path="/a b/é",
            client="[::1]:4000",
        )
        headers = {"Content-Length": "4", "Content-Type": "text/plain", "X-Two": "1,2", "Cookie": "a=1; b=2"}
        assert (status, seen) == (200, {"path": "a b/é", "body": "abcd", "from": "::1", "headers": headers})

    def test_counts_a_body_that_says_no_length(self, server: Server) -> None:
        _, seen = answered(server, Protocol(b"ab", b"cd"), ("transfer-encoding", "chunked"))
        assert (seen["body"], seen["headers"]) == ("abcd", {"Content-Length": "4"})

    def test_keeps_out_a_name_that_would_pass_for_a_proxys(self, server: Server) -> None:
        _, seen = answered(server, Protocol(), ("x_forwarded_for", "192.0.2.1"), method="GET")
        assert "X-Forwarded-For" not in seen["headers"]

    def test_does_not_lose_a_header_that_cannot_be_read(self, server: Server) -> None:
        _, seen = answered(server, Protocol(), ("idempotency-key", "é"), method="GET")
        assert seen["headers"]["Idempotency-Key"] == "ÿ"

    @pytest.mark.parametrize(
        ("header", "taken"), [(("content-length", "11"), 0), (("transfer-encoding", "chunked"), 2)]
    )
    def test_does_not_wait_for_more_than_is_allowed(self, server: Server, header: tuple[str, str], taken: int) -> None:
        protocol = Protocol(b"a" * LARGEST, b"b", stalls=True)
        status, _ = answered(server, protocol, header)
        assert (status, protocol.taken) == (413, taken)

    @pytest.mark.parametrize("header", [("content-length", "9"), ("transfer-encoding", "chunked")])
    def test_waits_for_a_body_only_so_long(
        self, server: Server, header: tuple[str, str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(rsgi, "BODY_SECONDS", 0.01)
        status, said = answered(server, Protocol(b"ab", stalls=True), header)
        assert (status, said) == (408, {"said": "The body did not arrive within 0.01 seconds."})

    def test_has_nothing_to_say_to_who_has_gone(self, server: Server) -> None:
        protocol = Gone()
        asyncio.run(server.__rsgi__(Scope(headers=Headers([("content-length", "9")])), protocol))  # type: ignore[arg-type]  # as above
        assert protocol.answer is None

    def test_closes_what_the_application_gave(self) -> None:
        parts = Parts(b"ab")

        def app(environ: dict[str, Any], start_response: Any) -> Parts:
            start_response("200 OK", [("Content-Type", "application/json")])
            return parts

        protocol = Protocol()
        asyncio.run(Server(app, threads=1, largest_body=LARGEST).__rsgi__(Scope(), protocol))  # type: ignore[arg-type]  # as above
        assert protocol.answer == (200, {"Content-Type": "application/json"}, b"ab")
        assert parts.closed

    def test_ends_with_its_process(self) -> None:
        ended: list[str] = []
        server = Server(Flask(__name__), threads=1, largest_body=LARGEST, end=lambda: ended.append("ended"))
        with asyncio.Runner() as runner:
            server.__rsgi_del__(runner.get_loop())
        assert ended == ["ended"]


class Parts(io.BytesIO):
    """A body that knows whether it was closed."""
