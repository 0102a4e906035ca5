"""What a point costs, how much may be bought, and how a member is named. Pure."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from enum import Enum
from typing import Any, Protocol

from widget_host.kit.errors import FieldError, Refused
from widget_host.kit.money import Money, decimals_of
from widget_host.kit.value import Value, field

PRICE_STEP = Decimal("0.00000001")
EMAIL_PATTERN = r"[^@\s]{1,64}@[^@\s]{1,180}\.[^@\s.]{2,63}"


class InvalidProgram(Refused):
    """No program has this id."""

    code = "INVALID_PROGRAM"


class NoPartnership(Refused):
    """The program exists; this environment has no enabled partnership with it."""

    code = "NO_PARTNERSHIP"


class Field(Value, frozen=True):
    """One thing a program asks of the member, in the order it asks."""

    name: str
    kind: str
    label: str
    required: bool
    pattern: str | None
    hint: str
    example: str

    def accepts(self, text: str) -> bool:
        """Whether the text has the right form."""
        pattern = self.pattern or (EMAIL_PATTERN if self.kind == "email" else ".+")
        return re.fullmatch(pattern, text) is not None


class Destination(Value, frozen=True):
    """The member's account at the program; empty where the program does not ask."""

    user_id: str | None = None
    user_email: str | None = None

    def as_account(self) -> dict[str, str | None]:
        """Return it under the names the API gives it."""
        return {"destinationUserId": self.user_id, "destinationUserEmail": self.user_email}

    def value_of(self, field: str) -> str | None:
        """Return what was given for the field as the program names it."""
        return self.as_account().get(field)


class ProgramFacts(Value, frozen=True):
    """What everybody may know of a program."""

    id: str
    name: str
    business_name: str
    logo: str
    industry: str
    terms_url: str
    description: str
    unit: str
    currency: str
    fields: tuple[Field, ...]
    connector: str
    connection: Mapping[str, Any] = field(default_factory=dict)
    sealed_secret: str | None = None


class CampaignFacts(Value, frozen=True):
    """A bonus that is on: percent of the points bought, `issuer_share` percent of it paid by the issuer."""

    id: str
    name: str
    bonus_percent: Decimal
    issuer_share: int
    ends_at: datetime


class Offer(Value, frozen=True):
    """What one environment's customers can buy of a program; price and value limits are in `currency`."""

    program: ProgramFacts
    currency: str
    price: Decimal
    min_value: Money
    max_value: Money
    min_points: int
    max_points: int
    price_in_usd: Decimal
    price_at_home: Decimal
    campaign: CampaignFacts | None = None


class MemberCheck(Value, frozen=True):
    """Whether the program knows the member; `reason` is MALFORMED, NOT_FOUND, NAME_MISMATCH or INELIGIBLE when not.

    `name` is what the program tells of a member's name, as it masks it.
    """

    is_valid: bool
    reason: str | None = None
    name: str | None = None


class Credit(Value, frozen=True):
    """Points to be given to a member, under an id that makes it happen once however often it is asked."""

    id: str
    destination: Destination
    points: int
    attempt: int = 1


class Outcome(Enum):
    """What a program says of a credit: given, or accepted and decided later, or nobody knows."""

    CREDITED = "credited"
    ACCEPTED = "accepted"
    UNKNOWN = "unknown"


class ProgramConnector(Protocol):
    """How the host speaks with one kind of program.

    `answers_by_rule` says that nothing outside is asked: such a connector may be asked inside a unit of work.
    """

    answers_by_rule: bool

    def check_member(self, program: ProgramFacts, destination: Destination) -> MemberCheck:
        """Ask whether the program knows this member; raises Refused when the program does not answer."""

    def credit(self, program: ProgramFacts, credit: Credit) -> Outcome:
        """Give the points once per id; raises Refused when the program will not, or nothing was given for sure."""

    def ask_again(self, program: ProgramFacts, credit: Credit) -> Outcome:
        """Ask what became of a credit, and give it where the program never saw it; raises Refused for a final no."""

    def reverse(self, program: ProgramFacts, credit: Credit) -> None:
        """Take the points of a credit back; raises Refused when the program will not."""


def read_fields(fields: Mapping[str, Any]) -> tuple[Field, ...]:
    """Read a program's field list as it is stored."""
    return tuple(
        Field(
            name=said["name"],
            kind=said["kind"],
            label=said["label"],
            required=said["required"],
            pattern=said.get("pattern"),
            hint=said.get("hint", ""),
            example=said.get("example", ""),
        )
        for said in fields["list"]
    )


def misfits(fields: Sequence[Field], destination: Destination) -> list[FieldError]:
    """Return what is missing or has the wrong form, one error per field."""
    errors = []
    for asked in fields:
        given = destination.value_of(asked.name)
        if not given and asked.required:
            errors.append(FieldError(asked.name, "required", f"{asked.label} is required."))
        elif given and not asked.accepts(given):
            errors.append(FieldError(asked.name, "malformed", f"{asked.label}: {asked.hint}"))
    return errors


def price_in(price: Decimal, rate: Decimal) -> Decimal:
    """Convert a price per point; eight decimals, half to even, never zero."""
    return max((price * rate).quantize(PRICE_STEP, ROUND_HALF_EVEN), PRICE_STEP)


def lowest(limit: Money, rate: Decimal, currency: str) -> Money:
    """Convert a lower limit, rounding up to the currency's minor unit: what it allows the program allows."""
    return _convert(limit, rate, currency, ROUND_CEILING)


def highest(limit: Money, rate: Decimal, currency: str) -> Money:
    """Convert an upper limit, rounding down."""
    return _convert(limit, rate, currency, ROUND_FLOOR)


def _convert(limit: Money, rate: Decimal, currency: str, rounding: str) -> Money:
    step = Decimal(1).scaleb(-decimals_of(currency))
    return Money.of((limit.major * rate).quantize(step, rounding), currency)
