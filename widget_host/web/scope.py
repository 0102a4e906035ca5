"""One unit of work per request: what is raised is undone, what is returned is kept."""

from contextlib import AbstractContextManager, ExitStack
from datetime import timedelta
from functools import cache
from typing import Any, TypeVar, cast

from flask import Flask, Response, current_app, g, request
from flask.typing import ResponseReturnValue

from widget_host.services import Services
from widget_host.telemetry import traces
from widget_host.wiring import Wiring

REQUEST_ID = "widget_host.request_id"
T = TypeVar("T")


class HostApp(Flask):
    """A Flask whose views each run inside one unit of work, in the time of the environment they serve."""

    def ensure_sync(self, func: Any) -> Any:
        """Return the function: none of ours is asynchronous, and Flask would look at each of them at each request."""
        return func

    def full_dispatch_request(self) -> Response:
        """Answer the request, as one span where somebody traces; the clock it followed is let go of."""
        with _opened("request"):
            return self._traced() if traces.is_on() else super().full_dispatch_request()

    def _traced(self) -> Response:
        route = request.url_rule.rule if request.url_rule else None
        with traces.request_span(request.method, route, request.headers) as span:
            answer = super().full_dispatch_request()
            span.set_attribute("http.response.status_code", answer.status_code)
            return answer

    def dispatch_request(self) -> ResponseReturnValue:
        """Run the view; what it wrote is kept when it returns, undone when it raises."""
        try:
            with _opened("unit"):
                return super().dispatch_request()
        finally:
            g.pop("reader", None)
            g.pop("writer", None)


class _Opened:
    """What is opened meanwhile by `_enter` under this name, and closed at the end: most requests open nothing."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None:
        pass

    def __exit__(self, *raised: Any) -> bool | None:
        stack: ExitStack | None = g.pop(self._name, None)
        return None if stack is None else stack.__exit__(*raised)


@cache
def _opened(name: str) -> _Opened:
    return _Opened(name)


def _enter(name: str, context: AbstractContextManager[T]) -> T:
    if name not in g:
        setattr(g, name, ExitStack())
    return cast("ExitStack", getattr(g, name)).enter_context(context)


def host_app() -> HostApp:
    """Return the application that answers this request."""
    return cast("HostApp", current_app._get_current_object())  # type: ignore[attr-defined]  # noqa: SLF001 - Flask's documented way past the proxy


def wiring() -> Wiring:
    """Return what lives as long as the process."""
    return cast("Wiring", current_app.extensions["wiring"])


def follow_clock(ahead: timedelta) -> None:
    """Let the rest of the request run in the time of an environment that is ahead by this much."""
    if ahead:
        _enter("request", wiring().clock.ahead(ahead))


def services() -> Services:
    """Return the request's services for reading; nothing done with them is kept."""
    if "reader" not in g:
        g.reader = _enter("unit", wiring().reading())
    return cast("Services", g.reader)


def work() -> Services:
    """Return the request's services for writing, kept when the view returns.

    On SQLite one writer works at a time: a view that writes does not call `wiring().issuing` as well.
    """
    if "writer" not in g:
        g.writer = _enter("unit", wiring().writing())
    return cast("Services", g.writer)


def request_id() -> str:
    """Return this request's id, the one that every answer and log line carries: `web.headers` gave it."""
    return cast("str", request.environ[REQUEST_ID])
