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
SHARED = ("/static/js/embed.js", "/static/js/embed.d.ts")
SHARED_SECONDS = 300
# What widgets load; who reads it for its comments finds them in the repository.
DENSE = ("js/widget.js", "js/session.js", "js/multibrand.js")


def register(app: Flask) -> None:
    """Give the templates `asset`, `inline_css` and `csp_nonce`."""
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = YEAR_SECONDS
    app.jinja_env.globals.update(asset=asset, inline_css=inline_css)
    app.context_processor(lambda: {"csp_nonce": csp_nonce()})
    app.after_request(_share)
    app.view_functions["static"] = lambda filename: _send(app, filename)


def _send(app: Flask, filename: str) -> Response:
    """Send a static file as Flask does, a widget's script without its comments."""
    if filename not in DENSE:
        return app.send_static_file(filename)
    answer = make_response(_script(filename), {"Content-Type": "text/javascript; charset=utf-8"})
    answer.cache_control.max_age = YEAR_SECONDS
    answer.set_etag(_digest(filename))
    answer.make_conditional(request)
    return answer


def asset(name: str) -> str:
    """Return the address of a static file, with its content's hash in it."""
    return url_for("static", filename=name, v=_digest(name))


def _share(answer: Response) -> Response:
    if request.path in SHARED:
        answer.headers["Cache-Control"] = f"public, max-age={SHARED_SECONDS}"
        answer.headers["Access-Control-Allow-Origin"] = "*"
        answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer


@cache
def inline_css(name: str) -> Markup:
    """Return a style sheet of ours to stand in the page itself: one request less before the first look."""
    return Markup(dense.style((resource("static") / name).read_text("utf-8")))  # noqa: S704 - our own file


@cache
def _script(name: str) -> Markup:
    """Return a small script of ours to stand in the page itself, for the same reason."""
    return Markup(dense.script((resource("static") / name).read_text("utf-8")))  # noqa: S704 - our own file


@cache
def _digest(name: str) -> str:
    return hashlib.sha256((resource("static") / name).read_bytes()).hexdigest()[:12]
