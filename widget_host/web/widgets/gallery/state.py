"""What a state of a widget is to the gallery: its screen as the widget itself would present it."""

import re
from collections.abc import Callable
from typing import Any

from widget_host.domain.access.rules import Tenant
from widget_host.kit.value import Value
from widget_host.web.widgets.gallery.samples import NORTHWIND
from widget_host.web.widgets.pages import MESSAGE

# What htmx does to a form while it waits, and widget.js where no answer came.
WAITING = (("<form ", '<form class="htmx-request" '),)
LOST = (("data-lost hidden", "data-lost"),)
# What session.js does where it found a host to ask.
HOSTED = (("data-again hidden", "data-again"),)
AUTOFOCUS = re.compile(r"\sautofocus(?=[\s>])")
# Takes the locale as Babel names it, like the functions that present a screen.
Presents = Callable[[str], Any]


class State(Value, frozen=True):
    """One state: where it stands, its screen, and whose widget it is in.

    `codes` are the refusals it shows. `touches` is what scripts do to the markup in this state, as text and what
    becomes of it. A state that is `plain` is that of a browser without scripts; `asks` is the id of the question in
    front of it. `locale` is one that it needs.
    """

    name: str
    title: str
    screen: Presents
    template: str = MESSAGE
    tenant: Tenant | None = NORTHWIND
    codes: tuple[str, ...] = ()
    touches: tuple[tuple[str, str], ...] = ()
    plain: bool = False
    asks: str = ""
    return_url: str | None = None
    locale: str = ""


class Untouched(LookupError):
    """The markup no longer has what scripts would change in this state."""


def touched(html: str, state: State) -> str:
    """Do to the markup what scripts do to it in this state; none of many frames takes the focus."""
    question = (f'id="{state.asks}"', f'id="{state.asks}" open')
    for before, after in (*state.touches, *([question] if state.asks else [])):
        if before not in html:
            raise Untouched(f"{state.name}: {before} is not on the page")
        html = html.replace(before, after)
    return AUTOFOCUS.sub("", html)
