"""One line per request, without query strings, credentials or what the customer typed."""

import time

from flask import Flask, Response

from widget_host.kit import logs
from widget_host.telemetry import metrics
from widget_host.web.scope import BEGAN, REQUEST_ID, asked


def register(app: Flask) -> None:
    """Log every request of the app when it ends."""
    app.after_request(_end)


def _end(answer: Response) -> Response:
    request = asked()
    client = request.client
    # The rule, not the path: a path may hold an id that somebody typed.
    route = request.url_rule.rule if request.url_rule else None
    seconds = time.perf_counter() - request.environ[BEGAN]
    metrics.count_request(route=route, method=request.method, status=answer.status_code, seconds=seconds)
    logs.logger().info(
        "request",
        request_id=request.environ[REQUEST_ID],
        method=request.method,
        route=route,
        status=answer.status_code,
        duration_ms=int(seconds * 1000),
        client=client.client_id if client else None,
        environment=client.environment_kind if client else None,
    )
    return answer
