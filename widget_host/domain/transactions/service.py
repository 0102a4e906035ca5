"""What may be done with transactions."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from widget_host.domain.access.service import WidgetSessions
from widget_host.domain.ledger.rules import NewEntry, exchange
from widget_host.domain.ledger.service import Ledger
from widget_host.domain.organizations.service import Organizations
from widget_host.domain.programs.rules import Credit, Offer, ProgramConnector
from widget_host.domain.programs.service import Programs
from widget_host.domain.transactions import queries, rules
from widget_host.domain.transactions.models import IdempotencyKey, Transaction
from widget_host.domain.webhooks.service import Outbox
from widget_host.kit import wire
from widget_host.kit.clock import Clock, isoformat
from widget_host.kit.db import insert_if_new, violations
from widget_host.kit.errors import NotFound, Refused
from widget_host.kit.ids import new_id
from widget_host.kit.money import Money


@dataclass(frozen=True, slots=True)
class Issued:
    """What an order came to; `is_replay` when it had been answered before."""

    receipt: rules.Receipt
    is_replay: bool = False


class Transactions:
    """Prices values, keeps transactions with their postings and events, and reads them back."""

    def __init__(
        self,
        *,
        session: Session,
        clock: Clock,
        organizations: Organizations,
        programs: Programs,
        widget_sessions: WidgetSessions,
        ledger: Ledger,
        outbox: Outbox,
    ) -> None:
        """Work within this session, together with these services of the same session."""
        self._session = session
        self._clock = clock
        self._organizations = organizations
        self._programs = programs
        self._widget_sessions = widget_sessions
        self._ledger = ledger
        self._outbox = outbox

    def preview(self, environment_id: str, program_id: str, value: Money) -> rules.Preview:
        """Say what a value would buy; raises as issuing would."""
        return rules.buy(value, self._programs.get_offer(environment_id, program_id, value.currency))

    def preview_points(self, environment_id: str, program_id: str, points: int) -> rules.Preview:
        """Say what an exact number of points would cost in the environment's own currency."""
        self._allow_points(environment_id)
        return rules.buy_exactly(points, self._programs.get_offer(environment_id, program_id))

    def _allow_points(self, environment_id: str) -> None:
        environment = self._organizations.get_environment(environment_id)
        if not self._organizations.get(environment.organization_id).points_mode:
            raise rules.PointsModeDisabled("Ordering an exact number of points is not enabled for your organization.")

    def get(self, environment_id: str, id_or_reference: str) -> Transaction:
        """Return a transaction by its id or reference number, or raise NotFound."""
        found = queries.find(self._session, environment_id, id_or_reference)
        if found is None:
            raise NotFound("There is no transaction with this id or reference number.")
        return found

    def find_answer(self, order: rules.Order) -> Issued | None:
        """Return the answer this reference number got before; raises DuplicateReference for another request."""
        found = queries.find_key(self._session, order.environment_id, order.reference_number)
        return None if found is None else _answered(found, order)

    def offer_for(self, order: rules.Order) -> Offer:
        """Return what the order is priced by; raises InvalidProgram, NoPartnership or PointsModeDisabled."""
        if order.value is None:
            self._allow_points(order.environment_id)
            return self._programs.get_offer(order.environment_id, order.program_id)
        return self._programs.get_offer(order.environment_id, order.program_id, order.value.currency)

    def refuse(self, order: rules.Order, refusal: Refused) -> Issued | None:
        """Keep a refusal under the order's reference; returns the earlier answer when there is one."""
        answer = {"refusal": {"code": refusal.code, "message": refusal.message, "details": dict(refusal.details)}}
        return None if self._claim(order, answer) else self.find_answer(order)

    def complete(self, order: rules.Order, transaction_id: str, preview: rules.Preview) -> Issued:
        """Keep a transaction with its postings and its event, the key first; or return the earlier answer."""
        now = self._clock.now()
        receipt = rules.Receipt(transaction_id, preview.total_points, order.reference_number, now, rules.COMPLETED)
        if not self._claim(order, {"receipt": _written(receipt)}):
            earlier = self.find_answer(order)
            assert earlier is not None, "a key that could not be claimed is there"  # noqa: S101 - for the type checker
            return earlier
        if order.launch_id is not None:
            self._widget_sessions.spend(order.launch_id)
        self._post(order, transaction_id, preview, now)
        return Issued(receipt)

    def _claim(self, order: rules.Order, answer: Mapping[str, Any]) -> bool:
        row = {
            "environment_id": order.environment_id,
            "key": order.reference_number,
            "request": order.as_request(),
            "answer": answer,
            "created_at": self._clock.now(),
        }
        return insert_if_new(self._session, IdempotencyKey, [row]) == 1

    def _post(self, order: rules.Order, transaction_id: str, preview: rules.Preview, now: datetime) -> None:
        entry_id, event_id = new_id("ent"), new_id("evt")
        self._ledger.post(_entry(order, transaction_id, preview, entry_id, event_id))
        row = _row(order, preview) | {"id": transaction_id, "entry_id": entry_id, "created_at": now}
        self._session.execute(insert(Transaction), [row])
        payload = _told(order, preview, transaction_id, now)
        self._outbox.record(order.environment_id, event_id, "transaction.completed", transaction_id, payload)

    def verify(self) -> dict[str, list[str]]:
        """Check that transactions, ledger and outbox agree; returns what does not, with ids to look at."""
        return violations(self._session, queries.CHECKS)


class Issuing:
    """Issues points: decides in the open, then keeps everything at once; no session is open while a program is asked.

    The connectors there are answer by rule and give nothing away, so asking one again for the same order is harmless.
    """

    def __init__(
        self,
        *,
        reading: Callable[[], AbstractContextManager[Transactions]],
        writing: Callable[[], AbstractContextManager[Transactions]],
        connectors: Mapping[str, ProgramConnector],
    ) -> None:
        """Take a way to read, a unit of work to keep, and a connector for each kind of program."""
        self._reading = reading
        self._writing = writing
        self._connectors = connectors

    def issue(self, order: rules.Order) -> Issued:
        """Turn value into points once per reference number; raises a Refused, and then nothing was posted."""
        with self._reading() as transactions:
            earlier = transactions.find_answer(order)
            if earlier is not None:
                return earlier
            offer = transactions.offer_for(order)
        transaction_id = new_id("txn")
        try:
            preview = self._decide(order, offer, transaction_id)
        except rules.STORED_REFUSALS as refusal:
            return self._refuse(order, refusal)
        with self._writing() as transactions:
            return transactions.complete(order, transaction_id, preview)

    def _decide(self, order: rules.Order, offer: Offer, transaction_id: str) -> rules.Preview:
        rules.check_destination(order.destination, offer)
        preview = rules.price(order, offer)
        connector = self._connectors[offer.program.connector]
        if not connector.check_member(offer.program, order.destination).is_valid:
            raise rules.InvalidMember(f"{offer.program.name} does not know this member.", programId=offer.program.id)
        credit = Credit(transaction_id, offer.program.id, order.destination, preview.total_points)
        connector.credit(offer.program, credit)
        return preview

    def _refuse(self, order: rules.Order, refusal: Refused) -> Issued:
        if order.keeps_refusals:
            with self._writing() as transactions:
                earlier = transactions.refuse(order, refusal)
            if earlier is not None:
                return earlier
        raise refusal


def _entry(order: rules.Order, transaction_id: str, preview: rules.Preview, entry_id: str, event_id: str) -> NewEntry:
    legs = exchange(
        value=preview.value.minor,
        currency=preview.value.currency,
        program_id=order.program_id,
        points=preview.total_points,
    )
    details = rules.details_of(preview)
    return NewEntry(entry_id, order.environment_id, transaction_id, "exchange", event_id, legs, details)


def _row(order: rules.Order, preview: rules.Preview) -> dict[str, Any]:
    return {
        "environment_id": order.environment_id,
        "program_id": order.program_id,
        "reference_number": order.reference_number,
        "source_user_id": order.source_user_id,
        "destination_user_id": order.destination.user_id,
        "destination_user_email": order.destination.user_email,
        "value": preview.value.minor,
        "currency": preview.value.currency,
        "points": preview.points,
        "bonus_points": preview.bonus_points,
        "price": wire.plain(preview.price),
        "remainder": wire.plain(preview.remainder),
        "description": order.description,
        "status": rules.COMPLETED,
    }


def _told(order: rules.Order, preview: rules.Preview, transaction_id: str, now: datetime) -> dict[str, Any]:
    return {
        "transactionId": transaction_id,
        "referenceNumber": order.reference_number,
        "programId": order.program_id,
        "sourceUserId": order.source_user_id,
        "destinationAccount": order.destination.as_account(),
        "value": wire.number(preview.value.major),
        "currency": preview.value.currency,
        "totalPoints": preview.total_points,
        "description": order.description,
        "status": rules.COMPLETED,
        "date": isoformat(now),
    }


def _written(receipt: rules.Receipt) -> dict[str, Any]:
    return {
        "id": receipt.id,
        "totalPoints": receipt.total_points,
        "referenceNumber": receipt.reference_number,
        "date": receipt.date.isoformat(),
        "status": receipt.status,
    }


def _answered(found: IdempotencyKey, order: rules.Order) -> Issued:
    different = rules.differing(found.request, order.as_request())
    if different:
        raise rules.DuplicateReference(
            f"referenceNumber {order.reference_number} was used for another request; it differs in"
            f" {', '.join(different)}. Use a new referenceNumber for a new request.",
            fields=different,
        )
    if "refusal" in found.answer:
        raise rules.refusal(**found.answer["refusal"])
    said = found.answer["receipt"]
    date = datetime.fromisoformat(said["date"])
    receipt = rules.Receipt(said["id"], said["totalPoints"], said["referenceNumber"], date, said["status"])
    return Issued(receipt, is_replay=True)
