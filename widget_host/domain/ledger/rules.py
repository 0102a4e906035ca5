"""What an entry is made of, and what it must never be. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from widget_host.kit.errors import Refused
from widget_host.kit.value import Value, field


class InsufficientFunds(Refused):
    """A guarded account would fall below its floor."""

    code = "INSUFFICIENT_FUNDS"


class AlreadyPosted(Refused):
    """An entry with this key exists; nothing was posted a second time."""

    code = "ALREADY_POSTED"


class HoldEnded(Refused):
    """The hold has ended, or less than this is left of it."""

    code = "HOLD_ENDED"


class Unbalanced(ValueError):
    """The entry is not one the ledger can keep; a fault of the program that made it."""


class AccountName(NamedTuple):
    """How an account is found: its kind, whose it is (empty for the environment's own), and the one asset it holds."""

    kind: str
    asset: str
    holder: str = ""


class Movement(Value, frozen=True):
    """One asset moving between two accounts; amount in the asset's smallest unit, above zero."""

    source: AccountName
    destination: AccountName
    amount: int

    @property
    def asset(self) -> str:
        """The asset moved."""
        return self.source.asset


class NewEntry(Value, frozen=True):
    """An entry about to be posted, with the event that tells of it."""

    id: str
    environment_id: str
    key: str
    kind: str
    event_id: str
    movements: Sequence[Movement]
    details: Mapping[str, Any] = field(default_factory=dict)
    reverses_id: str | None = None

    @property
    def accounts(self) -> set[AccountName]:
        """The accounts it moves value between."""
        return {name for move in self.movements for name in (move.source, move.destination)}


def check(entry: NewEntry) -> None:
    """Refuse an entry with nothing in it, a movement of nothing, between assets, or from an account to itself."""
    if not entry.movements:
        raise Unbalanced(f"entry {entry.key} moves nothing")
    for movement in entry.movements:
        if movement.source.asset != movement.destination.asset:
            raise Unbalanced(f"entry {entry.key} turns {movement.source.asset} into {movement.destination.asset}")
        if movement.source == movement.destination:
            raise Unbalanced(f"entry {entry.key} moves {movement.asset} from an account to itself")
        check_amount(movement.amount, f"entry {entry.key} moves {movement.amount!r} of {movement.asset}")


def entry_row(entry: NewEntry, at: datetime) -> dict[str, Any]:
    """Return the entry as it is kept."""
    return {
        "id": entry.id,
        "environment_id": entry.environment_id,
        "key": entry.key,
        "kind": entry.kind,
        "event_id": entry.event_id,
        "reverses_id": entry.reverses_id,
        "details": dict(entry.details),
        "posted_at": at,
    }


def posting_rows(entry_id: str, lines: Sequence[tuple[int, int, str, int]]) -> list[dict[str, Any]]:
    """Return an entry's postings as they are kept; a line is source, destination, asset and amount."""
    return [
        {
            "entry_id": entry_id,
            "leg": leg,
            "source_id": source,
            "destination_id": target,
            "asset": asset,
            "amount": amount,
        }
        for leg, (source, target, asset, amount) in enumerate(lines, start=1)
    ]


def check_amount(amount: int, fault: str) -> None:
    """Refuse, with this sentence, what is no whole number above zero."""
    if type(amount) is not int or amount <= 0:
        raise Unbalanced(fault)


def reservation(*, value: int, currency: str) -> tuple[Movement]:
    """Return the leg that sets an exchange's value aside while the program has not answered yet."""
    return (Movement(AccountName("settlement", currency), AccountName("transit", currency), value),)


def exchange(
    *, value: int, currency: str, program_id: str, points: int, is_reserved: bool = False
) -> tuple[Movement, Movement]:
    """Return the two linked legs of value turned into points, through a liquidity account for each asset.

    The issuer comes to owe the value, or did when it was reserved; the program comes to owe the member the points.
    """
    source = "transit" if is_reserved else "settlement"
    money = Movement(AccountName(source, currency), AccountName("liquidity", currency), value)
    granted = Movement(AccountName("liquidity", program_id), AccountName("issued", program_id), points)
    return money, granted
