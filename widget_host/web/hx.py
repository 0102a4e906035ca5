"""The only reader and writer of HX-… headers."""

from typing import Any

from flask import Response, make_response, render_template

from widget_host.kit import wire
from widget_host.web import dense
from widget_host.web.scope import asked

# Where htmx says that it is it that asks.
ASKS = "HX-Request"


def is_partial() -> bool:
    """Whether htmx asks for one element rather than for a page."""
    environ = asked().environ
    return environ.get("HTTP_HX_REQUEST") == "true" and environ.get("HTTP_HX_REQUEST_TYPE") != "full"


def page_or_partial(page: str, partial: str, **context: Any) -> Response:
    """Render the element alone for htmx, else the page that includes it."""
    answer = make_response(dense.page(render_template(partial if is_partial() else page, **context)))
    answer.vary.add(ASKS)
    return answer


def trigger(answer: Response, events: dict[str, Any]) -> Response:
    """Have htmx dispatch these events on the page, each with its details."""
    # Headers are ASCII; a reference number may be in any script.
    answer.headers["HX-Trigger"] = wire.dumps(events, is_ascii=True)
    return answer
