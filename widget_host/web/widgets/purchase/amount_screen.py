"""The Purchase widget's first screen as its templates need it: everything is words already."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from widget_host.domain.access.rules import OpenWidget
from widget_host.domain.programs.rules import Offer
from widget_host.domain.transactions.rules import Preview
from widget_host.kit.errors import FieldError, Refused
from widget_host.kit.money import decimals_of
from widget_host.web.language import N_, _
from widget_host.web.widgets import refusals, words
from widget_host.web.widgets.purchase.entry import Entry, balance, prefilled, price
from widget_host.web.widgets.screens import FieldView, ProgramCard, field_views, program_card

TITLE, MAKER = N_("Exchange for points"), N_("Exchange by Widget Host")


@dataclass(frozen=True, slots=True)
class Chip:
    """An amount that one press fills in."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class PreviewView:
    """What the amount would buy; where `points` is empty there is only a sentence."""

    points: str = ""
    unit: str = ""
    value: str = ""
    sentence: str = ""
    is_refusal: bool = False


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with an entry, each part beside what it is about."""

    amount: Refused | None = None
    fields: Sequence[FieldError] = ()
    member: Refused | None = None
    notice: str = ""


@dataclass(frozen=True, slots=True)
class AmountScreen:
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


def amount_screen(
    widget: OpenWidget,
    offers: Sequence[Offer],
    offer: Offer,
    entry: Entry,
    locale: str,
    *,
    wrong: Wrong | None = None,
    focus: str = "",
) -> AmountScreen:
    """Present the first step with what was entered kept, and what is wrong with it said in place."""
    wrong = wrong or Wrong()
    errors = _field_errors(wrong, offer, locale)
    limit = balance(widget)
    return AmountScreen(
        title=_(TITLE),
        balance="" if limit is None else words.money(limit, locale),
        programs=[program_card(each, locale) for each in offers],
        program=program_card(offer, locale),
        amount=entry.amount,
        amount_error=refusals.sentence(wrong.amount, offer, locale) if wrong.amount else "",
        symbol=words.symbol(offer.currency, locale),
        currency=offer.currency,
        inputmode="decimal" if decimals_of(offer.currency) else "numeric",
        limits=words.limits(offer, locale),
        chips=[Chip(*chip) for chip in words.chips(offer, limit, locale)],
        fields=field_views(offer, entry.account if entry.is_for(offer) else prefilled(widget, offer), errors),
        preview=empty_preview() if wrong.amount else preview_view(widget, offer, entry, locale),
        notice=wrong.notice,
        focus=focus or ("amount" if wrong.amount else next(iter(errors), "")),
    )


def empty_preview() -> PreviewView:
    """Say what to do for a preview."""
    return PreviewView(sentence=_("Enter an amount to see what you'll receive."))


def preview_view(widget: OpenWidget, offer: Offer, entry: Entry, locale: str) -> PreviewView:
    """Say what the amount typed would buy, or why it would not; nothing typed is no mistake yet."""
    if not entry.amount:
        return empty_preview()
    try:
        return _bought(price(entry, offer, widget, locale), offer, locale)
    except refusals.ABOUT_AMOUNT as refusal:
        return PreviewView(sentence=refusals.sentence(refusal, offer, locale), is_refusal=True)


def _bought(preview: Preview, offer: Offer, locale: str) -> PreviewView:
    return PreviewView(
        points=words.points(preview.total_points, locale),
        unit=offer.program.unit,
        value=words.money(preview.value, locale),
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
