"""What of the gallery is shown: choices that stand in its address."""

from collections.abc import Mapping, Sequence

from widget_host.domain.organizations.rules import DARK, LIGHT
from widget_host.kit.colors import is_color
from widget_host.kit.value import Value

EVERY = "all"


class Switch(Value, frozen=True):
    """One choice: its parameter, and its values with what they are called, the first one chosen at first."""

    name: str
    title: str
    values: Mapping[str, str]

    def read(self, given: Mapping[str, str]) -> str:
        """Return the value chosen; raises ValueError with what it may be."""
        value = given.get(self.name, next(iter(self.values)))
        if value not in self.values:
            known = ", ".join(known for known in self.values if known)
            raise ValueError(f"{self.name}: {value} is none of {known}.")
        return value

    def chosen(self, value: str) -> Sequence[str]:
        """Return all values where every one is wanted."""
        return [each for each in self.values if each != EVERY] if value == EVERY else [value]


class ColorSwitch(Switch, frozen=True):
    """A choice among colours, or any other that is named."""

    def read(self, given: Mapping[str, str]) -> str:
        """Return the colour chosen; raises ValueError where it is none."""
        value = given.get(self.name, "").lower()
        if value and not is_color(value):
            raise ValueError(f"{self.name}: a colour is written as #rrggbb.")
        return value


MODES = Switch("mode", "Mode", {LIGHT: "Light", DARK: "Dark", EVERY: "Both"})
WIDTHS = Switch("width", "Width", {"320": "320 px", "480": "480 px", EVERY: "Both"})
LOCALES = Switch("locale", "Language", {"en": "English", "ar": "العربية", EVERY: "Both"})
NAMED_COLORS = {"": "As it comes", "#0a5c36": "Green", "#d9480f": "Orange", "#ffd400": "Yellow", "#000000": "Black"}
ACCENTS = ColorSwitch("accent", "Accent", NAMED_COLORS)
