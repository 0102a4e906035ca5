"""The Purchase widget's steps, for somebody who buys from a program of the gallery's."""

from collections.abc import Sequence
from typing import Any

from widget_host.domain.programs.rules import Destination, Offer
from widget_host.domain.transactions.models import Transaction
from widget_host.domain.transactions.rules import buy
from widget_host.kit.errors import Refused
from widget_host.kit.money import Money
from widget_host.web.language import _
from widget_host.web.widgets import refusals, words
from widget_host.web.widgets.gallery import samples
from widget_host.web.widgets.gallery.programs import aurora, many, sold
from widget_host.web.widgets.gallery.state import Presents
from widget_host.web.widgets.purchase.amount_screen import AmountScreen, Wrong, amount_screen
from widget_host.web.widgets.purchase.entry import Entry
from widget_host.web.widgets.purchase.receipts import (
    NOT_HEARD,
    DoneScreen,
    Poll,
    ReviewScreen,
    done_screen,
    processing_screen,
    rate_changed,
    review_screen,
)

STEPS = ("amount", "review", "done", "processing")
AMOUNT, REVIEW, DONE, PROCESSING = (f"widgets/purchase/_{step}.html" for step in STEPS)
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
    saved: Destination | None = None,
) -> Presents:
    """Present the amount and what is wrong with it; an offer is one of several unless it is sold alone."""
    chosen = offer or aurora()
    offered = [chosen] if alone else [chosen if each.program.id == chosen.program.id else each for each in sold()]
    widget = samples.widget(balance, chosen.currency)
    entry = Entry(chosen.program.id, amount, account or {}, chosen.program.id if account is not None else "")

    def present(locale: str) -> AmountScreen:
        return amount_screen(widget, offered, chosen, entry, locale, wrong=wrong, saved=saved)

    return present


def searched(search: str) -> Presents:
    """Present the amount with many programs, and those that were searched for."""
    entry = Entry(aurora().program.id, "25", TYPED, aurora().program.id, search=search)
    return lambda locale: amount_screen(samples.widget(BALANCE), many(), aurora(), entry, locale)


def not_heard(offer: Offer, value: Money) -> Presents:
    """Present the review after a confirmation that never arrived."""

    def present(locale: str) -> ReviewScreen:
        entry = Entry(offer.program.id, words.money(value, locale), TYPED, offer.program.id)
        return review_screen(entry, offer, buy(value, offer), locale, notice=_(NOT_HEARD))

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


def entry_of(made: Transaction, locale: str) -> Sequence[tuple[str, str]]:
    """Enter again what the exchange was made of."""
    return Entry.of(made, locale).hidden


def changed_rate(offer: Offer, value: Money, before: Offer) -> Presents:
    """Present the review of a price that was another one before."""

    def present(locale: str) -> ReviewScreen:
        entry = Entry(offer.program.id, words.money(value, locale), TYPED, offer.program.id)
        now, then = buy(value, offer), buy(value, before)
        notice = rate_changed(offer, now, then, locale)
        return review_screen(entry, offer, now, locale, notice=notice, before=then)

    return present


def under_way(tries: int) -> Presents:
    """Present the wait for what came of a confirmation, asked for so often."""
    return lambda _locale: processing_screen(Entry(), samples.REFERENCE, tries)


def step_three(offer: Offer, value: Money, **other: Any) -> Presents:
    """Present the receipt; `other` columns replace those of the sample exchange."""
    bought = buy(value, offer)
    made = samples.exchange(offer, value, bought.points, **{"bonus_points": bought.bonus_points, **other})

    def present(locale: str) -> DoneScreen:
        return done_screen(made, offer.program, locale, poll=Poll(2, 1), again=entry_of(made, locale))

    return present
