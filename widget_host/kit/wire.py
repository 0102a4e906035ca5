"""JSON as it goes over the wire: decimals are exact numbers in both directions, no float ever stands between."""

import json
from decimal import Decimal
from typing import Any, NoReturn

import msgspec
import simplejson

DEEPEST = 32
BYTE_ORDER_MARK = "\ufeff"
LONGEST = 1000


# What JSON has no words for; a text may have them too.
NAN, INFINITY = "NaN", "Infinity"


def _other(value: Any) -> str:
    """Write a text of a kind of its own, such as markup, as the text it is."""
    if isinstance(value, str):
        return str(value)
    raise TypeError(f"{type(value).__name__} is nothing that JSON can say")


# Made once. msgspec writes what nearly all is, in a sixth of the time; simplejson knows the rest.
_write = msgspec.json.Encoder(decimal_format="number", enc_hook=_other).encode
_STRICT = simplejson.JSONEncoder(use_decimal=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
_ASCII = simplejson.JSONEncoder(use_decimal=True, ensure_ascii=True, separators=(",", ":"), allow_nan=False)


def dumps(value: Any, *, is_ascii: bool = False) -> str:
    """Write compact JSON; a Decimal becomes a number with its own digits (`25.50`).

    Raises ValueError for a Decimal that is no number. What is neither text, number, list nor object is not to be given:
    msgspec has a form for much of it, and tests refuse it.
    """
    if is_ascii:
        return str(_ASCII.encode(value))
    try:
        text = _write(value).decode()
    except UnicodeEncodeError:  # half a character: for who sends it to replace
        return str(_STRICT.encode(value))
    return str(_STRICT.encode(value)) if NAN in text or INFINITY in text else text


def canonical(value: Any) -> str:
    """Write a value so that what means the same looks the same: names in order, `25`, `25.00` and `2.5e1` alike."""
    return simplejson.dumps(_plain_numbers(value), sort_keys=True, separators=(",", ":"))


def _plain_numbers(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain_numbers(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_plain_numbers(each) for each in value]
    # Marked, so that no text looks like a number; an exponent of any size stays as short as it came.
    return value if isinstance(value, bool) or not isinstance(value, int | Decimal) else {"#": _digits(Decimal(value))}


def _digits(number: Decimal) -> str:
    sign, digits, exponent = number.as_tuple()
    text = "".join(map(str, digits)).lstrip("0")
    bare = text.rstrip("0")
    return f"{'-' * sign}{bare}e{int(exponent) + len(text) - len(bare)}" if bare else "0"


def loads(text: str | bytes) -> Any:
    """Read JSON; raises ValueError for what is none, NaN and Infinity included."""
    return json.loads(text, parse_float=Decimal, parse_constant=_refuse) if isinstance(text, bytes) else _READ(text)


class RepeatedName(ValueError):
    """One object gives a name twice: which of the two was meant?"""

    def __init__(self, name: str) -> None:
        """Keep the name."""
        super().__init__(f"{name} is given more than once")
        self.name = name


class TooLarge(ValueError):
    """Nested deeper, or a list or object longer, than anybody would mean."""


def loads_unambiguous(text: bytes) -> Any:
    """Read a stranger's JSON; raises RepeatedName, TooLarge, or ValueError for what is none and for endless numbers."""
    try:
        found = _READ_ONCE(text.decode().removeprefix(BYTE_ORDER_MARK))
    except RecursionError:
        raise TooLarge(f"this is nested deeper than {DEEPEST}") from None
    except ArithmeticError as error:
        raise ValueError("this is not JSON that anybody could mean") from error
    # Shorter and plainer than what is too large: no need to look.
    if text.count(b"{") + text.count(b"[") > DEEPEST or text.count(b",") >= LONGEST:
        _check_size(found)
    return found


def _check_size(value: Any) -> None:
    level = [value]
    for _ in range(DEEPEST):
        inside = _containers(level)
        if any(len(part) > LONGEST for part in inside):
            raise TooLarge(f"a list or object has more than {LONGEST} members")
        level = [member for part in inside for member in (part.values() if isinstance(part, dict) else part)]
    if _containers(level):
        raise TooLarge(f"this is nested deeper than {DEEPEST}")


def _containers(level: list[Any]) -> list[Any]:
    return [part for part in level if isinstance(part, dict | list)]


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


# Made once, as the writers are.
_READ_ONCE = json.JSONDecoder(parse_float=Decimal, parse_constant=_refuse, object_pairs_hook=_once_each).decode
_READ = json.JSONDecoder(parse_float=Decimal, parse_constant=_refuse).decode
