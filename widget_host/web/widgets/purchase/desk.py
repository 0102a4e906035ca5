"""What the steps of the Purchase widget work with: what is offered, which accounts are known, what was made."""

from collections.abc import Mapping, Sequence

from flask import Response, request

from widget_host.domain.accounts.rules import Holder
from widget_host.domain.programs.rules import Destination, Offer, ProgramFacts
from widget_host.domain.quotes.rules import Held
from widget_host.domain.transactions.models import Transaction
from widget_host.domain.transactions.rules import FAILED, Preview
from widget_host.kit.errors import NotFound
from widget_host.kit.value import Value, field
from widget_host.web.language import locale
from widget_host.web.scope import wiring
from widget_host.web.widgets.around import Messages
from widget_host.web.widgets.pages import show
from widget_host.web.widgets.purchase import entry as entries
from widget_host.web.widgets.purchase.amount_screen import AmountScreen, Wrong, amount_screen
from widget_host.web.widgets.purchase.entry import Entry
from widget_host.web.widgets.session import visitor

AMOUNT = "_amount.html"
UNPROCESSABLE = 422


class Desk(Value, frozen=True):
    """One request's work: the entry, the programs there are for it, and the accounts used before."""

    entry: Entry
    offers: Sequence[Offer]
    accounts: Mapping[str, Destination] = field(default_factory=dict)

    @property
    def offer(self) -> Offer:
        """The program chosen; raises InvalidProgram for one not offered here."""
        return entries.choose(self.entry, self.offers)

    @property
    def used(self) -> list[str]:
        """The ids of the programs used before, the last one first."""
        return list(self.accounts)

    def screen(self, offer: Offer, *, wrong: Wrong | None = None, focus: str = "") -> AmountScreen:
        """Present the first step."""
        saved = self.accounts.get(offer.program.id)
        return amount_screen(
            visitor().widget, self.offers, offer, self.entry, locale(), wrong=wrong, focus=focus, saved=saved
        )


def lay_out(entry: Entry | None = None) -> Desk:
    """Read what is offered and known, and what was entered unless that is given."""
    widget = visitor().widget
    offers = wiring().offers.list_all(widget.tenant.environment_id, widget.currency)
    entered = Entry.read(request.form) if entry is None else entry
    return Desk(entered, entries.offered(widget, offers), _accounts())


def _accounts() -> Mapping[str, Destination]:
    known = visitor().accounts
    if known is not None:
        return known
    with wiring().reading() as services:
        return services.accounts.list_for(holder())


def holder() -> Holder:
    """Return whose accounts are remembered."""
    widget = visitor().widget
    return Holder(widget.tenant.environment_id, widget.request.source_user_id)


def correct(desk: Desk, wrong: Wrong) -> Response:
    """Show the first step with what is wrong, everything entered kept."""
    messages: Messages | None = None if request.endpoint == "purchase.review" else {"step": {"name": "amount"}}
    return show(AMOUNT, desk.screen(desk.offer, wrong=wrong), status=UNPROCESSABLE, messages=messages)


def hold(desk: Desk) -> tuple[Held, Preview | None]:
    """Hold the price of what is entered for two minutes; returns the figures of the quote before it, if any, too."""
    widget, offer = visitor().widget, desk.offer
    asked = entries.asked(offer, widget, entries.value_of(desk.entry, offer, widget, locale()))
    with wiring().writing() as services:
        before = services.quotes.find(asked.environment_id, desk.entry.quote_id)
        return services.quotes.hold(asked), before


class Made(Value, frozen=True):
    """What came of a confirmation so far; `is_under_way` until the program has said its first word."""

    transaction: Transaction
    program: ProgramFacts
    is_under_way: bool


def find_made(entry: Entry) -> Made | None:
    """Return what was made under this widget's reference for this customer; raises NotFound for another customer's.

    A failed one counts where it is this confirmation's: an earlier try says nothing of the one that is on its way.
    """
    widget = visitor().widget
    with wiring().reading() as services:
        try:
            made = services.transactions.get(widget.tenant.environment_id, entries.reference(widget))
        except NotFound:
            return None
        if made.source_user_id != widget.request.source_user_id:
            raise NotFound("The reference is another customer's.")
        if made.status == FAILED and made.quote_id != entry.quote_id:
            return None
        return Made(made, services.programs.get_program(made.program_id), services.orders.is_under_way(made))
