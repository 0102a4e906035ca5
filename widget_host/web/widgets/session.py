"""Who a widget's request comes from: no cookie, a bearer in memory, or a hidden field where no scripts run."""

from collections.abc import Mapping

from flask import abort, request

from widget_host.domain.access.rules import NoLaunchToken, OpenWidget, SessionEnded
from widget_host.domain.programs.rules import Destination
from widget_host.kit.value import Value
from widget_host.web import audit, language, limits
from widget_host.web.headers import allow_framing
from widget_host.web.scope import asked, follow_clock, wiring

# What a request keeps.
FACE, VISITOR, SAID = "face", "visitor", "said"

# `light` or `dark`.
LONGEST_THEME = 5


class Ends(Value, frozen=True):
    """What a widget says, to be translated, when it does not go on: what became of what the customer had begun."""

    ended: str
    elsewhere: str
    go_there: str
    paused: str


class Face(Value, frozen=True):
    """One widget as its pages show it: its name in tokens and messages, its folder, its title, and who made it.

    `style` and `script` are files of its own, beside those that all widgets share.
    """

    name: str
    folder: str
    title: str
    maker: str
    ends: Ends
    style: str = ""
    script: str = ""


class Visitor(Value, frozen=True):
    """The customer in front of a widget; the bearer is theirs, and stands in full pages only.

    `accounts` are those they used before, where they are known already.
    """

    bearer: str
    widget: OpenWidget
    accounts: Mapping[str, Destination] | None = None


def face() -> Face:
    """Return the widget that the request is for."""
    worn: Face = asked().kept[FACE]
    return worn


def wear(shown: Face) -> None:
    """Remember which widget the request is for."""
    asked().kept[FACE] = shown


def widget_session() -> None:
    """Let in who carries a live session, scripts in a header, plain forms in `_s`: no cookie, and no other site."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        abort(403)
    bearer = carried_bearer()
    try:
        with wiring().reading() as services:
            enter(bearer, services.widget_sessions.get(bearer, face().name))
    except SessionEnded as ended:
        limits.count_address()
        ended.tenant_key = ended.tenant_key or request.form.get("_t")
        raise
    limits.count(limits.WIDGET, visitor().widget.launch_id)


def carried_bearer() -> str:
    """Return the session's bearer as the request carries it, empty where it carries none."""
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    return bearer.strip() if scheme.lower() == "bearer" else request.form.get("_s", "")


def said() -> Mapping[str, str]:
    """Return what the address says, under each name the first."""
    # As a dictionary of Python's own: werkzeug's makes an error for each name that it is asked for and has not.
    request = asked()
    kept: Mapping[str, str] | None = request.kept.get(SAID)
    if kept is None:
        kept = request.kept[SAID] = request.args.to_dict()
    return kept


def asked_locale() -> str:
    """Return the language that the address asks for, no longer than any is; empty where it names none."""
    return _said_plainly("locale", language.LONGEST_TAG)


def asked_theme() -> str:
    """Return the look that the address asks for, no longer than any is; empty where it names none."""
    return _said_plainly("theme", LONGEST_THEME)


def _said_plainly(name: str, longest: int) -> str:
    # It is kept, and PostgreSQL keeps no text with a zero byte.
    text = said().get(name, "")[:longest]
    return text if text.isprintable() else ""


def open_by(token: str) -> None:
    """Exchange a launch token for a session, and remember the visitor; raises NoLaunchToken or SessionEnded."""
    try:
        opened = wiring().openings.open(token, face().name, locale=asked_locale(), theme=asked_theme())
    except (SessionEnded, NoLaunchToken) as refusal:
        audit.noticed("launch.refused", code=refusal.code, tenant_key=getattr(refusal, "tenant_key", None))
        raise
    enter(opened.bearer, opened.widget, opened.accounts)


def enter(bearer: str, widget: OpenWidget, accounts: Mapping[str, Destination] | None = None) -> Visitor:
    """Remember the visitor, speak their language, and let their issuer's pages frame the answer."""
    guest = asked().kept[VISITOR] = Visitor(bearer, widget, accounts)
    language.speak(language.choose([*widget.locales, *language.accepted()]))
    allow_framing(widget.tenant.allowed_origins)
    follow_clock(widget.tenant.clock_ahead)
    return guest


def is_visited() -> bool:
    """Whether the guard let a visitor in."""
    return VISITOR in asked().kept


def visitor() -> Visitor:
    """Return who the guard let in."""
    guest: Visitor = asked().kept[VISITOR]
    return guest
