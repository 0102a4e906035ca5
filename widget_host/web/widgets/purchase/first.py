"""The Purchase widget's first view: of its amount step, what one customer alone is shown."""

from flask import Response

from widget_host.domain.access.rules import OpenWidget
from widget_host.domain.programs.rules import Offer
from widget_host.kit.value import replace
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
    widget = visitor().widget
    limit = entries.balance(widget)
    is_short = limit is not None and limit < offer.min_value
    saved = saved_view(widget, offer, desk.entry, desk.accounts.get(offer.program.id))
    kept = None if saved is None else tuple(name for name, _ in saved.hidden)
    own = _account(widget, offer) if saved is None else _saved(saved)
    if limit is not None:
        own["balance"] = words.money(limit, locale())
    if is_short:
        own["limits"] = limits(offer, limit, locale())
    return first_view(
        AMOUNT,
        lambda marks: _marked(desk.screen(offer), marks, is_short=is_short),
        # What there is on the screen, whatever it says: the programs are those of the offers.
        shape=(
            widget.request.program_ids,
            offer.program.id,
            limit is None,
            is_short,
            words.round_amounts(offer, limit),
            kept,
        ),
        made_of=desk.offers,
        own=own,
        messages=MESSAGES,
    )


def _account(widget: OpenWidget, offer: Offer) -> dict[str, str]:
    known = entries.prefilled(widget, offer)
    return {_field(number): known.get(field.name, "") for number, field in enumerate(offer.program.fields)}


def _saved(saved: SavedView) -> dict[str, str]:
    return {"saved": saved.shown} | {_kept(number): value for number, (_, value) in enumerate(saved.hidden)}


def _marked(screen: AmountScreen, marks: Marks, *, is_short: bool) -> AmountScreen:
    fields = [replace(field, value=marks.text(_field(number))) for number, field in enumerate(screen.fields)]
    saved = screen.saved
    if saved is not None:
        hidden = [(name, marks.text(_kept(number))) for number, (name, _) in enumerate(saved.hidden)]
        saved = SavedView(marks.text("saved"), hidden)
    return replace(
        screen,
        balance=marks.text("balance") if screen.balance else "",
        limits=marks.text("limits") if is_short else screen.limits,
        fields=fields,
        saved=saved,
    )


def _field(number: int) -> str:
    return f"field-{number}"


def _kept(number: int) -> str:
    return f"kept-{number}"
