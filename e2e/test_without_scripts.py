from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from e2e.screens import AMIRA_HAS, BankPage, CardPage
from e2e.servers import Servers
from e2e.witness import Witness

# What scripts leave to plain pages does not depend on the database.
pytestmark = pytest.mark.parametrize("servers", ["sqlite"], indirect=True)


@pytest.fixture(scope="module")
def browser(launch_browser: Callable[..., Browser], browser_type_launch_args: dict[str, Any]) -> Iterator[Browser]:
    """A browser that knows no scripts: a context's `java_script_enabled` reaches a frame of another site too late."""
    flags = [*browser_type_launch_args.get("args", []), "--blink-settings=scriptEnabled=false"]
    browser = launch_browser(args=flags)
    yield browser
    browser.close()


@pytest.fixture
def bank(page: Page, servers: Servers) -> BankPage:
    servers.empty_bank()
    return BankPage(page, servers.bank_url, has_scripts=False)


class TestPurchase:
    def test_is_made_by_plain_pages(self, bank: BankPage, servers: Servers, witness: Witness) -> None:
        widget = bank.open()
        widget.fill("25")
        widget.inside.get_by_role("button", name="Show what I'll receive").click()
        expect(widget.preview).to_contain_text("2,500 Aurora Miles")
        widget.to_review.click()
        expect(widget.review).to_be_visible()
        widget.to_confirm.click()
        expect(widget.done).to_be_visible()

        bank.open()
        expect(bank.balance).to_contain_text(AMIRA_HAS)
        servers.deliver()
        bank.open()
        expect(bank.balance).to_contain_text("$1,225.00")
        assert servers.discrepancies() == {}
        answers = witness.answers_of(servers.host_url)
        assert [answer.url for answer in answers if "set-cookie" in answer.all_headers()] == []
        assert "token=" not in servers.host_log()

    def test_happens_once_when_confirm_is_pressed_twice(self, bank: BankPage, servers: Servers) -> None:
        widget = bank.open()
        widget.go_to_review("40")

        widget.to_confirm.dblclick()

        expect(widget.done).to_be_visible()
        servers.deliver()
        bank.open()
        expect(bank.webhooks).to_have_count(1)
        expect(bank.balance).to_contain_text("$1,210.00")

    def test_is_refused_in_a_page_that_keeps_what_was_typed(self, bank: BankPage) -> None:
        widget = bank.open()
        widget.fill("1", member="AC12345678")
        widget.to_review.click()

        expect(widget.inside.get_by_text("Enter an amount between $5.00 and $2,000.00.").first).to_be_visible()
        expect(widget.amount).to_have_value("1")
        expect(widget.member).to_have_value("AC12345678")


class TestRewards:
    def test_are_chosen_by_plain_pages(self, page: Page, servers: Servers) -> None:
        servers.empty_bank()
        card = CardPage(page, servers.bank_url, "jonas", has_scripts=False).open()
        card.add("Aurora Club", "Aurora Club number", "AC12345678")
        card.add("Kumo Pass", "Kumo Pass ID", "K7F2M9QX")
        card.percent("Aurora Club").fill("70")
        card.press("Add up")
        expect(card.sum).to_have_text("30% left to allocate")
        card.press("Save preferences")
        expect(card.inside.get_by_text("Allocate the remaining 30% to save.")).to_be_visible()
        card.press("Give the rest to Kumo Pass")
        # The page before has the button as well, with nothing given yet.
        expect(card.percent("Kumo Pass")).to_have_value("30")
        card.press("Remove Kumo Pass")
        card.press("Undo: keep Kumo Pass")
        expect(card.percent("Kumo Pass")).to_have_value("30")
        card.press("Save preferences")
        expect(card.saved).to_be_visible()

        servers.deliver()
        card.open()
        expect(card.linked).to_contain_text(["Aurora Club", "Kumo Pass"])
        expect(card.linked).to_contain_text(["70%", "30%"])
