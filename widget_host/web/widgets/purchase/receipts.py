"""The Purchase widget's later screens: review, what is under way, and what came of it."""

import re
from collections.abc import Sequence

from widget_host.domain.programs.rules import Offer, ProgramFacts
from widget_host.domain.transactions.models import Transaction
from widget_host.domain.transactions.rules import COMPLETED, FAILED, PENDING, REVERSED, Preview
from widget_host.domain.transactions.service import destination_of
from widget_host.kit.value import Value, field
from widget_host.web.language import N_, _
from widget_host.web.widgets import words
from widget_host.web.widgets.purchase.entry import Entry
from widget_host.web.widgets.screens import Fact, ProgramCard, account_facts, program_card, program_sign

MOST_SECONDS = 60
# 1, 2, 4, 8, 16, 32 seconds: by then a minute has passed.
MINUTE_OF_TRIES = 6
TITLES = {
    COMPLETED: N_("Exchange complete"),
    PENDING: N_("Exchange in progress"),
    FAILED: N_("The exchange didn't go through"),
    REVERSED: N_("This exchange was reversed"),
}
SENTENCES = {
    COMPLETED: N_("The points are in your %(program)s account."),
    PENDING: N_("We're still confirming with %(program)s. You won't be charged twice."),
    FAILED: N_("No points were given. What was charged is being returned."),
    REVERSED: N_("The points were taken back. What was charged is being returned."),
}
NOT_HEARD = N_("We didn't get your confirmation. Nothing has been charged. Confirm again: you won't be charged twice.")
LABELS = {COMPLETED: N_("You received"), PENDING: N_("You'll receive")}
NOT_RECEIVED = N_("You would have received")


class ReviewScreen(Value, frozen=True):
    """What the second step shows; `hidden` carries the entry on, as names and values.

    `before` is the figure shown earlier, where it has changed since.
    """

    program: ProgramCard
    points: str
    unit: str
    facts: Sequence[Fact]
    hidden: Sequence[tuple[str, str]]
    notice: str
    bonus: str = ""
    before: str = ""


class Poll(Value, frozen=True):
    """How the screen asks for news: after how many seconds, how often it has, and at which address."""

    seconds: int
    tries: int
    address: str = ""
    hidden: Sequence[tuple[str, str]] = ()


class ProcessingScreen(Value, frozen=True):
    """What is shown while nobody knows what came of a confirmation; `reference` once it takes long."""

    title: str
    sentence: str
    reference: str
    poll: Poll


class DoneScreen(Value, frozen=True):
    """What came of an exchange; `again` is the entry to try again with, as names and values."""

    status: str
    title: str
    sentence: str
    label: str
    program: ProgramCard
    points: str
    unit: str
    facts: Sequence[Fact]
    reference: str
    bonus: str = ""
    poll: Poll | None = None
    again: Sequence[tuple[str, str]] = field(default_factory=list)

    @property
    def is_pending(self) -> bool:
        """Whether the program has not said its last word."""
        return self.status == PENDING

    @property
    def is_given(self) -> bool:
        """Whether the customer has the points."""
        return self.status == COMPLETED


def review_screen(
    entry: Entry, offer: Offer, preview: Preview, locale: str, *, notice: str = "", before: Preview | None = None
) -> ReviewScreen:
    """Present everything once more before what cannot be undone."""
    return ReviewScreen(
        program=program_card(offer, locale),
        points=words.points(preview.total_points, locale),
        unit=offer.program.unit,
        facts=[
            Fact(_("You pay"), words.money(preview.value, locale)),
            Fact(_("Rate"), words.rate(offer, locale)),
            *([Fact(_("Member"), entry.member)] if entry.member else []),
            *account_facts(offer.program, entry.destination(offer).as_account()),
            Fact(_("Arrives"), _("Usually within minutes")),
        ],
        hidden=entry.hidden,
        notice=notice,
        bonus=words.bonus(preview.bonus_points, locale),
        before=words.points(before.total_points, locale) if before else "",
    )


def rate_changed(offer: Offer, preview: Preview, before: Preview, locale: str) -> str:
    """Say what would be received now, and what was shown before."""
    return _(
        "The rate has changed. You would now receive %(now)s instead of %(before)s %(unit)s.",
        now=words.points(preview.total_points, locale),
        before=words.points(before.total_points, locale),
        unit=offer.program.unit,
    )


def processing_screen(entry: Entry, reference: str, tries: int) -> ProcessingScreen:
    """Ask for patience, and after a minute for a little more, with the reference to ask about."""
    is_late = tries >= MINUTE_OF_TRIES
    patience = _("This usually takes a few seconds. Keep this page open.")
    sentence = _("You won't be charged twice. You may close this page: your bank shows what came of it.")
    return ProcessingScreen(
        title=_("We're still working on it") if is_late else _("Confirming your exchange"),
        sentence=sentence if is_late else patience,
        reference=reference if is_late else "",
        poll=Poll(next_in(tries), tries, hidden=entry.hidden),
    )


def tries_of(said: str | None) -> int:
    """Read how often was asked so far, as far as it matters."""
    return min(int(said), MINUTE_OF_TRIES) if said and re.fullmatch("[0-9]{1,3}", said) else 0


def next_in(tries: int) -> int:
    """Return after how many seconds to ask again: 1, 2, 4, 8 … 60."""
    return int(min(2 ** min(tries, MINUTE_OF_TRIES), MOST_SECONDS))


def done_screen(
    transaction: Transaction,
    program: ProgramFacts,
    locale: str,
    *,
    poll: Poll | None = None,
    again: Sequence[tuple[str, str]] = (),
) -> DoneScreen:
    """Present what came of an exchange, and whether money moved."""
    status = transaction.status
    paid = Fact(_("You paid") if status in LABELS else _("Amount"), words.money(transaction.money, locale))
    return DoneScreen(
        status=status,
        title=_(TITLES[status]),
        sentence=_(SENTENCES[status], program=program.name),
        label=_(LABELS.get(status, NOT_RECEIVED)),
        program=program_sign(program),
        points=words.points(transaction.total_points, locale),
        unit=program.unit,
        facts=[
            paid,
            *account_facts(program, destination_of(transaction).as_account()),
            Fact(_("Reference"), transaction.reference_number),
            Fact(_("Date"), words.moment(transaction.created_at, locale)),
        ],
        reference=transaction.reference_number,
        bonus=words.bonus(transaction.bonus_points, locale),
        poll=poll if status == PENDING else None,
        again=again if status == FAILED else (),
    )
