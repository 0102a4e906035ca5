"""Refusals become answers: problem+json (RFC 9457) for programs, pages for people."""

import structlog
from flask import Flask, Response, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import InterfaceError, OperationalError
from werkzeug.exceptions import HTTPException, InternalServerError, ServiceUnavailable

from widget_host.domain.inbound.rules import InvalidSignature
from widget_host.kit import wire
from widget_host.kit.errors import InvalidFields, InvalidToken, Refused
from widget_host.web.appearance import style
from widget_host.web.problem import address
from widget_host.web.problems import PROBLEMS
from widget_host.web.scope import request_id, wiring

UNLISTED = 422
AWAY_SECONDS = 2
AWAY = f"The database does not answer at the moment. Try again in {AWAY_SECONDS} seconds."
PAGES = ("/widget/", "/docs", "/gallery")
log = structlog.get_logger(__name__)


def register(app: Flask) -> None:
    """Translate every refusal and every HTTP error of the app; a blueprint of pages may translate its own first."""
    app.register_error_handler(Refused, refused)
    app.register_error_handler(HTTPException, http_error)
    app.register_error_handler(Exception, fault)


def status_of(refusal: Refused) -> int:
    """Return the HTTP status of a refusal."""
    known = PROBLEMS.get(refusal.code)
    return known.status if known else UNLISTED


def refused(refusal: Refused) -> ResponseReturnValue:
    """Answer a refusal with its code, its sentence and its details."""
    answer = _problem(status_of(refusal), refusal.code, "Refused", refusal.message, refusal)
    if isinstance(refusal, InvalidToken):
        answer.headers["WWW-Authenticate"] = _challenge(refusal)
    if isinstance(refusal, InvalidSignature):
        answer.headers["WWW-Authenticate"] = 'Signature realm="widget-host"'
    if "seconds" in refusal.details:
        answer.headers["Retry-After"] = str(refusal.details["seconds"])
    if refusal.code == "REQUEST_IN_PROGRESS":
        answer.headers["Retry-After"] = "1"
    if refusal.is_replay:
        answer.headers["Idempotency-Replayed"] = "true"
    return answer


def _challenge(refusal: Refused) -> str:
    # RFC 6750 §3.1: who sent no credentials is told no error code.
    if "Authorization" not in request.headers:
        return 'Bearer realm="widget-host"'
    return f'Bearer realm="widget-host", error="invalid_token", error_description="{refusal.message}"'


def http_error(error: HTTPException) -> ResponseReturnValue:
    """Answer what HTTP itself refuses: no such path, a wrong method, a body too large."""
    if error.code is None or error.code < 400:  # noqa: PLR2004 - redirects are answers, not errors
        return error.get_response()
    code = error.name.upper().replace(" ", "_")
    sentence = _sentence(error)
    if request.path.startswith(PAGES):
        return _page(error.code, error.name, sentence)
    answer = _problem(error.code, code, error.name, sentence)
    for name, value in error.get_headers():
        if name.lower() in ("allow", "retry-after"):
            answer.headers[name] = value
    return answer


def fault(error: Exception) -> ResponseReturnValue:
    """Answer a fault of the host without telling a stranger what it was; the log knows, under the request's id."""
    log.error("request.fault", request_id=request_id(), exc_info=error)
    if isinstance(error, OperationalError | InterfaceError):
        return http_error(ServiceUnavailable(AWAY, retry_after=AWAY_SECONDS))
    return http_error(InternalServerError())


def _sentence(error: HTTPException) -> str:
    if error.code == 404:  # noqa: PLR2004 - HTTP's own number
        return f"There is nothing at {request.path}."
    if error.code == 405:  # noqa: PLR2004 - HTTP's own number
        return f"{request.path} does not take {request.method}."
    if isinstance(error, InternalServerError):
        return f"Something failed here. Name request {request_id()} when you ask about it."
    return error.description or error.name


def _page(status: int, title: str, sentence: str) -> ResponseReturnValue:
    said = {"title": title, "sentence": sentence, "request_id": request_id()}
    return render_template("errors/page.html", style=style(None, None), **said), status


def _problem(status: int, code: str, title: str, detail: str, refusal: Refused | None = None) -> Response:
    known = PROBLEMS.get(code)
    problem = {
        "type": address(wiring().settings.base_url, code),
        "title": known.title if known else title,
        "status": status,
        "code": code,
        "detail": detail,
        "requestId": request_id(),
    }
    if isinstance(refusal, InvalidFields):
        problem["errors"] = [
            {"field": error.field, "code": error.code, "message": error.message} for error in refusal.errors
        ]
    if refusal is not None and refusal.details:
        problem["details"] = dict(refusal.details)
    # A name or path of theirs may hold half a character; the answer says `?` for it.
    body = wire.dumps(problem).encode("utf-8", "replace")
    return Response(body, status, content_type="application/problem+json")
