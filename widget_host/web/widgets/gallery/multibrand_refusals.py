"""The Multibrand widget's refusals, where the customer is told of them."""

from collections.abc import Callable

from widget_host.domain.access.rules import LaunchedCard
from widget_host.domain.preferences.rules import PreferencesChanged
from widget_host.domain.programs.rules import InvalidProgram, NoPartnership
from widget_host.domain.transactions.rules import InvalidMember, PartnerFailed, PartnerTimedOut
from widget_host.kit.errors import FieldError
from widget_host.web.language import _
from widget_host.web.limits import RateLimited
from widget_host.web.widgets.gallery.multibrand_desks import ACCOUNT, OVERVIEW, desk, newer, refused
from widget_host.web.widgets.gallery.programs import aurora, meridian
from widget_host.web.widgets.gallery.state import Presents, State
from widget_host.web.widgets.multibrand import screens, steps
from widget_host.web.widgets.multibrand.checks import unknown_member
from widget_host.web.widgets.multibrand.draft import BadDraft
from widget_host.web.widgets.refusals import TOO_MANY
from widget_host.web.widgets.screens import MessageScreen, too_many

TYPO = {"destinationUserId": "AC12"}


def refusals() -> list[State]:
    """Return the states that say no."""
    return [*_unsaved(), *_noticed(), *_accounts()]


def _unsaved() -> list[State]:
    least, less = LaunchedCard("card_sample", "4821", 1), LaunchedCard("card_sample", "4821", 2)
    mine, theirs = desk("60", "40"), desk("20", "30", "50")
    return [
        State("under-refused", "Less than everything, saved", refused(desk("50", "30")), OVERVIEW),
        State("over-refused", "More than everything, saved", refused(desk("70", "40")), OVERVIEW),
        State("unread", "No number", refused(desk("fifty", "40")), OVERVIEW),
        State("nothing", "Nothing left to save", refused(desk("60", "40", removed=2)), OVERVIEW),
        State("one-too-many", "One program too many", refused(desk("50", "30", "20", card=less)), OVERVIEW),
        State("two-too-many", "Two programs too many", refused(desk("50", "30", "20", card=least)), OVERVIEW),
        State("newer", "Changed elsewhere", newer(theirs, mine), OVERVIEW, codes=(PreferencesChanged.code,)),
    ]


def _noticed() -> list[State]:
    gone, silent = (InvalidProgram.code, NoPartnership.code), (PartnerFailed.code, PartnerTimedOut.code)
    return [
        State("gone", "Program gone", _notice(lambda: _(steps.PROGRAM_GONE)), OVERVIEW, codes=gone),
        State("silent", "The program fails", _notice(lambda: steps.unanswered(aurora())), OVERVIEW, codes=silent),
        State("unreadable", "A form cut short", _notice(lambda: _(steps.UNREADABLE)), OVERVIEW, codes=(BadDraft.code,)),
        State("saved-gone", "What was saved is gone", _notice(lambda: _(steps.SAVED_GONE)), OVERVIEW),
        State("rate-limited", "Too many tries", _notice(_too_soon), OVERVIEW, codes=(RateLimited.code,)),
        State("too-many-strangers", "Too many tries, nobody known", _strange_too_soon, tenant=None),
    ]


def _notice(say: Callable[[], str]) -> Presents:
    return lambda _locale: screens.overview(desk("60", "40"), wrong=screens.Wrong(notice=say()))


def _too_soon() -> str:
    return _(TOO_MANY, seconds=42)


def _strange_too_soon(_locale: str) -> MessageScreen:
    return too_many(_too_soon())


def _accounts() -> list[State]:
    return [
        State("account-missing", "Everything missing", _missing, ACCOUNT),
        State("account-malformed", "A number mistyped", _malformed, ACCOUNT),
        State("account-unknown", "Unknown member", _unknown, ACCOUNT, codes=(InvalidMember.code,)),
        State("account-silent", "The program does not answer", _silent, ACCOUNT, codes=(PartnerTimedOut.code,)),
    ]


def _missing(_locale: str) -> screens.AccountScreen:
    missing = [FieldError(field.name, "required", "") for field in meridian().program.fields if field.required]
    return screens.member(desk("100"), meridian(), {}, screens.field_errors(meridian(), missing))


def _malformed(_locale: str) -> screens.AccountScreen:
    malformed = screens.field_errors(aurora(), [FieldError("destinationUserId", "malformed", "")])
    return screens.member(desk(), aurora(), TYPO, malformed)


def _unknown(_locale: str) -> screens.AccountScreen:
    return screens.member(desk(), aurora(), TYPO, {"destinationUserId": unknown_member(aurora())})


def _silent(_locale: str) -> screens.AccountScreen:
    return screens.member(desk(), aurora(), TYPO, {}, steps.unanswered(aurora()))
