import re
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from widget_host.domain.organizations.rules import Theme
from widget_host.kit.colors import contrast
from widget_host.kit.resources import resource
from widget_host.web.widgets.appearance import DARK, DARK_TINT, LIGHT, LIGHT_TINT, look, palette, style

TEXT = 4.5
# WCAG 2.2 §1.4.11: the edge of a field is no text.
EDGE = 3.0
GROUNDS = ("bg", "surface", "accent-soft")
COLORS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


def unreadable(colors: Mapping[str, str]) -> list[tuple[str, str]]:
    on_grounds = [(name, ground) for name in ("text", "muted", "accent") for ground in GROUNDS]
    said = [(name, ground) for name in ("ok", "warn", "err") for ground in ("bg", f"{name}-soft")]
    notices = [("text", f"{name}-soft") for name in ("ok", "warn", "err")]
    pairs = [*on_grounds, *said, *notices, ("on-accent", "accent")]
    return [pair for pair in pairs if contrast(colors[pair[0]], colors[pair[1]]) < TEXT]


class TestPalette:
    @pytest.mark.parametrize("base", [LIGHT, DARK], ids=["light", "dark"])
    def test_is_readable_as_it_comes(self, base: dict[str, str]) -> None:
        assert unreadable(base) == []
        assert contrast(base["field"], base["bg"]) >= EDGE

    @given(COLORS)
    def test_is_readable_with_any_accent(self, accent: str) -> None:
        assert unreadable(palette(LIGHT, accent, LIGHT_TINT)) == []
        assert unreadable(palette(DARK, accent, DARK_TINT)) == []

    def test_keeps_an_accent_that_can_be_read(self) -> None:
        assert palette(LIGHT, "#0a5c36", LIGHT_TINT)["accent"] == "#0a5c36"


class TestStyle:
    def test_names_every_value_that_the_style_sheet_uses(self) -> None:
        sheets = ("widget.css", "purchase.css", "multibrand.css")
        written = "".join((resource("static") / "css" / sheet).read_text("utf-8") for sheet in sheets)
        used = set(re.findall(r"var\((--[a-z-]+)\)", written))
        given_by_default = set(re.findall(r"(--[a-z-]+):", style(None, None) + written))
        assert used - given_by_default == set()

    def test_rounds_cards_and_controls_alike(self) -> None:
        assert "--card:0px;--control:0px" in style(None, 0)
        assert "--card:24px;--control:16px" in style(None, 24)


class TestLook:
    @pytest.mark.parametrize(
        ("theme", "asked", "mode"), [(None, None, "auto"), ("dark", None, "dark"), ("dark", "light", "light")]
    )
    def test_is_the_one_asked_for_before_the_issuers_own(self, theme: str | None, asked: str | None, mode: str) -> None:
        assert look(Theme(mode=theme), asked).mode == mode
