"""What the customer has entered so far, and what it comes to at the program chosen."""

import unicodedata
from collections.abc import Mapping, Sequence

from widget_host.domain.access.rules import OpenWidget, Prefill
from widget_host.domain.programs.rules import Destination, Field, InvalidProgram, Offer, misfits
from widget_host.domain.transactions.models import Transaction
from widget_host.domain.transactions.rules import Asked, Order, Preview, buy
from widget_host.domain.transactions.service import destination_of
from widget_host.kit.errors import FieldError
from widget_host.kit.money import Money
from widget_host.kit.value import Value, field, replace
from widget_host.web.widgets import words
from widget_host.web.widgets.refusals import BalanceExceeded

ACCOUNT_FIELDS = ("destinationUserId", "destinationUserEmail")
LONGEST_ACCOUNT, LONGEST_QUOTE_ID, LONGEST_NAME = 200, 40, 80


class Entry(Value, frozen=True):
    """What was typed, as it was typed; `account_for` is the program whose fields were on the screen then.

    `quote_id` and `member` are what the review showed, a price held and the member's name; `search` narrows the list
    of programs, and `wants_another` account than the one that was used before.
    """

    program_id: str = ""
    amount: str = ""
    account: Mapping[str, str] = field(default_factory=dict)
    account_for: str = ""
    quote_id: str = ""
    member: str = ""
    search: str = ""
    wants_another: bool = False

    @classmethod
    def read(cls, form: Mapping[str, str]) -> "Entry":
        """Read a posted form; what is missing is empty, a pressed amount wins over the typed one."""
        return cls(
            program_id=form.get("programId", ""),
            amount=_clean(form.get("quick") or form.get("amount", "")),
            account={name: _clean(form.get(name, "")) for name in ACCOUNT_FIELDS},
            account_for=form.get("destinationFor", ""),
            quote_id=form.get("quoteId", "")[:LONGEST_QUOTE_ID],
            member=_clean(form.get("memberName", ""))[:LONGEST_NAME],
            search=_clean(form.get("search", "")),
        )

    @classmethod
    def of(cls, made: Transaction, locale: str) -> "Entry":
        """Enter again what a transaction was made of."""
        account = destination_of(made).as_account()
        return cls(
            program_id=made.program_id,
            amount=words.typed(made.money.major, locale),
            account={name: value or "" for name, value in account.items()},
            account_for=made.program_id,
        )

    def with_another_account(self) -> "Entry":
        """Leave the account out: another one is to be entered."""
        return replace(self, account={}, account_for="", wants_another=True)

    @property
    def hidden(self) -> list[tuple[str, str]]:
        """What a form carries on of it, as names and values."""
        named = [("programId", self.program_id), ("amount", self.amount), ("destinationFor", self.account_for)]
        shown = [("quoteId", self.quote_id), ("memberName", self.member)]
        return named + [(name, value) for name, value in [*self.account.items(), *shown] if value]

    def is_for(self, offer: Offer) -> bool:
        """Whether the account entered is one at this program."""
        return self.account_for == offer.program.id

    def destination(self, offer: Offer) -> Destination:
        """Return the account, only what this program asks for."""
        asked = {field.name: self.account.get(field.name) or None for field in offer.program.fields}
        return Destination(asked.get("destinationUserId"), asked.get("destinationUserEmail"))


def _clean(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable()).strip()


def offered(widget: OpenWidget, offers: Sequence[Offer]) -> Sequence[Offer]:
    """Return the programs this widget shows: the issuer may have named some."""
    named = widget.request.program_ids
    return [offer for offer in offers if offer.program.id in named] if named else offers


def first_choice(widget: OpenWidget, offers: Sequence[Offer], used: Sequence[str] = ()) -> Offer:
    """Return the program chosen for the customer: one whose account the issuer knows, or used last, else the first."""
    prefilled = widget.request.destination_accounts
    if not prefilled and not used:
        return offers[0]
    by_id = {offer.program.id: offer for offer in offers}
    known = [key for key in by_id if key in (prefilled or {})]
    return next((by_id[key] for key in [*known, *used] if key in by_id), offers[0])


def matching(offers: Sequence[Offer], search: str) -> list[Offer]:
    """Return the offers whose names hold every word searched for, whatever the case and the accents."""
    sought = _plain(search).split()
    return [offer for offer in offers if all(word in _plain(_names(offer)) for word in sought)]


def _names(offer: Offer) -> str:
    return f"{offer.program.name} {offer.program.business_name} {offer.program.unit} {offer.program.industry}"


def _plain(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


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
    return buy(value_of(entry, offer, widget, locale), offer)


def value_of(entry: Entry, offer: Offer, widget: OpenWidget, locale: str) -> Money:
    """Read the amount; raises a Refused that `refusals` has a sentence for."""
    value = words.read_money(entry.amount, offer.currency, locale)
    limit = balance(widget)
    if limit is not None and value > limit and limit < offer.max_value:
        raise BalanceExceeded(limit)
    return value


def asked(offer: Offer, widget: OpenWidget, value: Money) -> Asked:
    """Return what is to be priced."""
    return Asked(widget.tenant.environment_id, offer.program.id, value)


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
        quote_id=entry.quote_id,
    )


def reference(widget: OpenWidget) -> str:
    """Return the order's reference, the issuer's own or the launch: a launch buys once, so a repeat does no harm."""
    return widget.request.reference_number or widget.launch_id
