"""A transaction as a row of a list, in JSON and in CSV."""

import csv as csv_module
import io
from collections.abc import Sequence
from typing import Any

from flask import Response

from widget_host.domain.transactions.models import Transaction
from widget_host.kit import wire
from widget_host.kit.clock import isoformat
from widget_host.web.api.shapes_transactions import (
    PartnershipDestination,
    PointTransaction,
    TransactionPartnership,
    TransactionRow,
)

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def transaction(transaction: Transaction, program_name: str) -> TransactionRow:
    """Return the row."""
    destination = PartnershipDestination(name=program_name, program_id=transaction.program_id)
    return TransactionRow(
        id=transaction.id,
        reference_number=transaction.reference_number,
        source_value=wire.number(transaction.money.major),
        currency=transaction.currency,
        description=transaction.description,
        created_at=isoformat(transaction.created_at),
        point_transactions=_point_transactions(transaction),
        partnership=TransactionPartnership(destination=destination),
        status=transaction.status,
    )


def _point_transactions(transaction: Transaction) -> list[PointTransaction]:
    parts = (("BASE", transaction.points), ("BONUS", transaction.bonus_points))
    return [
        PointTransaction.model_validate({"destinationNumberOfPoints": str(points), "type": kind})
        for kind, points in parts
        if points
    ]


def csv(rows: Sequence[TransactionRow]) -> Response:
    """Answer rows as CSV (RFC 4180); text that a spreadsheet would take for a formula is marked as text."""
    columns = ("id", "referenceNumber", "sourceValue", "currency", "description", "createdAt", "status")
    added = ("programId", "programName", "basePoints", "bonusPoints")
    text = io.StringIO()
    writer = csv_module.writer(text, lineterminator="\r\n")
    writer.writerow([*columns, *added])
    for row in (each.model_dump(by_alias=True) for each in rows):
        writer.writerow([_cell(row[name]) for name in columns] + _cells_of_parts(row))
    return Response(text.getvalue(), content_type="text/csv; charset=utf-8; header=present")


def _cells_of_parts(row: dict[str, Any]) -> list[Any]:
    points = {part["type"]: part["destinationNumberOfPoints"] for part in row["pointTransactions"]}
    program = row["partnership"]["destination"]
    return [program["programId"], _cell(program["name"]), points.get("BASE", "0"), points.get("BONUS", "0")]


def _cell(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_STARTS) else value
