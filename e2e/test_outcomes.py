"""What becomes of a confirmation: at another price, later, and after a reload."""

import pytest
from playwright.sync_api import expect

from e2e.screens import BankPage
from e2e.servers import Servers

# What is shown does not depend on the database.
pytestmark = pytest.mark.parametrize("servers", ["sqlite"], indirect=True)


class TestChangedRate:
    def test_is_asked_about_with_old_and_new(self, bank: BankPage, servers: Servers) -> None:
        widget = bank.open()
        widget.go_to_review("25")

        with servers.other_price("0.0125"):
            widget.to_confirm.click()
            words = "The rate has changed. You would now receive 2,000 instead of 2,500 Aurora Miles."
            expect(widget.inside.get_by_role("alert").filter(has_text=words)).to_be_focused()
            widget.to_confirm.click()

        expect(widget.done).to_be_focused()
        expect(widget.inside.get_by_text("2,000 Aurora Miles")).to_be_visible()


class TestPending:
    def test_completes_before_the_customers_eyes_and_takes_no_focus(self, bank: BankPage, servers: Servers) -> None:
        widget = bank.open()
        widget.fill("25", member="sandbox-pending")
        widget.to_review.click()
        widget.to_confirm.click()
        waiting = widget.inside.get_by_role("heading", name="Exchange in progress")
        expect(waiting).to_be_focused()

        servers.let_programs_decide()

        news = widget.inside.get_by_role("status").filter(has_text="Exchange complete")
        expect(news).to_be_visible()
        expect(widget.done).to_be_focused()


class TestReceipt:
    def test_survives_a_reload_of_the_frame(self, bank: BankPage) -> None:
        widget = bank.open()
        widget.buy("25")

        address = widget.frame.evaluate("location.href")
        widget.frame.goto(address)

        expect(widget.done).to_be_visible()
        expect(widget.inside.get_by_text("2,500 Aurora Miles")).to_be_visible()
        assert "token=" not in address
