"""What a refusal is called on a widget's screen: one sentence each, which says whether money moved."""

from widget_host.domain.programs.rules import InvalidProgram, NoPartnership, Offer
from widget_host.domain.transactions.rules import (
    InvalidMember,
    PartnerFailed,
    PartnerTimedOut,
    PointsOutOfRange,
    ValueOutOfRange,
)
from widget_host.kit.errors import FieldError, Refused
from widget_host.kit.money import Money, decimals_of
from widget_host.web.language import N_, _
from widget_host.web.limits import RateLimited
from widget_host.web.widgets import words


class BalanceExceeded(Refused):
    """The customer does not have that much."""

    code = "BALANCE_EXCEEDED"

    def __init__(self, balance: Money) -> None:
        """Keep the balance for the sentence."""
        super().__init__(f"The balance is {balance}.")
        self.balance = balance


ABOUT_AMOUNT = (
    words.AmountMissing,
    words.AmountTooPrecise,
    BalanceExceeded,
    ValueOutOfRange,
    PointsOutOfRange,
)
ABOUT_PROGRAM = (InvalidProgram, NoPartnership)
MAY_PASS = (PartnerFailed, PartnerTimedOut)
TOO_MANY = N_("Too many tries. Wait %(seconds)s seconds and try again.")
SENTENCES = {
    words.AmountMissing.code: N_("Enter an amount."),
    words.AmountTooPrecise.code: N_("Enter an amount with no more than %(decimals)s decimals."),
    ValueOutOfRange.code: N_("Enter an amount between %(min)s and %(max)s."),
    PointsOutOfRange.code: N_(
        "That's more than %(program)s accepts at once. The most you can get is %(max_points)s %(unit)s."
    ),
    InvalidMember.code: N_(
        "%(program)s couldn't find that member number. Check it and try again. Nothing was charged."
    ),
    InvalidProgram.code: N_("%(program)s isn't available right now. Choose another program. Nothing was charged."),
    NoPartnership.code: N_("%(program)s isn't available right now. Choose another program. Nothing was charged."),
    PartnerFailed.code: N_("%(program)s isn't responding. Nothing was charged. Try again in a few minutes."),
    RateLimited.code: TOO_MANY,
    PartnerTimedOut.code: N_("%(program)s isn't responding. Nothing was charged. Try again in a few minutes."),
}
UNKNOWN_PROGRAM = N_("That program isn't available right now. Choose another program. Nothing was charged.")
ANOTHER_PROGRAM = N_("Check your details for %(program)s: the program was changed.")
WHOLE_AMOUNT = N_("Enter an amount without decimals.")
OTHERWISE = N_("This exchange can't be made right now. Nothing was charged.")


def sentence(refusal: Refused, offer: Offer, locale: str) -> str:
    """Say the refusal to the customer."""
    if isinstance(refusal, BalanceExceeded):
        return _("You have %(balance)s. Enter %(balance)s or less.", balance=words.money(refusal.balance, locale))
    if isinstance(refusal, words.AmountTooPrecise) and not decimals_of(offer.currency):
        return _(WHOLE_AMOUNT)
    return _(
        SENTENCES.get(refusal.code, OTHERWISE),
        program=offer.program.name,
        unit=offer.program.unit,
        min=words.money(offer.min_value, locale),
        max=words.money(offer.max_value, locale),
        max_points=words.points(offer.max_points, locale),
        decimals=decimals_of(offer.currency),
        seconds=refusal.details.get("seconds", ""),
    )


def field_sentence(error: FieldError, label: str, hint: str) -> str:
    """Say what is wrong with one field of the destination account."""
    if error.code == "required":
        return _("%(field)s is needed.", field=label)
    wrong = _("%(field)s doesn't look right.", field=label)
    return f"{wrong} {hint}".strip()


def changed_program(offer: Offer) -> str:
    """Say that the account entered belongs to another program."""
    return _(ANOTHER_PROGRAM, program=offer.program.name)
