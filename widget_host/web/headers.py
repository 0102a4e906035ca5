"""The headers of every answer: nothing may be framed, sniffed, cached or learned from a referrer unless it says so."""

import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, cast

from flask import Flask, Response, g

from widget_host.kit.ids import new_id
from widget_host.web.scope import BEGAN, REQUEST_ID, SAID, asked

NOTHING_ALLOWED = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
PICTURE_ALLOWED = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
FEATURES = ("camera", "microphone", "geolocation", "payment", "usb", "clipboard-read", "display-capture", "fullscreen")
PERMISSIONS = ", ".join(f"{feature}=()" for feature in FEATURES)
YEAR_SECONDS = 31_536_000
JSON, POLICY = "application/json", "Content-Security-Policy"


class Always:
    """Stands before the application and puts on every answer what all have, unless it says something else itself.

    Here, and not as Flask's own headers, because there each costs a dozen calls; `SAID` takes those of the request.
    """

    def __init__(self, app: Callable[..., Iterable[bytes]], *, is_https: bool) -> None:
        """Tell browsers to stay with https where that is how the host is reached."""
        self._app = app
        self._always = [("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "no-referrer")]
        if is_https:
            self._always.append(("Strict-Transport-Security", f"max-age={YEAR_SECONDS}"))

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer as the application does."""
        environ[REQUEST_ID], environ[BEGAN], environ[SAID] = new_id("req"), time.perf_counter(), {}

        def start(status: str, headers: list[tuple[str, str]], fault: Any = None) -> Any:
            said = {name.lower() for name, _ in headers}
            headers += [("X-Request-Id", environ[REQUEST_ID]), *self._always, *environ[SAID].items()]
            if POLICY not in environ[SAID]:
                headers.append((POLICY, NOTHING_ALLOWED))
            if "cache-control" not in said and not environ["PATH_INFO"].startswith("/static/"):
                headers.append(("Cache-Control", "no-store"))
            return start_response(status, headers, fault)

        return self._app(environ, start)


def register(app: Flask, *, is_https: bool) -> None:
    """Put the headers on every answer of the app."""
    app.after_request(_protect)
    app.wsgi_app = Always(app.wsgi_app, is_https=is_https)  # type: ignore[method-assign]  # WSGI's way


def csp_nonce() -> str:
    """Return the nonce of this answer's scripts and styles."""
    drawn = g.get("csp_nonce")
    if drawn is None:
        g.csp_nonce = drawn = secrets.token_urlsafe(16)
    return cast("str", drawn)


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
    if answer.mimetype == JSON:
        return answer
    # Not among Flask's own headers: there each costs a dozen calls.
    said = asked().environ[SAID]
    if answer.mimetype == "text/html":
        said["Permissions-Policy"] = PERMISSIONS
        said[POLICY] = _policy_of_page()
    elif "content_policy" in g:
        said[POLICY] = g.content_policy
    return answer


def _policy_of_page() -> str:
    nonce = csp_nonce()
    ancestors = " ".join(g.get("framed_by", ())) or "'none'"
    return (
        f"default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic'; style-src 'nonce-{nonce}';"
        " img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none';"
        f" frame-ancestors {ancestors}" + "".join(f"; {directive}" for directive in g.get("directives", ()))
    )
