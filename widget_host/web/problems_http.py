"""The codes of HTTP itself, and of what may befall any request: rows of the table in problems.py."""

from widget_host.web.problem import REQUEST_ID, Problem

HTTP = (
    Problem(
        "BAD_REQUEST",
        400,
        "The request cannot be read",
        "The request is not what HTTP allows: a broken form, a malformed header.",
        "Look at what your HTTP client sends; the fields are not what is wrong.",
        "The browser (or proxy) sent a request that this server could not understand.",
    ),
    Problem(
        "METHOD_NOT_ALLOWED",
        405,
        "The path does not take this method",
        "The path exists and takes other methods; `Allow` lists them.",
        "Use one of the methods of the header `Allow`.",
        "/programs does not take DELETE.",
    ),
    Problem(
        "REQUEST_TIMEOUT",
        408,
        "The body came too slowly",
        "The whole body has to arrive within 15 seconds; nothing was done.",
        "Send the request again, with the same reference number or `Idempotency-Key`.",
        "The body did not arrive within 15 seconds.",
    ),
    Problem(
        "REQUEST_ENTITY_TOO_LARGE",
        413,
        "The body is too large",
        "The body is larger than 256 KiB.",
        "Send less at once.",
        "The data value transmitted exceeds the capacity limit.",
    ),
    Problem(
        "INTERNAL_SERVER_ERROR",
        500,
        "Something failed here",
        "The host has a fault. The answer does not say which; our log does, under the request's id.",
        "Send the same request with the same reference number again: what was done once is not done twice."
        " When you ask about it, name `requestId`.",
        f"Something failed here. Name request {REQUEST_ID} when you ask about it.",
    ),
    Problem(
        "SERVICE_UNAVAILABLE",
        503,
        "The database is away",
        "The host does not reach its database. Whether what was asked has happened is not known.",
        "Send the same request with the same reference number after the seconds that `Retry-After` says: what was done"
        " once is not done twice.",
        "The database does not answer at the moment. Try again in 2 seconds.",
    ),
)
