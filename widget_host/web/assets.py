"""Static files under addresses that change with their content, so that browsers may keep them for ever."""

import hashlib
from functools import cache

from flask import Flask, Response, request, url_for
from markupsafe import Markup

from widget_host.kit.resources import resource
from widget_host.web.headers import csp_nonce

YEAR_SECONDS = 31_536_000
# What integrators name in their own pages, under an address that stays: kept for minutes, readable from anywhere.
SHARED = ("/static/js/embed.js", "/static/js/embed.d.ts")
SHARED_SECONDS = 300


def register(app: Flask) -> None:
    """Give the templates `asset`, `inline_css`, `inline_js` and `csp_nonce`."""
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = YEAR_SECONDS
    app.jinja_env.globals.update(asset=asset, inline_css=inline_css, inline_js=inline_js)
    app.context_processor(lambda: {"csp_nonce": csp_nonce()})
    app.after_request(_share)


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
    return Markup((resource("static") / name).read_text("utf-8"))  # noqa: S704 - our own file, not anybody's input


@cache
def inline_js(name: str) -> Markup:
    """Return a small script of ours to stand in the page itself, for the same reason."""
    return Markup((resource("static") / name).read_text("utf-8"))  # noqa: S704 - our own file, not anybody's input


@cache
def _digest(name: str) -> str:
    return hashlib.sha256((resource("static") / name).read_bytes()).hexdigest()[:12]
