"""Colours as `#rrggbb`, and whether one can be read on another (WCAG 2.2, relative luminance and contrast ratio)."""

import re
from collections.abc import Callable, Sequence
from fractions import Fraction

READABLE = 4.5
HEX = re.compile(r"#[0-9a-f]{6}")
BLACK, WHITE = "#000000", "#ffffff"
# One step of a search: fine enough that nobody sees which step it ended on.
STEP_PERCENT = 2


def is_color(text: str) -> bool:
    """Whether this is a colour as `#rrggbb`, in small letters."""
    return HEX.fullmatch(text) is not None


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, from 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def mixed(color: str, ground: str, percent: int) -> str:
    """Mix so many percent of a colour into a ground."""
    part = Fraction(percent, 100)
    pairs = zip(_channels(color), _channels(ground), strict=True)
    return "#" + "".join(f"{round(one * part + other * (1 - part)):02x}" for one, other in pairs)


def best_on(ground: str, *choices: str) -> str:
    """Return the choice that is read best on the ground."""
    return max(choices, key=lambda choice: contrast(choice, ground))


def readable(color: str, grounds: Callable[[str], Sequence[str]]) -> str:
    """Return the colour itself, or the nearest one toward black or white that is read on all of its grounds.

    `grounds` names them for a colour: some may be tinted with it.
    """
    toward = best_on(grounds(color)[0], BLACK, WHITE)
    steps = (mixed(toward, color, percent) for percent in range(0, 101, STEP_PERCENT))
    return next(step for step in steps if all(contrast(step, ground) >= READABLE for ground in grounds(step)))


def _channels(color: str) -> list[int]:
    return [int(color[place : place + 2], 16) for place in (1, 3, 5)]


def _luminance(color: str) -> float:
    red, green, blue = (_linear(channel / 255) for channel in _channels(color))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(share: float) -> float:
    return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4  # noqa: PLR2004 - the standard's own
