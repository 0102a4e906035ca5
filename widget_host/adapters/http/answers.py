"""What came back from a request, in the same words whichever client sent it."""

import re
import zlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

CONNECT_SECONDS = 5
ATTEMPT_SECONDS = 15
ANSWER_READ = 64 * 1024
CHUNK = 8 * 1024
# Nothing is asked for compressed; who compresses all the same is read as far as anybody else.
HEADERS: Mapping[str, str] = {"User-Agent": "widget-host", "Accept": "*/*", "Accept-Encoding": "identity"}
GZIP_OR_ZLIB = 47
COMPRESSED = re.compile(r"\s*(?:x-)?(?:gzip|deflate)\s*", re.IGNORECASE)

CONNECT_TIMED_OUT, NO_ANSWER = "connect timed out", "no answer in time"
NAME_NOT_FOUND, TLS_FAILED, CONNECTION_FAILED = "host name not found", "TLS failed", "connection failed"
TIMED_OUT = (CONNECT_TIMED_OUT, NO_ANSWER)


@dataclass(frozen=True, slots=True)  # dataclass: two of its fields do not count when it is compared
class Answer:
    """What came back: a status with the start of the body, or the kind of error that kept an answer away.

    `was_sent` says that the other side may have the request: any part of its body was handed to the network. Only the
    client that asks programs knows.
    """

    status: int | None = None
    error: str | None = None
    text: str = ""
    was_sent: bool = field(default=False, compare=False)
    headers: Mapping[str, str] = field(default_factory=dict, compare=False)


def body_text(raw: bytes, encoding: str) -> str:
    """Return the start of a body as text that any database keeps; however small a bomb is, its text is not large."""
    read = raw[:ANSWER_READ]
    if COMPRESSED.fullmatch(encoding):
        with suppress(zlib.error):
            read = zlib.decompressobj(GZIP_OR_ZLIB).decompress(read, ANSWER_READ)
    # PostgreSQL keeps no NUL in a text.
    return read.decode("utf-8", "replace").replace("\0", "\N{REPLACEMENT CHARACTER}")
