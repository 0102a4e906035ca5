"""What the customer has entered so far, and what it comes to at the program chosen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from widget_host.domain.access.rules import OpenWidget, Prefill
from widget_host.domain.programs.rules import Destination, Field, InvalidProgram, Offer, misfits
from widget_host.domain.transactions.rules import Order, Preview, buy
from widget_host.kit.errors import FieldError
from widget_host.kit.money import Money
from widget_host.web.widgets import words
from widget_host.web.widgets.refusals import BalanceExceeded

ACCOUNT_FIELDS = ("destinationUserId", "destinationUserEmail")
LONGEST_ACCOUNT = 200


@dataclass(frozen=True, slots=True)
class Entry:
    """What was typed, as it was typed; `account_for` is the program whose fields were on the screen then."""

    program_id: str = ""
    amount: str = ""
    account: Mapping[str, str] = field(default_factory=dict)
    account_for: str = ""

    @classmethod
    def read(cls, form: Mapping[str, str]) -> "Entry":
        """Read a posted form; what is missing is empty, a pressed amount wins over the typed one."""
        return cls(
            program_id=form.get("programId", ""),
            amount=_clean(form.get("quick") or form.get("amount", "")),
            account={name: _clean(form.get(name, "")) for name in ACCOUNT_FIELDS},
            account_for=form.get("destinationFor", ""),
        )

    def is_for(self, offer: Offer) -> bool:
        """Whether the account entered is one at this program."""
        return self.account_for == offer.program.id

    def destination(self, offer: Offer) -> Destination:
        """Return the account, only what this program asks for."""
        asked = {field.name: self.account.get(field.name) or None for field in offer.program.fields}
        return Destination(asked.get("destinationUserId"), asked.get("destinationUserEmail"))


def _clean(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable()).strip()


def offered(widget: OpenWidget, offers: Sequence[Offer]) -> list[Offer]:
    """Return the programs this widget shows: the issuer may have named some."""
    named = widget.request.program_ids
    return [offer for offer in offers if not named or offer.program.id in named]


def first_choice(widget: OpenWidget, offers: Sequence[Offer]) -> Offer:
    """Return the program chosen for the customer: one whose account the issuer knows, else the first."""
    known = widget.request.destination_accounts or {}
    return next((offer for offer in offers if offer.program.id in known), offers[0])


def choose(entry: Entry, offers: Sequence[Offer]) -> Offer:
    """Return the chosen program's offer; raises InvalidProgram for one not offered here."""
    for offer in offers:
        if offer.program.id == entry.program_id:
            return offer
    raise InvalidProgram("This program is not offered here.", programId=entry.program_id)


def prefilled(widget: OpenWidget, offer: Offer) -> Mapping[str, str]:
    """Return what the issuer knows of the customer's account at this program."""
    known = (widget.request.destination_accounts or {}).get(offer.program.id, Prefill())
    email = known.user_email or widget.request.source_user_email
    return {"destinationUserId": known.user_id or "", "destinationUserEmail": email or ""}


def balance(widget: OpenWidget) -> Money | None:
    """Return the customer's balance where it is in the widget's currency."""
    told = widget.request.balance
    return told if told is not None and told.currency == widget.currency else None


def price(entry: Entry, offer: Offer, widget: OpenWidget, locale: str) -> Preview:
    """Say what the amount buys; raises a Refused that `refusals` has a sentence for."""
    value = words.read_money(entry.amount, offer.currency, locale)
    limit = balance(widget)
    if limit is not None and value > limit and limit < offer.max_value:
        raise BalanceExceeded(limit)
    return buy(value, offer)


def missing(entry: Entry, offer: Offer) -> list[FieldError]:
    """Return the fields that no program would accept: required and empty, or too long to be kept."""
    unkept = [_too_long(field) for field in offer.program.fields if _is_too_long(entry, field)]
    return unkept + [error for error in misfits_of(entry, offer) if error.code == "required"]


def misfits_of(entry: Entry, offer: Offer) -> list[FieldError]:
    """Return the fields whose form is wrong."""
    return misfits(offer.program.fields, entry.destination(offer))


def _is_too_long(entry: Entry, asked: Field) -> bool:
    return len(entry.account.get(asked.name, "")) > LONGEST_ACCOUNT


def _too_long(asked: Field) -> FieldError:
    return FieldError(asked.name, "malformed", f"{asked.label} is too long.")


def order(entry: Entry, offer: Offer, widget: OpenWidget, value: Money) -> Order:
    """Make the order of what was entered."""
    return Order(
        environment_id=widget.tenant.environment_id,
        program_id=offer.program.id,
        destination=entry.destination(offer),
        reference_number=reference(widget),
        value=value,
        source_user_id=widget.request.source_user_id,
        launch_id=widget.launch_id,
        keeps_refusals=False,
    )


def reference(widget: OpenWidget) -> str:
    """Return the order's reference, the issuer's own or the launch: a launch buys once, so a repeat does no harm."""
    return widget.request.reference_number or widget.launch_id
