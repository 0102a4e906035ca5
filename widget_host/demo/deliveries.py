"""The page on webhooks: Widget Host's log of its deliveries beside what the bank saw, and a receiver to break."""

from typing import Any

from flask import Blueprint, abort, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue

from widget_host.demo.host import HostLog, HostUnavailable
from widget_host.demo.pages import get_bank, render
from widget_host.demo.trouble import KINDS

deliveries = Blueprint("deliveries", __name__)


@deliveries.get("/deliveries")
def show_log() -> ResponseReturnValue:
    """The page; where no scripts run it shows the present moment."""
    return render("deliveries.html", **_read_log(), kinds=KINDS, chosen=get_bank().trouble.kind)


@deliveries.get("/deliveries/activity")
def show_activity() -> ResponseReturnValue:
    """The part of the page that changes by itself."""
    return render("_deliveries.html", **_read_log())


@deliveries.post("/receiver")
def break_receiver() -> ResponseReturnValue:
    """Let the receiver fail in one of the ways it may, or mend it."""
    kind = request.form.get("trouble", "")
    if kind not in KINDS:
        abort(400)
    get_bank().trouble.kind = kind
    return _back()


@deliveries.post("/deliveries/<delivery_id>/resend")
def resend(delivery_id: str) -> ResponseReturnValue:
    """Ask Widget Host to send an event again, now."""
    try:
        _log().resend(delivery_id)
    except HostUnavailable as problem:
        current_app.logger.warning("Not sent again: %s", problem)
    return _back()


def _read_log() -> dict[str, Any]:
    arrivals = list(get_bank().trouble.arrivals)
    try:
        return {"log": _log().read(), "arrivals": arrivals}
    except HostUnavailable as problem:
        current_app.logger.warning("No log: %s", problem)
        return {"log": None, "arrivals": arrivals}


def _log() -> HostLog:
    log: HostLog = current_app.extensions["host_log"]
    return log


def _back() -> ResponseReturnValue:
    return redirect(url_for("deliveries.show_log", customer=request.args.get("customer")), code=303)
