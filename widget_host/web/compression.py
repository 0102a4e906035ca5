"""Pages and our own files travel compressed; what the API answers never does, for secrets stand in it."""

import gzip
from functools import lru_cache

from flask import Flask, Response, request

LEAST_BYTES = 1024
PAGE_LEVEL, FILE_LEVEL = 6, 9
NOT_MODIFIED = 304
PAGE = "text/html"
COMPRESSED = {PAGE, "text/css", "text/javascript", "image/svg+xml"}


def register(app: Flask) -> None:
    """Compress the app's answers."""
    app.after_request(_compress)


def _compress(answer: Response) -> Response:
    if answer.mimetype not in COMPRESSED or "Content-Encoding" in answer.headers:
        return answer
    answer.vary.add("Accept-Encoding")
    return _packed(answer) if answer.status_code != NOT_MODIFIED and request.accept_encodings["gzip"] else answer


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
