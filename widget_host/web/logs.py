"""One line per request, without query strings, credentials or what the customer typed."""

import time

import structlog
from flask import Flask, Response, g, request

from widget_host.telemetry import metrics
from widget_host.web.scope import request_id

log = structlog.get_logger("widget_host.requests")


def register(app: Flask) -> None:
    """Log every request of the app when it ends."""
    app.before_request(_start)
    app.after_request(_end)


def _start() -> None:
    g.started = time.perf_counter()


def _end(answer: Response) -> Response:
    client = g.get("client")
    # The rule, not the path: a path may hold an id that somebody typed.
    route = request.url_rule.rule if request.url_rule else None
    seconds = time.perf_counter() - g.get("started", time.perf_counter())
    metrics.count_request(route=route, method=request.method, status=answer.status_code, seconds=seconds)
    log.info(
        "request",
        request_id=request_id(),
        method=request.method,
        route=route,
        status=answer.status_code,
        duration_ms=int(seconds * 1000),
        client=client.client_id if client else None,
        environment=client.environment_kind if client else None,
    )
    return answer
