"""How value becomes points, what is too little or too much, and what a transaction may become. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_CEILING, Decimal
from typing import Any

from widget_host.domain.programs.rules import Destination, Offer, misfits
from widget_host.kit import wire
from widget_host.kit.errors import FieldError, InvalidFields, Refused
from widget_host.kit.money import Money, decimals_of

POINTS = "POINTS"
COMPLETED = "COMPLETED"


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


class PartnerFailed(Refused):
    """The program failed before anything was committed there."""

    code = "PARTNER_ERROR"


class PartnerTimedOut(Refused):
    """The program did not answer before anything was committed there."""

    code = "PARTNER_TIMEOUT"


# What the program or its limits decided is decided: a retry hears the same. What the caller or an operator can mend
# (an unknown program, a partnership not enabled, a program that is down) is asked again.
STORED_REFUSALS = (ValueOutOfRange, PointsOutOfRange, InvalidMember)


@dataclass(frozen=True, slots=True)
class Preview:
    """What a value buys; `remainder` is the part of the value that no whole point is worth, in major units."""

    value: Money
    price: Decimal
    points: int
    bonus_points: int
    remainder: Decimal

    @property
    def total_points(self) -> int:
        """What the member receives, bonus included."""
        return self.points + self.bonus_points


@dataclass(frozen=True, slots=True)
class Order:
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

    def as_request(self) -> dict[str, Any]:
        """Return what was asked under the names the API gives it, to compare a repeat with the first."""
        return {
            "programId": self.program_id,
            "value": str(self.points if self.value is None else self.value.minor),
            "currency": POINTS if self.value is None else self.value.currency,
            "destinationAccount.destinationUserId": self.destination.user_id,
            "destinationAccount.destinationUserEmail": self.destination.user_email,
            "description": self.description,
            "sourceUserId": self.source_user_id,
        }


@dataclass(frozen=True, slots=True)
class Receipt:
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


def price(order: Order, offer: Offer) -> Preview:
    """Price an order, by value or by exact points; raises ValueOutOfRange or PointsOutOfRange."""
    return buy_exactly(order.points or 0, offer) if order.value is None else buy(order.value, offer)


def buy(value: Money, offer: Offer) -> Preview:
    """Price a value: whole points only, rounded down; raises ValueOutOfRange or PointsOutOfRange."""
    if not offer.min_value <= value <= offer.max_value:
        raise _value_out_of_range(offer)
    points = int(value.major // offer.price)
    _check_points(points, offer)
    return Preview(value, offer.price, points, 0, value.major - points * offer.price)


def buy_exactly(points: int, offer: Offer) -> Preview:
    """Price an exact number of points, rounded up to the currency's minor unit; raises as `buy` does."""
    _check_points(points, offer)
    step = Decimal(1).scaleb(-decimals_of(offer.currency))
    value = Money.of((points * offer.price).quantize(step, ROUND_CEILING), offer.currency)
    if not offer.min_value <= value <= offer.max_value:
        raise _value_out_of_range(offer)
    return Preview(value, offer.price, points, 0, value.major - points * offer.price)


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


def differing(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[str]:
    """Return the names of the fields in which two requests differ."""
    return [name for name, value in first.items() if second.get(name) != value]


def refusal(*, code: str, message: str, details: Mapping[str, Any]) -> Refused:
    """Make a stored refusal again, marked as a repeat."""
    kinds = {kind.code: kind for kind in STORED_REFUSALS}
    repeated = kinds[code](message, **details)
    repeated.is_replay = True
    return repeated


def details_of(preview: Preview) -> dict[str, Any]:
    """Return what an entry keeps of how its price was made."""
    return {
        "pricePerPoint": wire.plain(preview.price),
        "rounding": "floor",
        "remainder": wire.plain(preview.remainder),
        "bonusPoints": preview.bonus_points,
    }
