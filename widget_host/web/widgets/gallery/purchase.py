"""The states of the Purchase widget, in the order a customer may come into them."""

from widget_host.domain.programs.rules import Destination
from widget_host.domain.transactions.rules import FAILED, PENDING, REVERSED
from widget_host.kit.money import Money
from widget_host.web.widgets.gallery import samples
from widget_host.web.widgets.gallery.both import LONG_BANK, NORTH, RETURN_URL
from widget_host.web.widgets.gallery.programs import (
    LONG_MEMBER,
    arabic,
    aurora,
    dearer,
    emirati,
    indonesian,
    japanese,
    kuwaiti,
    long_names,
    meridian,
    unbroken_names,
    with_bonus,
)
from widget_host.web.widgets.gallery.purchase_refusals import refused
from widget_host.web.widgets.gallery.purchase_steps import (
    AMOUNT,
    DONE,
    PROCESSING,
    REVIEW,
    TYPED,
    changed_rate,
    not_heard,
    searched,
    step_one,
    step_three,
    step_two,
    under_way,
)
from widget_host.web.widgets.gallery.state import HOSTED, LOST, WAITING, State
from widget_host.web.widgets.screens import (
    finished,
    no_programs,
    nothing_to_exchange,
)
from widget_host.web.widgets.words import money

DOLLARS = Money(2_500, "USD")
BILLIONS = Money(98_765_432_109_800, "IDR")


def states() -> list[State]:
    """Return every state."""
    return [*_amounts(), *_names_and_figures(), *refused(), *_reviews(), *_receipts(), *_others()]


def _amounts() -> list[State]:
    one_field = step_one(amount="25", account=TYPED)
    two_fields = {"destinationUserId": "123456789", "destinationUserEmail": "amira@example.com"}
    return [
        State("amount", "First look", step_one(), AMOUNT),
        State("amount-typed", "An amount typed", one_field, AMOUNT),
        State("amount-two-fields", "Two fields", step_one(meridian(), "40", account=two_fields), AMOUNT),
        State("amount-bonus", "A campaign runs", step_one(with_bonus(), "25", account=TYPED), AMOUNT),
        State(
            "amount-saved", "The account used before", step_one(amount="25", saved=Destination(samples.MEMBER)), AMOUNT
        ),
        State("amount-below", "Less than the least", step_one(balance=Money(300, "USD")), AMOUNT),
        State("amount-many", "Many programs", searched(""), AMOUNT),
        State("amount-plain-search", "One found, without scripts", searched("kestrel"), AMOUNT, plain=True),
        State("amount-found", "Several found", searched("e"), AMOUNT),
        State("amount-not-found", "None found", searched("zeppelin"), AMOUNT),
        State("amount-one-program", "One program, no balance", step_one(alone=True, balance=None), AMOUNT),
        State("amount-waiting", "The review is on its way", one_field, AMOUNT, touches=WAITING),
        State("amount-lost", "No answer came", one_field, AMOUNT, touches=LOST),
        State("still-there", "The session ends soon", one_field, AMOUNT, asks="still-there"),
        State("leave", "Closed in the middle", one_field, AMOUNT, asks="leave"),
        State("amount-alone", "In a browser, alone", one_field, AMOUNT, return_url=RETURN_URL),
        State("amount-plain", "Without scripts", step_one(amount="25", account=TYPED), AMOUNT, plain=True),
    ]


def _names_and_figures() -> list[State]:
    long = {"destinationUserId": LONG_MEMBER}
    dinars, yen, dirhams = Money(12_345_678_901, "KWD"), Money(1_500_000, "JPY"), Money(500_000, "AED")
    return [
        State("long-names", "Long names", step_one(long_names(), "25", account=long), AMOUNT, LONG_BANK),
        State("unbroken-names", "Names in one word", step_one(unbroken_names(), "25", account=long), AMOUNT),
        State("arabic-names", "Arabic names", step_one(arabic(), "25", account=TYPED), AMOUNT, NORTH, locale="ar"),
        State("dinars", "Three decimals", step_one(kuwaiti(), "12345678.901", alone=True, balance=dinars), AMOUNT),
        State("yen", "No decimals", step_one(japanese(), "150000", alone=True, balance=yen), AMOUNT),
        State("rupiah", "Billions", step_one(indonesian(), "987654321098", alone=True, balance=BILLIONS), AMOUNT),
        State(
            "dirhams",
            "Dirhams in Arabic",
            step_one(emirati(), "250", alone=True, balance=dirhams),
            AMOUNT,
            NORTH,
            locale="ar-AE",
        ),
    ]


def _reviews() -> list[State]:
    long = {"destinationUserId": LONG_MEMBER}
    review = step_two(aurora(), DOLLARS)
    return [
        State("review", "Review", review, REVIEW),
        State("review-bonus", "Review with a bonus", step_two(with_bonus(), DOLLARS), REVIEW),
        State("review-changed", "The rate has changed", changed_rate(dearer(), DOLLARS, aurora()), REVIEW),
        State("review-not-heard", "The confirmation never arrived", not_heard(aurora(), DOLLARS), REVIEW),
        State("review-long", "Review of billions", step_two(indonesian(), BILLIONS, long), REVIEW, LONG_BANK),
        State("review-unbroken", "Names in one word", step_two(unbroken_names(), DOLLARS, long), REVIEW),
        State("review-arabic", "Review of Arabic names", step_two(arabic(), DOLLARS), REVIEW, NORTH, locale="ar"),
        State("review-waiting", "Confirming", review, REVIEW, touches=WAITING),
        State("review-lost", "No answer came to confirming", review, REVIEW, touches=LOST),
        State("review-plain", "Without scripts", review, REVIEW, plain=True),
    ]


def _receipts() -> list[State]:
    long = {"destination_user_id": LONG_MEMBER, "reference_number": "NORTHWIND/2026/11/21/EXCHANGE-000000123456789"}
    fils = Money(25_000, "AED")
    return [
        State("processing", "Nobody knows yet", under_way(0), PROCESSING),
        State("processing-late", "Nobody knows after a minute", under_way(6), PROCESSING),
        State("processing-lost", "No connection while waiting", under_way(2), PROCESSING, touches=LOST),
        State("done", "Receipt", step_three(aurora(), DOLLARS), DONE, touches=HOSTED),
        State("done-bonus", "Receipt with a bonus", step_three(with_bonus(), DOLLARS), DONE),
        State("done-failed", "It failed in the end", step_three(aurora(), DOLLARS, status=FAILED), DONE),
        State("done-reversed", "It was reversed", step_three(aurora(), DOLLARS, status=REVERSED), DONE),
        State("done-alone", "Receipt, in a browser", step_three(aurora(), DOLLARS), DONE, return_url=RETURN_URL),
        State("done-pending", "Receipt, still pending", step_three(aurora(), DOLLARS, status=PENDING), DONE),
        State("done-long", "Receipt of billions", step_three(indonesian(), BILLIONS, **long), DONE, LONG_BANK),
        State("done-arabic", "Receipt in Arabic", step_three(emirati(), fils), DONE, NORTH, locale="ar"),
    ]


def _others() -> list[State]:
    bank = samples.NORTHWIND.organization_name
    return [
        State("no-programs", "No programs", lambda _locale: no_programs()),
        State("no-balance", "Nothing to exchange", lambda locale: nothing_to_exchange(money(Money(0, "USD"), locale))),
        State("finished", "Opened again after it was done", lambda _locale: finished(bank), touches=HOSTED),
    ]
