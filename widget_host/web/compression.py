"""Pages and our own files travel compressed; what the API answers never does, for secrets stand in it."""

import gzip
from functools import lru_cache

from flask import Flask, Response
from werkzeug.http import parse_accept_header

from widget_host.web.plumbing import WholeResponse
from widget_host.web.scope import asked

LEAST_BYTES = 1024
# More than any browser says: what somebody sends is remembered.
LONGEST = 256
PAGE_LEVEL, FILE_LEVEL = 6, 9
NOT_MODIFIED = 304
PAGE = "text/html"
COMPRESSED = {PAGE, "text/css", "text/javascript", "image/svg+xml"}


def register(app: Flask) -> None:
    """Compress the app's answers."""
    app.after_request(_compress)


def is_wanted() -> bool:
    """Whether whoever asks can unpack the answer."""
    return _takes_gzip(asked().environ.get("HTTP_ACCEPT_ENCODING", "")[:LONGEST])


@lru_cache(maxsize=256)
def _takes_gzip(accepted: str) -> bool:
    return bool(parse_accept_header(accepted)["gzip"])


def _compress(answer: WholeResponse) -> Response:
    # Who has others has said itself how it travels.
    if answer.others or answer.mimetype not in COMPRESSED:
        return answer
    answer.vary.add("Accept-Encoding")
    return _packed(answer) if answer.status_code != NOT_MODIFIED and is_wanted() else answer


def _packed(answer: Response) -> Response:
    answer.direct_passthrough = False
    body = answer.get_data()
    if len(body) < LEAST_BYTES:
        return answer
    answer.set_data(_page(body) if answer.mimetype == PAGE else _file(body))
    answer.headers["Content-Encoding"] = "gzip"
    etag, _ = answer.get_etag()
    if etag:
        # The same content in other bytes: a strong tag would promise the same bytes.
        answer.set_etag(etag, weak=True)
    return answer


def _page(body: bytes) -> bytes:
    return gzip.compress(body, PAGE_LEVEL, mtime=0)


@lru_cache(maxsize=32)
def _file(body: bytes) -> bytes:
    return gzip.compress(body, FILE_LEVEL, mtime=0)
