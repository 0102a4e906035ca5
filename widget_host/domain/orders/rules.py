"""What an order is answered, now and whenever it is asked again. Pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from widget_host.domain.transactions.rules import (
    COMPLETED,
    PENDING,
    DuplicateReference,
    InvalidMember,
    Order,
    PointsOutOfRange,
    Preview,
    Receipt,
    RequestInProgress,
    ValueOutOfRange,
)
from widget_host.kit.errors import Refused
from widget_host.kit.value import Value

# What a program or its limits decided is decided: a retry hears the same. What the caller or an operator can mend
# (an unknown program, a partnership not enabled, a program that is down) is asked again.
STORED_REFUSALS = (ValueOutOfRange, PointsOutOfRange, InvalidMember)


# When a program that accepted, or was not heard, is asked again: after the first attempt, the second, …
ASK_AGAIN = (
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
)
# How long one process may hold an order before another asks what became of it.
CREDIT_LEASE = timedelta(seconds=60)


class Issued(Value, frozen=True):
    """What an order came to; `is_replay` when it had been answered before."""

    receipt: Receipt
    is_replay: bool = False


def ask_again_after(attempts: int) -> timedelta:
    """Return how long to wait after so many attempts; it never ends, money is not given up on."""
    return ASK_AGAIN[min(attempts, len(ASK_AGAIN)) - 1] if attempts else ASK_AGAIN[0]


class Claim(Value, frozen=True):
    """A key under which a request is answered once; `title` names it to people, `asked` is compared with a repeat's.

    A key of another kind than a reference number begins with that kind and a line's end, which no reference holds.
    """

    environment_id: str
    key: str
    title: str
    asked: Mapping[str, Any]


class Decided(Value, frozen=True):
    """An order that may be kept: its price, its transaction's id, and when its program is asked, if it still is."""

    order: Order
    preview: Preview
    transaction_id: str
    due_in: timedelta | None = None

    def receipt(self, now: datetime) -> Receipt:
        """Return the receipt that the order gets when it is kept."""
        status = COMPLETED if self.due_in is None else PENDING
        return Receipt(self.transaction_id, self.preview.total_points, self.order.reference_number, now, status)


class Part(Value, frozen=True):
    """One order of several, and what its answer says beside the receipt, in plain JSON."""

    order: Order
    said: Mapping[str, Any]


class Given(Value, frozen=True):
    """What one part came to."""

    receipt: Receipt
    said: Mapping[str, Any]


class AllIssued(Value, frozen=True):
    """What several orders came to; `is_replay` when they had been answered before."""

    parts: tuple[Given, ...]
    is_replay: bool = False


class FinalWord(Value, frozen=True):
    """What a program says in the end about a credit that it accepted: given, or not and why."""

    transaction: str
    is_given: bool
    reason: str | None = None


IN_PROGRESS: Mapping[str, Any] = {"inProgress": True}


def claim_of(order: Order) -> Claim:
    """Return the claim an order makes: its reference number."""
    reference = order.reference_number
    return Claim(order.environment_id, reference, f"referenceNumber {reference}", order.as_request())


def key_row(claim: Claim, answer: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    """Return a claim and its answer as they are kept."""
    return {
        "environment_id": claim.environment_id,
        "key": claim.key,
        "request": claim.asked,
        "answer": answer,
        "created_at": at,
    }


def receipt_answer(receipt: Receipt) -> dict[str, Any]:
    """Write a receipt as it is kept."""
    return {"receipt": _written(receipt)}


def parts_answer(parts: Iterable[Given]) -> dict[str, Any]:
    """Write what several orders came to, as it is kept."""
    return {"parts": [{"receipt": _written(part.receipt), "said": dict(part.said)} for part in parts]}


def read_parts(answer: Mapping[str, Any]) -> tuple[Given, ...]:
    """Read what several orders came to."""
    return tuple(Given(read_receipt(part["receipt"]), part["said"]) for part in answer["parts"])


def _written(receipt: Receipt) -> dict[str, Any]:
    return {
        "id": receipt.id,
        "totalPoints": receipt.total_points,
        "referenceNumber": receipt.reference_number,
        "date": receipt.date.isoformat(),
        "status": receipt.status,
    }


def refusal_answer(refusal: Refused) -> dict[str, Any]:
    """Write a refusal as it is kept."""
    return {"refusal": {"code": refusal.code, "message": refusal.message, "details": dict(refusal.details)}}


def answered(asked: Mapping[str, Any], answer: Mapping[str, Any], claim: Claim) -> Mapping[str, Any]:
    """Give an earlier answer again as it is kept; a refusal is raised.

    Raises DuplicateReference where another request got it, RequestInProgress where there is none yet.
    """
    if different := differing(asked, claim.asked):
        kind = claim.title.partition(" ")[0]
        raise DuplicateReference(
            f"{claim.title} was used for another request; it differs in {', '.join(different)}."
            f" Use a new {kind} for a new request.",
            fields=different,
        )
    if "refusal" in answer:
        raise refusal(**answer["refusal"])
    if "inProgress" in answer:
        kind = claim.title.partition(" ")[0]
        raise RequestInProgress(f"The first request under this {kind} is not answered yet. Try again in a second.")
    return answer


def read_receipt(said: Mapping[str, Any]) -> Receipt:
    """Read a receipt as it is kept."""
    date = datetime.fromisoformat(said["date"])
    return Receipt(said["id"], said["totalPoints"], said["referenceNumber"], date, said["status"])


def differing(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[str]:
    """Return the names of the fields in which two requests differ."""
    return [name for name in {**first, **second} if first.get(name) != second.get(name)]


def refusal(*, code: str, message: str, details: Mapping[str, Any]) -> Refused:
    """Make a stored refusal again, marked as a repeat."""
    kinds = {kind.code: kind for kind in STORED_REFUSALS}
    repeated = kinds[code](message, **details)
    repeated.is_replay = True
    return repeated
