"""The states of the Multibrand widget, in the order a customer may come into them."""

from widget_host.domain.access.rules import LaunchedCard
from widget_host.web.widgets.gallery.both import LONG_BANK, NORTH, RETURN_URL
from widget_host.web.widgets.gallery.multibrand_desks import (
    ACCOUNT,
    OVERVIEW,
    PROGRAMS,
    SAVED,
    desk,
    listed,
    member,
    overview,
    saved,
)
from widget_host.web.widgets.gallery.multibrand_refusals import refusals
from widget_host.web.widgets.gallery.programs import arabic, aurora, long_names, meridian, sold, unbroken_names
from widget_host.web.widgets.gallery.samples import MEMBER
from widget_host.web.widgets.gallery.state import LOST, WAITING, State

NUMBER = {"destinationUserId": MEMBER}
NAMELESS = LaunchedCard("card_sample")
ONE = LaunchedCard("card_sample", "4821", 1)


def states() -> list[State]:
    """Return every state."""
    return [*_overviews(), *_names(), *refusals(), *_programs(), *_accounts(), *_saved()]


def _overviews() -> list[State]:
    three = overview(desk("50", "30", "20"))
    return [
        State("none", "None yet", overview(desk()), OVERVIEW),
        State("overview", "Three programs", three, OVERVIEW),
        State("one", "One program, and no more allowed", overview(desk("100", card=ONE)), OVERVIEW),
        State("under", "Something left", overview(desk("50", "30")), OVERVIEW),
        State("over", "Too much", overview(desk("70", "40")), OVERVIEW),
        State("all", "As many as there may be", overview(desk("30", "25", "20", "20", "5")), OVERVIEW),
        State("removed", "One removed", overview(desk("60", "20", "20", removed=1)), OVERVIEW),
        State("unoffered", "One no longer offered", overview(desk("60", "40", gone=1)), OVERVIEW),
        State("waiting", "Saving", three, OVERVIEW, touches=WAITING),
        State("lost", "No answer came", three, OVERVIEW, touches=LOST),
        State("still-there", "The session ends soon", three, OVERVIEW, asks="still-there"),
        State("leave", "Closed in the middle", three, OVERVIEW, asks="leave"),
        State("plain", "Without scripts", three, OVERVIEW, plain=True),
    ]


def _names() -> list[State]:
    # Two programs of one id would be one: each takes the place of another.
    long = [long_names(), *sold()[1:3]]
    words = [unbroken_names(), *sold()[1:3]]
    native = [arabic(), *sold()[1:3]]
    return [
        State("long-names", "Long names", overview(desk("34", "33", "20", offers=long)), OVERVIEW, LONG_BANK),
        State("unbroken-names", "Names in one word", overview(desk("34", "33", offers=words)), OVERVIEW),
        State("arabic-names", "Arabic names", overview(desk("60", "20", offers=native)), OVERVIEW, NORTH, locale="ar"),
    ]


def _programs() -> list[State]:
    return [
        State("programs", "Programs to add", listed(desk("100")), PROGRAMS),
        State("programs-searched", "Search", listed(desk(), "hotel"), PROGRAMS),
        State("programs-none", "Nothing fits", listed(desk(), "submarine"), PROGRAMS),
        State("programs-all", "No other programs", listed(desk("20", "20", "20", "20", "10", "10")), PROGRAMS),
        State("programs-plain", "Without scripts", listed(desk()), PROGRAMS, plain=True),
    ]


def _accounts() -> list[State]:
    email = {"destinationUserId": "123456789", "destinationUserEmail": "amira@example.com"}
    return [
        State("account", "A new account", member(desk(), aurora(), {}), ACCOUNT),
        State("account-known", "An account changed", member(desk("60", "40"), meridian(), email), ACCOUNT),
        State("account-long", "Long names", member(desk(), long_names(), NUMBER), ACCOUNT, LONG_BANK),
        State("account-waiting", "Checking", member(desk(), aurora(), NUMBER), ACCOUNT, touches=WAITING),
    ]


def _saved() -> list[State]:
    return [
        State("saved", "Saved", saved(desk("50", "30", "20")), SAVED),
        State("saved-nameless", "Saved, the card unnamed", saved(desk("100", card=NAMELESS)), SAVED),
        State("saved-alone", "Saved, in a browser", saved(desk("60", "40")), SAVED, return_url=RETURN_URL),
        State("saved-lost", "No answer came", saved(desk("60", "40")), SAVED, touches=LOST),
    ]
