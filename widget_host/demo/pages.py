"""What every page of the bank needs; a real bank would sign its customers in first."""

from dataclasses import dataclass
from typing import Any, cast

from flask import abort, current_app, render_template, request

from widget_host.demo.config import Config
from widget_host.demo.store import Customer, Store
from widget_host.demo.trouble import WRONG_SECRET, Trouble


@dataclass(frozen=True)
class Bank:
    """What the bank is told, what it keeps, and what somebody has broken on purpose."""

    config: Config
    store: Store
    trouble: Trouble

    @property
    def webhook_secret(self) -> str:
        """The secret of the bank's endpoint; another one while somebody watches what happens then."""
        return "another secret" if self.trouble.kind == WRONG_SECRET else self.config.webhook_secret


def get_bank() -> Bank:
    """The bank that is asked."""
    return cast(Bank, current_app.extensions["bank"])


def get_customer() -> Customer:
    """Stands in for a sign-in: the customer the address names, or the first."""
    customers = get_bank().store.list_customers()
    wanted = request.args.get("customer", customers[0].id)
    return next((customer for customer in customers if customer.id == wanted), None) or abort(404)


def render(template: str, **more: Any) -> str:
    """Fill in a page for the customer who is signed in."""
    bank = get_bank()
    return render_template(
        template,
        **bank.store.read_account(get_customer().id),
        **more,
        customers=bank.store.list_customers(),
        embed_js=f"{bank.config.host_url}/static/js/embed.js",
    )
