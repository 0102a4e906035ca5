"""JSON as it goes over the wire: decimals are exact numbers in both directions, no float ever stands between."""

import json
from decimal import Decimal
from typing import Any, NoReturn

import simplejson


def dumps(value: Any, *, is_ascii: bool = False) -> str:
    """Write compact JSON; a Decimal becomes a number with its own digits (`25.50`)."""
    return simplejson.dumps(value, use_decimal=True, ensure_ascii=is_ascii, separators=(",", ":"), allow_nan=False)


def loads(text: str | bytes) -> Any:
    """Read JSON; raises ValueError for what is none, NaN and Infinity included."""
    return json.loads(text, parse_float=Decimal, parse_constant=_refuse)


class RepeatedName(ValueError):
    """One object gives a name twice: which of the two was meant?"""

    def __init__(self, name: str) -> None:
        """Keep the name."""
        super().__init__(f"{name} is given more than once")
        self.name = name


def loads_unambiguous(text: bytes) -> Any:
    """Read a stranger's JSON; raises RepeatedName, or ValueError for what is none and for numbers beyond counting."""
    try:
        return json.loads(text, parse_float=Decimal, parse_constant=_refuse, object_pairs_hook=_once_each)
    except (ArithmeticError, RecursionError) as error:
        raise ValueError("this is not JSON that anybody could mean") from error


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise RepeatedName(name)
        found[name] = value
    return found


def number(amount: Decimal) -> int | Decimal:
    """Return a whole amount as an integer, another as it is: `25` and `25.50`."""
    return int(amount) if amount == amount.to_integral_value() else amount


def plain(amount: Decimal) -> str:
    """Write a decimal as text without exponent or needless zeros: `0.0085`."""
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
