"""What the views of multibrand answer, as typed values and for the reference."""

from typing import Annotated

from pydantic import Field

from widget_host.web.answers import Answer, Count, CurrencyCode, MajorUnits, Moment, ProgramId, TransactionId
from widget_host.web.api.shapes_events import EventAccount
from widget_host.web.api.shapes_programs import PROGRAM_ID
from widget_host.web.api.shapes_transactions import MOMENT, TRANSACTION_ID, Status
from widget_host.web.operations import Parameter
from widget_host.web.parsing import NO_CONTROLS

TAG = "Multibrand"
LONGEST = 200
Percent = Annotated[int, Field(ge=0, le=100)]


def _parameter(name: str, description: str, example: str) -> Parameter:
    schema = {"type": "string", "minLength": 1, "maxLength": LONGEST, "pattern": NO_CONTROLS, "examples": [example]}
    return Parameter(name, description, schema, is_required=True)


CARD_PARAMETERS = (
    _parameter("sourceUserId", "Your own id for the customer.", "customer-1"),
    _parameter("cardId", "Your own id for the card.", "card-1"),
)


class PreferredAnswer(Answer):
    """One program that a card's rewards go to."""

    program_id: ProgramId = Field(description="The program.", examples=[PROGRAM_ID])
    program_name: str = Field(description="Its name.", examples=["Aurora Club"])
    destination_account: EventAccount = Field(description="The customer's account there.")
    allocation: Percent = Field(description="How many percent of each reward it gets.", examples=[100])


class PreferencesAnswer(Answer):
    """What a customer chose for a card."""

    source_user_id: str = Field(description="Your own id for the customer.", examples=["customer-1"])
    card_id: str = Field(description="Your own id for the card.", examples=["card-1"])
    version: Count = Field(description="Rises with each change.", examples=[1])
    preferences: list[PreferredAnswer] = Field(
        description="The programs in the customer's order; their percents are 100 together."
    )
    updated_at: Moment = Field(description="When it was last changed.", examples=[MOMENT])


class RewardPart(Answer):
    """The transaction of one program."""

    id: TransactionId = Field(description="The transaction's id.", examples=[TRANSACTION_ID])
    program_id: ProgramId = Field(description="The program.", examples=[PROGRAM_ID])
    allocation: Percent = Field(description="The percent it was given by.", examples=[100])
    value: MajorUnits = Field(description="Its share of the value, in major units.", examples=[25])
    total_points: Count = Field(description="What the member receives, bonus included.", examples=[2500])
    reference_number: str = Field(description="The reward's reference with a number behind.", examples=["reward-1.1"])
    status: Status = Field(description="How far it has come.", examples=["COMPLETED"])


class RewardAnswer(Answer):
    """What became of a reward, the same however often it is sent."""

    reference_number: str = Field(description="The reward's own reference.", examples=["reward-1"])
    source_user_id: str = Field(description="Your own id for the customer.", examples=["customer-1"])
    card_id: str = Field(description="Your own id for the card.", examples=["card-1"])
    value: MajorUnits = Field(description="The whole value, in major units.", examples=[25])
    currency: CurrencyCode = Field(description="The currency of the values.", examples=["USD"])
    date: Moment = Field(description="When it was made.", examples=[MOMENT])
    transactions: list[RewardPart] = Field(description="One for each program that gets a share.")
