"""Who a widget's request comes from, and the page around what it is answered with."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from flask import Response, abort, g, request, url_for
from jinja2.utils import htmlsafe_json_dumps

from widget_host.domain.access.rules import POINT_EXCHANGE, NoLaunchToken, OpenWidget, SessionEnded
from widget_host.kit import wire
from widget_host.web import hx, limits
from widget_host.web.errors import status_of
from widget_host.web.headers import allow_framing
from widget_host.web.limits import RateLimited
from widget_host.web.scope import follow_clock, wiring
from widget_host.web.widgets import receipts
from widget_host.web.widgets.amount_screen import TITLE
from widget_host.web.widgets.refusals import TOO_MANY

LOCALE = "en"
FOLDER = "widgets/purchase"
Messages = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Visitor:
    """The customer in front of a widget; the bearer is theirs, and stands in full pages only."""

    bearer: str
    widget: OpenWidget


def widget_session() -> None:
    """Let in who carries a live session, scripts in a header, plain forms in `_s`: no cookie, and no other site."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        abort(403)
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    bearer = bearer.strip() if scheme.lower() == "bearer" else request.form.get("_s", "")
    try:
        with wiring().reading() as services:
            enter(bearer, services.widget_sessions.get(bearer, POINT_EXCHANGE))
    except SessionEnded as ended:
        limits.count_address()
        raise SessionEnded(ended.message, request.form.get("_t")) from ended
    limits.count(limits.WIDGET, visitor().widget.id)


def enter(bearer: str, widget: OpenWidget) -> Visitor:
    """Remember the visitor, and let their issuer's pages frame the answer."""
    g.visitor = Visitor(bearer, widget)
    allow_framing(widget.tenant.allowed_origins)
    follow_clock(widget.tenant.clock_ahead)
    return visitor()


def is_visited() -> bool:
    """Whether the guard let a visitor in."""
    return "visitor" in g


def visitor() -> Visitor:
    """Return who the guard let in."""
    return cast("Visitor", g.visitor)


def show(step: str, screen: Any, *, element: str = "", status: int = 200, messages: Messages | None = None) -> Response:
    """Answer with one element of the step to htmx, else with the whole step in its page; `messages` go to the host."""
    guest, messages = visitor(), messages or {}
    told = [{"type": name, "payload": payload} for name, payload in messages.items()]
    answer = _page(
        step,
        element or step,
        screen=screen,
        bearer=None if hx.is_partial() else guest.bearer,
        tenant_key=guest.widget.tenant.tenant_key,
        host_name=guest.widget.tenant.organization_name,
        config=_config(guest.bearer, guest.widget.tenant.tenant_key, guest.widget.tenant.allowed_origins, told),
    )
    answer.status_code = status
    if messages and hx.is_partial():
        hx.trigger(answer, {f"widget:{name}": payload for name, payload in messages.items()})
    return answer


def session_ended(ended: SessionEnded) -> Response:
    """Say calmly that the session is over, still framed by the issuer's pages where it is known whose it was."""
    host_name, tenant_key = "", ended.tenant_key or ""
    origins: tuple[str, ...] = ()
    with wiring().reading() as services:
        environment = services.organizations.find_environment_by_tenant_key(tenant_key)
        if environment is not None:
            host_name = services.organizations.get(environment.organization_id).name
            origins = tuple(environment.allowed_origins)
    allow_framing(origins)
    config = _config(None, tenant_key, origins, [])
    answer = _page("_message.html", "instead.html", screen=receipts.ENDED, host_name=host_name, config=config)
    answer.status_code = status_of(ended)
    return answer


def no_launch_token(refusal: NoLaunchToken) -> Response:
    """Say where the widget is opened from; nothing is known of whose it would be."""
    answer = _page("_message.html", "instead.html", screen=receipts.no_token(""), host_name="", config=None)
    answer.status_code = status_of(refusal)
    return answer


def too_many_of_a_stranger(refusal: RateLimited) -> Response:
    """Say how long to wait, where nobody is known and no step is on the screen."""
    screen = receipts.too_many(TOO_MANY.format(seconds=refusal.details["seconds"]))
    return limited(_page("_message.html", "instead.html", screen=screen, host_name="", config=None), refusal)


def limited(answer: Response, refusal: RateLimited) -> Response:
    """Make this the answer to a request that came too soon."""
    answer.status_code = status_of(refusal)
    answer.headers["Retry-After"] = str(refusal.details["seconds"])
    return answer


def _page(step: str, element: str, **context: Any) -> Response:
    return hx.page_or_partial(
        f"{FOLDER}/page.html",
        f"{FOLDER}/{element}",
        step=step,
        # Browsers refuse `autofocus` in a frame of another origin, and say so in the console; widget.js may focus.
        focus="data-focus" if hx.is_partial() else "autofocus",
        title_focus="data-focus" if hx.is_partial() else "",
        title=TITLE,
        locale=LOCALE,
        direction="ltr",
        **context,
    )


def _config(bearer: str | None, tenant_key: str, origins: tuple[str, ...], messages: list[dict[str, Any]]) -> Any:
    """Return what widget.js reads once and removes; `address` is all that stays in the address bar."""
    config = {
        "session": bearer,
        "widget": POINT_EXCHANGE,
        "origins": origins,
        "address": url_for("purchase_entrance.open_widget", tenant=tenant_key or None),
        "messages": messages,
    }
    return htmlsafe_json_dumps(config, dumps=wire.dumps)
