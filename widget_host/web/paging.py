"""Cursor in, Link out, the same for every list."""

import base64
import binascii
from typing import Annotated
from urllib.parse import urlencode

from flask import Response, request
from pydantic import Field

from widget_host.kit.errors import FieldError, InvalidFields
from widget_host.web.operations import Parameter
from widget_host.web.scope import wiring

MOST_AT_ONCE = 500
USUAL = 100
PageSize = Annotated[str, Field(pattern=r"^[0-9]{1,3}$")] | None
LIMIT_PARAMETER = Parameter(
    "limit",
    f"How many rows at most, {MOST_AT_ONCE} or fewer; {USUAL} where left out.",
    {"type": "integer", "minimum": 1, "maximum": MOST_AT_ONCE, "examples": [USUAL]},
)
PAGE_PARAMETERS = (
    LIMIT_PARAMETER,
    Parameter(
        "cursor",
        "Where the page begins, from the `Link` header of the page before.",
        {"type": "string", "maxLength": 200},
    ),
)


def page_size(said: str | None) -> int:
    """Return how many rows a page has; raises InvalidFields for more than are given at once."""
    size = USUAL if said is None else int(said)
    if not 1 <= size <= MOST_AT_ONCE:
        raise InvalidFields([FieldError("limit", "out_of_range", f"This must be from 1 to {MOST_AT_ONCE}.")])
    return size


def write_cursor(*parts: str) -> str:
    """Return an opaque cursor: where the next page begins."""
    return base64.urlsafe_b64encode("\n".join(parts).encode()).decode().rstrip("=")


def read_cursor(cursor: str, parts: int) -> list[str]:
    """Return the parts of a cursor, or raise InvalidFields for one this host never gave."""
    try:
        found = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().split("\n")
    except (binascii.Error, UnicodeError, ValueError):
        found = []
    if len(found) != parts:
        raise InvalidFields([FieldError("cursor", "malformed", "This cursor is not one of this list.")])
    return found


def link_next(answer: Response, cursor: str | None) -> Response:
    """Tell where the next page is (RFC 8288), if there is one."""
    if cursor is not None:
        query = urlencode({**request.args.to_dict(), "cursor": cursor})
        answer.headers["Link"] = f'<{wiring().settings.base_url}{request.path}?{query}>; rel="next"'
    return answer
