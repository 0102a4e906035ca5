"""The bank's pages, and the address where its webhooks arrive."""

import json
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from flask import Blueprint, Flask, Response, current_app, redirect, request
from flask.typing import ResponseReturnValue

from widget_host.demo import webhooks
from widget_host.demo.config import Config
from widget_host.demo.deliveries import deliveries
from widget_host.demo.host import HostLog, HostUnavailable, list_programs, open_card_widget, open_purchase_widget
from widget_host.demo.pages import Bank, get_bank, get_customer, render
from widget_host.demo.store import Customer, Store
from widget_host.demo.trouble import Trouble, meet_trouble, note_arrival

LARGEST_WEBHOOK_BYTES = 256 * 1024

pages = Blueprint("bank", __name__)


def create_bank(config: Config) -> Flask:
    """Build the bank's application."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_WEBHOOK_BYTES
    app.extensions["bank"] = Bank(config, Store(config.database), Trouble())
    app.extensions["host_log"] = HostLog(config)
    app.add_template_filter(_dollars, "dollars")
    app.add_template_filter(_pretty, "pretty")
    app.add_template_filter(_listed, "listed")
    app.register_blueprint(pages)
    app.register_blueprint(deliveries)
    app.before_request(meet_trouble)
    app.after_request(note_arrival)
    app.after_request(_add_headers)
    return app


@pages.get("/")
def show_home() -> ResponseReturnValue:
    """The customer's page; the widget in it is fetched by embed.js, or framed from below where no scripts run."""
    return render("bank.html")


@pages.get("/card")
def show_card() -> ResponseReturnValue:
    """The card's page, where the customer chooses what its rewards become."""
    return render("card.html")


@pages.post("/widget-token")
def give_widget() -> ResponseReturnValue:
    """What embed.js asks for: the address of a widget for the customer who is signed in."""
    return _give(_open_purchase)


@pages.get("/widget")
def show_widget() -> ResponseReturnValue:
    """The same for a frame in a page without scripts, or a calm word where there is no widget."""
    return _lead_to(_open_purchase)


@pages.post("/card/widget-token")
def give_card_widget() -> ResponseReturnValue:
    """The same for the card's page."""
    return _give(_open_card)


@pages.get("/card/widget")
def show_card_widget() -> ResponseReturnValue:
    """The same for the card's page without scripts."""
    return _lead_to(_open_card)


def _give(open_widget: Callable[[Customer], str]) -> ResponseReturnValue:
    try:
        return {"widgetUrl": open_widget(get_customer())}
    except HostUnavailable as problem:
        current_app.logger.warning("No widget: %s", problem)
        return {"error": "unavailable"}, 502


def _lead_to(open_widget: Callable[[Customer], str]) -> ResponseReturnValue:
    try:
        return redirect(open_widget(get_customer()), code=303)
    except HostUnavailable as problem:
        current_app.logger.warning("No widget: %s", problem)
        return render("unavailable.html"), 502


def _open_purchase(customer: Customer) -> str:
    reference_number = f"NW-{uuid.uuid4()}"
    get_bank().store.open_order(reference_number, customer.id)
    return open_purchase_widget(get_bank().config, customer, reference_number)


def _open_card(customer: Customer) -> str:
    bank = get_bank()
    bank.store.keep_programs(list_programs(bank.config))
    return open_card_widget(bank.config, customer, bank.store.get_card(customer.id))


@pages.get("/activity")
def show_activity() -> ResponseReturnValue:
    """The part of the page that webhooks change."""
    return render("_activity.html")


@pages.get("/card/activity")
def show_card_activity() -> ResponseReturnValue:
    """The part of the card's page that webhooks change."""
    return render("_card_activity.html")


@pages.post("/webhooks/widget-host")
def receive_webhook() -> ResponseReturnValue:
    """Believe what is signed, and answer 204 as soon as it is kept; Widget Host repeats what is not."""
    body = request.get_data()  # the bytes as they came: a body parsed and written again has another signature
    if not webhooks.is_authentic(
        body,
        timestamp=request.headers.get("x-timestamp", ""),
        signature=request.headers.get("x-signature", ""),
        secret=get_bank().webhook_secret,
        now=int(time.time()),
    ):
        return "", 401
    try:
        get_bank().store.receive(webhooks.read_event(body))
    except (KeyError, ValueError):
        return "", 400
    return "", 204


def _dollars(cents: int) -> str:
    sign = "−" if cents < 0 else ""
    return f"{sign}${abs(cents) // 100:,}.{abs(cents) % 100:02}"


def _listed(linked: Iterable[Mapping[str, Any]]) -> str:
    return "; ".join(f"{each['program']}, {each['allocation']}%" for each in linked)


def _pretty(text: str) -> str:
    return json.dumps(json.loads(text), indent=2, ensure_ascii=False)


def _add_headers(response: Response) -> Response:
    """Let only the bank's own files into the page, and of Widget Host its embed.js and its frame."""
    host = get_bank().config.host_origin
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; script-src 'self' {host}; style-src 'self'; img-src 'self'; connect-src 'self'; "
        f"frame-src 'self' {host}; form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    if request.endpoint != "static":
        response.headers["Cache-Control"] = "no-store"
    return response
