"""The states that both widgets have: screens that say something, with nothing to press."""

from widget_host.web.widgets.gallery.samples import NORTHWIND
from widget_host.web.widgets.gallery.state import State
from widget_host.web.widgets.screens import ended, no_token


def states() -> list[State]:
    """Return every state."""
    bank = NORTHWIND.organization_name
    return [
        State("ended", "The session is over", lambda _locale: ended(), codes=("SESSION_ENDED",)),
        State(
            "no-token", "Opened without a token", lambda _locale: no_token(""), tenant=None, codes=("NO_LAUNCH_TOKEN",)
        ),
        State("no-token-known", "Opened without a token, the bank known", lambda _locale: no_token(bank)),
    ]
