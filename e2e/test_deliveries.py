"""The bank's page on webhooks: its receiver broken, attempts watched, and mended."""

import re
from collections.abc import Iterator

import pytest
import requests
from playwright.sync_api import Route, expect

from e2e.screens import BankPage, DeliveriesPage
from e2e.servers import Servers

# What is shown does not depend on the database.
pytestmark = pytest.mark.parametrize("servers", ["sqlite"], indirect=True)


class TestDeliveries:
    def test_are_seen_to_fail_and_arrive_once_the_receiver_is_mended(self, bank: BankPage, servers: Servers) -> None:
        page = DeliveriesPage(bank.page, servers.bank_url)
        page.open()
        page.choose("Answers 500")
        bank.open().buy("25")
        servers.deliver()

        page.open()
        expect(page.newest).to_contain_text(re.compile(r"Waiting.*500.*Next attempt at", re.DOTALL))
        expect(page.arrivals.first).to_contain_text("Answered 500")
        page.choose("Works")
        with bank.page.expect_navigation():
            page.newest.get_by_role("button", name="Send now").click()
        expect(page.newest).to_contain_text("500")
        servers.deliver()

        # Without a reload: the page asks by itself.
        expect(page.newest).to_contain_text(re.compile(r"Delivered.*500.*204", re.DOTALL))
        expect(page.arrivals.first).to_contain_text("Answered 204")
        expect(page.newest.get_by_role("button", name="Send again")).to_be_visible()

    def test_are_shown_that_came_between_the_page_and_its_first_question(
        self, bank: BankPage, servers: Servers
    ) -> None:
        bank.open().buy("25")

        def deliver_first(route: Route) -> None:
            servers.deliver()
            route.continue_()

        bank.page.route("**/activity*", deliver_first, times=1)
        bank.open()

        expect(bank.webhooks).to_have_count(1)

    @pytest.mark.parametrize("width", [320, 1280])
    def test_fit_the_screen(self, bank: BankPage, servers: Servers, width: int) -> None:
        bank.page.set_viewport_size({"width": width, "height": 800})
        DeliveriesPage(bank.page, servers.bank_url).open()
        assert bank.page.evaluate("document.documentElement.scrollWidth") == width

    @pytest.fixture(autouse=True)
    def mended(self, servers: Servers) -> Iterator[None]:
        """Leave a receiver that works, whatever became of the test: others use the same bank."""
        yield
        requests.post(f"{servers.bank_url}/receiver", data={"trouble": "none"}, timeout=10).raise_for_status()
