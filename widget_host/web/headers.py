"""The headers of every answer: nothing may be framed, sniffed, cached or learned from a referrer unless it says so."""

import secrets
from collections.abc import Sequence
from typing import cast

from flask import Flask, Response, g, request

from widget_host.web.scope import request_id, wiring

NOTHING_ALLOWED = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
PICTURE_ALLOWED = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
FEATURES = ("camera", "microphone", "geolocation", "payment", "usb", "clipboard-read", "display-capture", "fullscreen")
PERMISSIONS = ", ".join(f"{feature}=()" for feature in FEATURES)
YEAR_SECONDS = 31_536_000


def register(app: Flask) -> None:
    """Put the headers on every answer of the app."""
    app.after_request(_protect)


def csp_nonce() -> str:
    """Return the nonce of this answer's scripts and styles."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return cast("str", g.csp_nonce)


def allow_framing(origins: Sequence[str]) -> None:
    """Let these origins frame this answer, a widget's page; without any it stays unframed."""
    g.framed_by = tuple(origins)


def add_directive(directive: str) -> None:
    """Add a directive to this answer's content security policy, where it is a page."""
    g.directives = (*g.get("directives", ()), directive)


def forbid_all_but_styles() -> None:
    """Let this answer, a picture, load and run nothing even where it is opened as a page; SVGs have styles inside."""
    g.content_policy = PICTURE_ALLOWED


def _protect(answer: Response) -> Response:
    answer.headers["X-Request-Id"] = request_id()
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["Content-Security-Policy"] = _policy(answer)
    if not request.path.startswith("/static/"):
        answer.headers.setdefault("Cache-Control", "no-store")
    if answer.mimetype == "text/html":
        answer.headers["Permissions-Policy"] = PERMISSIONS
    if wiring().settings.base_url.startswith("https://"):
        answer.headers["Strict-Transport-Security"] = f"max-age={YEAR_SECONDS}"
    return answer


def _policy(answer: Response) -> str:
    if answer.mimetype != "text/html":
        return cast("str", g.get("content_policy", NOTHING_ALLOWED))
    nonce = csp_nonce()
    ancestors = " ".join(g.get("framed_by", ())) or "'none'"
    return (
        f"default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic'; style-src 'nonce-{nonce}';"
        " img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none';"
        f" frame-ancestors {ancestors}" + "".join(f"; {directive}" for directive in g.get("directives", ()))
    )
