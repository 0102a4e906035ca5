"""The Purchase widget's first screen as its templates need it: everything is words already."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from widget_host.domain.access.rules import OpenWidget
from widget_host.domain.programs.rules import Field, Offer
from widget_host.domain.transactions.rules import Preview
from widget_host.kit.errors import FieldError, Refused
from widget_host.kit.money import decimals_of
from widget_host.web.widgets import refusals, words
from widget_host.web.widgets.entry import Entry, balance, prefilled, price

TITLE = "Exchange for points"
EMPTY_PREVIEW = "Enter an amount to see what you'll receive."


@dataclass(frozen=True, slots=True)
class ProgramCard:
    """One program in the list."""

    id: str
    name: str
    logo: str
    rate: str


@dataclass(frozen=True, slots=True)
class Chip:
    """An amount that one press fills in."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class FieldView:
    """One field of the destination account."""

    name: str
    label: str
    type: str
    value: str
    is_required: bool
    hint: str
    error: str

    @property
    def autocomplete(self) -> str:
        """What the browser may offer to fill in."""
        return "email" if self.type == "email" else "off"

    @property
    def described_by(self) -> str:
        """The ids of what is said about the field."""
        return " ".join(f"{self.name}-{said}" for said in ("error", "hint") if getattr(self, said))


@dataclass(frozen=True, slots=True)
class PreviewView:
    """What the amount would buy; where `points` is empty there is only a sentence."""

    points: str = ""
    unit: str = ""
    value: str = ""
    sentence: str = EMPTY_PREVIEW
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


def program_card(offer: Offer, locale: str) -> ProgramCard:
    """Present one program."""
    program = offer.program
    return ProgramCard(program.id, program.name, program.logo, words.rate(offer, locale))


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
        title=TITLE,
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
        fields=_fields(entry.account if entry.is_for(offer) else prefilled(widget, offer), offer, errors),
        preview=PreviewView() if wrong.amount else preview_view(widget, offer, entry, locale),
        notice=wrong.notice,
        focus=focus or ("amount" if wrong.amount else next(iter(errors), "")),
    )


def preview_view(widget: OpenWidget, offer: Offer, entry: Entry, locale: str) -> PreviewView:
    """Say what the amount typed would buy, or why it would not; nothing typed is no mistake yet."""
    if not entry.amount:
        return PreviewView()
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


def _fields(account: Mapping[str, str], offer: Offer, errors: Mapping[str, str]) -> list[FieldView]:
    return [_field(field, account.get(field.name, ""), errors.get(field.name, "")) for field in offer.program.fields]


def _field(field: Field, value: str, error: str) -> FieldView:
    return FieldView(
        name=field.name,
        label=field.label if field.required else f"{field.label} (optional)",
        type="email" if field.kind == "email" else "text",
        value=value,
        is_required=field.required,
        hint="" if error.endswith(field.hint) else field.hint,
        error=error,
    )
