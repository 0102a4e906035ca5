import io
from collections.abc import Callable
from typing import Any, TypeVar

import pytest
from flask import Blueprint, Flask, Response, abort, g, redirect, request, url_for
from werkzeug.test import Client, TestResponse, create_environ, run_wsgi_app

from widget_host.web import plumbing
from widget_host.web.plumbing import PlainFlask, WholeResponse

F = TypeVar("F", bound=Flask)
AT_BOTH = [
    ("GET", "/plain", {}),
    ("GET", "/plain", {"query_string": "a=1&a=2"}),
    ("GET", "//plain", {}),
    ("GET", "/plain/", {}),
    ("HEAD", "/plain", {}),
    ("OPTIONS", "/plain", {}),
    ("POST", "/plain", {"data": "x"}),
    ("GET", "/named/zoë", {}),
    ("GET", "/named/a%2Fb", {}),
    ("GET", "/folder", {}),
    ("GET", "/folder/", {}),
    ("GET", "/nowhere", {}),
    ("GET", "/away", {}),
    ("GET", "/nothing", {}),
    ("GET", "/unchanged", {}),
    ("GET", "/pieces", {}),
    ("GET", "/refused", {}),
    ("GET", "/broken", {}),
    ("GET", "/inner/stopped", {}),
    ("GET", "/inner/deep/seen", {}),
    ("POST", "/echo", {"data": "abc"}),
    ("POST", "/echo", {"data": b""}),
    ("POST", "/echo", {"data": {"field": "value"}}),
    ("GET", "/address", {"base_url": "https://bank.example:443/under"}),
    ("GET", "/address", {"base_url": "http://[::1]:8080"}),
    ("GET", "/address", {"base_url": "http://no host"}),
    ("GET", "/address", {"base_url": "http://Bank.Example:80"}),
]


class TestPlainFlask:
    @pytest.mark.parametrize(("method", "path", "more"), AT_BOTH)
    def test_answers_as_flask_does(self, plain: Client, usual: Client, method: str, path: str, more: Any) -> None:
        for _ in range(2):  # the second time it knows the way
            assert said(plain.open(path, method=method, **more)) == said(usual.open(path, method=method, **more))

    def test_remembers_no_path_that_somebody_made_up(self, app: PlainFlask, plain: Client) -> None:
        for path in ("/plain", "/named/a", "/named/b", "/nowhere", "/folder"):
            plain.get(path)
        plain.post("/plain")
        assert set(app.url_map.known) == {("GET", "/plain")}  # type: ignore[attr-defined]  # that of Paths

    @pytest.mark.parametrize("length", [None, "0", "2", "3"])
    def test_reads_what_flask_reads_of_a_body_that_says_another_length(
        self, app: PlainFlask, usual: Client, length: str | None
    ) -> None:
        assert echoed(app, length) == echoed(usual.application, length)

    def test_remembers_no_host_that_is_longer_than_one_can_be(self, plain: Client) -> None:
        before = plumbing._known_host.cache_info().currsize
        plain.get("/plain", environ_overrides={"HTTP_HOST": "a" * 300})
        assert plumbing._known_host.cache_info().currsize == before
        plain.get("/plain", base_url="http://remembered.example")
        assert plumbing._known_host.cache_info().currsize == before + 1

    def test_refuses_a_host_that_is_not_trusted_where_some_are(self, app: PlainFlask, plain: Client) -> None:
        app.config["TRUSTED_HOSTS"] = ["bank.example"]
        answers = [plain.get("/plain", base_url=f"http://{host}").status_code for host in ("bank.example", "other")]
        assert answers == [200, 400]

    def test_closes_what_asks_for_it(self, plain: Client) -> None:
        plain.get("/closing").close()
        assert plain.get("/closed").data == b"yes"

    def test_tells_who_wants_to_know_that_a_request_ends(self, app: PlainFlask, plain: Client) -> None:
        ended: list[str] = []
        app.teardown_request(lambda _fault: ended.append("request"))
        app.teardown_appcontext(lambda _fault: ended.append("context"))
        plain.get("/plain")
        assert ended == ["request", "context"]

    @pytest.mark.parametrize("method", ["GET", "HEAD"])
    def test_sends_the_headers_beside_an_answers_own(self, app: PlainFlask, plain: Client, method: str) -> None:
        beside = WholeResponse("x")
        beside.others = (("Vary", "HX-Request"),)
        app.add_url_rule("/beside", view_func=lambda: beside)
        answer = plain.open("/beside", method=method)
        assert (answer.headers.getlist("Vary"), answer.headers["Content-Length"]) == (["HX-Request"], "1")

    def test_has_no_session_to_write_to(self, app: PlainFlask) -> None:
        app.secret_key = "x"
        with app.test_request_context():
            from flask import session  # noqa: PLC0415 - only here

            with pytest.raises(RuntimeError, match="session is unavailable"):
                session["a"] = 1

    @pytest.fixture
    def app(self) -> PlainFlask:
        return made(PlainFlask("app"))

    @pytest.fixture
    def plain(self, app: PlainFlask) -> Client:
        return Client(app)

    @pytest.fixture
    def usual(self) -> Client:
        return Client(made(Flask("app")))


def said(answer: TestResponse) -> tuple[str, list[tuple[str, str]], bytes]:
    return answer.status, sorted(answer.headers.to_wsgi_list()), answer.data


def echoed(app: Any, length: str | None) -> bytes:
    environ = create_environ("/echo", method="POST", data=b"abc")
    environ["wsgi.input"] = io.BytesIO(b"abc")
    environ.pop("CONTENT_LENGTH")
    parts, _status, _headers = run_wsgi_app(app, environ if length is None else environ | {"CONTENT_LENGTH": length})
    return b"".join(parts)


def made(app: F) -> F:
    app.config["PROPAGATE_EXCEPTIONS"] = False
    app.logger.disabled = True
    closed: list[str] = []
    views: dict[str, Callable[..., Any]] = {
        "/plain": lambda: f"plain {request.args.getlist('a')} {request.path}",
        "/named/<name>": lambda name: f"named {name}",
        "/folder/": lambda: {"path": request.path},
        "/away": lambda: redirect("/plain?ü=1"),
        "/nothing": lambda: ("", 204),
        "/unchanged": lambda: Response("none of it", 304, {"ETag": '"a"'}),
        "/pieces": lambda: Response(iter(["a", "b"])),
        "/refused": lambda: abort(403),
        "/broken": lambda: 1 // 0,
        "/address": lambda: url_for("/address", _external=True) + request.host + request.root_path,
        "/closing": lambda: closing(closed),
        "/closed": lambda: " ".join(closed),
    }
    for path, view in views.items():
        app.add_url_rule(path, path, view)
    app.add_url_rule("/echo", "echo", lambda: request.get_data() or request.form.to_dict(), methods=["POST"])
    nested(app)
    return app


def closing(closed: list[str]) -> Response:
    answer = Response("open")
    answer.call_on_close(lambda: closed.append("yes"))
    return answer


def nested(app: Flask) -> None:
    """Add a blueprint in a blueprint, with somebody before and after each."""
    inner, deep = Blueprint("inner", "app", url_prefix="/inner"), Blueprint("deep", "app", url_prefix="/deep")
    inner.add_url_rule("/stopped", "stopped", lambda: "not reached")
    deep.add_url_rule("/seen", "seen", lambda: " ".join(g.seen))
    for name, part in {"app": app, "inner": inner, "deep": deep}.items():
        part.before_request(lambda name=name: look(name))
        part.after_request(lambda answer, name=name: see(answer, name))
        part.after_request(lambda answer, name=name: see(answer, f"{name} again"))
    inner.register_blueprint(deep)
    app.register_blueprint(inner)


def look(name: str) -> str | None:
    g.seen = [*g.get("seen", ()), name]
    return "stopped" if request.path == "/inner/stopped" and name == "inner" else None


def see(answer: Response, name: str) -> Response:
    answer.headers.add("Seen", name)
    return answer
