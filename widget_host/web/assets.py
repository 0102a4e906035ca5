"""Static files under addresses that change with their content, so that browsers may keep them for ever."""

import hashlib
from functools import cache

from flask import Flask, Response, make_response, request, url_for
from markupsafe import Markup

from widget_host.kit.resources import resource
from widget_host.web import dense
from widget_host.web.headers import csp_nonce

YEAR_SECONDS = 31_536_000
# What integrators name in their own pages, under an address that stays: kept for minutes, readable from anywhere.
SHARED = ("js/embed.js", "js/embed.d.ts")
SHARED_SECONDS = 300
# What widgets load, and the files each is made of; who reads them for their comments finds those in the repository.
SCRIPTS = {
    # In one answer: a second connection would cost a telephone two journeys before the page does anything.
    "js/page.js": ("js/widget.js", "js/htmx.min.js"),
    "js/session.js": ("js/session.js",),
    "js/multibrand.js": ("js/multibrand.js",),
}
AS_PUBLISHED = ("js/htmx.min.js",)


def register(app: Flask) -> None:
    """Give the templates `asset`, `inline_css` and `csp_nonce`."""
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = YEAR_SECONDS
    app.jinja_env.globals.update(asset=asset, inline_css=inline_css)
    app.context_processor(lambda: {"csp_nonce": csp_nonce()})
    app.view_functions["static"] = lambda filename: _send(app, filename)


def _send(app: Flask, filename: str) -> Response:
    """Send a static file as Flask does, a widget's script without its comments."""
    if filename not in SCRIPTS:
        answer = app.send_static_file(filename)
        return _share(answer) if filename in SHARED else answer
    answer = make_response(_script(filename), {"Content-Type": "text/javascript; charset=utf-8"})
    answer.cache_control.max_age = YEAR_SECONDS
    answer.set_etag(_digest(filename))
    answer.make_conditional(request)
    return answer


def asset(name: str) -> str:
    """Return the address of a static file, with its content's hash in it."""
    return url_for("static", filename=name, v=_digest(name))


def _share(answer: Response) -> Response:
    answer.headers["Cache-Control"] = f"public, max-age={SHARED_SECONDS}"
    answer.headers["Access-Control-Allow-Origin"] = "*"
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer


@cache
def inline_css(name: str) -> Markup:
    """Return a style sheet of ours to stand in the page itself: one request less before the first look."""
    return Markup(dense.style(_read(name).decode()))  # noqa: S704 - our own file


@cache
def _script(name: str) -> str:
    parts = [(part, _read(part).decode()) for part in SCRIPTS[name]]
    return "\n".join(text if part in AS_PUBLISHED else dense.script(text) for part, text in parts)


@cache
def _digest(name: str) -> str:
    return hashlib.sha256(b"".join(map(_read, SCRIPTS.get(name, (name,))))).hexdigest()[:12]


def _read(name: str) -> bytes:
    return (resource("static") / name).read_bytes()
