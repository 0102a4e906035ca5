import re
from functools import partial

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Frame, Locator, Page, expect

from e2e.screens import DRIVEN, BankPage, Widget
from e2e.servers import Servers

# What is shown does not depend on the database.
pytestmark = pytest.mark.parametrize("servers", ["sqlite"], indirect=True)

SMALLEST_PIXELS = 320


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
class TestSmallestScreen:
    """On a telephone of 320 px the frame is narrower still."""

    @pytest.fixture
    def browser_context_args(self, browser_context_args: dict[str, object], color_scheme: str) -> dict[str, object]:
        viewport = {"width": SMALLEST_PIXELS, "height": 640}
        return {**browser_context_args, "viewport": viewport, "color_scheme": color_scheme}

    def test_every_step_is_for_everybody(self, bank: BankPage, servers: Servers) -> None:
        widget = bank.open()
        expect(widget.amount).to_be_visible()
        check(bank, widget)

        widget.fill("1")
        widget.to_review.click()
        expect(widget.amount).to_be_focused()
        check(bank, widget)

        widget.go_to_review("25")
        check(bank, widget)

        widget.to_confirm.click()
        expect(widget.done).to_be_visible()
        check(bank, widget)

        servers.deliver()
        expect(bank.webhooks).to_have_count(1)
        bank.webhooks.get_by_text("transaction.completed", exact=True).click()
        check(bank, widget)

    def test_every_step_of_rewards_is_for_everybody(self, page: Page, servers: Servers, color_scheme: str) -> None:
        page.goto(servers.open_widget("multibrand", sourceUserId=color_scheme, cardId="card-axe", locale="ar"))
        expect(page.locator(DRIVEN).first).to_be_attached()
        add = page.get_by_role("button", name="إضافة برنامج")
        check_page(page)
        for program, member in (("Aurora Club", "AC12345678"), ("Kumo Pass", "K7F2M9QX")):
            add.click()
            expect(page.get_by_role("heading")).to_be_focused()
            page.get_by_role("button", name=program).click()
            expect(page.locator("#destinationUserId")).to_be_visible()
            page.locator("#destinationUserId").fill(member)
            page.locator("button.button").first.click()
            expect(page.locator("#bar")).to_be_visible()
        check_page(page)
        save = page.locator("#step button.button").last
        save.click()
        expect(page.get_by_role("alert").first).to_be_focused()
        page.locator("[value^='remove:']").last.click()
        expect(page.locator("[value^='undo:']")).to_be_visible()
        check_page(page)
        page.locator("[value^='rest:']").click()
        save.click()
        expect(page.get_by_role("heading")).to_have_text("حُفظت تفضيلات مكافآتك")
        check_page(page)


def check_page(page: Page) -> None:
    """Look at a widget that stands in no frame."""
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


class TestKeyboard:
    """Nothing but keys, from the bank's page into the frame and to the receipt."""

    def test_makes_an_exchange(self, bank: BankPage) -> None:
        widget = bank.open()
        expect(widget.amount).to_be_visible()

        tab_to(bank.page, widget.inside.get_by_role("radio", name="Aurora Club"))
        bank.page.keyboard.press("ArrowDown")
        expect(widget.member).to_be_hidden()
        bank.page.keyboard.press("ArrowUp")
        expect(widget.member).to_be_visible()
        tab_to(bank.page, widget.amount, at_most=1)
        bank.page.keyboard.press("Enter")
        expect(widget.inside.get_by_text("Enter an amount.")).to_be_visible()
        expect(widget.amount).to_be_focused()

        bank.page.keyboard.type("25")
        tab_to(bank.page, widget.member)
        bank.page.keyboard.type("AC12345678")
        expect(widget.preview).to_contain_text("2,500")
        tab_to(bank.page, widget.to_review, at_most=1)
        bank.page.keyboard.press("Space")
        expect(widget.review).to_be_focused()

        tab_to(bank.page, widget.inside.get_by_role("button", name="Back"), at_most=2)
        bank.page.keyboard.press("Enter")
        expect(widget.inside.get_by_role("heading", name="Exchange for points")).to_be_focused()
        expect(widget.amount).to_have_value("25")
        tab_to(bank.page, widget.to_review)
        bank.page.keyboard.press("Enter")
        expect(widget.review).to_be_focused()
        tab_to(bank.page, widget.to_confirm, at_most=1)
        bank.page.keyboard.press("Enter")
        expect(widget.done).to_be_focused()

    def test_divides_rewards(self, page: Page, servers: Servers) -> None:
        page.goto(servers.open_widget("multibrand", sourceUserId="keys", cardId="card-keys"))
        expect(page.locator(DRIVEN).first).to_be_attached()
        button, press = partial(page.get_by_role, "button"), page.keyboard.press
        percent = page.get_by_role("textbox", name="Aurora Club, percent")

        tab_to(page, button(name="Add a program"))
        press("Enter")
        expect(page.get_by_role("heading", name="Add a program")).to_be_focused()
        tab_to(page, button(name=re.compile("^Aurora Club")))
        press("Space")
        expect(page.get_by_role("heading", name="Add Aurora Club")).to_be_focused()
        tab_to(page, page.get_by_role("textbox", name="Aurora Club number"), at_most=1)
        page.keyboard.type("AC12345678")
        press("Enter")
        expect(percent).to_be_focused()

        tab_to(page, page.get_by_role("slider", name="Aurora Club"), at_most=2)
        press("End")
        expect(percent).to_have_value("100")
        expect(page.get_by_role("status")).to_have_text("100% allocated")
        tab_to(page, button(name="Remove Aurora Club"), at_most=3)
        press("Enter")
        expect(button(name="Undo: keep Aurora Club")).to_be_focused()
        press("Enter")
        expect(percent).to_be_focused()
        tab_to(page, button(name="Save preferences"))
        press("Enter")
        expect(page.get_by_role("heading", name="Your rewards are saved")).to_be_focused()

    def test_leaves_the_frame_again(self, bank: BankPage) -> None:
        widget = bank.open()
        expect(widget.amount).to_be_visible()
        tab_to(bank.page, widget.to_review)
        assert bank.page.evaluate("document.activeElement.localName") == "iframe"
        bank.page.keyboard.press("Tab")
        bank.page.wait_for_function("() => document.activeElement.localName !== 'iframe'")


class TestLiveRegions:
    def test_are_there_before_they_speak(self, bank: BankPage) -> None:
        widget = bank.open()
        expect(widget.preview).to_have_text("Enter an amount to see what you'll receive.")
        before = widget.preview.element_handle()

        widget.amount.fill("25")
        expect(widget.preview).to_contain_text("You'll receive 2,500 Aurora Miles for $25.00")
        widget.amount.fill("1")
        expect(widget.preview).to_have_text("Enter an amount between $5.00 and $2,000.00.")

        assert widget.preview.evaluate("(now, before) => now === before", before)

    def test_say_what_is_wrong_with_each_field(self, bank: BankPage) -> None:
        widget = bank.open()
        widget.to_review.click()

        expect(widget.amount).to_be_focused()
        expect(widget.amount).to_have_accessible_description("Enter an amount.")
        expect(widget.member).to_have_accessible_description(
            "Aurora Club number is needed. AC and eight digits, as on your card."
        )


# Looked at when what the key did is drawn: the focus comes to a frame a moment later.
IS_REACHED = """(element) => new Promise((done) => requestAnimationFrame(() => setTimeout(() => {
  done(element === document.activeElement);
})))"""


def tab_to(page: Page, wanted: Locator, *, at_most: int = 30) -> None:
    """Press Tab until it is reached."""
    for _ in range(at_most):
        page.keyboard.press("Tab")
        if wanted.evaluate(IS_REACHED):
            return
    expect(wanted).to_be_focused(timeout=1)


def check(bank: BankPage, widget: Widget) -> None:
    """Look at the page and at the frame, each as a document of its own."""
    for document in (bank.page, widget.frame):
        assert violations(document) == []
        assert document.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def violations(document: Page | Frame) -> list[str]:
    found = Axe().run(document, options={"iframes": False}).response["violations"]
    return [f"{rule['id']}: {node['html']}" for rule in found for node in rule["nodes"]]
