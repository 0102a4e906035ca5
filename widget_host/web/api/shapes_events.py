"""What the events' view answers, which webhooks carry too, for the reference."""

from typing import Annotated, Literal

from pydantic import Field

from widget_host.web.answers import (
    Answer,
    Count,
    CurrencyCode,
    MajorUnits,
    Moment,
    ProgramId,
    TransactionId,
    id_pattern,
)
from widget_host.web.api.shapes_programs import PROGRAM_ID
from widget_host.web.api.shapes_transactions import MOMENT, TRANSACTION_ID, Status
from widget_host.web.operations import Parameter
from widget_host.web.paging import LIMIT_PARAMETER
from widget_host.web.parsing import NO_CONTROLS

TAG = "Webhooks"
LONGEST_ID = 40
EVENT_ID = "evt_01m7xp3a9ke4dr0nb5v7h2c8wq"
EventId = Annotated[str, Field(json_schema_extra={"pattern": id_pattern("evt")})]
EVENTS_PARAMETERS = (
    Parameter(
        "after",
        "The id of the event last seen; from the first event where left out, or where it is not one of yours.",
        {"type": "string", "maxLength": LONGEST_ID, "pattern": NO_CONTROLS, "examples": [EVENT_ID]},
    ),
    LIMIT_PARAMETER,
)

CURSOR = r"^[0-9]{1,15}\.[0-9]{1,15}$"
FEED_PARAMETERS = (
    Parameter(
        "cursor",
        "From the answer before: what came after it. Where left out, you begin.",
        {"type": "string", "pattern": CURSOR, "examples": ["12.0"]},
    ),
    Parameter(
        "since",
        "Where you begin: at the first event that happened since then; now, where left out. Beside `cursor` it says"
        " nothing.",
        {"type": "string", "format": "date-time", "examples": [MOMENT]},
    ),
    LIMIT_PARAMETER,
)


class EventAccount(Answer):
    """The member's account at the program; what is not known is null."""

    destination_user_id: str | None = Field(description="The membership number.", examples=["AC12345678"])
    destination_user_email: str | None = Field(description="The membership's e-mail.", examples=["name@example.com"])


class Event(Answer):
    """What every event has."""

    id: EventId = Field(description="The event's id: take each once.", examples=[EVENT_ID])
    sequence: Annotated[int, Field(ge=1)] = Field(
        description="Rises with each event of the same transaction or card: ignore what is not newer.", examples=[1]
    )
    source_user_id: str | None = Field(description="Your own id for the customer, if told.", examples=["customer-1"])
    destination_account: EventAccount = Field(description="Whose account.")


class TransactionEvent(Event):
    """A transaction came into a state."""

    type: Literal["transaction.pending", "transaction.completed", "transaction.failed", "transaction.reversed"] = Field(
        description="What happened. `transaction.pending` is listed here only, no webhook tells it.",
        examples=["transaction.completed"],
    )
    transaction_id: TransactionId = Field(description="The transaction's id.", examples=[TRANSACTION_ID])
    reference_number: str = Field(description="The order's own reference.", examples=["order-1"])
    program_id: ProgramId = Field(description="Whose points.", examples=[PROGRAM_ID])
    value: MajorUnits = Field(description="What was charged, in major units.", examples=[25])
    currency: CurrencyCode = Field(description="The currency of `value`.", examples=["USD"])
    total_points: Count = Field(description="What the member receives, bonus included.", examples=[2500])
    description: str | None = Field(description="What the order said.", examples=["March statement"])
    status: Status = Field(description="The state.", examples=["COMPLETED"])
    date: Moment = Field(description="When the transaction was made.", examples=[MOMENT])


class ConnectionEvent(Event):
    """A customer changed what becomes of a card's rewards."""

    type: Literal["LINKED", "UPDATED", "DELINKED"] = Field(
        description="Whether the program was added, changed or taken away.", examples=["LINKED"]
    )
    card_id: str = Field(description="Your own id for the card.", examples=["card-1"])
    destination_program_id: ProgramId = Field(description="The program.", examples=[PROGRAM_ID])
    allocation: Annotated[int, Field(ge=0, le=100)] = Field(
        description="How many percent of each reward go there.", examples=[50]
    )
    date: Moment = Field(description="When it was changed.", examples=[MOMENT])


class FollowedEvent(Answer):
    """An event, as a webhook tells it."""

    id: EventId = Field(description="The event's id; the same each time it is sent.", examples=[EVENT_ID])
    type: str = Field(description="What happened.", examples=["transaction.completed"])
    resent: bool = Field(description="Whether you had it sent again, by a resend or a recovery.", examples=[False])
    body: str = Field(
        description="The webhook's body, byte for byte.", examples=[f'{{"id":"{EVENT_ID}","type":"LINKED"}}']
    )


class FeedAnswer(Answer):
    """What came since the answer before."""

    events: list[FollowedEvent] = Field(description="In order: what happened, then what was sent again.")
    cursor: str = Field(description="Where to go on.", examples=["12.0"], json_schema_extra={"pattern": CURSOR})
