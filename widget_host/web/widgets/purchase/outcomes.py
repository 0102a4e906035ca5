"""The Purchase widget's last steps: confirm, and what comes of it, however long it takes."""

from flask import Response, redirect, request
from flask.typing import ResponseReturnValue

from widget_host.domain.transactions.rules import (
    FAILED,
    DuplicateReference,
    InvalidMember,
    QuoteExpired,
    RequestInProgress,
)
from widget_host.kit.errors import InvalidFields, NotFound, Refused
from widget_host.kit.value import replace
from widget_host.web import hx
from widget_host.web.language import _, locale
from widget_host.web.scope import wiring
from widget_host.web.widgets import refusals
from widget_host.web.widgets.pages import INSTEAD, show
from widget_host.web.widgets.purchase import entry as entries
from widget_host.web.widgets.purchase import receipts
from widget_host.web.widgets.purchase.amount_screen import Wrong
from widget_host.web.widgets.purchase.desk import UNPROCESSABLE, Desk, Made, correct, find_made, hold, lay_out
from widget_host.web.widgets.purchase.entry import Entry
from widget_host.web.widgets.purchase.kept import DONE, address_of, messages_about, shown
from widget_host.web.widgets.purchase.steps import REVIEW, bp, entrance, review_of, show_review
from widget_host.web.widgets.session import visitor

PROCESSING, WAITING = "_processing.html", "_waiting.html"
__all__ = ["bp", "entrance"]


@bp.post("/confirm")
def confirm() -> ResponseReturnValue:
    """Exchange, once however often it is asked, and show the receipt; a refusal is said where it can be mended."""
    if visitor().widget.is_spent:
        return _made_before(Entry.read(request.form)) or _not_heard_of()
    desk = lay_out()
    try:
        return _exchange(desk)
    except InvalidMember as refusal:
        return correct(desk, Wrong(member=refusal))
    except InvalidFields:
        return correct(desk, Wrong(fields=entries.misfits_of(desk.entry, desk.offer)))
    except (DuplicateReference, RequestInProgress) as refusal:
        return _made_before(desk.entry) or _stay(desk, _sentence(desk, refusal))
    except refusals.MAY_PASS as refusal:
        return _stay(desk, _sentence(desk, refusal))


def _exchange(desk: Desk) -> ResponseReturnValue:
    """Issue against the price that the review showed; one that is over is held again, and shown where it differs."""
    widget, offer = visitor().widget, desk.offer
    value = entries.value_of(desk.entry, offer, widget, locale())
    try:
        wiring().issuing.issue(entries.order(desk.entry, offer, widget, value))
    except QuoteExpired:
        held, before = hold(desk)
        if before is None:
            return review_of(desk)
        if before.total_points != held.preview.total_points:
            return show_review(desk, held, before)
        desk = replace(desk, entry=replace(desk.entry, quote_id=held.id))
        wiring().issuing.issue(entries.order(desk.entry, offer, widget, value))
    return _made_before(desk.entry) or _not_heard_of()


@bp.post("/status")
def status() -> ResponseReturnValue:
    """Say what came of a confirmation that was not answered, asked for by the widget's reference."""
    entry, tries = Entry.read(request.form), receipts.tries_of(request.form.get("tries"))
    made = find_made(entry)
    if made is not None and not made.is_under_way:
        return _receipt(made, element=INSTEAD)
    if made is None and tries >= receipts.MINUTE_OF_TRIES:
        return _not_heard_of()
    return _processing(entry, tries + 1 if "tries" in request.form else 0)


def _made_before(entry: Entry) -> ResponseReturnValue | None:
    """Show what was made under this widget's reference; None where nothing was, or it is another customer's."""
    try:
        made = find_made(entry)
    except NotFound:
        return None
    if made is None:
        return None
    return _processing(entry, 0) if made.is_under_way else _receipt(made)


def _receipt(made: Made, element: str = "") -> ResponseReturnValue:
    widget, transaction = visitor().widget, made.transaction
    address = address_of(transaction, widget)
    if not hx.is_partial() and transaction.status != FAILED:
        # A page that was posted to would ask, on a reload, whether to post again.
        return redirect(address, code=303)
    screen = shown(transaction, made.program, address, 0, can_try_again=True)
    return show(DONE, screen, element=element, messages=messages_about(transaction), address=address)


def _processing(entry: Entry, tries: int) -> Response:
    reference = entries.reference(visitor().widget)
    screen = receipts.processing_screen(entry, reference, tries)
    if tries:
        return show(PROCESSING, screen, element=WAITING)
    return show(PROCESSING, screen, messages={"step": {"name": "processing"}})


def _not_heard_of() -> Response:
    """Go back to the review: the confirmation did not arrive here, and nothing stands in the way of another."""
    return _stay(lay_out(), _(receipts.NOT_HEARD), element=INSTEAD)


def _sentence(desk: Desk, refusal: Refused) -> str:
    return refusals.sentence(refusal, desk.offer, locale())


def _stay(desk: Desk, notice: str, element: str = "") -> Response:
    """Stay on the review: what is wrong is not the customer's to mend."""
    held, _before = hold(desk)
    entry = replace(desk.entry, quote_id=held.id)
    screen = receipts.review_screen(entry, desk.offer, held.preview, locale(), notice=notice)
    return show(REVIEW, screen, element=element, status=UNPROCESSABLE, messages={"step": {"name": "review"}})
