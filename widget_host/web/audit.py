"""What matters to who guards the host: every such event is logged and counted, those of a known tenant are kept."""

from typing import Any

import structlog
from flask import request

from widget_host.domain.access.rules import RefusedSecret
from widget_host.telemetry import metrics
from widget_host.web.scope import request_id, wiring

log = structlog.get_logger("widget_host.audit")


def noticed(event: str, **details: Any) -> None:
    """Log what a stranger did; it is not kept, or strangers could fill the database."""
    metrics.count_security_event(event)
    name = f"audit.{event}"
    log.warning(name, request_id=request_id(), address=request.remote_addr, **details)


def refused_secret_used(refused: RefusedSecret) -> None:
    """Keep and log that somebody used a secret, or a token it fetched, that is known and refused."""
    details = {"secret_id": refused.secret_id, "request_id": request_id(), "address": request.remote_addr}
    with wiring().writing() as services:
        services.audit_trail.record(refused.event, refused.environment_id, **details)
