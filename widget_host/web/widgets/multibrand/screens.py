"""The Multibrand widget's screens as its templates need them: everything is words already."""

from collections.abc import Mapping, Sequence

from widget_host.domain.preferences.rules import WHOLE, CardChoice
from widget_host.domain.programs.rules import Destination, Offer, ProgramFacts
from widget_host.kit.errors import FieldError
from widget_host.kit.value import Value, field, replace
from widget_host.web.language import N_, _, locale, ngettext
from widget_host.web.widgets import refusals, words
from widget_host.web.widgets.multibrand.desk import Desk
from widget_host.web.widgets.multibrand.draft import Line
from widget_host.web.widgets.screens import FieldView, field_views

TITLE, MAKER = N_("Your rewards"), N_("Rewards by Widget Host")
HUES = 8
TENTHS, GAP_TENTHS = 10, 5
# With fewer to choose from, a list is read faster than searched.
SEARCHED_FROM = 5
FULL, UNDER, OVER = "full", "under", "over"


class Share(Value, frozen=True):
    """One program with its part of the rewards; `hue` is its color in the bar."""

    id: str
    name: str
    logo: str
    account: str
    percent: str
    slider: int
    hue: int
    is_available: bool
    error: str


class Part(Value, frozen=True):
    """One piece of the bar, in tenths of a percent; a little is left free between one and the next."""

    hue: int
    start: int
    width: int


class Sum(Value, frozen=True):
    """How much is given out: the bar, what it says, and whether it is everything."""

    parts: Sequence[Part]
    whole: int
    label: str
    sentence: str
    state: str


class Named(Value, frozen=True):
    """A program in a list, and one thing said of it."""

    id: str
    name: str
    logo: str = ""
    detail: str = ""
    hue: int = 0


class Wrong(Value, frozen=True):
    """What keeps a draft from being saved: a sentence above it all, or one beside a program's percent."""

    notice: str = ""
    percents: Mapping[str, str] = field(default_factory=dict)
    newer: CardChoice | None = None


class Newer(Value, frozen=True):
    """What was stored meanwhile, one line for each program."""

    version: int
    programs: Sequence[Named]


class OverviewScreen(Value, frozen=True):
    """The whole choice; `focus` names the element that takes the focus, or `title`, or nothing."""

    title: str
    last_four: str
    shares: Sequence[Share]
    sum: Sum
    to_rest: Sequence[Named]
    removed: Sequence[Named]
    can_add: bool
    limit: str
    draft: str
    notice: str
    newer: Newer | None
    focus: str

    @property
    def can_save(self) -> bool:
        """Whether there is anything that could be saved."""
        return bool(self.shares or self.removed)

    @property
    def can_split(self) -> bool:
        """Whether there is more than one program to split among."""
        return sum(share.is_available for share in self.shares) > 1


class ProgramsScreen(Value, frozen=True):
    """The programs that may be added, those that fit the search."""

    found: Sequence[Named]
    query: str
    is_searched: bool
    draft: str
    nothing: str


class AccountScreen(Value, frozen=True):
    """One program's own fields."""

    title: str
    program: Named
    fields: Sequence[FieldView]
    is_new: bool
    action: str
    draft: str
    notice: str
    focus: str


class SavedScreen(Value, frozen=True):
    """What is stored now."""

    sentence: str
    programs: Sequence[Named]
    sum: Sum


def overview(desk: Desk, *, wrong: Wrong | None = None, focus: str = "") -> OverviewScreen:
    """Present the draft, with what is wrong with it said in place."""
    wrong = wrong or Wrong()
    draft, given = desk.draft, _sum(desk)
    to_rest = [_named(desk, each) for each in draft.lines if each.program_id in desk.offers]
    return OverviewScreen(
        title=_(TITLE),
        last_four=desk.card.last_four or "",
        shares=[_share(desk, each, place, wrong) for place, each in enumerate(draft.lines)],
        sum=given,
        to_rest=to_rest if given.state == UNDER else [],
        removed=[_named(desk, each) for each in draft.removed],
        can_add=desk.can_add,
        limit=_limit(desk) if len(draft.lines) >= desk.most else "",
        draft=draft.written(),
        notice=wrong.notice,
        newer=_newer(desk, wrong.newer) if wrong.newer else None,
        focus=focus or _first(wrong),
    )


def _first(wrong: Wrong) -> str:
    if wrong.percents:
        return f"percent-{next(iter(wrong.percents))}"
    return "newer" if wrong.newer else "notice" if wrong.notice else ""


def _share(desk: Desk, line: Line, place: int, wrong: Wrong) -> Share:
    program = desk.programs[line.program_id]
    return Share(
        id=program.id,
        name=program.name,
        logo=program.logo,
        account=account(line.destination),
        percent=line.percent,
        slider=line.allocation or 0,
        hue=place % HUES,
        is_available=program.id in desk.offers,
        error=wrong.percents.get(program.id, ""),
    )


def account(destination: Destination) -> str:
    """Show just enough of an account for its owner to know it."""
    return words.masked(destination.user_id or destination.user_email or "")


def _sum(desk: Desk) -> Sum:
    lines, total = desk.draft.lines, desk.draft.total
    said = [f"{desk.programs[each.program_id].name} {_percent(each.allocation or 0)}" for each in lines]
    sentence, state = _left(total)
    return Sum(_parts(lines), max(total, WHOLE) * TENTHS - GAP_TENTHS, "; ".join([*said, sentence]), sentence, state)


def _left(total: int) -> tuple[str, str]:
    if total < WHOLE:
        return _("%(percent)s left to allocate", percent=_percent(WHOLE - total)), UNDER
    if total > WHOLE:
        return _("%(percent)s too much", percent=_percent(total - WHOLE)), OVER
    return _("%(percent)s allocated", percent=_percent(total)), FULL


def _parts(lines: Sequence[Line]) -> list[Part]:
    parts, start = [], 0
    for place, line in enumerate(lines):
        width = line.allocation or 0
        if width:
            parts.append(Part(place % HUES, start * TENTHS, width * TENTHS - GAP_TENTHS))
        start += width
    return parts


def _percent(number: int) -> str:
    return words.percent(number, locale())


def _named(desk: Desk, line: Line) -> Named:
    program = desk.programs[line.program_id]
    return Named(program.id, program.name, program.logo)


def _limit(desk: Desk) -> str:
    return ngettext("You can have one program.", "You can have up to %(count)s programs.", desk.most)


def _newer(desk: Desk, newer: CardChoice) -> Newer:
    stored = [
        Named(each.program_id, desk.programs[each.program_id].name, detail=_percent(each.allocation))
        for each in newer.programs
    ]
    return Newer(newer.version, stored)


def programs(desk: Desk, query: str) -> ProgramsScreen:
    """Present the programs that may be added."""
    to_add = desk.to_add
    found = [each.program for each in to_add if _fits(each.program, query)]
    return ProgramsScreen(
        found=[Named(each.id, each.name, each.logo, each.description) for each in found],
        query=query,
        is_searched=len(to_add) > SEARCHED_FROM or bool(query),
        draft=desk.draft.written(),
        nothing="" if found else _("No program fits “%(query)s”.", query=query) if query else _("No other programs."),
    )


def _fits(program: ProgramFacts, query: str) -> bool:
    said = f"{program.name} {program.business_name} {program.industry} {program.unit}".casefold()
    return all(word in said for word in query.casefold().split())


def member(
    desk: Desk, offer: Offer, account: Mapping[str, str], errors: Mapping[str, str], notice: str = ""
) -> AccountScreen:
    """Present the program's fields, with what was entered and what is wrong with it."""
    program, is_new = offer.program, desk.draft.find(offer.program.id) is None
    title = _("Add %(program)s", program=program.name) if is_new else _("Edit %(program)s", program=program.name)
    return AccountScreen(
        title=title,
        program=Named(program.id, program.name, program.logo, program.description),
        fields=field_views(offer, account, errors),
        is_new=is_new,
        action=_("Add program") if is_new else _("Change account"),
        draft=desk.draft.written(),
        notice=notice,
        focus=next(iter(errors), "notice" if notice else "title"),
    )


def field_errors(offer: Offer, errors: Sequence[FieldError]) -> dict[str, str]:
    """Say beside each field what is wrong with it."""
    asked = {each.name: each for each in offer.program.fields}
    return {
        error.field: refusals.field_sentence(error, asked[error.field].label, asked[error.field].hint)
        for error in errors
    }


def saved(desk: Desk) -> SavedScreen:
    """Present what is stored now."""
    stored = [
        replace(_named(desk, each), detail=_percent(each.allocation or 0), hue=place % HUES)
        for place, each in enumerate(desk.draft.lines)
    ]
    return SavedScreen(_from_now_on(desk), stored, _sum(desk))


def _from_now_on(desk: Desk) -> str:
    if desk.card.last_four is None:
        return _("From now on your card earns like this.")
    return _("From now on the card ending %(digits)s earns like this.", digits=desk.card.last_four)
