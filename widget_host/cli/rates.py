"""`widget-host rates …`: what currencies are worth in US dollars, and since when."""

from datetime import UTC, datetime
from typing import Any

import click

from widget_host.cli import host
from widget_host.domain.programs.models import ExchangeRate
from widget_host.kit.clock import isoformat


@click.group()
def rates() -> None:
    """Manage the exchange rates by which programs' prices are converted."""


@rates.command("list")
@host.as_json
def index(as_json: bool) -> None:
    """List every rate by its currency, those that were, are and will be."""
    with host.ready().reading() as services:
        current = {(each.currency, each.valid_from) for each in services.rates.list_current()}
        listed = [
            _shown(each, is_current=(each.currency, each.valid_from) in current) for each in services.rates.list_all()
        ]
    lines = [f"{each['currency']}  {each['usd']:>14}  from {each['validFrom']}{_mark(each)}" for each in listed]
    host.tell({"rates": listed}, *(lines or ["There is no rate yet."]), as_json=as_json)


@rates.command("set")
@click.option("--currency", required=True, help="ISO 4217, such as EUR.")
@click.option("--usd", required=True, help="What one unit of it is worth in US dollars, such as 1.08.")
@click.option("--from", "since", type=click.DateTime(), help="Since when, in UTC; now, where left out.")
@host.as_json
def set_(currency: str, usd: str, since: datetime | None, as_json: bool) -> None:
    """Let a rate hold from a moment on, until the next one; what was priced before keeps its price."""
    moment = None if since is None else since.replace(tzinfo=UTC)
    with host.ready().writing() as services:
        rate = services.rates.set(currency, usd, moment)
        is_current = rate in services.rates.list_current()
    shown = _shown(rate, is_current=is_current)
    host.tell(shown, f"One {currency} is worth {rate.usd} USD from {shown['validFrom']} on.", as_json=as_json)


def _shown(rate: ExchangeRate, *, is_current: bool) -> dict[str, Any]:
    return {
        "currency": rate.currency,
        "usd": rate.usd,
        "validFrom": isoformat(rate.valid_from),
        "isCurrent": is_current,
    }


def _mark(shown: dict[str, Any]) -> str:
    return "  current" if shown["isCurrent"] else ""
