"""Believe a webhook only when Widget Host signed it, then read it without rounding."""

import hmac
import json
import re
from dataclasses import dataclass
from decimal import Decimal

TOLERANCE_SECONDS = 300
TIMESTAMP = re.compile(r"[0-9]{10}")


def is_authentic(body: bytes, *, timestamp: str, signature: str, secret: str, now: int) -> bool:
    """Tell whether these exact bytes were signed with our secret, within five minutes of ``now``."""
    # Before the MAC: "timestamp:body" could otherwise be cut at another colon, with the same MAC.
    if not TIMESTAMP.fullmatch(timestamp) or abs(now - int(timestamp)) > TOLERANCE_SECONDS:
        return False
    signed = timestamp.encode() + b":" + body
    expected = hmac.digest(secret.encode(), signed, "sha256").hex()
    return hmac.compare_digest(expected.encode(), signature.encode())


@dataclass(frozen=True)
class Event:
    """One signed event; the last four fields are None unless it speaks of a transaction."""

    id: str
    type: str
    text: str
    reference_number: str | None
    customer_id: str | None
    cents: int | None
    points: int | None


def read_event(body: bytes) -> Event:
    """Read an authentic body; ValueError or KeyError when it is not an event."""
    text = body.decode()
    fields = json.loads(text, parse_float=Decimal)
    if not isinstance(fields, dict):
        raise ValueError("an event is a JSON object")
    in_dollars = fields.get("currency") == "USD"
    return Event(
        id=fields["id"],
        type=fields["type"],
        text=text,
        reference_number=fields.get("referenceNumber"),
        customer_id=fields.get("sourceUserId"),
        cents=int(Decimal(fields["value"]).scaleb(2)) if in_dollars else None,
        points=fields.get("totalPoints"),
    )
