"""The headers of every answer: nothing may be framed, sniffed, cached or learned from a referrer unless it says so."""

import secrets
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from flask import Flask, Response

from widget_host.kit.ids import new_id
from widget_host.web.scope import BEGAN, REQUEST_ID, SAID, asked

NOTHING_ALLOWED = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
PICTURE_ALLOWED = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
FEATURES = ("camera", "microphone", "geolocation", "payment", "usb", "clipboard-read", "display-capture", "fullscreen")
PERMISSIONS = ", ".join(f"{feature}=()" for feature in FEATURES)
YEAR_SECONDS = 31_536_000
# What a request keeps for its answer.
NONCE, FRAMED_BY, DIRECTIVES, CONTENT_POLICY = "csp_nonce", "framed_by", "directives", "content_policy"
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
    kept = asked().kept
    if NONCE not in kept:
        kept[NONCE] = secrets.token_urlsafe(16)
    nonce: str = kept[NONCE]
    return nonce


def allow_framing(origins: Sequence[str]) -> None:
    """Let these origins frame this answer, a widget's page; without any it stays unframed."""
    asked().kept[FRAMED_BY] = tuple(origins)


def add_directive(directive: str) -> None:
    """Add a directive to this answer's content security policy, where it is a page."""
    kept = asked().kept
    kept[DIRECTIVES] = (*kept.get(DIRECTIVES, ()), directive)


def forbid_all_but_styles() -> None:
    """Let this answer, a picture, load and run nothing even where it is opened as a page; SVGs have styles inside."""
    asked().kept[CONTENT_POLICY] = PICTURE_ALLOWED


def _protect(answer: Response) -> Response:
    kind = answer.mimetype
    if kind == JSON:
        return answer
    request = asked()
    # Not among Flask's own headers: there each costs a dozen calls.
    said = request.environ[SAID]
    if kind == "text/html":
        said["Permissions-Policy"] = PERMISSIONS
        said[POLICY] = _policy_of_page(request.kept)
    elif CONTENT_POLICY in request.kept:
        said[POLICY] = request.kept[CONTENT_POLICY]
    return answer


def _policy_of_page(kept: Mapping[str, Any]) -> str:
    nonce = csp_nonce()
    ancestors = " ".join(kept.get(FRAMED_BY, ())) or "'none'"
    return (
        f"default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic'; style-src 'nonce-{nonce}';"
        " img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none';"
        f" frame-ancestors {ancestors}" + "".join(f"; {directive}" for directive in kept.get(DIRECTIVES, ()))
    )
