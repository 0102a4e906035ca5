from playwright.sync_api import Page, expect

from e2e.screens import AMIRA_HAS, CardPage
from e2e.servers import Servers


class TestRewards:
    def test_reach_the_banks_own_books_by_webhook_and_move_no_money(self, page: Page, servers: Servers) -> None:
        servers.empty_bank()
        card = CardPage(page, servers.bank_url, "amira").open()
        card.add("Aurora Club", "Aurora Club number", "AC12345678")
        expect(card.percent("Aurora Club")).to_be_focused()
        expect(card.sum).to_have_text("100% left to allocate")
        card.press("Give the rest to Aurora Club")
        expect(card.percent("Aurora Club")).to_have_value("100")
        card.add("Kumo Pass", "Kumo Pass ID", "K7F2M9QX")

        card.percent("Kumo Pass").fill("30")
        expect(card.percent("Aurora Club")).to_have_value("70")
        card.press("Kumo Pass: 5 percent more")
        expect(card.percent("Aurora Club")).to_have_value("65")
        slider = card.inside.get_by_role("slider", name="Aurora Club")
        slider.press("ArrowRight")
        expect(card.percent("Kumo Pass")).to_have_value("34")
        card.press("Split evenly")
        expect(card.sum).to_have_text("100% allocated")
        card.press("Save preferences")
        expect(card.saved).to_be_focused()
        expect(card.linked).to_have_count(0)

        servers.deliver()
        expect(card.linked).to_contain_text(["Aurora Club", "Kumo Pass"])
        expect(card.linked.first).to_contain_text("50%")
        expect(page.get_by_text("Your rewards now go to Aurora Club, 50%; Kumo Pass, 50%.")).to_be_attached()
        assert AMIRA_HAS in servers.activity()
        assert servers.discrepancies() == {}
