"""Why a webhook's signature does not fit: what a receiver commonly has wrong, tried one after the other."""

import base64
import binascii
import json
from collections.abc import Iterator
from datetime import datetime, timedelta

from widget_host.kit.signing import is_webhook_signed, signed_moment
from widget_host.kit.value import Value

TOLERANCE = timedelta(seconds=300)
PREFIX = "whsec_"
HEX_DIGITS = 64


class Signed(Value, frozen=True):
    """What came, and the secret it is checked with."""

    secret: str
    timestamp: str
    signature: str
    body: bytes


def faults(signed: Signed, now: datetime) -> list[str]:
    """Return what is wrong, sentence by sentence; nothing where a receiver accepts it."""
    found = [] if _fits(signed) else [_why(signed)]
    return [*_timestamp_faults(signed.timestamp, now), *found]


def _timestamp_faults(timestamp: str, now: datetime) -> Iterator[str]:
    moment = signed_moment(timestamp)
    if moment is None:
        yield "timestamp: it must be Unix seconds, ten digits, as x-timestamp has them."
    elif abs(now - moment) > TOLERANCE:
        seconds = int(abs(now - moment).total_seconds())
        yield f"timestamp: it is {seconds} seconds {'old' if moment < now else 'ahead'}; at most 300 are accepted."


def _why(signed: Signed) -> str:
    if len(signed.signature) != HEX_DIGITS or signed.signature != signed.signature.lower():
        return f"signature: it must be {HEX_DIGITS} hexadecimal digits in lower case, as x-signature has them."
    for sentence, secret in _other_secrets(signed.secret):
        if _fits(signed, secret=secret):
            return f"secret: {sentence}"
    for sentence, body in _other_bodies(signed.body):
        if _fits(signed, body=body):
            return f"body: {sentence}"
    return (
        "secret or body: another secret signed this, or the body or timestamp is another than the one signed."
        " Compare the secret with the endpoint's, then take the body's raw bytes before anything parses them."
    )


def _fits(signed: Signed, *, secret: str | None = None, body: bytes | None = None) -> bool:
    return is_webhook_signed(
        signed.secret if secret is None else secret,
        timestamp=signed.timestamp,
        signature=signed.signature,
        body=signed.body if body is None else body,
    )


def _other_secrets(secret: str) -> Iterator[tuple[str, str]]:
    yield "it has white space around it. Leave that out.", secret.strip()
    if secret.startswith(PREFIX):
        try:
            plain = base64.b64decode(secret.removeprefix(PREFIX), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return
        yield "this is its form for Standard Webhooks. x-signature takes the text behind whsec_ decoded.", plain


def _other_bodies(body: bytes) -> Iterator[tuple[str, bytes]]:
    yield "a line end was added behind it. Hand over the bytes as they came.", body.rstrip(b"\r\n")
    yield "a line end behind it is missing. Hand over the bytes as they came.", body + b"\n"
    yield "its line ends were changed from LF to CRLF.", body.replace(b"\r\n", b"\n")
    yield "its line ends were changed from CRLF to LF.", body.replace(b"\n", b"\r\n")
    try:
        written = json.loads(body)
    except ValueError:
        return
    parsed = "it was parsed and written again. Keep the raw bytes, and check them first."
    yield parsed, json.dumps(written, separators=(",", ":"), ensure_ascii=False).encode()
    yield parsed, json.dumps(written).encode()
