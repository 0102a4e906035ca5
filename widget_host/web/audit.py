"""What matters to who guards the host: every such event is logged and counted, those of a known tenant are kept."""

from typing import Any

import structlog
from flask import request

from widget_host.domain.access.rules import RevokedSecret
from widget_host.telemetry import metrics
from widget_host.web.scope import request_id, wiring

log = structlog.get_logger("widget_host.audit")


def noticed(event: str, **details: Any) -> None:
    """Log what a stranger did; it is not kept, or strangers could fill the database."""
    metrics.count_security_event(event)
    name = f"audit.{event}"
    log.warning(name, request_id=request_id(), address=request.remote_addr, **details)


def revoked_secret_used(revoked: RevokedSecret) -> None:
    """Keep and log that somebody still has a secret that was taken back."""
    details = {"secret_id": revoked.secret_id, "request_id": request_id(), "address": request.remote_addr}
    with wiring().writing() as services:
        services.audit_trail.record("secret.revoked_used", revoked.environment_id, **details)
