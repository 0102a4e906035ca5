"""Believe a webhook only when Widget Host signed it, then read it without rounding."""

import hmac
import json
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

TOLERANCE_SECONDS = 300
CONNECTIONS = ("LINKED", "UPDATED", "DELINKED")
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
class Connection:
    """What an event says of one program of a card; of two, the one with the higher sequence is newer."""

    card_id: str
    program_id: str
    account: str
    allocation: int
    sequence: int


@dataclass(frozen=True)
class Event:
    """One signed event; what it does not speak of is None."""

    id: str
    type: str
    text: str
    reference_number: str | None
    customer_id: str | None
    cents: int | None
    points: int | None
    connection: Connection | None = None


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
        connection=_read_connection(fields) if fields["type"] in CONNECTIONS else None,
    )


def _read_connection(fields: dict[str, Any]) -> Connection:
    account = fields["destinationAccount"]
    return Connection(
        card_id=fields["cardId"],
        program_id=fields["destinationProgramId"],
        account=account.get("destinationUserId") or account.get("destinationUserEmail") or "",
        allocation=fields["allocation"],
        sequence=fields["sequence"],
    )
