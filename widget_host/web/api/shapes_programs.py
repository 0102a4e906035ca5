"""What the programs' views answer, as typed values and for the reference."""

from typing import Literal

from pydantic import Field

from widget_host.web.answers import Answer, Count, CurrencyCode, DecimalString, Moment, ProgramId, Uri, id_pattern
from widget_host.web.operations import Parameter

TAG = "Programs"
PROGRAM_ID = "prg_01m7xnezqjfa8rhkv62mvwwfth"
MEMBER_FIELD = {
    "required": True,
    "type": "string",
    "label": "Aurora Club number",
    "pattern": "AC[0-9]{8}",
    "hint": "AC and eight digits, as on your card.",
    "example": "AC12345678",
}
PROGRAM_PARAMETER = Parameter(
    "programId",
    "A program's id, as GET /programs lists it.",
    {"type": "string", "pattern": id_pattern("prg"), "examples": [PROGRAM_ID]},
    place="path",
    is_required=True,
)


class MemberField(Answer):
    """One thing that a program asks of a member."""

    required: bool = Field(description="Whether an order without it is refused.", examples=[True])
    type: Literal["string", "email"] = Field(description="What kind of field to show.", examples=["string"])
    label: str = Field(description="What to call it.", examples=["Aurora Club number"])
    pattern: str | None = Field(
        None, description="The whole text matches this regular expression.", examples=["AC[0-9]{8}"]
    )
    hint: str = Field(description="What to say beside it.", examples=["AC and eight digits, as on your card."])
    example: str = Field(description="A text of the right form.", examples=["AC12345678"])


class Campaign(Answer):
    """A bonus that is on."""

    name: str = Field(description="What it is called.", examples=["Double March"])
    bonus_percent: DecimalString = Field(description="Percent of the points bought.", examples=["10"])
    ends_at: Moment = Field(description="When it ends.", examples=["2026-03-31T23:59:59.000Z"])


class PartnerProgram(Answer):
    """A program that your customers can buy points of, priced in your own currency."""

    id: ProgramId = Field(description="The program's id.", examples=[PROGRAM_ID])
    name: str = Field(description="The program's name.", examples=["Aurora Club"])
    business_name: str = Field(description="Whose program it is.", examples=["Aurora Air"])
    logo: Uri = Field(
        description="A square picture.", examples=["https://points.example.com/static/logos/aurora-air.svg"]
    )
    industry: str = Field(description="What the business does.", examples=["Airline"])
    terms_and_conditions_url: Uri = Field(
        description="The program's terms.", examples=["https://aurora-air.example/terms"]
    )
    brand_description: str = Field(
        description="A sentence to show.",
        examples=["Fly north. Miles never expire while you fly once every two years."],
    )
    program_currency: str = Field(description="What its points are called.", examples=["Aurora Miles"])
    price_per_point_in_usd: DecimalString = Field(description="The price of a point in US dollars.", examples=["0.01"])
    price_per_point_in_local_currency: DecimalString = Field(
        description="The price of a point in your environment's own currency.", examples=["0.01"]
    )
    price_per_point: DecimalString = Field(
        description="The price of a point in `localCurrency`: what is charged.", examples=["0.01"]
    )
    min_amount_of_points: Count = Field(description="The fewest points in one order.", examples=[500])
    max_amount_of_points: Count = Field(description="The most points in one order.", examples=[200000])
    min_value: Count = Field(
        description="The smallest value in one order, in whole units of `localCurrency`, rounded up.", examples=[5]
    )
    max_value: Count = Field(
        description="The largest value in one order, in whole units, rounded down.", examples=[2000]
    )
    local_currency: CurrencyCode = Field(description="The currency of prices and values.", examples=["USD"])
    fields: dict[str, MemberField] = Field(
        description="What the program asks of a member, by the name to send it under.",
        examples=[{"destinationUserId": MEMBER_FIELD}],
    )
    campaign: Campaign | None = Field(None, description="The bonus on every order, while one is on.")


class MemberCheckAnswer(Answer):
    """Whether the program knows the member."""

    is_valid: bool = Field(description="Whether points can be given to this account.", examples=[True])
    reason: Literal["MALFORMED", "NOT_FOUND", "NAME_MISMATCH", "INELIGIBLE"] | None = Field(
        None, description="Why not, where `isValid` is false."
    )
