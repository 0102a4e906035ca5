"""Whether the process lives, whether it can work, and the figures of its work."""

import hmac
import ipaddress
from typing import Any

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue

from widget_host.kit.clock import isoformat
from widget_host.kit.errors import InvalidToken, NotFound
from widget_host.web import guards
from widget_host.web.scope import on_loop, wiring

EXPOSITION = "text/plain; version=0.0.4; charset=utf-8"

bp = guards.protect(Blueprint("health", __name__), guards.probe)


def collector() -> None:
    """Let in who bears the token of the settings; without one, this machine's own callers of a trial.

    A host with a public name stands behind a proxy, often on the same machine: there every stranger looks local.
    """
    token, settings = wiring().settings.metrics_token, wiring().settings
    if token is None:
        if not (settings.is_local and _is_loopback(request.remote_addr)):
            raise NotFound("There is nothing here.")
        return
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not hmac.compare_digest(given.strip().encode(), token.encode()):
        raise InvalidToken("The token of WIDGET_HOST_METRICS_TOKEN is needed.")


figures = guards.protect(Blueprint("figures", __name__), collector)


def _is_loopback(address: str | None) -> bool:
    try:
        return ipaddress.ip_address(address or "").is_loopback
    except ValueError:
        return False


@bp.get("/healthz")
@on_loop
def live() -> ResponseReturnValue:
    """Say that the process answers."""
    return jsonify(status="ok")


@bp.get("/readyz")
def ready() -> ResponseReturnValue:
    """Say whether the database answers and has every migration, 503 where not; and how worker and books were found.

    A worker that is silent does not take this server out of service: it may run elsewhere, and its queue waits.
    """
    checks = wiring().readiness()
    is_ready = all(checks.values())
    said: dict[str, Any] = {"status": "ok" if is_ready else "failing", "checks": checks}
    if is_ready:
        said |= _upkeep()
    return jsonify(said), 200 if is_ready else 503


def _upkeep() -> dict[str, Any]:
    with wiring().reading() as services:
        seen_at, check = services.upkeep.find_last_pulse(), services.upkeep.find_last_check()
    age = None if seen_at is None else max(0, int((wiring().clock.now() - seen_at).total_seconds()))
    worker = {"lastRound": None if seen_at is None else isoformat(seen_at), "ageSeconds": age}
    ledger = None if check is None else {"checkedAt": isoformat(check.at), "ok": check.is_ok}
    return {"worker": worker, "ledger": ledger}


@figures.get("/metrics")
def read() -> ResponseReturnValue:
    """Write the figures as Prometheus reads them."""
    return Response(wiring().figures(), content_type=EXPOSITION)
