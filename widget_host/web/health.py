"""Whether the process lives, and whether it can work."""

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from widget_host.web import guards
from widget_host.web.scope import wiring

bp = guards.protect(Blueprint("health", __name__), guards.anyone)


@bp.get("/healthz")
def live() -> ResponseReturnValue:
    """Say that the process answers."""
    return jsonify(status="ok")


@bp.get("/readyz")
def ready() -> ResponseReturnValue:
    """Say whether the database answers and has every migration; 503 where not."""
    checks = wiring().readiness()
    is_ready = all(checks.values())
    return jsonify(status="ok" if is_ready else "failing", checks=checks), 200 if is_ready else 503
