"""The parts of the OpenAPI document that belong to no one operation."""

from collections.abc import Mapping
from typing import Any

from widget_host.domain.access.rules import ACCESS_TOKEN_LIFE
from widget_host.web.answers import LETTERS

INTRODUCTION = (
    "Issue points of airlines, hotels and shops from your own backend, or open a widget in which your customers do it."
    " JSON in and out, camelCase, UTC with milliseconds. Money is a JSON number in major units, prices are decimal"
    " strings, points are whole numbers. Errors are `application/problem+json` (RFC 9457) with a stable `code`;"
    " those of the token endpoint follow RFC 6749."
)
TAGS: Mapping[str, str] = {
    "Authentication": "Tokens of ten minutes for your client credentials, and the keys that verify them.",
    "Business Info": "What the host knows of your organization.",
    "Programs": "What your customers can buy, what a program asks of a member, and whether it knows one.",
    "Transactions": "Price an order, issue points once per reference number, read it back.",
    "Widgets": "Addresses that open a widget for one of your customers.",
    "Multibrand": "How a card's rewards are split between programs.",
    "Sandbox": "Members with a fixed fate, and a clock of your own.",
    "Webhooks": "Where your events go, and how to fetch them instead.",
    "Webhooks in": "What loyalty programs and the issuer's own systems tell this host, signed.",
}
SECURITY_SCHEMES: Mapping[str, Any] = {
    "bearerAuth": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": f"An access token from `POST /auth/token`. It lives {ACCESS_TOKEN_LIFE.seconds} seconds.",
    },
    "clientBasic": {
        "type": "http",
        "scheme": "basic",
        "description": "Client id and secret (RFC 6749 §2.3.1), for the token endpoint alone.",
    },
    "webhookSignature": {
        "type": "apiKey",
        "in": "header",
        "name": "x-signature",
        "description": "The HMAC-SHA256 of `x-timestamp`, a colon and the raw body, in hexadecimal, made with an"
        " inbound secret of the environment.",
    },
}
HEADERS: Mapping[str, Any] = {
    "X-Request-Id": {
        "description": "This request's id, in our log too. Name it when you ask about an answer.",
        "required": True,
        "schema": {"type": "string", "pattern": f"^req_[{LETTERS}]{{26}}$"},
    },
    "Idempotency-Replayed": {
        "description": "`true` where this request was answered before, and this is that answer.",
        "schema": {"type": "string", "const": "true"},
    },
    "WWW-Authenticate": {
        "description": "How to authenticate: RFC 6750 for access tokens, RFC 7617 for the token endpoint, `Signature`"
        " for webhooks.",
        "required": True,
        "schema": {"type": "string"},
    },
    "Cache-Control": {
        "description": "`no-store`: nobody on the way keeps it.",
        "schema": {"type": "string"},
    },
    "Retry-After": {
        "description": "How many seconds to wait.",
        "schema": {"type": "string", "pattern": "^[0-9]+$"},
    },
    "RateLimit": {
        "description": "How many requests are left, and for how long.",
        "schema": {"type": "string"},
    },
    "RateLimit-Policy": {
        "description": "How many requests are allowed in which span of time.",
        "schema": {"type": "string"},
    },
    "Link": {
        "description": '`<…>; rel="next"`: where the list goes on; absent on the last page.',
        "schema": {"type": "string"},
    },
}
ERROR_SCHEMAS: Mapping[str, Any] = {
    "Problem": {
        "type": "object",
        "description": "An error (RFC 9457). Decide by `code`; show your customer words of your own.",
        "properties": {
            "type": {"type": "string", "format": "uri", "description": "Where the code is explained."},
            "title": {"type": "string", "description": "The code in words, always the same."},
            "status": {"type": "integer", "description": "The HTTP status again.", "minimum": 400, "maximum": 599},
            "code": {"type": "string", "pattern": "^[A-Z][A-Z0-9_]*$", "description": "What it is; stable."},
            "detail": {"type": "string", "description": "What it is this time, in a sentence."},
            "requestId": {"type": "string", "description": "The same as the header X-Request-Id."},
            "errors": {
                "type": "array",
                "description": "Every wrong field, with `VALIDATION_ERROR`.",
                "items": {"$ref": "#/components/schemas/FieldProblem"},
            },
            "details": {"type": "object", "description": "Figures that explain it, by code."},
        },
        "required": ["type", "title", "status", "code", "detail", "requestId"],
    },
    "FieldProblem": {
        "type": "object",
        "description": "One wrong field.",
        "properties": {
            "field": {"type": "string", "description": "Its name; the way to it is written with dots."},
            "code": {"type": "string", "description": "What is wrong, such as `required` or `too_large`."},
            "message": {"type": "string", "description": "The same in a sentence."},
        },
        "required": ["field", "code", "message"],
    },
    "OAuthError": {
        "type": "object",
        "description": "An error of the token endpoint (RFC 6749 §5.2).",
        "properties": {
            "error": {"type": "string", "description": "What it is; stable."},
            "error_description": {"type": "string", "description": "The same in a sentence."},
        },
        "required": ["error"],
    },
}
_BY_STATUS: Mapping[int, tuple[str, ...]] = {
    401: ("WWW-Authenticate",),
    409: ("Retry-After", "Idempotency-Replayed"),
    422: ("Idempotency-Replayed",),
    429: ("Retry-After", "RateLimit", "RateLimit-Policy"),
}


def error_headers(status: int) -> tuple[str, ...]:
    """Return the names of the headers that an error of this status carries."""
    return ("X-Request-Id", *_BY_STATUS.get(status, ()))


def header_references(*names: str) -> dict[str, Any]:
    """Refer to the headers of these names."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def media(schema: str, examples: Mapping[str, Any]) -> dict[str, Any]:
    """Describe a body that is one of the schemas above."""
    return {"schema": {"$ref": f"#/components/schemas/{schema}"}, "examples": dict(examples)}
