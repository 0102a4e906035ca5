"""The first view of a widget, as its stencil has it: the session is a visitor's own, and what the step says is so."""

from collections.abc import Callable, Hashable, Mapping
from typing import Any

from flask import Response, render_template, url_for

from widget_host.web import dense, hx, stencils
from widget_host.web.headers import csp_nonce
from widget_host.web.language import locale
from widget_host.web.scope import asked
from widget_host.web.stencils import Marks, Stencils, in_html, in_json
from widget_host.web.widgets.around import PAGE, Messages, address_of, config_of, in_page, template
from widget_host.web.widgets.renewal import life, way_back
from widget_host.web.widgets.session import Visitor, face, visitor

STENCILS = Stencils()
# What a step leads back with that nothing was done in.
CANCEL = "cancel"


def first_view(
    step: str,
    screen: Callable[[Marks], Any],
    *,
    shape: Hashable,
    made_of: Any,
    own: Mapping[str, str],
    messages: Messages,
) -> Response:
    """Answer with the whole step in its page, to who has just come in.

    `own` is what the step says to this visitor alone, by the names of its marks in the screen; all else that the screen
    shows is told by its `shape` and by what it is `made_of`, and a step has the same `messages` each time.
    """
    guest = visitor()
    widget = guest.widget
    page = (asked().root_path, locale(), widget.mode, widget.can_extend, widget.request.return_url is None)
    stencil = STENCILS.get(
        (widget.tenant.environment_id, template(step), page, shape),
        (widget.tenant, made_of),
        lambda marks: _rendered(step, screen(marks), marks, messages),
    )
    return stencils.answer(stencil, _values(guest, own), varies_by=hx.ASKS)


def _rendered(step: str, screen: Any, marks: Marks, messages: Messages) -> str:
    widget = visitor().widget
    life_of_session = {
        "session": marks.text("bearer"),
        "asides": url_for(f"{face().folder}.asides"),
        "address": marks.json("address"),
        "expiresInMs": marks.json("left"),
        "canExtend": widget.can_extend,
    }
    has_way_back = widget.request.return_url is not None
    context = in_page(
        template(step),
        tenant=widget.tenant,
        mode=widget.mode,
        screen=screen,
        bearer=marks.text("bearer"),
        tenant_key=widget.tenant.tenant_key,
        way_back=lambda status: marks.text(f"back-{status}") if has_way_back else "",
        csp_nonce=marks.text("nonce"),
        config=config_of(widget.tenant, messages, **life_of_session),
    )
    return dense.page(render_template(PAGE, **context))


def _values(guest: Visitor, own: Mapping[str, str]) -> dict[str, bytes]:
    values = {name: in_html(value) for name, value in own.items()}
    return_url = guest.widget.request.return_url
    if return_url is not None:
        values[f"back-{CANCEL}"] = in_html(way_back(return_url, CANCEL))
    # Both are drawn in letters that mean the same in an attribute, in JSON and in a header.
    values["nonce"], values["bearer"] = csp_nonce().encode(), guest.bearer.encode()
    values["address"] = in_json(address_of(guest.widget.tenant))
    values["left"] = b"%d" % life(guest.widget)["expiresInMs"]
    return values
