"""The Purchase widget's first steps: amount and review; each a fragment for scripts and a page without them."""

from flask import Response, request
from flask.typing import ResponseReturnValue

from widget_host.domain.access.rules import POINT_EXCHANGE
from widget_host.domain.quotes.rules import Held
from widget_host.domain.transactions.rules import Preview
from widget_host.kit.errors import Refused
from widget_host.kit.value import replace
from widget_host.web.language import N_, _, locale
from widget_host.web.limits import RateLimited
from widget_host.web.scope import on_loop, wiring
from widget_host.web.widgets import refusals, words
from widget_host.web.widgets.around import Messages
from widget_host.web.widgets.pages import INSTEAD, MESSAGE, blueprints, limited, show, too_many_of_a_stranger
from widget_host.web.widgets.purchase import entry as entries
from widget_host.web.widgets.purchase import first, kept, receipts
from widget_host.web.widgets.purchase.amount_screen import MAKER, TITLE, PreviewView, Wrong
from widget_host.web.widgets.purchase.checks import check
from widget_host.web.widgets.purchase.desk import AMOUNT, UNPROCESSABLE, Desk, correct, hold, holder, lay_out
from widget_host.web.widgets.purchase.entry import Entry
from widget_host.web.widgets.screens import MessageScreen, no_programs, nothing_to_exchange
from widget_host.web.widgets.session import Ends, Face, is_visited, visitor

REVIEW = "_review.html"
# What these steps are answered with leaves the rest of the screen alone.
BESIDE = {"purchase.preview": "_preview.html", "purchase.program": "_chosen.html"}
ENDS = Ends(
    ended=N_("For your security, sessions end after a few minutes. Nothing was charged."),
    elsewhere=N_("This exchange was opened in another window."),
    go_there=N_("Continue there. Nothing was charged here."),
    paused=N_("Exchanges are paused for a short while. Nothing was charged by opening this page."),
)
FACE = Face(POINT_EXCHANGE, "purchase", TITLE, MAKER, ENDS, style="css/purchase.css")


@on_loop
def _first() -> Response:
    desk = lay_out(Entry())
    if instead := _nothing(desk):
        return show(MESSAGE, instead, element=INSTEAD)
    return first.show_first(desk, entries.first_choice(visitor().widget, desk.offers, desk.used))


entrance, bp = blueprints(FACE, _first, kept.reopen)


@bp.post("/programs")
def programs() -> ResponseReturnValue:
    """Narrow the list of programs to what is searched for."""
    return _amount_step("_searched.html")


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


@bp.post("/another")
def another() -> ResponseReturnValue:
    """Ask for another account than the one used before."""
    return _ask_for_account()


@bp.post("/forget")
def forget() -> ResponseReturnValue:
    """Forget the account used before, and ask for one."""
    with wiring().writing() as services:
        services.accounts.forget(holder(), Entry.read(request.form).program_id)
    return _ask_for_account()


@bp.post("/review")
def review() -> ResponseReturnValue:
    """Go on to the review, its price held, or say beside each field what is wrong with it."""
    desk = lay_out()
    if desk.entry.search and not desk.entry.amount:
        # Without scripts the Enter key in the search field presses the form's first button.
        return _amount_step(AMOUNT)
    return review_of(desk)


def review_of(desk: Desk) -> Response:
    """Check the entry, hold its price, and show both."""
    checked = check(desk.entry, desk.offer, visitor().widget, wiring().members, locale())
    if isinstance(checked, Wrong):
        return correct(desk, checked)
    desk = replace(desk, entry=checked)
    return show_review(desk, *hold(desk))


def show_review(desk: Desk, held: Held, before: Preview | None) -> Response:
    """Show the price held with everything else; where another was shown before, say what has changed."""
    preview, offer, entry = held.preview, desk.offer, replace(desk.entry, quote_id=held.id)
    if before is None or before.total_points == preview.total_points:
        screen = receipts.review_screen(entry, offer, preview, locale())
        return show(REVIEW, screen, messages={"step": {"name": "review"}})
    notice = receipts.rate_changed(offer, preview, before, locale())
    screen = receipts.review_screen(entry, offer, preview, locale(), notice=notice, before=before)
    return show(REVIEW, screen, status=UNPROCESSABLE, messages={"step": {"name": "review"}})


def _nothing(desk: Desk) -> MessageScreen | None:
    limit = entries.balance(visitor().widget)
    if limit is not None and limit.minor <= 0:
        return nothing_to_exchange(words.money(limit, locale()))
    return None if desk.offers else no_programs()


def _amount_step(element: str, *, focus: str = "", messages: Messages | None = None) -> Response:
    desk = lay_out()
    screen = desk.screen(desk.offer, focus=focus)
    status = UNPROCESSABLE if screen.preview.is_refusal else 200
    return show(AMOUNT, screen, element=element, status=status, messages=messages)


def _ask_for_account() -> Response:
    desk = lay_out(Entry.read(request.form).with_another_account())
    return show(AMOUNT, desk.screen(desk.offer, focus=desk.offer.program.fields[0].name), element="_destination.html")


def program_gone(_refusal: Refused) -> Response:
    """Begin again with the programs there are, the amount kept: the one chosen is not offered, or no longer."""
    desk = lay_out(Entry(amount=Entry.read(request.form).amount))
    if instead := _nothing(desk):
        return show(MESSAGE, instead, element=INSTEAD, status=UNPROCESSABLE)
    offer = entries.first_choice(visitor().widget, desk.offers, desk.used)
    screen = desk.screen(offer, wrong=Wrong(notice=_(refusals.UNKNOWN_PROGRAM)))
    return show(AMOUNT, screen, element=INSTEAD, status=UNPROCESSABLE, messages=first.MESSAGES)


def too_many(refusal: RateLimited) -> Response:
    """Say it where the customer looks, everything typed kept: beside the preview, or above the first step."""
    if not is_visited():
        return too_many_of_a_stranger(refusal)
    desk = lay_out()
    if not desk.offers:
        return too_many_of_a_stranger(refusal)
    offer = next((each for each in desk.offers if each.program.id == desk.entry.program_id), desk.offers[0])
    sentence = refusals.sentence(refusal, offer, locale())
    element = BESIDE.get(request.endpoint or "", "")
    screen = desk.screen(offer, wrong=Wrong(notice=sentence))
    if element:
        screen = replace(screen, preview=PreviewView(sentence=sentence, is_refusal=True), notice="")
    messages = None if element else {"step": {"name": "amount"}}
    return limited(show(AMOUNT, screen, element=element, messages=messages), refusal)


def amount_refused(refusal: Refused) -> Response:
    """Say it beside the amount: the terms have changed since it was looked at."""
    return correct(lay_out(), Wrong(amount=refusal))


bp.register_error_handler(RateLimited, too_many)
for about_amount in refusals.ABOUT_AMOUNT:
    bp.register_error_handler(about_amount, amount_refused)
for about_program in refusals.ABOUT_PROGRAM:
    bp.register_error_handler(about_program, program_gone)
