"""The Purchase widget's later screens: review and receipt."""

from collections.abc import Sequence
from dataclasses import dataclass

from widget_host.domain.programs.rules import Destination, Offer
from widget_host.domain.transactions.models import Transaction
from widget_host.domain.transactions.rules import COMPLETED, Preview
from widget_host.web.language import _
from widget_host.web.widgets import words
from widget_host.web.widgets.purchase.entry import Entry
from widget_host.web.widgets.screens import Fact, ProgramCard, account_facts, program_card


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
    reference: str


def review_screen(entry: Entry, offer: Offer, preview: Preview, locale: str, *, notice: str = "") -> ReviewScreen:
    """Present everything once more before what cannot be undone."""
    return ReviewScreen(
        program=program_card(offer, locale),
        points=words.points(preview.total_points, locale),
        unit=offer.program.unit,
        facts=[
            Fact(_("You pay"), words.money(preview.value, locale)),
            Fact(_("Rate"), words.rate(offer, locale)),
            *account_facts(offer, entry.destination(offer).as_account()),
            Fact(_("Arrives"), _("Usually within minutes")),
        ],
        hidden=_hidden(entry),
        notice=notice,
    )


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
        title=_("Exchange in progress") if is_pending else _("Exchange complete"),
        sentence=_pending(program.name)
        if is_pending
        else _("The points are in your %(program)s account.", program=program.name),
        label=_("You'll receive") if is_pending else _("You received"),
        program=program_card(offer, locale),
        points=words.points(transaction.total_points, locale),
        unit=program.unit,
        facts=[
            Fact(_("You paid"), words.money(transaction.money, locale)),
            *account_facts(offer, destination.as_account()),
            Fact(_("Reference"), transaction.reference_number),
            Fact(_("Date"), words.moment(transaction.created_at, locale)),
        ],
        reference=transaction.reference_number,
    )


def _pending(program_name: str) -> str:
    return _("We're still confirming with %(program)s. You won't be charged twice.", program=program_name)
