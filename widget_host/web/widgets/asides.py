"""What comes up beside a widget's steps: questions, and what takes a step's place when the session ends."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from flask import render_template

from widget_host.domain.access.rules import Tenant
from widget_host.web import dense
from widget_host.web.widgets import screens
from widget_host.web.widgets.renewal import way_back
from widget_host.web.widgets.session import face, visitor

ASIDES = "widgets/_asides.html"


def fetched() -> str:
    """Answer them to a session whose first view is there; a page without a session has them in it."""
    widget = visitor().widget
    shared = whose(widget.tenant, widget.request.return_url)
    return dense.page(render_template(ASIDES, asides=screens_by_name(), **shared))


def screens_by_name() -> Mapping[str, Any]:
    """Return the screens that take a step's place, by the ids that session.js knows."""
    return {"ended": screens.ended(), "reconnecting": screens.reconnecting()}


def whose(tenant: Tenant | None, return_url: str | None) -> dict[str, Any]:
    """Return what every element of a step may need to know of whose widget it is in."""
    return {
        "face": face(),
        "host_name": tenant.organization_name if tenant else "",
        "way_back": partial(way_back, return_url),
    }
