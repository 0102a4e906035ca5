"""What the transactions' views answer, as typed values and for the reference."""

from typing import Annotated, Literal

from pydantic import Field

from widget_host.web.answers import (
    Answer,
    Count,
    CurrencyCode,
    DecimalString,
    MajorUnits,
    Moment,
    ProgramId,
    id_pattern,
)
from widget_host.web.answers import TransactionId as AnsweredId
from widget_host.web.api.shapes_programs import PROGRAM_ID
from widget_host.web.operations import Link, Parameter
from widget_host.web.parsing import NO_CONTROLS

TAG = "Transactions"
TRANSACTION_ID = "txn_01m7xp3a9ke4dr0nb5v7h2c8wq"
QUOTE_ID = "quo_01m7xp3a9ke4dr0nb5v7h2c8wq"
QuoteId = Annotated[str, Field(json_schema_extra={"pattern": id_pattern("quo")})]
MOMENT = "2026-01-31T10:00:00.000Z"
Status = Annotated[str, Field(json_schema_extra={"enum": ["PENDING", "COMPLETED", "FAILED", "REVERSED"]})]

TRANSACTION_PARAMETER = Parameter(
    "transactionId",
    "A transaction's id, or the `referenceNumber` it was ordered under.",
    {
        "type": "string",
        "minLength": 1,
        "maxLength": 120,
        "pattern": NO_CONTROLS,
        "examples": [TRANSACTION_ID, "order-1"],
    },
    place="path",
    is_required=True,
)
READ_BACK = {
    "byId": Link("TransactionsController_findOne", {"transactionId": "$response.body#/id"}, "Read it back by its id."),
    "byReference": Link(
        "TransactionsController_findOne",
        {"transactionId": "$response.body#/referenceNumber"},
        "Read it back by its reference number.",
    ),
}


class PreviewAnswer(Answer):
    """What a value buys."""

    total_points: Count = Field(description="What the member would receive, bonus included.", examples=[2500])
    quote_id: QuoteId = Field(description="Names this price when you issue.", examples=[QUOTE_ID])
    expires_at: Moment = Field(description="Until when the price holds: two minutes.", examples=[MOMENT])
    value: MajorUnits = Field(description="What would be charged, in major units.", examples=[25])
    currency: CurrencyCode = Field(description="The currency of `value`.", examples=["USD"])
    price_per_point: DecimalString = Field(description="The price of a point in that currency.", examples=["0.01"])
    bonus_points: Count = Field(description="How many of the points are a bonus.", examples=[0])


class ReceiptAnswer(Answer):
    """The answer to an order, the same however often the order is sent."""

    id: AnsweredId = Field(description="The transaction's id.", examples=[TRANSACTION_ID])
    total_points: Count = Field(description="What the member receives, bonus included.", examples=[2500])
    reference_number: str = Field(description="The order's own reference.", examples=["order-1"])
    date: Moment = Field(description="When it was made.", examples=[MOMENT])
    status: Status = Field(description="How far it has come.", examples=["COMPLETED"])


class PointTransaction(Answer):
    """One kind of points within a transaction."""

    destination_number_of_points: DecimalString = Field(description="How many, as text.", examples=["2500"])
    type: Literal["BASE", "BONUS"] = Field(description="What they are given for.", examples=["BASE"])


class PartnershipDestination(Answer):
    """The program that gave the points."""

    name: str = Field(description="Its name.", examples=["Aurora Club"])
    program_id: ProgramId = Field(description="Its id.", examples=[PROGRAM_ID])


class TransactionPartnership(Answer):
    """Between whom the points went."""

    destination: PartnershipDestination = Field(description="The program.")


class DestinationAccount(Answer):
    """The member's account."""

    destination_user_id: str | None = Field(None, description="The membership number.", examples=["AC12345678"])
    destination_user_email: str | None = Field(None, description="The membership's e-mail.")


class TransactionRow(Answer):
    """A transaction as a row of a list."""

    id: AnsweredId = Field(description="The transaction's id.", examples=[TRANSACTION_ID])
    reference_number: str = Field(description="The order's own reference.", examples=["order-1"])
    source_value: MajorUnits = Field(description="What was charged, in major units.", examples=[25])
    description: str | None = Field(description="What the order said.", examples=["March statement"])
    created_at: Moment = Field(description="When it was made.", examples=[MOMENT])
    point_transactions: list[PointTransaction] = Field(description="The points by what they are given for.")
    partnership: TransactionPartnership = Field(description="Between whom.")
    currency: CurrencyCode = Field(description="The currency of `sourceValue`.", examples=["USD"])
    status: Status = Field(description="How far it has come.", examples=["COMPLETED"])


class StatusNote(Answer):
    """A state that a transaction came into."""

    status: Status = Field(description="The state.", examples=["COMPLETED"])
    reason: str | None = Field(None, description="Why, where there is more to say.")
    date: Moment = Field(description="When.", examples=[MOMENT])


class TransactionAnswer(TransactionRow):
    """A transaction as it stands now."""

    total_points: Count = Field(description="What the member receives, bonus included.", examples=[2500])
    value: MajorUnits = Field(description="The same as `sourceValue`.", examples=[25])
    price_per_point: DecimalString = Field(
        description="What a point cost when the transaction was made.", examples=["0.01"]
    )
    destination_account: DestinationAccount = Field(description="Whose account.")
    date: Moment = Field(description="The same as `createdAt`.", examples=[MOMENT])
    status_history: list[StatusNote] = Field(description="The states it came into, oldest first.")
