"""The Purchase widget's later screens: review, receipt, and the calm ones that only say something."""

from collections.abc import Sequence
from dataclasses import dataclass

from widget_host.domain.programs.rules import Destination, Offer
from widget_host.domain.transactions.models import Transaction
from widget_host.domain.transactions.rules import COMPLETED, Preview
from widget_host.web.widgets import words
from widget_host.web.widgets.amount_screen import ProgramCard, program_card
from widget_host.web.widgets.entry import Entry

ARRIVAL = "Usually within minutes"


@dataclass(frozen=True, slots=True)
class Fact:
    """A name with its figure."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class ReviewScreen:
    """What the second step shows; `hidden` carries the entry on, as names and values."""

    program: ProgramCard
    points: str
    unit: str
    facts: Sequence[Fact]
    hidden: Sequence[tuple[str, str]]
    notice: str


@dataclass(frozen=True, slots=True)
class DoneScreen:
    """What the receipt shows."""

    is_pending: bool
    title: str
    sentence: str
    label: str
    program: ProgramCard
    points: str
    unit: str
    facts: Sequence[Fact]


@dataclass(frozen=True, slots=True)
class MessageScreen:
    """A screen with nothing to press; `icon` is a macro of macros/icons.html."""

    icon: str
    title: str
    sentence: str


NO_PROGRAMS = MessageScreen("gift", "No programs right now", "There is nothing to exchange for at the moment.")
ENDED = MessageScreen(
    "lock",
    "Your session has ended",
    "For your security, sessions end after a few minutes. Nothing was charged.",
)


def too_many(sentence: str) -> MessageScreen:
    """Say how long to wait where there is no step to say it in."""
    return MessageScreen("alert", "One moment", sentence)


def no_token(host_name: str) -> MessageScreen:
    """Say where the widget is opened from."""
    host = f"{host_name}'s" if host_name else "your bank's"
    return MessageScreen("lock", f"Open this page from {host} app.", "")


def review_screen(entry: Entry, offer: Offer, preview: Preview, locale: str, *, notice: str = "") -> ReviewScreen:
    """Present everything once more before what cannot be undone."""
    return ReviewScreen(
        program=program_card(offer, locale),
        points=words.points(preview.total_points, locale),
        unit=offer.program.unit,
        facts=[
            Fact("You pay", words.money(preview.value, locale)),
            Fact("Rate", words.rate(offer, locale)),
            *_accounts(entry.destination(offer), offer),
            Fact("Arrives", ARRIVAL),
        ],
        hidden=_hidden(entry),
        notice=notice,
    )


def _accounts(destination: Destination, offer: Offer) -> list[Fact]:
    given = [(field.label, destination.value_of(field.name)) for field in offer.program.fields]
    return [Fact(label, words.masked(value)) for label, value in given if value]


def _hidden(entry: Entry) -> list[tuple[str, str]]:
    account = [(name, value) for name, value in entry.account.items() if value]
    return [
        ("programId", entry.program_id),
        ("amount", entry.amount),
        ("destinationFor", entry.account_for),
        *account,
    ]


def done_screen(transaction: Transaction, offer: Offer, locale: str) -> DoneScreen:
    """Present the receipt."""
    program, is_pending = offer.program, transaction.status != COMPLETED
    destination = Destination(transaction.destination_user_id, transaction.destination_user_email)
    return DoneScreen(
        is_pending=is_pending,
        title="Exchange in progress" if is_pending else "Exchange complete",
        sentence=_pending(program.name) if is_pending else f"The points are in your {program.name} account.",
        label="You'll receive" if is_pending else "You received",
        program=program_card(offer, locale),
        points=words.points(transaction.total_points, locale),
        unit=program.unit,
        facts=[
            Fact("You paid", words.money(transaction.money, locale)),
            *_accounts(destination, offer),
            Fact("Reference", transaction.reference_number),
            Fact("Date", words.moment(transaction.created_at, locale)),
        ],
    )


def _pending(program_name: str) -> str:
    return f"We're still confirming with {program_name}. You won't be charged twice."
