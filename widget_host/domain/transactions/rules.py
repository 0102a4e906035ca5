"""How value becomes points, what is too little or too much, and what a transaction may become. Pure."""

from datetime import datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import Any

from widget_host.domain.programs.rules import Destination, Offer, misfits
from widget_host.kit import wire
from widget_host.kit.errors import FieldError, InvalidFields, Refused
from widget_host.kit.money import Money, decimals_of
from widget_host.kit.value import Value

POINTS = "POINTS"
PENDING, COMPLETED, FAILED, REVERSED = "PENDING", "COMPLETED", "FAILED", "REVERSED"
QUOTE_LIFE = timedelta(minutes=2)


class ValueOutOfRange(Refused):
    """The value is outside what the partnership sells at once."""

    code = "VALUE_LIMIT_EXCEEDED"


class PointsOutOfRange(Refused):
    """The points are outside what the program accepts at once."""

    code = "POINTS_LIMIT_EXCEEDED"


class InvalidMember(Refused):
    """The program refuses the destination account."""

    code = "INVALID_MEMBER"


class PointsModeDisabled(Refused):
    """The organization may not order an exact number of points."""

    code = "POINTS_MODE_DISABLED"


class DuplicateReference(Refused):
    """The reference number was used for another request."""

    code = "DUPLICATE_REFERENCE"


class QuoteExpired(Refused):
    """The quote named is past its time, or was given for something else."""

    code = "QUOTE_EXPIRED"


class RequestInProgress(Refused):
    """The first request under this reference number is not answered yet."""

    code = "REQUEST_IN_PROGRESS"


class StateRefused(Refused):
    """The transaction is in a state from which this does not follow."""

    code = "STATE_REFUSED"


class PartnerFailed(Refused):
    """The program failed before anything was committed there."""

    code = "PARTNER_ERROR"


class PartnerTimedOut(Refused):
    """The program did not answer before anything was committed there."""

    code = "PARTNER_TIMEOUT"


class ReversalRefused(Refused):
    """The program does not take the points back."""

    code = "REVERSAL_REFUSED"


class Preview(Value, frozen=True):
    """What a value buys; `remainder` is the part of the value that no whole point is worth, in major units."""

    value: Money
    price: Decimal
    points: int
    bonus_points: int
    remainder: Decimal
    campaign_id: str | None = None

    @property
    def total_points(self) -> int:
        """What the member receives, bonus included."""
        return self.points + self.bonus_points

    @property
    def figures(self) -> dict[str, Any]:
        """The figures as a quote and a transaction keep them, by the names of their columns."""
        return {
            "value": self.value.minor,
            "currency": self.value.currency,
            "points": self.points,
            "bonus_points": self.bonus_points,
            "price": wire.plain(self.price),
            "remainder": wire.plain(self.remainder),
            "campaign_id": self.campaign_id,
        }


class Asked(Value, frozen=True):
    """What is to be priced: a value, or an exact number of points instead."""

    environment_id: str
    program_id: str
    value: Money | None = None
    points: int | None = None

    @property
    def amount(self) -> str:
        """The number asked for: minor units of the value's currency, or points."""
        return str(self.points if self.value is None else self.value.minor)

    @property
    def unit(self) -> str:
        """What the number counts: a currency, or POINTS."""
        return POINTS if self.value is None else self.value.currency


class Order(Value, frozen=True):
    """A request to turn value into points; `points` instead of `value` orders an exact number.

    A widget's order names its launch, and keeps no refusals: its customer corrects and tries again under the same
    reference.
    """

    environment_id: str
    program_id: str
    destination: Destination
    reference_number: str
    value: Money | None = None
    points: int | None = None
    description: str | None = None
    source_user_id: str | None = None
    launch_id: str | None = None
    keeps_refusals: bool = True
    quote_id: str | None = None
    # The reward of which the order is a part.
    reward: str | None = None

    @property
    def asked(self) -> Asked:
        """What of the order is priced."""
        return Asked(self.environment_id, self.program_id, self.value, self.points)

    def as_request(self) -> dict[str, Any]:
        """Return what was asked under the names the API gives it, to compare a repeat with the first."""
        asked = self.asked
        return {
            "programId": self.program_id,
            "value": asked.amount,
            "currency": asked.unit,
            "destinationAccount.destinationUserId": self.destination.user_id,
            "destinationAccount.destinationUserEmail": self.destination.user_email,
            "description": self.description,
            "sourceUserId": self.source_user_id,
            "quoteId": self.quote_id,
        }


class Receipt(Value, frozen=True):
    """The answer to an order, the same however often it is asked for."""

    id: str
    total_points: int
    reference_number: str
    date: datetime
    status: str


def check_destination(destination: Destination, offer: Offer) -> None:
    """Raise InvalidFields for what the program asks of a member and was not given."""
    missing = [error for error in misfits(offer.program.fields, destination) if error.code == "required"]
    if missing:
        raise InvalidFields(
            [FieldError(f"destinationAccount.{error.field}", error.code, error.message) for error in missing]
        )


def price(asked: Asked, offer: Offer) -> Preview:
    """Price what is asked, by value or by exact points; raises ValueOutOfRange or PointsOutOfRange."""
    return buy_exactly(asked.points or 0, offer) if asked.value is None else buy(asked.value, offer)


def buy(value: Money, offer: Offer) -> Preview:
    """Price a value: whole points only, rounded down; raises ValueOutOfRange or PointsOutOfRange."""
    if not offer.min_value <= value <= offer.max_value:
        raise _value_out_of_range(offer)
    points = int(value.major // offer.price)
    _check_points(points, offer)
    return _priced(value, points, offer)


def buy_exactly(points: int, offer: Offer) -> Preview:
    """Price an exact number of points, rounded up to the currency's minor unit; raises as `buy` does."""
    _check_points(points, offer)
    step = Decimal(1).scaleb(-decimals_of(offer.currency))
    value = Money.of((points * offer.price).quantize(step, ROUND_CEILING), offer.currency)
    if not offer.min_value <= value <= offer.max_value:
        raise _value_out_of_range(offer)
    return _priced(value, points, offer)


def _priced(value: Money, points: int, offer: Offer) -> Preview:
    campaign, remainder = offer.campaign, value.major - points * offer.price
    if campaign is None:
        return Preview(value, offer.price, points, 0, remainder)
    return Preview(value, offer.price, points, bonus(points, campaign.bonus_percent), remainder, campaign.id)


def bonus(points: int, percent: Decimal) -> int:
    """Return the bonus on points bought: whole points, rounded down."""
    return int(points * percent // 100)


def _check_points(points: int, offer: Offer) -> None:
    if not offer.min_points <= points <= offer.max_points:
        raise PointsOutOfRange(
            f"{offer.program.name} accepts between {offer.min_points} and {offer.max_points} {offer.program.unit}"
            " at once.",
            minAmountOfPoints=offer.min_points,
            maxAmountOfPoints=offer.max_points,
        )


def _value_out_of_range(offer: Offer) -> ValueOutOfRange:
    return ValueOutOfRange(
        f"The value must be between {offer.min_value} and {offer.max_value} for {offer.program.name}.",
        minValue=wire.number(offer.min_value.major),
        maxValue=wire.number(offer.max_value.major),
        currency=offer.currency,
    )


def told_as(status: str) -> str:
    """Return the kind of the event that tells of a status."""
    return f"transaction.{status.lower()}"


STEPS = {(None, PENDING), (None, COMPLETED), (PENDING, COMPLETED), (PENDING, FAILED), (COMPLETED, REVERSED)}


def check_step(before: str | None, after: str) -> None:
    """Raise StateRefused for a step that no transaction takes; `before` is None for a new one."""
    if (before, after) not in STEPS:
        raise StateRefused(f"A transaction that is {before} does not become {after}.", status=before)
