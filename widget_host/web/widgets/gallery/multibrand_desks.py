"""What somebody chose for a card at the programs of the gallery, and how the Multibrand widget presents it."""

from collections.abc import Mapping, Sequence

from widget_host.domain.access.rules import LaunchedCard
from widget_host.domain.preferences.rules import CardChoice
from widget_host.domain.programs.rules import Destination, Offer
from widget_host.kit.value import replace
from widget_host.web.widgets.gallery import samples
from widget_host.web.widgets.gallery.programs import sold
from widget_host.web.widgets.gallery.state import Presents
from widget_host.web.widgets.multibrand import screens
from widget_host.web.widgets.multibrand.checks import unsaved
from widget_host.web.widgets.multibrand.desk import Desk
from widget_host.web.widgets.multibrand.draft import Draft, Line

OVERVIEW, PROGRAMS, ACCOUNT, SAVED = (
    f"widgets/multibrand/_{step}.html" for step in ("overview", "programs", "account", "saved")
)
CARD = LaunchedCard("card_sample", "4821")


def desk(
    *percents: str, offers: Sequence[Offer] = (), removed: int = 0, card: LaunchedCard = CARD, gone: int = 0
) -> Desk:
    """Give the first programs these percents, take the last ones out, or let the last of them be offered no more."""
    there = offers or sold()
    lines = [_line(offer, percent) for offer, percent in zip(there, percents, strict=False)]
    taken = [replace(line, is_removed=True) for line in lines[len(lines) - removed :]]
    draft = Draft(1, (*lines[: len(lines) - removed], *taken))
    unoffered = {line.program_id for line in lines[len(lines) - gone :]}
    return Desk(
        widget=replace(samples.widget(None), request=replace(samples.widget(None).request, card=card)),
        card=card,
        stored=None,
        programs={each.program.id: each.program for each in there},
        offers={each.program.id: each for each in there if each.program.id not in unoffered},
        draft=Draft(),
    ).drafting(draft)


def _line(offer: Offer, percent: str) -> Line:
    account = Destination(samples.MEMBER) if offer.program.fields[0].name == "destinationUserId" else None
    return Line(offer.program.id, account or Destination(user_email="amira@example.com"), percent)


def overview(at: Desk, wrong: screens.Wrong | None = None) -> Presents:
    """Present the choice."""
    return lambda _locale: screens.overview(at, wrong=wrong)


def refused(at: Desk) -> Presents:
    """Present the choice after a try to save it."""
    return lambda _locale: screens.overview(at, wrong=unsaved(at))


def newer(at: Desk, than: Desk) -> Presents:
    """Present the choice where another one was saved meanwhile."""
    saved = CardChoice("amira", CARD.id, 2, tuple(at.draft.preferred()), samples.MOMENT)
    return overview(than, screens.Wrong(newer=saved))


def listed(at: Desk, query: str = "") -> Presents:
    """Present the programs to add."""
    return lambda _locale: screens.programs(at, query)


def member(at: Desk, offer: Offer, account: Mapping[str, str]) -> Presents:
    """Present the account at a program."""
    return lambda _locale: screens.member(at, offer, account, {})


def saved(at: Desk) -> Presents:
    """Present what was saved."""
    return lambda _locale: screens.saved(at)
