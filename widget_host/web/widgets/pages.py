"""The page around every screen of a widget: its element for htmx, all of it without scripts or on opening."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue

from widget_host.domain.access.rules import NoLaunchToken, SessionEnded, Tenant
from widget_host.domain.organizations.rules import MODES
from widget_host.kit.signing import BadSignature
from widget_host.kit.value import Value
from widget_host.web import hx, language
from widget_host.web.errors import status_of
from widget_host.web.guards import anyone, protect
from widget_host.web.headers import allow_framing
from widget_host.web.language import _
from widget_host.web.limits import RateLimited
from widget_host.web.scope import asked, is_on_loop, on_loop, wiring
from widget_host.web.widgets import asides, screens
from widget_host.web.widgets.around import PAGE, Messages, config_of, in_page, template
from widget_host.web.widgets.refusals import TOO_MANY
from widget_host.web.widgets.renewal import life, renew
from widget_host.web.widgets.session import Face, face, open_by, said, visitor, wear, widget_session

MESSAGE, INSTEAD = "widgets/_message.html", "widgets/instead.html"
UNAVAILABLE, PAUSE_SECONDS = 503, 120
View = Callable[[], ResponseReturnValue]


class Kept(Value, frozen=True):
    """A screen that can be seen again at an address of its own: whose it is, and how it looked."""

    tenant: Tenant
    address: str
    mode: str | None
    return_url: str | None


def blueprints(
    shown: Face, start: View, reopen: Callable[[str], ResponseReturnValue] | None = None
) -> tuple[Blueprint, Blueprint]:
    """Make a widget's entrance, open to anyone with a launch token, and the blueprint of its steps behind a session.

    `start` answers the first screen to who has just come in, `reopen` what a receipt's own address shows.
    """
    names = (f"{shown.folder}_entrance", shown.folder)
    entrance, steps = (Blueprint(name, __name__, url_prefix=f"/widget/{shown.name}") for name in names)
    for blueprint, guard in ((entrance, anyone), (steps, widget_session)):
        blueprint.before_request(lambda: _begin(shown))
        protect(blueprint, guard)
        blueprint.register_error_handler(SessionEnded, session_ended)
        blueprint.register_error_handler(NoLaunchToken, no_launch_token)
    entrance.register_error_handler(RateLimited, too_many_of_a_stranger)

    def open_widget() -> ResponseReturnValue:
        return _open(start, reopen)

    entrance.add_url_rule("", None, on_loop(open_widget) if is_on_loop(start) else open_widget)
    steps.add_url_rule("/session", "renew", renew, methods=["POST"])
    steps.add_url_rule("/asides", "asides", asides.fetched)
    return entrance, steps


def _begin(shown: Face) -> Response | None:
    wear(shown)
    language.speak(language.choose([said().get("locale"), *language.accepted()]))
    return _paused() if wiring().settings.maintenance else None


def _paused() -> Response:
    """Say calmly that nothing goes on for now, framed by the issuer's pages where the token tells whose it is."""
    tenant_key = request.values.get("tenant") or request.form.get("_t") or _tenant_key(request.args.get("token", ""))
    with wiring().reading() as services:
        tenant = services.widget_sessions.find_tenant(tenant_key)
    allow_framing(tenant.allowed_origins if tenant else ())
    answer = _page(MESSAGE, INSTEAD, tenant=tenant, screen=screens.maintenance(), config=None)
    answer.status_code = UNAVAILABLE
    answer.headers["Retry-After"] = str(PAUSE_SECONDS)
    return answer


def _tenant_key(token: str) -> str:
    try:
        return wiring().launch_signer.verify(token, purpose=face().name)[1]
    except BadSignature:
        return ""


def _open(start: View, reopen: Callable[[str], ResponseReturnValue] | None) -> ResponseReturnValue:
    """Exchange the launch token for a session and show the first screen; asking for the headers exchanges nothing."""
    if asked().method == "HEAD":
        return Response()
    address = said()
    token, tenant_key = address.get("token"), address.get("tenant")
    if reopen and not token and (receipt := address.get("receipt")):
        return reopen(receipt)
    if not token:
        raise SessionEnded("Opened again without a token.", tenant_key) if tenant_key else NoLaunchToken("No token.")
    open_by(token)
    return start()


def show(
    step: str,
    screen: Any,
    *,
    element: str = "",
    status: int = 200,
    messages: Messages | None = None,
    address: str | None = None,
) -> Response:
    """Answer with one element of the step to htmx, else with the whole step in its page; `messages` go to the host.

    `step` and `element` are templates of the widget's folder, or of another where they name it. `address` is where the
    step can be seen again, and takes the place of what stands in the address bar.
    """
    guest, messages = visitor(), messages or {}
    tenant = guest.widget.tenant
    answer = _page(
        template(step),
        template(element or step),
        tenant=tenant,
        mode=guest.widget.mode,
        screen=screen,
        bearer=None if hx.is_partial() else guest.bearer,
        tenant_key=tenant.tenant_key,
        return_url=guest.widget.request.return_url,
        config=config_of(
            tenant, messages, session=guest.bearer, asides=url_for(f"{face().folder}.asides"), **life(guest.widget)
        ),
    )
    answer.status_code = status
    return _telling(answer, messages if address is None else {**messages, "address": {"address": address}})


def show_again(kept: Kept, step: str, screen: Any, *, element: str = "", messages: Messages) -> Response:
    """Answer as `show` does, to who has the address of what was kept and maybe no session."""
    tenant = kept.tenant
    return _telling(
        _page(
            template(step),
            template(element or step),
            tenant=tenant,
            mode=kept.mode,
            screen=screen,
            bearer=None,
            tenant_key=tenant.tenant_key,
            return_url=kept.return_url,
            config=config_of(tenant, messages, session=None, address=kept.address),
            beside=asides.screens_by_name(),
        ),
        messages,
    )


def _telling(answer: Response, messages: Messages) -> Response:
    """Have a fragment's messages told to the host; a page brings its own."""
    if messages and hx.is_partial():
        hx.trigger(answer, {f"widget:{name}": payload for name, payload in messages.items()})
    return answer


def still(
    template: str,
    screen: Any,
    *,
    tenant: Tenant | None,
    mode: str,
    bearer: str | None,
    return_url: str | None,
    asks: bool,
) -> Response:
    """Answer with a screen in its page as it stands, nobody's session behind it; `asks` puts its questions there."""
    return _page(
        template,
        INSTEAD,
        tenant=tenant,
        mode=mode,
        screen=screen,
        bearer=bearer,
        tenant_key=tenant.tenant_key if tenant else "",
        return_url=return_url,
        config=config_of(tenant, {}, session=None) if asks else None,
        beside=asides.screens_by_name() if asks else None,
    )


def session_ended(ended: SessionEnded) -> Response:
    """Say calmly that the session is over, still framed by the issuer's pages where it is known whose it was."""
    with wiring().reading() as services:
        tenant = services.widget_sessions.find_tenant(ended.tenant_key or "")
    allow_framing(tenant.allowed_origins if tenant else ())
    # A reload on the bare address: the host may have a fresh token, so widget.js asks for one before it says the end.
    reconnects = request.method == "GET" and "token" not in request.args
    messages: Messages = {} if reconnects else {"session.expired": {}}
    screen = screens.over(ended, tenant.organization_name if tenant else "", reconnects=reconnects)
    config = config_of(tenant, messages, session=None, canReconnect=reconnects)
    asked = request.args.get("theme")
    mode = asked if asked in MODES else None
    answer = _page(
        MESSAGE,
        INSTEAD,
        tenant=tenant,
        mode=mode,
        screen=screen,
        return_url=ended.return_url,
        config=config,
        beside=asides.screens_by_name(),
    )
    answer.status_code = status_of(ended)
    return _telling(answer, messages)


def no_launch_token(refusal: NoLaunchToken) -> Response:
    """Say where the widget is opened from; nothing is known of whose it would be."""
    answer = _page(MESSAGE, INSTEAD, tenant=None, screen=screens.no_token(""), config=None)
    answer.status_code = status_of(refusal)
    return answer


def too_many_of_a_stranger(refusal: RateLimited) -> Response:
    """Say how long to wait, where nobody is known and no step is on the screen."""
    screen = screens.too_many(_(TOO_MANY, seconds=refusal.details["seconds"]))
    return limited(_page(MESSAGE, INSTEAD, tenant=None, screen=screen, config=None), refusal)


def limited(answer: Response, refusal: RateLimited) -> Response:
    """Make this the answer to a request that came too soon."""
    answer.status_code = status_of(refusal)
    answer.headers["Retry-After"] = str(refusal.details["seconds"])
    return answer


def _page(step: str, element: str, *, tenant: Tenant | None, **context: Any) -> Response:
    return hx.page_or_partial(PAGE, element, **in_page(step, tenant=tenant, **context))
