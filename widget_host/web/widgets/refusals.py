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
TOO_MANY = "Too many tries. Wait {seconds} seconds and try again."
SENTENCES = {
    words.AmountMissing.code: "Enter an amount.",
    words.AmountTooPrecise.code: "Enter an amount with no more than {decimals} decimals.",
    ValueOutOfRange.code: "Enter an amount between {min} and {max}.",
    PointsOutOfRange.code: "That's more than {program} accepts at once. The most you can get is {max_points} {unit}.",
    InvalidMember.code: "{program} couldn't find that member number. Check it and try again. Nothing was charged.",
    InvalidProgram.code: "{program} isn't available right now. Choose another program. Nothing was charged.",
    NoPartnership.code: "{program} isn't available right now. Choose another program. Nothing was charged.",
    PartnerFailed.code: "{program} isn't responding. Nothing was charged. Try again in a few minutes.",
    RateLimited.code: TOO_MANY,
    PartnerTimedOut.code: "{program} isn't responding. Nothing was charged. Try again in a few minutes.",
}
UNKNOWN_PROGRAM = "That program isn't available right now. Choose another program. Nothing was charged."
ANOTHER_PROGRAM = "Check your details for {program}: the program was changed."
WHOLE_AMOUNT = "Enter an amount without decimals."
OTHERWISE = "This exchange can't be made right now. Nothing was charged."


def sentence(refusal: Refused, offer: Offer, locale: str) -> str:
    """Say the refusal to the customer."""
    if isinstance(refusal, BalanceExceeded):
        balance = words.money(refusal.balance, locale)
        return f"You have {balance}. Enter {balance} or less."
    if isinstance(refusal, words.AmountTooPrecise) and not decimals_of(offer.currency):
        return WHOLE_AMOUNT
    return SENTENCES.get(refusal.code, OTHERWISE).format(
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
    return f"{label} is needed." if error.code == "required" else f"{label} doesn't look right. {hint}".strip()


def changed_program(offer: Offer) -> str:
    """Say that the account entered belongs to another program."""
    return ANOTHER_PROGRAM.format(program=offer.program.name)
