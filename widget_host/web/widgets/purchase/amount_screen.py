"""The Purchase widget's first screen as its templates need it: everything is words already."""

from collections.abc import Mapping, Sequence

from widget_host.domain.access.rules import OpenWidget
from widget_host.domain.programs.rules import Destination, Offer, misfits
from widget_host.domain.transactions.rules import Preview
from widget_host.kit.errors import FieldError, Refused
from widget_host.kit.money import Money, decimals_of
from widget_host.kit.value import Value
from widget_host.web.language import N_, _, ngettext
from widget_host.web.widgets import refusals, words
from widget_host.web.widgets.purchase.entry import Entry, balance, matching, prefilled, price
from widget_host.web.widgets.screens import FieldView, ProgramCard, account_facts, field_views, program_card

# From how many programs on there is a search field.
SEARCHED_FROM = 6
TITLE, MAKER = N_("Exchange for points"), N_("Exchange by Widget Host")


class Chip(Value, frozen=True):
    """An amount that one press fills in."""

    value: str
    label: str


class PreviewView(Value, frozen=True):
    """What the amount would buy; where `points` is empty there is only a sentence."""

    points: str = ""
    unit: str = ""
    value: str = ""
    bonus: str = ""
    sentence: str = ""
    is_refusal: bool = False


class SavedView(Value, frozen=True):
    """The account used before, shown just enough for its owner; `hidden` carries it on, as names and values."""

    shown: str
    hidden: Sequence[tuple[str, str]]


class Wrong(Value, frozen=True):
    """What is wrong with an entry, each part beside what it is about."""

    amount: Refused | None = None
    fields: Sequence[FieldError] = ()
    member: Refused | None = None
    notice: str = ""


class AmountScreen(Value, frozen=True):
    """What the first step shows; `focus` names the field that takes the focus, or `title`, or nothing."""

    title: str
    balance: str
    programs: Sequence[ProgramCard]
    program: ProgramCard
    amount: str
    amount_error: str
    symbol: str
    currency: str
    inputmode: str
    limits: str
    chips: Sequence[Chip]
    fields: Sequence[FieldView]
    preview: PreviewView
    notice: str
    focus: str
    # The account used before, in place of the fields.
    saved: SavedView | None = None
    # What the programs were searched for, and what was found; None where there are too few to search.
    search: str | None = None
    found: str = ""


def amount_screen(
    widget: OpenWidget,
    offers: Sequence[Offer],
    offer: Offer,
    entry: Entry,
    locale: str,
    *,
    wrong: Wrong | None = None,
    focus: str = "",
    saved: Destination | None = None,
) -> AmountScreen:
    """Present the first step with what was entered kept, and what is wrong with it said in place."""
    wrong = wrong or Wrong()
    errors = _field_errors(wrong, offer, locale)
    limit = balance(widget)
    searched = entry.search if len(offers) > SEARCHED_FROM else None
    found = matching(offers, searched or "")
    return AmountScreen(
        title=_(TITLE),
        balance="" if limit is None else words.money(limit, locale),
        # The one chosen stays in the list, or the form would lose it.
        programs=[program_card(each, locale) for each in offers if each in found or each == offer],
        program=program_card(offer, locale),
        amount=entry.amount,
        amount_error=refusals.sentence(wrong.amount, offer, locale) if wrong.amount else "",
        symbol=words.symbol(offer.currency, locale),
        currency=offer.currency,
        inputmode="decimal" if decimals_of(offer.currency) else "numeric",
        limits=limits(offer, limit, locale),
        chips=[Chip(*chip) for chip in words.chips(offer, limit, locale)],
        fields=field_views(offer, entry.account if entry.is_for(offer) else prefilled(widget, offer), errors),
        preview=empty_preview() if wrong.amount else preview_view(widget, offer, entry, locale),
        notice=wrong.notice,
        focus=focus or ("amount" if wrong.amount else next(iter(errors), "")),
        saved=None if errors else saved_view(widget, offer, entry, saved),
        search=searched,
        found=_found(len(found)) if searched else "",
    )


def limits(offer: Offer, limit: Money | None, locale: str) -> str:
    """Say what may be exchanged at once, or that the balance is too small for it."""
    if limit is None or limit >= offer.min_value:
        return words.limits(offer, locale)
    least = words.money(offer.min_value, locale)
    return _(
        "The least you can exchange here is %(min)s. You have %(balance)s.",
        min=least,
        balance=words.money(limit, locale),
    )


def _found(count: int) -> str:
    return ngettext("%(count)s program found", "%(count)s programs found", count) if count else _("No program found")


def saved_view(widget: OpenWidget, offer: Offer, entry: Entry, saved: Destination | None) -> SavedView | None:
    """Offer the account used before, unless the issuer knows one, it fits no longer, or another was typed."""
    if saved is None or entry.wants_another or offer.program.id in (widget.request.destination_accounts or {}):
        return None
    account = {name: value or "" for name, value in saved.as_account().items()}
    is_another = entry.is_for(offer) and {name: entry.account.get(name, "") for name in account} != account
    if is_another or misfits(offer.program.fields, saved):
        return None
    shown = " · ".join(str(fact.value) for fact in account_facts(offer.program, account))
    return SavedView(shown, [(name, value) for name, value in account.items() if value])


def empty_preview() -> PreviewView:
    """Say what to do for a preview."""
    return PreviewView(sentence=_("Enter an amount to see what you'll receive."))


def preview_view(widget: OpenWidget, offer: Offer, entry: Entry, locale: str) -> PreviewView:
    """Say what the amount typed would buy, or why it would not; nothing typed is no mistake yet."""
    if not entry.amount:
        return empty_preview()
    try:
        return bought(price(entry, offer, widget, locale), offer, locale)
    except refusals.ABOUT_AMOUNT as refusal:
        return PreviewView(sentence=refusals.sentence(refusal, offer, locale), is_refusal=True)


def bought(preview: Preview, offer: Offer, locale: str) -> PreviewView:
    """Say what is bought."""
    return PreviewView(
        points=words.points(preview.total_points, locale),
        unit=offer.program.unit,
        value=words.money(preview.value, locale),
        bonus=words.bonus(preview.bonus_points, locale),
    )


def _field_errors(wrong: Wrong, offer: Offer, locale: str) -> Mapping[str, str]:
    asked = {field.name: field for field in offer.program.fields}
    errors = {
        error.field: refusals.field_sentence(error, asked[error.field].label, asked[error.field].hint)
        for error in wrong.fields
    }
    if wrong.member is not None:
        errors.setdefault(next(iter(asked)), refusals.sentence(wrong.member, offer, locale))
    return errors
