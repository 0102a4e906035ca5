"""One unit of work per request: what is raised is undone, what is returned is kept."""

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from datetime import timedelta
from typing import Any, TypeVar, cast

from flask import Response
from flask.typing import ResponseReturnValue

from widget_host.domain.access.rules import Client
from widget_host.services import Services
from widget_host.telemetry import traces
from widget_host.web import plumbing
from widget_host.web.plumbing import PlainFlask, WholeRequest
from widget_host.wiring import Wiring

# What WSGI's environment says of a request beside what the server says of it.
REQUEST_ID, BEGAN, SAID = "widget_host.request_id", "widget_host.began", "widget_host.said"
T = TypeVar("T")
View = Callable[..., Any]
V = TypeVar("V", bound=View)
_on_loop: set[View] = set()


def on_loop(view: V) -> V:
    """Have the server's event loop answer with this view, and no thread: it has to wait for next to nothing.

    What a view asks `Lookups` and `Gathering` for lets the loop go on with others meanwhile. Where it comes to open a
    session after all, it is begun again in a thread: it must have left nothing behind by then.
    """
    _on_loop.add(view)
    return view


def is_on_loop(view: View) -> bool:
    """Whether the server's loop answers with this view."""
    return view in _on_loop


class HostRequest(WholeRequest):
    """A request, and what it has opened; Flask's `g` would be three calls away at each look."""

    client: Client | None = None
    reader: Services | None = None
    writer: Services | None = None
    # What is left at the end of the unit of work, and of the whole request.
    unit: ExitStack | None = None
    clock: ExitStack | None = None

    def __init__(self, *args: Any, **options: Any) -> None:
        """Have opened nothing yet; `kept` is what each room wants to know again, under names of its own."""
        super().__init__(*args, **options)
        self.kept: dict[str, Any] = {}


class HostApp(PlainFlask):
    """A Flask whose views each run inside one unit of work, in the time of the environment they serve."""

    request_class = HostRequest
    wiring: Wiring

    def on_loop(self) -> frozenset[tuple[str, str]]:
        """Return the methods and paths that the server's loop answers."""
        rules = [rule for rule in self.url_map.iter_rules() if not rule.arguments]
        chosen = [rule for rule in rules if is_on_loop(self.view_functions[rule.endpoint])]
        return frozenset((method, rule.rule) for rule in chosen for method in rule.methods or ())

    def full_dispatch_request(self) -> Response:
        """Answer the request, as one span where somebody traces; the clock it followed is let go of."""
        present = asked()
        try:
            return self._traced(present) if traces.is_on() else super().full_dispatch_request()
        finally:
            if present.clock is not None:
                present.clock.close()

    def _traced(self, present: HostRequest) -> Response:
        route = present.url_rule.rule if present.url_rule else None
        with traces.request_span(present.method, route, present.headers) as span:
            answer = super().full_dispatch_request()
            span.set_attribute("http.response.status_code", answer.status_code)
            return answer

    def dispatch_request(self) -> ResponseReturnValue:
        """Run the view; what it wrote is kept when it returns, undone when it raises."""
        present = asked()
        try:
            answer = super().dispatch_request()
        except BaseException:
            # What is raised when the unit ends takes the place of what was raised in it, as in any `with`.
            _end_unit(present, *sys.exc_info())
            raise
        _end_unit(present, None, None, None)
        return answer


# The request and the application that answers it, without the proxies that Flask puts before them.
asked = cast("Callable[[], HostRequest]", plumbing.asked)
host_app = cast("Callable[[], HostApp]", plumbing.answering)


def _end_unit(present: HostRequest, *raised: Any) -> None:
    """Close what the request has opened in its unit of work: most requests open nothing."""
    stack, present.unit = present.unit, None
    try:
        if stack is not None:
            stack.__exit__(*raised)
    finally:
        present.reader = present.writer = None


def _in_unit(context: AbstractContextManager[T]) -> T:
    present = asked()
    present.unit = present.unit or ExitStack()
    return present.unit.enter_context(context)


def wiring() -> Wiring:
    """Return what lives as long as the process."""
    return host_app().wiring


def follow_clock(ahead: timedelta) -> None:
    """Let the rest of the request run in the time of an environment that is ahead by this much."""
    if ahead:
        present = asked()
        present.clock = present.clock or ExitStack()
        present.clock.enter_context(wiring().clock.ahead(ahead))


def services() -> Services:
    """Return the request's services for reading; nothing done with them is kept."""
    present = asked()
    if present.reader is None:
        present.reader = _in_unit(wiring().reading())
    return present.reader


def work() -> Services:
    """Return the request's services for writing, kept when the view returns.

    On SQLite one writer works at a time: a view that writes does not call `wiring().issuing` or
    `wiring().holding` as well.
    """
    present = asked()
    if present.writer is None:
        present.writer = _in_unit(wiring().writing())
    return present.writer


def request_id() -> str:
    """Return this request's id, the one that every answer and log line carries: `web.headers` gave it."""
    given: str = asked().environ[REQUEST_ID]
    return given
