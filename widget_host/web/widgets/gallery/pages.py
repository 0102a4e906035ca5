"""/gallery, in development only: the states of both widgets side by side, each in a frame of its own."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue

from widget_host.domain.access.rules import Tenant
from widget_host.domain.organizations.rules import Theme
from widget_host.kit.value import Value, replace
from widget_host.web import language
from widget_host.web.guards import anyone, protect
from widget_host.web.headers import add_directive, allow_framing
from widget_host.web.widgets import pages
from widget_host.web.widgets.gallery import both, multibrand, purchase
from widget_host.web.widgets.gallery.state import State, touched
from widget_host.web.widgets.gallery.switches import ACCENTS, EVERY, LOCALES, MODES, WIDTHS, Switch
from widget_host.web.widgets.multibrand.steps import FACE as MULTIBRAND
from widget_host.web.widgets.purchase.steps import FACE as PURCHASE
from widget_host.web.widgets.session import Face, wear

OWN = "'self'"
# Stands where a browser without scripts finds its session; it opens nothing.
NO_SESSION = "none"
# A browser says to style sheets whether there could be scripts; none of a still's own is let run, by a second policy.
WITHOUT_SCRIPTS = "sandbox allow-same-origin"
WITH_SCRIPTS = f"{WITHOUT_SCRIPTS} allow-scripts, script-src 'none'"
BAD_REQUEST, NOT_FOUND = 400, 404


class Shelf(Value, frozen=True):
    """One widget, and what makes its own states."""

    face: Face
    own_states: Callable[[], Sequence[State]]

    @property
    def states(self) -> Sequence[State]:
        """All its states, those that the other widget has too at the end."""
        return [*self.own_states(), *both.states()]


class Frame(Value, frozen=True):
    """One frame: what is asked for it, how wide it is, and what it is called."""

    query: Mapping[str, str]
    width: str
    title: str


SHELVES = {
    shelf.face.folder: shelf for shelf in (Shelf(PURCHASE, purchase.states), Shelf(MULTIBRAND, multibrand.states))
}
WIDGETS = Switch("widget", "Widget", {EVERY: "All"} | {name: shelf.face.title for name, shelf in SHELVES.items()})
SWITCHES = (WIDGETS, MODES, WIDTHS, LOCALES, ACCENTS)

bp = protect(Blueprint("gallery", __name__, url_prefix="/gallery"), anyone)


@bp.get("")
def index() -> ResponseReturnValue:
    """Show every state, in what is chosen at the top."""
    chosen = {switch.name: _read(switch) for switch in SWITCHES}
    add_directive(f"frame-src {OWN}")
    return render_template(
        "gallery/index.html",
        switches=SWITCHES,
        chosen=chosen,
        shelves={name: SHELVES[name] for name in WIDGETS.chosen(chosen["widget"])},
        frames=lambda state: list(_frames(state, chosen)),
    )


@bp.get("/<widget>/<name>")
def still(widget: str, name: str) -> ResponseReturnValue:
    """Show one state in the widget's own page, with nothing behind it."""
    shelf = SHELVES.get(widget)
    state = next((each for each in shelf.states if each.name == name), None) if shelf else None
    if shelf is None or state is None:
        abort(NOT_FOUND)
    mode, accent = _read(MODES), _read(ACCENTS)
    wear(shelf.face)
    language.speak(language.choose([state.locale, request.args.get("locale")]))
    allow_framing([OWN])
    # No forms, for no session waits for them.
    add_directive(WITHOUT_SCRIPTS if state.plain else WITH_SCRIPTS)
    return _still(state, _wearing(state.tenant, accent), mode)


def _still(state: State, tenant: Tenant | None, mode: str) -> Response:
    screen = state.screen(language.locale())
    bearer = NO_SESSION if state.plain else None
    answer = pages.still(
        state.template,
        screen,
        tenant=tenant,
        mode=mode,
        bearer=bearer,
        return_url=state.return_url,
        asks=bool(state.asks),
    )
    answer.set_data(touched(answer.get_data(as_text=True), state))
    return answer


def _wearing(tenant: Tenant | None, accent: str) -> Tenant | None:
    return replace(tenant, theme=Theme(accent=accent or None)) if tenant else None


def _read(switch: Switch) -> str:
    try:
        return switch.read(request.args)
    except ValueError as error:
        abort(BAD_REQUEST, str(error))


def _frames(state: State, chosen: Mapping[str, str]) -> Iterator[Frame]:
    locales = [state.locale] if state.locale else LOCALES.chosen(chosen["locale"])
    for locale in locales:
        for width in WIDTHS.chosen(chosen["width"]):
            for mode in MODES.chosen(chosen["mode"]):
                query = {"mode": mode, "locale": locale, "accent": chosen["accent"]}
                yield Frame(query, width, f"{state.title}, {mode}, {width} px, {locale}")
