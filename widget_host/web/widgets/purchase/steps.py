"""The Purchase widget: amount, review, receipt; each step a fragment for scripts and a page without them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flask import Response, request
from flask.typing import ResponseReturnValue

from widget_host.domain.access.rules import POINT_EXCHANGE
from widget_host.domain.programs.rules import Offer
from widget_host.domain.transactions.models import Transaction
from widget_host.domain.transactions.rules import DuplicateReference, InvalidMember
from widget_host.kit import wire
from widget_host.kit.errors import InvalidFields, NotFound, Refused
from widget_host.web.language import _, locale
from widget_host.web.limits import RateLimited
from widget_host.web.scope import wiring
from widget_host.web.widgets import refusals
from widget_host.web.widgets.pages import INSTEAD, MESSAGE, Messages, blueprints, limited, show, too_many_of_a_stranger
from widget_host.web.widgets.purchase import entry as entries
from widget_host.web.widgets.purchase import receipts
from widget_host.web.widgets.purchase.amount_screen import MAKER, TITLE, PreviewView, Wrong, amount_screen
from widget_host.web.widgets.purchase.checks import check
from widget_host.web.widgets.purchase.entry import Entry
from widget_host.web.widgets.screens import no_programs
from widget_host.web.widgets.session import Face, is_visited, visitor

AMOUNT, REVIEW, DONE = "_amount.html", "_review.html", "_done.html"
# What these steps are answered with leaves the rest of the screen alone.
BESIDE = {"purchase.preview": "_preview.html", "purchase.program": "_chosen.html"}
UNPROCESSABLE = 422
FACE = Face(POINT_EXCHANGE, "purchase", TITLE, MAKER)

entrance, bp = blueprints(FACE, lambda: _start(Entry()))


@bp.post("/program")
def program() -> ResponseReturnValue:
    """Show what follows from the program chosen: its fields and limits, and what the amount buys there."""
    return _amount_step("_chosen.html")


@bp.post("/preview")
def preview() -> ResponseReturnValue:
    """Show what the amount typed would buy, or why it would not."""
    return _amount_step("_preview.html")


@bp.post("/amount")
def amount() -> ResponseReturnValue:
    """Go back to the first step, everything kept."""
    return _amount_step(AMOUNT, focus="title", messages={"step": {"name": "amount"}})


@bp.post("/review")
def review() -> ResponseReturnValue:
    """Go on to the review, or say beside each field what is wrong with it."""
    entry, offers = Entry.read(request.form), _offers()
    offer = entries.choose(entry, offers)
    checked = check(entry, offer, visitor().widget, wiring().members, locale())
    if isinstance(checked, Wrong):
        return _correct(entry, offers, offer, checked)
    return show(REVIEW, receipts.review_screen(entry, offer, checked, locale()), messages={"step": {"name": "review"}})


@bp.post("/confirm")
def confirm() -> ResponseReturnValue:
    """Exchange, once however often it is asked, and show the receipt; a refusal is said where it can be mended."""
    entry, offers = Entry.read(request.form), _offers()
    offer, widget = entries.choose(entry, offers), visitor().widget
    try:
        value = entries.price(entry, offer, widget, locale()).value
        issued = wiring().issuing.issue(entries.order(entry, offer, widget, value))
    except refusals.ABOUT_AMOUNT as refusal:
        return _correct(entry, offers, offer, Wrong(amount=refusal))
    except InvalidMember as refusal:
        return _correct(entry, offers, offer, Wrong(member=refusal))
    except InvalidFields:
        return _correct(entry, offers, offer, Wrong(fields=entries.misfits_of(entry, offer)))
    except DuplicateReference as refusal:
        return _earlier() or _hold(entry, offer, refusal)
    except refusals.MAY_PASS as refusal:
        return _hold(entry, offer, refusal)
    return _receipt(issued.receipt.id)


def _offers() -> list[Offer]:
    widget = visitor().widget
    with wiring().reading() as services:
        offers = services.programs.list_offers(widget.tenant.environment_id, widget.currency)
    return entries.offered(widget, offers)


def _start(entry: Entry, notice: str = "") -> Response:
    offers, status = _offers(), UNPROCESSABLE if notice else 200
    if not offers:
        return show(MESSAGE, no_programs(), element=INSTEAD, status=status)
    widget = visitor().widget
    offer = entries.first_choice(widget, offers)
    screen = amount_screen(widget, offers, offer, entry, locale(), wrong=Wrong(notice=notice))
    return show(AMOUNT, screen, element=INSTEAD, status=status, messages={"step": {"name": "amount"}})


def _amount_step(element: str, *, focus: str = "", messages: Messages | None = None) -> Response:
    entry, offers = Entry.read(request.form), _offers()
    screen = amount_screen(visitor().widget, offers, entries.choose(entry, offers), entry, locale(), focus=focus)
    status = UNPROCESSABLE if screen.preview.is_refusal else 200
    return show(AMOUNT, screen, element=element, status=status, messages=messages)


def _correct(entry: Entry, offers: Sequence[Offer], offer: Offer, wrong: Wrong) -> Response:
    screen = amount_screen(visitor().widget, offers, offer, entry, locale(), wrong=wrong)
    messages = None if request.endpoint == "purchase.review" else {"step": {"name": "amount"}}
    return show(AMOUNT, screen, status=UNPROCESSABLE, messages=messages)


def _hold(entry: Entry, offer: Offer, refusal: Refused) -> Response:
    """Stay on the review: what is wrong is not the customer's to mend."""
    preview = entries.price(entry, offer, visitor().widget, locale())
    notice = refusals.sentence(refusal, offer, locale())
    screen = receipts.review_screen(entry, offer, preview, locale(), notice=notice)
    return show(REVIEW, screen, status=UNPROCESSABLE)


def _earlier() -> Response | None:
    """Show the receipt of the exchange that this reference already made for the same customer."""
    request_made = visitor().widget.request
    try:
        return _receipt(entries.reference(visitor().widget), of_user=request_made.source_user_id)
    except NotFound:
        return None


def _receipt(id_or_reference: str, of_user: str | None = None) -> Response:
    widget = visitor().widget
    with wiring().reading() as services:
        made = services.transactions.get(widget.tenant.environment_id, id_or_reference)
        if of_user is not None and made.source_user_id != of_user:
            raise NotFound("The reference is another customer's.")
        offer = services.programs.get_offer(widget.tenant.environment_id, made.program_id, widget.currency)
    messages = {"step": {"name": "done"}, "success": _success(made)}
    return show(DONE, receipts.done_screen(made, offer, locale()), messages=messages)


def _success(made: Transaction) -> dict[str, Any]:
    """Say what the host may know at once; its webhook says it with authority."""
    return {
        "transactionId": made.id,
        "referenceNumber": made.reference_number,
        "programId": made.program_id,
        "totalPoints": made.total_points,
        "value": wire.number(made.money.major),
        "currency": made.currency,
        "status": made.status,
    }


def program_gone(_refusal: Refused) -> Response:
    """Begin again with the programs there are, the amount kept: the one chosen is not offered, or no longer."""
    return _start(Entry(amount=Entry.read(request.form).amount), notice=_(refusals.UNKNOWN_PROGRAM))


def too_many(refusal: RateLimited) -> Response:
    """Say it where the customer looks, everything typed kept: beside the preview, or above the first step."""
    if not is_visited():
        return too_many_of_a_stranger(refusal)
    entry, offers = Entry.read(request.form), _offers()
    if not offers:
        return too_many_of_a_stranger(refusal)
    offer = next((each for each in offers if each.program.id == entry.program_id), offers[0])
    sentence = refusals.sentence(refusal, offer, locale())
    element = BESIDE.get(request.endpoint or "", "")
    screen = amount_screen(visitor().widget, offers, offer, entry, locale(), wrong=Wrong(notice=sentence))
    if element:
        screen = replace(screen, preview=PreviewView(sentence=sentence, is_refusal=True), notice="")
    messages = None if element else {"step": {"name": "amount"}}
    return limited(show(AMOUNT, screen, element=element, messages=messages), refusal)


bp.register_error_handler(RateLimited, too_many)
for state in refusals.ABOUT_PROGRAM:
    bp.register_error_handler(state, program_gone)
