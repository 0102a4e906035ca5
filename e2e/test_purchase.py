from pathlib import Path

import pytest
from playwright.sync_api import Route, expect

from e2e.screens import AMIRA_HAS, BankPage
from e2e.servers import Servers
from e2e.witness import Witness

SCREENSHOT = Path(__file__).parents[1] / "docs" / "images" / "purchase-widget.png"
BYTES_AT_MOST = 300_000


class TestPurchase:
    @pytest.fixture
    def browser_context_args(self, browser_context_args: dict[str, object]) -> dict[str, object]:
        return {**browser_context_args, "viewport": {"width": 1200, "height": 900}, "device_scale_factor": 1}

    def test_costs_the_customer_nothing_before_the_webhook_and_its_price_after(
        self, bank: BankPage, servers: Servers, request: pytest.FixtureRequest
    ) -> None:
        widget = bank.open()
        widget.fill("25")
        expect(widget.preview).to_contain_text("2,500 Aurora Miles")

        widget.to_review.click()
        expect(widget.review).to_be_focused()
        expect(widget.inside.get_by_role("definition").filter(has_text="$25.00")).to_be_visible()
        widget.to_confirm.click()
        expect(widget.done).to_be_focused()

        assert AMIRA_HAS in servers.activity()
        expect(bank.webhooks).to_have_count(0)

        servers.deliver()
        expect(bank.balance).to_contain_text("$1,225.00")
        expect(bank.page.get_by_text("Your balance is now $1,225.00.")).to_be_attached()
        expect(bank.purchases).to_contain_text(["2,500 points"])
        expect(bank.webhooks).to_contain_text(["transaction.completed"])
        assert servers.discrepancies() == {}
        if request.config.getoption("--write-screenshot"):
            write_screenshot(bank)

    def test_happens_once_when_confirm_is_pressed_twice(self, bank: BankPage, servers: Servers) -> None:
        widget = bank.open()
        widget.go_to_review("40")

        widget.to_confirm.dblclick()

        expect(widget.done).to_be_visible()
        servers.deliver()
        expect(bank.balance).to_contain_text("$1,210.00")
        expect(bank.webhooks).to_have_count(1)

    @pytest.mark.parametrize("servers", ["sqlite"], indirect=True)
    def test_hears_what_was_typed_before_its_script_came(self, bank: BankPage) -> None:
        held: list[Route] = []

        def hold(route: Route) -> None:
            held.append(route)

        bank.page.route("**/js/page.js*", hold)
        widget = bank.open(at_once=True)
        widget.amount.fill("25")
        while not held:
            bank.page.wait_for_timeout(10)
        held[0].continue_()

        expect(widget.preview).to_contain_text("2,500 Aurora Miles")

    def test_leaves_no_cookie_and_no_token_behind(self, bank: BankPage, servers: Servers, witness: Witness) -> None:
        widget = bank.open()
        widget.buy("5")

        assert widget.launch_token not in widget.frame.evaluate("location.href")
        assert widget.launch_token not in widget.frame.content()
        answers = witness.answers_of(servers.host_url)
        assert len(answers) >= 6
        assert [answer.url for answer in answers if "set-cookie" in answer.all_headers()] == []
        assert "/widget/point-exchange/confirm" in servers.host_log()
        assert widget.launch_token not in servers.host_log()
        assert "token=" not in servers.host_log()
        servers.deliver()
        expect(bank.balance).to_contain_text("$1,245.00")


def write_screenshot(bank: BankPage) -> None:
    bank.webhooks.get_by_text("transaction.completed", exact=True).click()
    SCREENSHOT.parent.mkdir(parents=True, exist_ok=True)
    bank.page.screenshot(path=SCREENSHOT, full_page=True, animations="disabled")
    assert SCREENSHOT.stat().st_size < BYTES_AT_MOST
