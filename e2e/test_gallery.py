from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page

from e2e.gallery import GalleryPage, served

# Right to left in one of them.
LOCALES = ("en", "ar")


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(tmp_path_factory.mktemp("gallery")) as address:
        yield address


@pytest.fixture
def browser_context_args(browser_context_args: dict[str, Any], width: int) -> dict[str, Any]:
    viewport = {"width": width, "height": 640}
    return {**browser_context_args, "viewport": viewport, "bypass_csp": True}


@pytest.fixture
def width() -> int:
    return 320


@pytest.fixture
def gallery(page: Page, url: str) -> GalleryPage:
    return GalleryPage(page, url)


class TestEveryState:
    # Colours are the same in each language, and what is built of them the same in the light and in the dark.
    @pytest.mark.parametrize(("locale", "mode"), [("en", "light"), ("ar", "dark")])
    def test_is_for_everybody(self, gallery: GalleryPage, locale: str, mode: str) -> None:
        assert gallery.wrong("violations", "unmarked", query=f"locale={locale}&mode={mode}") == {}

    # A frame of 480 px shown at 200 % is 240 px wide to its page.
    @pytest.mark.parametrize("locale", LOCALES)
    @pytest.mark.parametrize("width", [320, 240])
    def test_fits_its_frame_and_can_be_pressed(self, gallery: GalleryPage, locale: str) -> None:
        assert gallery.wrong("misfits", "misfitsSpaced", query=f"locale={locale}") == {}


class TestPreferences:
    def test_forced_colors_leave_edges_and_focus(self, page: Page, gallery: GalleryPage) -> None:
        page.emulate_media(forced_colors="active")
        assert gallery.wrong("edgeless", "unmarked") == {}

    def test_reduced_motion_moves_nothing(self, page: Page, gallery: GalleryPage) -> None:
        page.emulate_media(reduced_motion="reduce")
        assert gallery.wrong("moving") == {}
