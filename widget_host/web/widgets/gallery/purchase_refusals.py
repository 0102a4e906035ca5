"""The Purchase widget's refusals, one for each code, where the customer is told of it."""

from collections.abc import Callable

from widget_host.domain.programs.rules import InvalidProgram, NoPartnership, Offer
from widget_host.domain.transactions.rules import (
    DuplicateReference,
    InvalidMember,
    PartnerFailed,
    PartnerTimedOut,
    PointsOutOfRange,
    ValueOutOfRange,
)
from widget_host.kit.errors import FieldError, Refused
from widget_host.kit.money import Money
from widget_host.kit.value import replace
from widget_host.web.language import _
from widget_host.web.limits import RateLimited
from widget_host.web.widgets import refusals, words
from widget_host.web.widgets.gallery.programs import aurora, japanese, meridian
from widget_host.web.widgets.gallery.purchase_steps import AMOUNT, BALANCE, REVIEW, TYPED, step_one, step_two
from widget_host.web.widgets.gallery.state import Presents, State
from widget_host.web.widgets.purchase.amount_screen import AmountScreen, PreviewView, Wrong
from widget_host.web.widgets.refusals import changed_program
from widget_host.web.widgets.screens import MessageScreen, too_many

SOON = RateLimited("Too many.", seconds=42)


def refused() -> list[State]:
    """Return the states that say no, each named for its code."""
    return [*_amounts(), *_accounts(), *_notices(), *_held()]


def _state(
    refusal: Refused | type[Refused], title: str, screen: Presents, template: str = AMOUNT, *, of: str = ""
) -> State:
    name = f"{refusal.code.lower().replace('_', '-')}{of}"
    return State(name, title, screen, template, codes=(refusal.code,))


def _amounts() -> list[State]:
    few = replace(aurora(), max_points=4_000)
    empty, precise, low = words.AmountMissing(""), words.AmountTooPrecise(""), ValueOutOfRange("")
    poor, many = refusals.BalanceExceeded(BALANCE), PointsOutOfRange("")
    return [
        _state(empty, "No amount", _wrong_amount(aurora(), "", empty)),
        _state(precise, "Too many decimals", _wrong_amount(aurora(), "25.001", precise)),
        _state(precise, "Decimals of a yen", _wrong_amount(japanese(), "500.5", precise), of="-yen"),
        _state(low, "Too little", _wrong_amount(aurora(), "1", low)),
        _state(low, "Too little, while typing", step_one(amount="1", account=TYPED), of="-typing"),
        _state(many, "Too many points", _wrong_amount(few, "50", many)),
        _state(poor, "More than the balance", _wrong_amount(aurora(), "1300", poor)),
    ]


def _wrong_amount(offer: Offer, amount: str, refusal: Refused) -> Presents:
    alone, balance = offer.currency != BALANCE.currency, Money(1_500_000, "JPY")
    wrong = Wrong(amount=refusal)
    return step_one(offer, amount, alone=alone, balance=balance if alone else BALANCE, wrong=wrong, account=TYPED)


def _accounts() -> list[State]:
    unknown = InvalidMember("")
    malformed = Wrong(fields=[FieldError("destinationUserId", "malformed", "")])
    missing = [FieldError(field.name, "required", "") for field in meridian().program.fields if field.required]
    everything = Wrong(amount=words.AmountMissing(""), fields=missing)
    mistyped = step_one(amount="25", wrong=malformed, account={"destinationUserId": "AC12"})
    return [
        _state(unknown, "Unknown member", step_one(amount="25", wrong=Wrong(member=unknown), account=TYPED)),
        State("field-malformed", "A number mistyped", mistyped, AMOUNT),
        State("fields-missing", "Everything missing", step_one(meridian(), wrong=everything, account={}), AMOUNT),
    ]


def _notices() -> list[State]:
    return [
        _state(InvalidProgram, "Program gone", _noticed(lambda _locale: _(refusals.UNKNOWN_PROGRAM))),
        _state(NoPartnership, "Program no longer offered", _noticed(lambda _locale: _(refusals.UNKNOWN_PROGRAM))),
        State("program-changed", "Program changed", _noticed(lambda _locale: changed_program(aurora())), AMOUNT),
        _state(SOON, "Too many tries", _noticed(_too_soon)),
        _state(SOON, "Too many tries, while typing", _previewed_too_soon, of="-typing"),
        State(
            "too-many-strangers",
            "Too many tries, nobody known",
            lambda locale: too_many(_too_soon(locale)),
            tenant=None,
        ),
    ]


def _noticed(say: Callable[[str], str]) -> Presents:
    return lambda locale: step_one(amount="25", wrong=Wrong(notice=say(locale)), account=TYPED)(locale)


def _too_soon(locale: str) -> str:
    return refusals.sentence(SOON, aurora(), locale)


def _strange_too_soon(locale: str) -> MessageScreen:
    return too_many(_too_soon(locale))


def _previewed_too_soon(locale: str) -> AmountScreen:
    screen: AmountScreen = step_one(amount="25", account=TYPED)(locale)
    return replace(screen, preview=PreviewView(sentence=_too_soon(locale), is_refusal=True))


def _held() -> list[State]:
    return [
        _state(refusal, title, step_two(aurora(), Money(2_500, "USD"), refusal=refusal), REVIEW, of=of)
        for refusal, title, of in (
            (PartnerFailed(""), "The program fails", ""),
            (PartnerTimedOut(""), "The program does not answer", ""),
            (InvalidProgram(""), "The program goes while confirming", "-held"),
            (DuplicateReference(""), "It cannot be made", ""),
        )
    ]
