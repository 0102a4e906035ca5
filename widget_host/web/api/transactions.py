"""Transactions: preview, issue, read back."""

from decimal import Decimal
from typing import Annotated, Any

from flask import Blueprint, Response, jsonify
from flask.typing import ResponseReturnValue
from pydantic import Field

from widget_host.domain.transactions.models import Transaction
from widget_host.domain.transactions.rules import POINTS, Order, Preview
from widget_host.domain.transactions.service import Issued
from widget_host.kit import wire
from widget_host.kit.clock import isoformat
from widget_host.kit.money import Money
from widget_host.web import guards
from widget_host.web.api.programs import Member
from widget_host.web.parsing import PLAIN, AmountOfCurrency, CurrencyOrPoints, Id, RequestBody, money, parse
from widget_host.web.scope import services, wiring

bp = guards.protect(Blueprint("transactions", __name__, url_prefix="/transactions"), guards.bearer)


class PreviewRequest(RequestBody):
    """A value, or with `currency: "POINTS"` a number of points; without a currency, the environment's own."""

    program_id: Id
    currency: CurrencyOrPoints | None = None
    value: AmountOfCurrency


class NewTransaction(RequestBody):
    """An order: what to turn into whose points, under a reference that makes it happen once."""

    program_id: Id
    currency: CurrencyOrPoints
    value: AmountOfCurrency
    destination_account: Member
    reference_number: Id
    description: Annotated[str, Field(max_length=500), PLAIN] | None = None

    def order(self, environment_id: str) -> Order:
        """Return the order as the rules know it."""
        value, points = _value_or_points(self.value, self.currency)
        return Order(
            environment_id=environment_id,
            program_id=self.program_id,
            destination=self.destination_account.destination(),
            reference_number=self.reference_number,
            value=value,
            points=points,
            description=self.description,
        )


@bp.post("/preview")
def preview() -> ResponseReturnValue:
    """Say what a value would buy; nothing is kept."""
    asked, environment_id = parse(PreviewRequest), guards.client().environment_id
    currency = asked.currency or services().organizations.get_environment(environment_id).local_currency
    value, points = _value_or_points(asked.value, currency)
    if value is not None:
        return jsonify(_preview(services().transactions.preview(environment_id, asked.program_id, value)))
    return jsonify(_preview(services().transactions.preview_points(environment_id, asked.program_id, points or 0)))


@bp.post("")
def create() -> ResponseReturnValue:
    """Issue points, once per reference number."""
    order = parse(NewTransaction).order(guards.client().environment_id)
    return _issued(wiring().issuing.issue(order))


@bp.get("/<reference:transaction_id>")
def show(transaction_id: str) -> ResponseReturnValue:
    """Read one transaction back by its id or its reference number."""
    environment_id = guards.client().environment_id
    transaction = services().transactions.get(environment_id, transaction_id)
    return jsonify(_transaction(transaction, services().programs.get_program(transaction.program_id).name))


def _value_or_points(value: Decimal, currency: str) -> tuple[Money | None, int | None]:
    return (None, int(value)) if currency == POINTS else (money(value, currency), None)


def _preview(preview: Preview) -> dict[str, Any]:
    return {
        "totalPoints": preview.total_points,
        "value": wire.number(preview.value.major),
        "currency": preview.value.currency,
        "pricePerPoint": wire.plain(preview.price),
        "bonusPoints": preview.bonus_points,
    }


def _issued(issued: Issued) -> Response:
    receipt = issued.receipt
    answer = jsonify(
        id=receipt.id,
        totalPoints=receipt.total_points,
        referenceNumber=receipt.reference_number,
        date=isoformat(receipt.date),
        status=receipt.status,
    )
    answer.status_code = 201
    if issued.is_replay:
        answer.headers["Idempotency-Replayed"] = "true"
    return answer


def _transaction(transaction: Transaction, program_name: str) -> dict[str, Any]:
    return {
        "id": transaction.id,
        "referenceNumber": transaction.reference_number,
        "sourceValue": wire.number(transaction.money.major),
        "description": transaction.description,
        "createdAt": isoformat(transaction.created_at),
        "pointTransactions": _point_transactions(transaction),
        "partnership": {"destination": {"name": program_name, "programId": transaction.program_id}},
        "totalPoints": transaction.total_points,
        "value": wire.number(transaction.money.major),
        "currency": transaction.currency,
        "pricePerPoint": transaction.price,
        "destinationAccount": {
            "destinationUserId": transaction.destination_user_id,
            "destinationUserEmail": transaction.destination_user_email,
        },
        "status": transaction.status,
        "date": isoformat(transaction.created_at),
    }


def _point_transactions(transaction: Transaction) -> list[dict[str, str]]:
    parts = {"BASE": transaction.points, "BONUS": transaction.bonus_points}
    return [{"destinationNumberOfPoints": str(points), "type": kind} for kind, points in parts.items() if points]
