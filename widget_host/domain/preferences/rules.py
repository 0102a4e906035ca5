"""How a card's value is divided among programs, and what changed in a choice of them. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from widget_host.domain.orders.rules import Claim, Part
from widget_host.domain.programs.rules import Destination
from widget_host.domain.transactions.rules import Order
from widget_host.kit.errors import FieldError, InvalidFields, Refused
from widget_host.kit.money import Money
from widget_host.kit.value import Value, replace

WHOLE = 100
# Where the issuer does not say how many programs a card may have.
MOST_PROGRAMS = 5
# The most that an issuer may allow; who signs is held to no less.
MOST_EVER = 20
# How far ahead of ours a sender's clock may be.
AHEAD = timedelta(seconds=300)
LINKED, UPDATED, DELINKED = "LINKED", "UPDATED", "DELINKED"


class PreferencesChanged(Refused):
    """Somebody else changed the card's preferences since they were read."""

    code = "PREFERENCES_CHANGED"


class Preferred(Value, frozen=True):
    """One program of a card: whose account there, and how many percent of each reward it gets."""

    program_id: str
    destination: Destination
    allocation: int


class Share(Value, frozen=True):
    """A program of a card, and the percent last asked for it; it has another one where all asked are not the whole."""

    preferred: Preferred
    asked: int


class Connection(Value, frozen=True):
    """What a sender says of one program of a card; `sequence` is the sender's own count, where it counts."""

    kind: str
    source_user_id: str
    card_id: str
    program_id: str
    destination: Destination
    allocation: int
    date: datetime
    sequence: int | None = None


class Word(Value, frozen=True):
    """The newest that is known of a program of a card; the sender is the program it signs for, None for the issuer."""

    date: datetime
    sender: str | None = None
    sequence: int | None = None


class CardChoice(Value, frozen=True):
    """What a customer chose for a card, in their order; version 0 is what nobody has saved yet."""

    source_user_id: str
    card_id: str
    version: int
    programs: tuple[Preferred, ...]
    updated_at: datetime


class Reward(Value, frozen=True):
    """Value that a card earned, to be divided as its preferences say."""

    environment_id: str
    source_user_id: str
    card_id: str
    value: Money
    reference_number: str

    def claim(self) -> Claim:
        """Return the key that makes the reward happen once, with what was asked under the names the API gives it."""
        asked = {
            "sourceUserId": self.source_user_id,
            "cardId": self.card_id,
            "value": str(self.value.minor),
            "currency": self.value.currency,
        }
        reference = self.reference_number
        return Claim(self.environment_id, f"reward\n{reference}", f"referenceNumber {reference}", asked)


def check(programs: Sequence[Preferred], most: int) -> None:
    """Raise InvalidFields unless there are one to `most` programs, each once, whose percents are 100 together."""
    errors = [
        FieldError(f"preferences.{place}.allocation", "out_of_range", f"This must be from 0 to {WHOLE}.")
        for place, each in enumerate(programs)
        if not 0 <= each.allocation <= WHOLE
    ]
    if not 1 <= len(programs) <= most:
        errors.append(FieldError("preferences", "count", f"Choose from 1 to {most} programs."))
    if len({each.program_id for each in programs}) < len(programs):
        errors.append(FieldError("preferences", "repeated", "Choose each program once."))
    given = sum(each.allocation for each in programs)
    if given != WHOLE:
        errors.append(FieldError("preferences", "sum", f"The percents must be {WHOLE} together; they are {given}."))
    if errors:
        raise InvalidFields(errors)


def split(whole: int, weights: Sequence[int]) -> list[int]:
    """Divide a whole by weights into integers that sum to it, by largest remainder; of equals the earlier gets more.

    Without any weight all get the same.
    """
    if not any(weights):
        weights = [1] * len(weights)
    total = sum(weights)
    parts = [whole * weight // total for weight in weights]
    largest_first = sorted(range(len(weights)), key=lambda place: (-(whole * weights[place] % total), place))
    for place in largest_first[: whole - sum(parts)]:
        parts[place] += 1
    return parts


def split_evenly(count: int) -> list[int]:
    """Divide a hundred percent among so many programs: 34, 33, 33."""
    return split(WHOLE, [1] * count)


def changes(before: Sequence[Preferred], after: Sequence[Preferred]) -> list[tuple[str, Preferred]]:
    """Return what each program is told: DELINKED (with 0 percent), LINKED or UPDATED; nothing where nothing changed."""
    known, kept = {each.program_id: each for each in before}, {each.program_id for each in after}
    gone = [
        (DELINKED, Preferred(each.program_id, each.destination, 0)) for each in before if each.program_id not in kept
    ]
    told = [(UPDATED if each.program_id in known else LINKED, each) for each in after]
    return gone + [(kind, each) for kind, each in told if known.get(each.program_id) != each]


def connected_anew(before: Sequence[Preferred], after: Sequence[Preferred]) -> list[Preferred]:
    """Return the programs whose account was not there before: newly chosen ones, and those with another account."""
    known = {each.program_id: each.destination for each in before}
    return [each for each in after if known.get(each.program_id) != each.destination]


def check_date(date: datetime, now: datetime) -> None:
    """Raise InvalidFields for a date to come: whatever happens until then would count as older."""
    if date > now + AHEAD:
        raise InvalidFields([FieldError("date", "in_future", "This must not be later than now.")])


def is_newer(said: Word, known: Word | None) -> bool:
    """Whether a word counts: by the sequence where one sender counted both, else by the date."""
    if known is None:
        return True
    if said.sender == known.sender and said.sequence is not None and known.sequence is not None:
        return said.sequence > known.sequence
    return said.date > known.date


def heard(shares: Sequence[Share], said: Connection) -> list[Share]:
    """Return a card's shares after a connection was heard of; raises InvalidFields where there is no room for it."""
    if said.kind == DELINKED:
        left = [each for each in shares if each.preferred.program_id != said.program_id]
        return _settled(left, None) if len(left) < len(shares) else left
    known = next((each.preferred for each in shares if each.preferred.program_id == said.program_id), None)
    kept = known.destination if known and said.destination == Destination() else said.destination
    named = Share(Preferred(said.program_id, kept, said.allocation), said.allocation)
    if known:
        return _settled([named if each.preferred is known else each for each in shares], said.program_id)
    if len(shares) >= MOST_EVER:
        message = f"This card has {MOST_EVER} programs, the most there may be."
        raise InvalidFields([FieldError("destinationProgramId", "count", message)])
    return _settled([*shares, named], said.program_id)


def _settled(shares: Sequence[Share], named: str | None) -> list[Share]:
    """Make shares a whole: as asked where that is one, else the others give or take in proportion to what they have."""
    asked = [each.asked for each in shares]
    others = [each for each in shares if each.preferred.program_id != named]
    if not shares or sum(asked) == WHOLE:
        parts = asked
    elif not others:
        parts = [WHOLE]
    else:
        rest = WHOLE - sum(each.asked for each in shares if each.preferred.program_id == named)
        given = iter(split(rest, [each.preferred.allocation for each in others]))
        parts = [each.asked if each.preferred.program_id == named else next(given) for each in shares]
    return [
        replace(each, preferred=replace(each.preferred, allocation=part))
        for each, part in zip(shares, parts, strict=True)
    ]


def untold(told: Sequence[tuple[str, Preferred]], said: Connection, sender: str | None) -> list[tuple[str, Preferred]]:
    """Return the changes without what the issuer itself just said: it is not told its own words back."""
    own = None if sender is not None else said.program_id
    return [
        (kind, each)
        for kind, each in told
        if each.program_id != own or (kind != DELINKED and each.allocation != said.allocation)
    ]


def connection(choice: CardChoice, preferred: Preferred, date: str) -> dict[str, Any]:
    """Return what an event of a program's connection says."""
    return {
        "sourceUserId": choice.source_user_id,
        "cardId": choice.card_id,
        "destinationProgramId": preferred.program_id,
        "destinationAccount": preferred.destination.as_account(),
        "allocation": preferred.allocation,
        "date": date,
    }


def parts(reward: Reward, programs: Sequence[Preferred]) -> list[Part]:
    """Divide a reward into orders, one per program that gets anything; their references are the reward's, numbered."""
    shares = split(reward.value.minor, [each.allocation for each in programs])
    return [
        _part(reward, preferred, Money(minor, reward.value.currency), number)
        for number, (preferred, minor) in enumerate(zip(programs, shares, strict=True), start=1)
        if minor
    ]


def _part(reward: Reward, preferred: Preferred, value: Money, number: int) -> Part:
    order = Order(
        environment_id=reward.environment_id,
        program_id=preferred.program_id,
        destination=preferred.destination,
        reference_number=f"{reward.reference_number}.{number}",
        value=value,
        source_user_id=reward.source_user_id,
        reward=reward.reference_number,
    )
    said = {"programId": preferred.program_id, "allocation": preferred.allocation, "value": value.minor}
    return Part(order, said)
