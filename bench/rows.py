"""What one order writes, by whoever does nothing else: one statement of PostgreSQL, six of SQLite."""

import json
import os
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

# {name} stands for a parameter, whatever a driver calls it; {now} for the moment.
INSERTS = (
    "INSERT INTO idempotency_keys (environment_id, key, request, answer, created_at)"
    " VALUES ({environment}, {reference}, {request}, {answer}, {now})",
    "INSERT INTO events (id, environment_id, type, subject, sequence, body, created_at)"
    " VALUES ({event}, {environment}, 'transaction.completed', {transaction}, 1, {body}, {now})",
    "INSERT INTO ledger_entries (id, environment_id, key, kind, event_id, details, posted_at)"
    " VALUES ({entry}, {environment}, {entry}, 'exchange', {event}, {details}, {now})",
    "INSERT INTO ledger_postings (entry_id, leg, source_id, destination_id, asset, amount)"
    " VALUES ({entry}, 1, {settlement}, {money}, 'USD', 2500), ({entry}, 2, {points}, {issued}, {program}, 2500)",
    "INSERT INTO transactions (id, environment_id, program_id, entry_id, reference_number, destination_user_id, value,"
    " currency, points, bonus_points, price, remainder, status, attempts, created_at)"
    " VALUES ({transaction}, {environment}, {program}, {entry}, {reference}, {member}, 2500,"
    " 'USD', 2500, 0, '0.01', '0', 'COMPLETED', 0, {now})",
    "INSERT INTO transaction_statuses (transaction_id, number, status, at)"
    " VALUES ({transaction}, 1, 'COMPLETED', {now})",
)
ACCOUNTS = ("settlement", "money", "points", "issued")
IDS = {"event": "evt", "entry": "ent", "transaction": "txn"}
REQUEST = {"programId": "{program}", "value": "2500", "currency": "USD", "destinationUserId": "AC12345678"}
DETAILS = {"pricePerPoint": "0.01", "rounding": "floor", "remainder": "0", "bonusPoints": 0, "campaignId": None}
SQLITE_NOW = "strftime('%Y-%m-%d %H:%M:%f000', 'now')"


ANSWER = {"receipt": {"id": "txn_{transaction}", "totalPoints": 2500, "status": "COMPLETED"}}
BODY = {
    "id": "evt_{event}",
    "type": "transaction.completed",
    "sequence": 1,
    "referenceNumber": "{reference}",
    **REQUEST,
}


class Names(dict[str, str]):
    """Each parameter as a driver names it."""

    def __init__(self, pattern: str, now: str) -> None:
        super().__init__(now=now)
        self._pattern = pattern

    def __missing__(self, name: str) -> str:
        return self._pattern.format(name)


def together(pattern: str, now: str = "now()") -> str:
    """Return one statement of PostgreSQL that writes all rows."""
    steps = [f"step_{number} AS ({text.format_map(Names(pattern, now))})" for number, text in enumerate(INSERTS)]
    return f"WITH {', '.join(steps[:-1])} {INSERTS[-1].format_map(Names(pattern, now))}"


def apart(pattern: str, now: str = SQLITE_NOW) -> list[str]:
    """Return a statement for each table."""
    return [text.format_map(Names(pattern, now)) for text in INSERTS]


def values(body: Mapping[str, Any], told: Mapping[str, str]) -> dict[str, Any]:
    """Return the parameters of an order; `told` says whose it is, and the numbers of its accounts."""
    made = {name: f"{prefix}_{secrets.token_hex(13)}" for name, prefix in IDS.items()}
    answer = {"receipt": {"id": made["transaction"], "totalPoints": 2500, "status": "COMPLETED"}}
    event = {
        "id": made["event"],
        "type": "transaction.completed",
        "sequence": 1,
        "date": str(datetime.now(UTC)),
        **body,
    }
    return {
        **made,
        "environment": told["environment"],
        "program": told["program"],
        **{name: int(told[name]) for name in ACCOUNTS},
        "reference": body["referenceNumber"],
        "member": body["destinationAccount"]["destinationUserId"],
        "request": json.dumps(REQUEST),
        "answer": json.dumps(answer),
        "details": json.dumps(DETAILS),
        "body": json.dumps(event),
    }


def told() -> dict[str, str]:
    """Return what this process was told about whose rows it writes."""
    names = ("environment", "program", *ACCOUNTS)
    return {name: os.environ[f"BENCH_{name.upper()}"] for name in names}


def as_rows(made: Mapping[str, Any]) -> list[list[dict[str, Any]]]:
    """Return the parameters as rows of each table, in the order of `INSERTS`."""
    now, environment, transaction = datetime.now(UTC), made["environment"], made["transaction"]
    posting = {"entry_id": made["entry"]}
    key = {"environment_id": environment, "key": made["reference"], "created_at": now}
    event = {"id": made["event"], "environment_id": environment, "type": "transaction.completed"}
    entry = {"id": made["entry"], "environment_id": environment, "key": made["entry"], "kind": "exchange"}
    order = {"id": transaction, "environment_id": environment, "program_id": made["program"], "entry_id": made["entry"]}
    price = {"value": 2500, "currency": "USD", "points": 2500, "bonus_points": 0, "price": "0.01", "remainder": "0"}
    told = {"reference_number": made["reference"], "destination_user_id": made["member"], "status": "COMPLETED"}
    return [
        [key | {"request": REQUEST, "answer": json.loads(made["answer"])}],
        [event | {"subject": transaction, "sequence": 1, "body": made["body"], "created_at": now}],
        [entry | {"event_id": made["event"], "details": DETAILS, "posted_at": now}],
        [
            posting | {"leg": 1, "asset": "USD", "amount": 2500} | _between(made, "settlement", "money"),
            posting | {"leg": 2, "asset": made["program"], "amount": 2500} | _between(made, "points", "issued"),
        ],
        [order | price | told | {"attempts": 0, "created_at": now}],
        [{"transaction_id": transaction, "number": 1, "status": "COMPLETED", "at": now}],
    ]


def _between(made: Mapping[str, Any], source: str, destination: str) -> dict[str, int]:
    return {"source_id": made[source], "destination_id": made[destination]}
