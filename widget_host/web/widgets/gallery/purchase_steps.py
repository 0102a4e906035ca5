"""The Purchase widget's steps, for somebody who buys from a program of the gallery's."""

from widget_host.domain.programs.rules import Offer
from widget_host.domain.transactions.rules import buy
from widget_host.kit.errors import Refused
from widget_host.kit.money import Money
from widget_host.web.widgets import refusals, words
from widget_host.web.widgets.gallery import samples
from widget_host.web.widgets.gallery.programs import aurora, sold
from widget_host.web.widgets.gallery.state import Presents
from widget_host.web.widgets.purchase.amount_screen import AmountScreen, Wrong, amount_screen
from widget_host.web.widgets.purchase.entry import Entry
from widget_host.web.widgets.purchase.receipts import DoneScreen, ReviewScreen, done_screen, review_screen

AMOUNT, REVIEW, DONE = (f"widgets/purchase/_{step}.html" for step in ("amount", "review", "done"))
BALANCE = Money(125_000, "USD")
TYPED = {"destinationUserId": samples.MEMBER}


def step_one(
    offer: Offer | None = None,
    amount: str = "",
    *,
    alone: bool = False,
    balance: Money | None = BALANCE,
    wrong: Wrong | None = None,
    account: dict[str, str] | None = None,
) -> Presents:
    """Present the amount and what is wrong with it; an offer is one of several unless it is sold alone."""
    chosen = offer or aurora()
    offered = [chosen] if alone else [chosen if each.program.id == chosen.program.id else each for each in sold()]
    widget = samples.widget(balance, chosen.currency)
    entry = Entry(chosen.program.id, amount, account or {}, chosen.program.id if account is not None else "")

    def present(locale: str) -> AmountScreen:
        return amount_screen(widget, offered, chosen, entry, locale, wrong=wrong)

    return present


def step_two(
    offer: Offer, value: Money, account: dict[str, str] | None = None, *, refusal: Refused | None = None
) -> Presents:
    """Present the review, with what came of confirming it."""

    def present(locale: str) -> ReviewScreen:
        entry = Entry(offer.program.id, words.money(value, locale), account or TYPED, offer.program.id)
        notice = refusals.sentence(refusal, offer, locale) if refusal else ""
        return review_screen(entry, offer, buy(value, offer), locale, notice=notice)

    return present


def step_three(offer: Offer, value: Money, **other: str) -> Presents:
    """Present the receipt; `other` columns replace those of the sample exchange."""
    made = samples.exchange(offer, value, buy(value, offer).total_points, **other)

    def present(locale: str) -> DoneScreen:
        return done_screen(made, offer, locale)

    return present
