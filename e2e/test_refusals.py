import pytest
from playwright.sync_api import expect

from e2e.screens import BankPage

# What is shown does not depend on the database.
pytestmark = pytest.mark.parametrize("servers", ["sqlite"], indirect=True)


class TestRefusals:
    @pytest.mark.parametrize(
        ("amount", "sentence"),
        [
            ("", "Enter an amount."),
            ("1", "Enter an amount between $5.00 and $2,000.00."),
            ("1300", "You have $1,250.00. Enter $1,250.00 or less."),
        ],
    )
    def test_an_amount_is_refused_beside_it(self, bank: BankPage, amount: str, sentence: str) -> None:
        widget = bank.open()
        widget.fill(amount)
        widget.to_review.click()

        expect(widget.amount).to_have_attribute("aria-invalid", "true")
        expect(widget.amount).to_have_accessible_description(sentence)
        expect(widget.amount).to_be_focused()
        expect(widget.amount).to_have_value(amount)
        expect(widget.member).to_have_value("AC12345678")

    @pytest.mark.parametrize(
        ("member", "sentence"),
        [
            ("12", "Aurora Club number doesn't look right."),
            ("", "Aurora Club number is needed."),
            ("sandbox-invalid-member", "Aurora Club couldn't find that member number."),
        ],
    )
    def test_a_member_number_is_refused_beside_it(self, bank: BankPage, member: str, sentence: str) -> None:
        widget = bank.open()
        widget.fill("25", member=member)
        widget.to_review.click()

        expect(widget.inside.get_by_text(sentence)).to_be_visible()
        expect(widget.member).to_have_attribute("aria-invalid", "true")
        expect(widget.member).to_be_focused()
        expect(widget.member).to_have_value(member)
        expect(widget.amount).to_have_value("25")

    def test_what_was_refused_can_be_mended(self, bank: BankPage) -> None:
        widget = bank.open()
        widget.fill("1")
        widget.to_review.click()
        expect(widget.amount).to_be_focused()

        widget.go_to_review("25")

        expect(widget.review).to_be_focused()
