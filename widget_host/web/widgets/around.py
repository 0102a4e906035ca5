"""What the page around a step is made of: its language and look, whose it is, and what widget.js is told."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from flask import url_for
from jinja2.utils import htmlsafe_json_dumps

from widget_host.domain.access.rules import Tenant
from widget_host.kit import wire
from widget_host.web import appearance, hx, language
from widget_host.web.assets import asset
from widget_host.web.language import _
from widget_host.web.scope import asked
from widget_host.web.widgets.asides import whose
from widget_host.web.widgets.session import asked_locale, asked_theme, face, is_visited, visitor

PAGE = "widgets/page.html"
Messages = Mapping[str, Mapping[str, Any]]


def template(name: str) -> str:
    """Return where a template is: in the widget's folder, or in the one it names."""
    return name if "/" in name else f"widgets/{face().folder}/{name}"


def in_page(
    step: str,
    *,
    tenant: Tenant | None,
    mode: str | None = None,
    return_url: str | None = None,
    beside: Mapping[str, Any] | None = None,
    **context: Any,
) -> dict[str, Any]:
    """Return what the templates of a step and of the page around it need, `context` beside or instead of the usual."""
    spoken = language.language()
    return {
        "step": step,
        # Browsers refuse `autofocus` in a frame of another origin, and say so in the console; widget.js may focus.
        "focus": "data-focus" if hx.is_partial() else "autofocus",
        "title_focus": "data-focus" if hx.is_partial() else "",
        "title": _(face().title),
        "locale": spoken.tag,
        "direction": spoken.direction,
        "look": appearance.look(tenant.theme if tenant else None, mode),
        "asides": beside,
        **whose(tenant, return_url),
        **context,
    }


def config_of(tenant: Tenant | None, messages: Messages, **life_of_session: Any) -> Any:
    """Return what widget.js reads once and removes; `address` is all that stays in the address bar."""
    config = {
        "widget": face().name,
        "origins": tenant.allowed_origins if tenant else (),
        "address": address_of(tenant),
        "module": asset("js/session.js"),
        "script": asset(face().script) if face().script else None,
        "messages": [{"type": name, "payload": payload} for name, payload in messages.items()],
        **life_of_session,
    }
    return htmlsafe_json_dumps(config, dumps=wire.dumps)


def address_of(tenant: Tenant | None) -> str:
    """Return what stands in the address bar once the launch token is out of it."""
    # The prefix that a server puts before all addresses is part of what they are known under.
    return _address(face().folder, asked().root_path, **_told(tenant))


@lru_cache(maxsize=1024)
def _address(folder: str, _prefix: str, **told: Any) -> str:
    return url_for(f"{folder}_entrance.open_widget", **told)


def _told(tenant: Tenant | None) -> dict[str, str | None]:
    """Return what a reload still has to know: whose the widget is, and what its page asked for."""
    widget = visitor().widget if is_visited() else None
    locale, theme = (widget.asked_locale, widget.asked_theme) if widget else (asked_locale(), asked_theme())
    return {
        "tenant": tenant.tenant_key if tenant else None,
        "locale": locale or None,
        "theme": theme or None,
    }
