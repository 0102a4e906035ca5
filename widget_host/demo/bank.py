"""The bank's pages, and the address where its webhooks arrive; a real bank would sign its customers in first."""

import json
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from flask import Blueprint, Flask, Response, abort, current_app, redirect, render_template, request
from flask.typing import ResponseReturnValue

from widget_host.demo import webhooks
from widget_host.demo.config import Config
from widget_host.demo.host import WidgetUnavailable, list_programs, open_card_widget, open_purchase_widget
from widget_host.demo.store import Customer, Store

LARGEST_WEBHOOK_BYTES = 256 * 1024

pages = Blueprint("bank", __name__)


@dataclass(frozen=True)
class Bank:
    """What every page needs."""

    config: Config
    store: Store


def create_bank(config: Config) -> Flask:
    """Build the bank's application."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_WEBHOOK_BYTES
    app.extensions["bank"] = Bank(config, Store(config.database))
    app.add_template_filter(_dollars, "dollars")
    app.add_template_filter(_pretty, "pretty")
    app.add_template_filter(_listed, "listed")
    app.register_blueprint(pages)
    app.after_request(_add_headers)
    return app


@pages.get("/")
def show_home() -> ResponseReturnValue:
    """The customer's page; the widget in it is fetched by embed.js, or framed from below where no scripts run."""
    return _render("bank.html", _get_customer())


@pages.get("/card")
def show_card() -> ResponseReturnValue:
    """The card's page, where the customer chooses what its rewards become."""
    return _render("card.html", _get_customer())


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
        return {"widgetUrl": open_widget(_get_customer())}
    except WidgetUnavailable as problem:
        current_app.logger.warning("No widget: %s", problem)
        return {"error": "unavailable"}, 502


def _lead_to(open_widget: Callable[[Customer], str]) -> ResponseReturnValue:
    try:
        return redirect(open_widget(_get_customer()), code=303)
    except WidgetUnavailable as problem:
        current_app.logger.warning("No widget: %s", problem)
        return _render("unavailable.html", _get_customer()), 502


def _open_purchase(customer: Customer) -> str:
    reference_number = f"NW-{uuid.uuid4()}"
    _bank().store.open_order(reference_number, customer.id)
    return open_purchase_widget(_bank().config, customer, reference_number)


def _open_card(customer: Customer) -> str:
    bank = _bank()
    bank.store.keep_programs(list_programs(bank.config))
    return open_card_widget(bank.config, customer, bank.store.get_card(customer.id))


@pages.get("/activity")
def show_activity() -> ResponseReturnValue:
    """The part of the page that webhooks change."""
    return _render("_activity.html", _get_customer())


@pages.get("/card/activity")
def show_card_activity() -> ResponseReturnValue:
    """The part of the card's page that webhooks change."""
    return _render("_card_activity.html", _get_customer())


@pages.post("/webhooks/widget-host")
def receive_webhook() -> ResponseReturnValue:
    """Believe what is signed, and answer 204 as soon as it is kept; Widget Host repeats what is not."""
    body = request.get_data()  # the bytes as they came: a body parsed and written again has another signature
    if not webhooks.is_authentic(
        body,
        timestamp=request.headers.get("x-timestamp", ""),
        signature=request.headers.get("x-signature", ""),
        secret=_bank().config.webhook_secret,
        now=int(time.time()),
    ):
        return "", 401
    try:
        _bank().store.receive(webhooks.read_event(body))
    except (KeyError, ValueError):
        return "", 400
    return "", 204


def _bank() -> Bank:
    return cast(Bank, current_app.extensions["bank"])


def _get_customer() -> Customer:
    """Stands in for a sign-in: the customer the address names, or the first."""
    customers = _bank().store.list_customers()
    wanted = request.args.get("customer", customers[0].id)
    return next((customer for customer in customers if customer.id == wanted), None) or abort(404)


def _render(template: str, customer: Customer) -> str:
    bank = _bank()
    return render_template(
        template,
        **bank.store.read_account(customer.id),
        customers=bank.store.list_customers(),
        embed_js=f"{bank.config.host_url}/static/js/embed.js",
    )


def _dollars(cents: int) -> str:
    sign = "−" if cents < 0 else ""
    return f"{sign}${abs(cents) // 100:,}.{abs(cents) % 100:02}"


def _listed(linked: Iterable[Mapping[str, Any]]) -> str:
    return "; ".join(f"{each['program']}, {each['allocation']}%" for each in linked)


def _pretty(text: str) -> str:
    return json.dumps(json.loads(text), indent=2, ensure_ascii=False)


def _add_headers(response: Response) -> Response:
    """Let only the bank's own files into the page, and of Widget Host its embed.js and its frame."""
    host = _bank().config.host_origin
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; script-src 'self' {host}; style-src 'self'; img-src 'self'; connect-src 'self'; "
        f"frame-src 'self' {host}; form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    if request.endpoint != "static":
        response.headers["Cache-Control"] = "no-store"
    return response
