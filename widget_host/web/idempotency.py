"""The `Idempotency-Key` header: a POST that carries one happens once, and a repeat of it is answered the same."""

import hashlib
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, ParamSpec

from flask import Response, make_response, request
from flask.typing import ResponseReturnValue

from widget_host.domain.orders.rules import IN_PROGRESS, STORED_REFUSALS, Claim, refusal_answer
from widget_host.kit import wire
from widget_host.kit.errors import FieldError, InvalidFields
from widget_host.web import guards
from widget_host.web.errors import refused
from widget_host.web.operations import Parameter
from widget_host.web.parsing import json_object
from widget_host.web.scope import work

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
LONGEST = 255
KEY_PARAMETER = Parameter(
    HEADER,
    "A name of your own for this request. Sent again with the same body it is answered the same, and nothing happens"
    " twice.",
    {"type": "string", "minLength": 1, "maxLength": LONGEST, "pattern": "^[!-~]([ -~]*[!-~])?$"},
    place="header",
)
# What a key that is taken is answered.
KEY_ERRORS = ("DUPLICATE_REFERENCE", "REQUEST_IN_PROGRESS")
P = ParamSpec("P")
View = Callable[P, ResponseReturnValue]


def once(view: View[P]) -> View[P]:
    """Let a view that writes by `work()` honour the header: the key is taken first, in the view's own unit of work."""

    @wraps(view)
    def honoured(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        claim = claim_of_header() if guards.is_known() else None
        return view(*args, **kwargs) if claim is None else _once(claim, lambda: view(*args, **kwargs))

    return honoured


def is_keyed() -> bool:
    """Whether the request carries the header."""
    return HEADER in request.headers


def claim_of_header() -> Claim | None:
    """Return the claim that the header makes for this route, if there is one; raises InvalidFields for an odd one."""
    if not is_keyed():
        return None
    key = request.headers[HEADER]
    if not 1 <= len(key) <= LONGEST or not key.isascii() or not key.isprintable():
        raise InvalidFields([FieldError(HEADER, "malformed", f"This must be 1 to {LONGEST} printable characters.")])
    named = _digest(f"{request.method} {request.url_rule}\n{key}")
    body = json_object() if request.get_data(cache=True) else {}
    return Claim(guards.client().environment_id, f"header\n{named}", f"{HEADER} {key}", _asked(body))


def _asked(body: Mapping[str, Any]) -> dict[str, str]:
    # What was asked is compared, not kept: a body may hold anything, credentials too.
    try:
        named = {ascii(name)[1:-1]: _digest(wire.canonical(value)) for name, value in body.items()}
    except RecursionError:
        raise InvalidFields([FieldError("body", "malformed", "The body is nested too deeply.")]) from None
    return {"path": _digest(request.path)} | named


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _once(claim: Claim, view: Callable[[], ResponseReturnValue]) -> ResponseReturnValue:
    answers = work().answers
    if not answers.claim(claim, IN_PROGRESS):
        return _again(answers.find(claim) or {})
    try:
        with answers.undoable():
            answer = make_response(view())
    except STORED_REFUSALS as refusal:
        answers.keep(claim, refusal_answer(refusal))
        # Returned, not raised: what is kept of it must stay.
        return refused(refusal)
    answers.keep(claim, {"status": answer.status_code, "body": answer.get_data(as_text=True)})
    return answer


def _again(kept: Mapping[str, Any]) -> Response:
    answer = Response(kept["body"], kept["status"], content_type="application/json")
    answer.headers[REPLAYED] = "true"
    return answer
