from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from e2e.servers import Servers

# What is shown does not depend on the database.
pytestmark = pytest.mark.parametrize("servers", ["sqlite"], indirect=True)

PAGES = ("/docs", "/docs/errors", "/docs/guide")
CONTRAST = {"runOnly": ["color-contrast"]}
# Else all that is well comes back too: of the reference, several megabytes.
FAULTS = {"resultTypes": ["violations"]}


class TestSmallestScreen:
    @pytest.fixture
    def browser_context_args(self, browser_context_args: dict[str, object]) -> dict[str, object]:
        return {**browser_context_args, "viewport": {"width": 320, "height": 640}}

    @pytest.mark.parametrize("path", PAGES)
    def test_every_page_is_for_everybody(self, page: Page, servers: Servers, path: str) -> None:
        page.goto(f"{servers.host_url}{path}")
        assert violations(page) == []
        # In the dark nothing differs but the colours.
        page.emulate_media(color_scheme="dark")
        assert violations(page, CONTRAST) == []
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def violations(page: Page, options: dict[str, Any] | None = None) -> list[str]:
    found = Axe().run(page, options=FAULTS | (options or {})).response["violations"]
    return [f"{rule['id']}: {node['html']}" for rule in found for node in rule["nodes"]]
