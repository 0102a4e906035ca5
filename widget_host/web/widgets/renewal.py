"""A session's life: what its page knows of it, how it lasts longer, and where its customer goes afterwards."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import Response, request
from flask.typing import ResponseReturnValue

from widget_host.domain.access.rules import NotRenewed, OpenWidget
from widget_host.kit import wire
from widget_host.web import audit
from widget_host.web.scope import wiring, work
from widget_host.web.widgets.session import visitor


def renew() -> ResponseReturnValue:
    """Let the session last longer: by a fresh launch token that the host gave, else because its customer is there."""
    sessions, running, token = work().widget_sessions, visitor().widget, request.form.get("token")
    try:
        lasting = sessions.extend(running) if token is None else sessions.renew(running, token)
    except NotRenewed as refusal:
        audit.noticed("launch.refused", code=refusal.code, tenant_key=running.tenant.tenant_key)
        raise
    return Response(wire.dumps(life(lasting)), content_type="application/json")


def life(widget: OpenWidget) -> dict[str, Any]:
    """Say how long a session still lasts, and whether its customer may have it last longer."""
    left = max(widget.expires_at - wiring().clock.now(), timedelta(0))
    return {"expiresInMs": left // timedelta(milliseconds=1), "canExtend": widget.can_extend}


def way_back(return_url: str | None, status: str, reference: str = "") -> str:
    """Return the issuer's address with what became of the widget added to it, empty where there is none."""
    if return_url is None:
        return ""
    said = urlencode({"status": status} | ({"reference": reference} if reference else {}))
    parts = urlsplit(return_url)
    return parts._replace(query=f"{parts.query}&{said}" if parts.query else said).geturl()
