"""The Purchase widget's first view: of its amount step, what one customer alone is shown."""

from collections.abc import Hashable
from dataclasses import replace

from flask import Response

from widget_host.domain.programs.rules import Offer
from widget_host.web import hx
from widget_host.web.language import locale
from widget_host.web.stencils import Marks
from widget_host.web.widgets import words
from widget_host.web.widgets.around import Messages
from widget_host.web.widgets.first_view import first_view
from widget_host.web.widgets.pages import INSTEAD, show
from widget_host.web.widgets.purchase import entry as entries
from widget_host.web.widgets.purchase.amount_screen import AmountScreen, SavedView, limits, saved_view
from widget_host.web.widgets.purchase.desk import AMOUNT, Desk
from widget_host.web.widgets.session import visitor

MESSAGES: Messages = {"step": {"name": "amount"}}


def show_first(desk: Desk, offer: Offer) -> Response:
    """Show the amount step, nothing entered yet, to who has just come in."""
    if hx.is_partial():
        return show(AMOUNT, desk.screen(offer), element=INSTEAD, messages=MESSAGES)
    saved = saved_view(visitor().widget, offer, desk.entry, desk.accounts.get(offer.program.id))
    return first_view(
        AMOUNT,
        lambda marks: _marked(desk.screen(offer), marks),
        shape=_shape(offer, saved),
        made_of=desk.offers,
        own=_own(offer, saved),
        messages=MESSAGES,
    )


def _shape(offer: Offer, saved: SavedView | None) -> Hashable:
    """Return what there is on the screen, whatever it says: the programs are those of the offers."""
    widget = visitor().widget
    limit = entries.balance(widget)
    kept = None if saved is None else tuple(name for name, _ in saved.hidden)
    return widget.request.program_ids, offer.program.id, limit is None, words.round_amounts(offer, limit), kept


def _own(offer: Offer, saved: SavedView | None) -> dict[str, str]:
    widget, spoken = visitor().widget, locale()
    limit, account = entries.balance(widget), entries.prefilled(widget, offer)
    shown = {"limits": limits(offer, limit, spoken)}
    if limit is not None:
        shown["balance"] = words.money(limit, spoken)
    if saved is not None:
        kept = {_kept(number): value for number, (_, value) in enumerate(saved.hidden)}
        return {**shown, "saved": saved.shown, **kept}
    named = enumerate(field.name for field in offer.program.fields)
    return shown | {_field(number): account.get(name, "") for number, name in named}


def _marked(screen: AmountScreen, marks: Marks) -> AmountScreen:
    fields = [replace(field, value=marks.text(_field(number))) for number, field in enumerate(screen.fields)]
    saved = screen.saved
    if saved is not None:
        hidden = [(name, marks.text(_kept(number))) for number, (name, _) in enumerate(saved.hidden)]
        saved = SavedView(marks.text("saved"), hidden)
    return replace(
        screen,
        balance=marks.text("balance") if screen.balance else "",
        limits=marks.text("limits"),
        fields=fields,
        saved=saved,
    )


def _field(number: int) -> str:
    return f"field-{number}"


def _kept(number: int) -> str:
    return f"kept-{number}"
