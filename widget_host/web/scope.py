"""One unit of work per request: what is raised is undone, what is returned is kept."""

from contextlib import AbstractContextManager, ExitStack
from datetime import timedelta
from typing import Any, TypeVar, cast

from flask import Flask, Request, Response, current_app, g, request
from flask.typing import ResponseReturnValue

from widget_host.services import Services
from widget_host.telemetry import traces
from widget_host.wiring import Wiring

# What WSGI's environment says of a request beside what the server says of it.
REQUEST_ID, BEGAN, SAID = "widget_host.request_id", "widget_host.began", "widget_host.said"
UNIT, REQUEST, READER, WRITER = "unit", "request", "reader", "writer"
T = TypeVar("T")


class HostApp(Flask):
    """A Flask whose views each run inside one unit of work, in the time of the environment they serve."""

    def ensure_sync(self, func: Any) -> Any:
        """Return the function: none of ours is asynchronous, and Flask would look at each of them at each request."""
        return func

    def full_dispatch_request(self) -> Response:
        """Answer the request, as one span where somebody traces; the clock it followed is let go of."""
        with _Opened(REQUEST):
            return self._traced() if traces.is_on() else super().full_dispatch_request()

    def _traced(self) -> Response:
        route = request.url_rule.rule if request.url_rule else None
        with traces.request_span(request.method, route, request.headers) as span:
            answer = super().full_dispatch_request()
            span.set_attribute("http.response.status_code", answer.status_code)
            return answer

    def dispatch_request(self) -> ResponseReturnValue:
        """Run the view; what it wrote is kept when it returns, undone when it raises."""
        with _Opened(UNIT, READER, WRITER):
            return super().dispatch_request()


class _Opened:
    """What is opened meanwhile by `_enter` under this name, and closed at the end: most requests open nothing.

    Then what was `known` meanwhile is forgotten.
    """

    def __init__(self, name: str, *known: str) -> None:
        self._name = name
        self._known = known
        # Asked for once: each look through the proxy is three calls.
        self._kept = g._get_current_object()  # noqa: SLF001 - Flask's documented way past the proxy

    def __enter__(self) -> None:
        pass

    def __exit__(self, *raised: Any) -> bool | None:
        stack: ExitStack | None = self._kept.pop(self._name, None)
        try:
            return None if stack is None else stack.__exit__(*raised)
        finally:
            for name in self._known:
                self._kept.pop(name, None)


def _enter(name: str, context: AbstractContextManager[T]) -> T:
    if name not in g:
        setattr(g, name, ExitStack())
    return cast("ExitStack", getattr(g, name)).enter_context(context)


def host_app() -> HostApp:
    """Return the application that answers this request."""
    return cast("HostApp", current_app._get_current_object())  # type: ignore[attr-defined]  # noqa: SLF001 - Flask's documented way past the proxy


def asked() -> Request:
    """Return this request without the proxy before it, for who looks at it more than once."""
    return cast("Request", request._get_current_object())  # type: ignore[attr-defined]  # noqa: SLF001 - the same


def wiring() -> Wiring:
    """Return what lives as long as the process."""
    return cast("Wiring", current_app.extensions["wiring"])


def follow_clock(ahead: timedelta) -> None:
    """Let the rest of the request run in the time of an environment that is ahead by this much."""
    if ahead:
        _enter(REQUEST, wiring().clock.ahead(ahead))


def services() -> Services:
    """Return the request's services for reading; nothing done with them is kept."""
    if READER not in g:
        g.reader = _enter(UNIT, wiring().reading())
    return cast("Services", g.reader)


def work() -> Services:
    """Return the request's services for writing, kept when the view returns.

    On SQLite one writer works at a time: a view that writes does not call `wiring().issuing` as well.
    """
    if WRITER not in g:
        g.writer = _enter(UNIT, wiring().writing())
    return cast("Services", g.writer)


def request_id() -> str:
    """Return this request's id, the one that every answer and log line carries: `web.headers` gave it."""
    return cast("str", request.environ[REQUEST_ID])
