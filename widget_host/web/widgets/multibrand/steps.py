"""The Multibrand widget: one overview to change everything in, a way to add programs, and what was saved."""

from collections.abc import Callable, Mapping

from flask import Response, request
from flask.typing import ResponseReturnValue

from widget_host.domain.access.rules import MULTIBRAND
from widget_host.domain.preferences.rules import PreferencesChanged, changes
from widget_host.domain.programs.rules import Offer
from widget_host.domain.transactions.rules import PartnerFailed, PartnerTimedOut
from widget_host.kit.errors import Refused
from widget_host.web.language import N_, _
from widget_host.web.limits import RateLimited
from widget_host.web.scope import wiring
from widget_host.web.widgets.around import Messages
from widget_host.web.widgets.multibrand import checks, screens
from widget_host.web.widgets.multibrand.desk import Desk, lay_out
from widget_host.web.widgets.multibrand.draft import BadDraft, Draft, Line
from widget_host.web.widgets.multibrand.screens import MAKER, TITLE, Wrong
from widget_host.web.widgets.pages import INSTEAD, blueprints, limited, show, too_many_of_a_stranger
from widget_host.web.widgets.purchase.entry import Entry, prefilled
from widget_host.web.widgets.refusals import ABOUT_PROGRAM, TOO_MANY
from widget_host.web.widgets.session import Ends, Face, is_visited, visitor

OVERVIEW, PROGRAMS, ACCOUNT, SAVED = "_overview.html", "_programs.html", "_account.html", "_saved.html"
COUNTED, FOUND = "_counted.html", "_found.html"
# What these steps are answered with leaves the rest of the screen alone.
BESIDE = ("multibrand.count", "multibrand.search")
UNPROCESSABLE = 422
STEP_PERCENT = 5
LONGEST_QUERY = 80
MOST_DIGITS = 9

SAVED_GONE = N_("What was saved is gone. Save again to keep this.")
PROGRAM_GONE = N_("That program isn't available right now. Choose another program.")
UNREADABLE = N_("That didn't reach us whole. This is what is saved.")

ENDS = Ends(
    ended=N_("For your security, sessions end after a few minutes. What you saved is kept."),
    elsewhere=N_("Your rewards were opened in another window."),
    go_there=N_("Continue there. What you saved is kept."),
    paused=N_("Your rewards can't be changed for a short while. What you saved is kept."),
)
FACE = Face(MULTIBRAND, "multibrand", TITLE, MAKER, ENDS, style="css/multibrand.css", script="js/multibrand.js")

entrance, bp = blueprints(FACE, lambda: _overview(_desk(), element=INSTEAD))


@bp.post("/change")
def change() -> ResponseReturnValue:
    """Do what the pressed button says to the draft, and show the overview again."""
    desk = _drafted()
    act, _colon, program_id = request.form.get("do", "").partition(":")
    changed, focus = ACTS.get(act, _nothing)(desk, program_id)
    return _overview(desk.drafting(changed), focus=focus)


@bp.post("/count")
def count() -> ResponseReturnValue:
    """Show what the percents typed come to."""
    return _overview(_drafted(), element=COUNTED)


@bp.post("/overview")
def overview() -> ResponseReturnValue:
    """Go back to the overview, everything kept."""
    return _overview(_drafted(), focus="title")


@bp.post("/stored")
def stored() -> ResponseReturnValue:
    """Begin again with what is stored."""
    return _overview(_desk(), focus="title")


@bp.post("/programs")
def programs() -> ResponseReturnValue:
    """Show the programs that may be added, those that fit the search."""
    return _programs(PROGRAMS, {"step": {"name": "programs"}})


@bp.post("/search")
def search() -> ResponseReturnValue:
    """Show the programs that fit the search while it is typed."""
    return _programs(FOUND)


@bp.post("/account")
def account() -> ResponseReturnValue:
    """Ask for the account at a program, filled in with what is known of it."""
    desk = _drafted()
    offer = desk.offer(request.form.get("program", ""))
    line = desk.draft.find(offer.program.id)
    known = line.destination.as_account() if line else prefilled(desk.widget, offer)
    return _account(desk, offer, {name: value or "" for name, value in known.items()})


@bp.post("/link")
def link() -> ResponseReturnValue:
    """Take in the account once the program knows it, and go back to the overview."""
    desk, entry = _drafted(), Entry.read(request.form)
    offer = desk.offer(entry.program_id)
    try:
        errors = checks.account_errors(entry, offer, desk, wiring().members)
    except (PartnerFailed, PartnerTimedOut):
        return _account(desk, offer, entry.account, notice=unanswered(offer))
    if errors:
        return _account(desk, offer, entry.account, errors)
    line = desk.draft.find(offer.program.id)
    linked = Line(offer.program.id, entry.destination(offer), line.percent if line else "0")
    return _overview(desk.drafting(desk.draft.put(linked)), focus=f"percent-{offer.program.id}")


@bp.post("/save")
def save() -> ResponseReturnValue:
    """Save the draft once it is whole, and tell the host what changed; a refusal is said where it can be mended."""
    desk = _drafted()
    wrong = checks.unsaved(desk)
    if wrong is not None:
        return _overview(desk, wrong=wrong)
    for offer, entry in checks.entries_to_check(desk):
        try:
            errors = checks.account_errors(entry, offer, desk, wiring().members)
        except (PartnerFailed, PartnerTimedOut):
            return _overview(desk, wrong=Wrong(notice=unanswered(offer)))
        if errors:
            return _account(desk, offer, entry.account, errors)
    return _save(desk)


def _save(desk: Desk) -> Response:
    card, tenant, chosen = desk.card, desk.widget.tenant, desk.draft.preferred()
    before = desk.stored.programs if desk.stored else ()
    try:
        with wiring().writing() as services:
            services.preferences.save(
                tenant.environment_id,
                desk.widget.request.source_user_id,
                card.id,
                chosen,
                version=desk.draft.version,
                most=desk.most,
            )
    except PreferencesChanged:
        return _changed_elsewhere(desk)
    told = [{"type": kind, "destinationProgramId": each.program_id} for kind, each in changes(before, chosen)]
    return _saved(desk, {"preferences.changed": {"changes": told}} if told else {})


def _changed_elsewhere(desk: Desk) -> Response:
    """Offer what was saved in another place meanwhile; where it is just this, it is saved."""
    newest = _desk()
    if newest.stored is None or not newest.stored.programs:
        version = newest.stored.version if newest.stored else 0
        return _overview(newest.drafting(desk.draft.upon(version)), wrong=Wrong(notice=_(SAVED_GONE)))
    if list(newest.stored.programs) == desk.draft.preferred():
        return _saved(newest, {})
    return _overview(newest.drafting(desk.draft), wrong=Wrong(newer=newest.stored))


def _saved(desk: Desk, messages: Messages) -> Response:
    return show(SAVED, screens.saved(desk), messages={"step": {"name": "saved"}, **messages})


def _desk() -> Desk:
    with wiring().reading() as services:
        return lay_out(services, visitor().widget)


def _drafted() -> Desk:
    """Return the desk with the draft that the form carries."""
    draft = Draft.read(request.form)
    return _desk().drafting(draft)


def _overview(desk: Desk, *, focus: str = "", wrong: Wrong | None = None, element: str = "") -> Response:
    screen = screens.overview(desk, wrong=wrong, focus=focus)
    messages = None if element == COUNTED else {"step": {"name": "overview"}}
    return show(OVERVIEW, screen, element=element, status=UNPROCESSABLE if wrong else 200, messages=messages)


def _programs(element: str, messages: Messages | None = None) -> Response:
    query = request.form.get("query", "").strip()[:LONGEST_QUERY]
    return show(PROGRAMS, screens.programs(_drafted(), query), element=element, messages=messages)


def _account(
    desk: Desk, offer: Offer, known: Mapping[str, str], errors: Mapping[str, str] | None = None, notice: str = ""
) -> Response:
    screen = screens.member(desk, offer, known, errors or {}, notice)
    status = UNPROCESSABLE if errors or notice else 200
    return show(ACCOUNT, screen, status=status, messages={"step": {"name": "account"}})


def unanswered(offer: Offer) -> str:
    """Say that the program could not be asked."""
    name = offer.program.name
    return _("%(program)s isn't responding. Nothing was changed. Try again in a few minutes.", program=name)


def _even(desk: Desk, _program_id: str) -> tuple[Draft, str]:
    return desk.draft.even(desk.offers), "sum"


def _rest(desk: Desk, program_id: str) -> tuple[Draft, str]:
    return desk.draft.give_rest(program_id), f"percent-{program_id}"


def _less(desk: Desk, program_id: str) -> tuple[Draft, str]:
    return _by(desk, program_id, -STEP_PERCENT), f"less-{program_id}"


def _more(desk: Desk, program_id: str) -> tuple[Draft, str]:
    return _by(desk, program_id, STEP_PERCENT), f"more-{program_id}"


def _by(desk: Desk, program_id: str, percent: int) -> Draft:
    line = desk.draft.find(program_id)
    return desk.draft if line is None else desk.draft.give(program_id, (line.allocation or 0) + percent, desk.offers)


def _remove(desk: Desk, program_id: str) -> tuple[Draft, str]:
    return desk.draft.remove(program_id), f"undo-{program_id}"


def _undo(desk: Desk, program_id: str) -> tuple[Draft, str]:
    return desk.draft.bring_back(program_id), f"percent-{program_id}"


def _mine(desk: Desk, version: str) -> tuple[Draft, str]:
    """Make the draft a change of the version that the customer was shown: they have seen it, and want their own."""
    seen = int(version) if version.isdecimal() and len(version) <= MOST_DIGITS else desk.draft.version
    return desk.draft.upon(seen), "save"


def _nothing(desk: Desk, _program_id: str) -> tuple[Draft, str]:
    return desk.draft, "title"


ACTS: Mapping[str, Callable[[Desk, str], tuple[Draft, str]]] = {
    "even": _even,
    "rest": _rest,
    "less": _less,
    "more": _more,
    "remove": _remove,
    "undo": _undo,
    "mine": _mine,
}


def program_gone(_refusal: Refused) -> Response:
    """Go on with the programs there are: one of the draft, or the one chosen, is not offered, or no longer."""
    return _overview(_kept(), wrong=Wrong(notice=_(PROGRAM_GONE)), element=_whole())


def unreadable(_refusal: Refused) -> Response:
    """Begin again with what is stored: the form was not one of ours."""
    return _overview(_desk(), wrong=Wrong(notice=_(UNREADABLE)), element=_whole())


def too_many(refusal: RateLimited) -> Response:
    """Say it where the customer looks, everything chosen kept: beside the sum, or above the overview."""
    if not is_visited():
        return too_many_of_a_stranger(refusal)
    notice = _(TOO_MANY, seconds=refusal.details["seconds"])
    return limited(_overview(_kept(), wrong=Wrong(notice=notice), element=_whole()), refusal)


def _kept() -> Desk:
    """Return the desk with as much of the form's draft as still can be."""
    desk = _desk()
    try:
        return desk.drafting(Draft.read(request.form).without_any_but(desk.programs))
    except BadDraft:
        return desk


def _whole() -> str:
    """Name what replaces the whole step where the form asked for an element of it."""
    return INSTEAD if request.endpoint in BESIDE else ""


bp.register_error_handler(RateLimited, too_many)
bp.register_error_handler(BadDraft, unreadable)
for state in ABOUT_PROGRAM:
    bp.register_error_handler(state, program_gone)
