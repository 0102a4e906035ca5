"""The states that both widgets have: screens that say something, with nothing to press."""

from widget_host.web.widgets.gallery.samples import NORTHWIND, tenant
from widget_host.web.widgets.gallery.state import HOSTED, State
from widget_host.web.widgets.screens import MessageScreen, ended, maintenance, no_token, reconnecting, replaced

NORTH = tenant("بنك الشمال")
LONG_BANK = tenant("The First National Farmers, Merchants & Mechanics Savings Bank of Llanfairpwllgwyngyll")
RETURN_URL = "https://northwind.example/points"


def states() -> list[State]:
    """Return every state."""
    return [
        State("reconnecting", "Reconnecting", lambda _locale: reconnecting()),
        State("ended", "The session is over", lambda _locale: ended(), codes=("SESSION_ENDED",), touches=HOSTED),
        State("ended-alone", "The session is over, in a browser", lambda _locale: ended(), return_url=RETURN_URL),
        State("replaced", "Opened in another window", lambda _locale: replaced()),
        State("maintenance", "Maintenance", lambda _locale: maintenance()),
        State("no-token", "Opened without a token", _no_token, tenant=None, codes=("NO_LAUNCH_TOKEN",)),
        State("no-token-known", "Opened without a token, the bank known", _no_token_of_a_bank),
    ]


def _no_token(_locale: str) -> MessageScreen:
    return no_token("")


def _no_token_of_a_bank(_locale: str) -> MessageScreen:
    return no_token(NORTHWIND.organization_name)
