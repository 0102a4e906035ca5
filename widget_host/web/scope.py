"""One unit of work per request: what is raised is undone, what is returned is kept."""

from contextlib import ExitStack
from typing import cast

from flask import Flask, current_app, g
from flask.typing import ResponseReturnValue

from widget_host.kit.ids import new_id
from widget_host.wiring import Services, Wiring


class HostApp(Flask):
    """A Flask whose views each run inside one unit of work."""

    def dispatch_request(self) -> ResponseReturnValue:
        """Run the view; what it wrote is kept when it returns, undone when it raises."""
        try:
            with ExitStack() as g.unit:
                return super().dispatch_request()
        finally:
            g.pop("reader", None)
            g.pop("writer", None)


def wiring() -> Wiring:
    """Return what lives as long as the process."""
    return cast("Wiring", current_app.extensions["wiring"])


def services() -> Services:
    """Return the request's services for reading; nothing done with them is kept."""
    if "reader" not in g:
        g.reader = g.unit.enter_context(wiring().reading())
    return cast("Services", g.reader)


def work() -> Services:
    """Return the request's services for writing, kept when the view returns.

    On SQLite one writer works at a time: a view that writes does not call `wiring().issuing` as well.
    """
    if "writer" not in g:
        g.writer = g.unit.enter_context(wiring().writing())
    return cast("Services", g.writer)


def request_id() -> str:
    """Return this request's id, the one that every answer and log line carries."""
    if "request_id" not in g:
        g.request_id = new_id("req")
    return cast("str", g.request_id)
