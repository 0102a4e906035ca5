"""The look of a widget: the palette, light and dark, with the issuer's accent and corners in it, always readable."""

from collections.abc import Mapping
from functools import lru_cache

from markupsafe import Markup

from widget_host.domain.organizations.rules import AUTO, Theme
from widget_host.kit.colors import best_on, mixed, readable
from widget_host.kit.value import Value

LIGHT = {
    "bg": "#ffffff",
    "surface": "#f6f7f9",
    "text": "#14171f",
    "muted": "#565d6b",
    "line": "#dde1e7",
    "field": "#7f8796",
    "accent": "#3a3ad4",
    "on-accent": "#ffffff",
    "accent-soft": "#eeeefc",
    "ok": "#0a7245",
    "ok-soft": "#e6f5ed",
    "warn": "#855600",
    "warn-soft": "#fff4dc",
    "err": "#b3261e",
    "err-soft": "#fcebe9",
}
DARK = {
    "bg": "#12141a",
    "surface": "#1b1e27",
    "text": "#f1f3f7",
    "muted": "#a6aebd",
    "line": "#2f3541",
    "field": "#747d90",
    "accent": "#9a9aff",
    "on-accent": "#10102e",
    "accent-soft": "#22224a",
    "ok": "#57c998",
    "ok-soft": "#12291f",
    "warn": "#f2bc4b",
    "warn-soft": "#2e2411",
    "err": "#ff8f86",
    "err-soft": "#331917",
}
CARD_RADIUS, CONTROL_RADIUS = 12, 8
# How much of the accent is in the tint behind what is chosen.
LIGHT_TINT, DARK_TINT = 9, 18


class Look(Value, frozen=True):
    """How a page is painted: light, dark or as the reader's system has it, and the values of its style sheet."""

    mode: str
    style: Markup
    logo: str


def look(theme: Theme | None, mode: str | None) -> Look:
    """Return the look of an issuer's widget; `mode` is what was asked for this one, before the issuer's own."""
    theme = theme or Theme()
    return Look(mode or theme.mode or AUTO, style(theme.accent, theme.radius), theme.logo or "")


@lru_cache(maxsize=1024)
def style(accent: str | None, radius: int | None) -> Markup:
    """Return the custom properties that static/css/widget.css paints with."""
    dark = _written(palette(DARK, accent, DARK_TINT))
    return Markup(  # noqa: S704 - our own names, and colours that were read as such
        f":root{{{_written(palette(LIGHT, accent, LIGHT_TINT))};{_corners(radius)}}}"
        f":root[data-mode=dark]{{{dark};color-scheme:dark}}"
        f"@media(prefers-color-scheme:dark){{:root[data-mode=auto]{{{dark}}}}}"
    )


def palette(base: Mapping[str, str], accent: str | None, tint: int) -> dict[str, str]:
    """Put an accent into a palette, moved as far as it takes to be read on every ground it stands on."""
    if accent is None:
        return dict(base)
    found = readable(accent, lambda color: (base["bg"], base["surface"], mixed(color, base["bg"], tint)))
    soft = mixed(found, base["bg"], tint)
    return {**base, "accent": found, "on-accent": best_on(found, LIGHT["bg"], DARK["bg"]), "accent-soft": soft}


def _written(colors: Mapping[str, str]) -> str:
    return ";".join(f"--{name}:{value}" for name, value in colors.items())


def _corners(radius: int | None) -> str:
    card = CARD_RADIUS if radius is None else radius
    return f"--card:{card}px;--control:{card * CONTROL_RADIUS // CARD_RADIUS}px"
