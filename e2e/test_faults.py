"""Whatever goes wrong on the way: one transaction at most, and the customer knows whether money moved."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from e2e.screens import FRAME, BankPage, Widget
from e2e.servers import Servers
from e2e.witness import Witness

# What a browser does with a fault does not depend on the database; what the books do is tested on both.
pytestmark = pytest.mark.parametrize("servers", ["sqlite"], indirect=True)

CONFIRM, REVIEW = "**/point-exchange/confirm", "**/point-exchange/review"
GIVEN_UP_AFTER_MS = 15_000
# Half a minute of them.
LOOKS = 600
TRY_AGAIN = "We didn't hear back. Try again: you won't be charged twice."
# The words stand for a second, until the host is asked what came of it: who listens hears them, who looks may be late.
LISTEN = """() => {
  window.heard = [];
  new MutationObserver(() => {
    const said = document.activeElement;
    if (said?.matches("[data-lost]")) window.heard.push(said.textContent.trim());
  }).observe(document, { subtree: true, childList: true, attributes: true });
}"""
HEARD = "() => window.heard"
NOT_REACHED = "The exchange can't be reached right now. Nothing was charged. Try again in a moment."
UNSENT = "Failed to fetch"
# Between its questions the widget waits longer and longer: a test goes to the last one, whichever comes next.
LAST_TRY = """() => document.addEventListener("htmx:config:request", ({ detail }) => {
  const { body } = detail.ctx.request;
  if (body.has("tries")) body.set("tries", "6");
})"""
Fault = Callable[[Page, Route], object]


def text_instead(_page: Page, route: Route) -> None:
    route.fulfill(status=500, content_type="text/plain", body="upstream fell over")


def text_afterwards(page: Page, route: Route) -> None:
    route.fetch()
    text_instead(page, route)


def wait_until(page: Page, is_so: Callable[[], object]) -> None:
    """Wait without a predicate of Playwright's: the page's policy lets nothing be evaluated again and again."""
    for _ in range(LOOKS):
        if is_so():
            return
        page.wait_for_timeout(50)
    raise AssertionError("it never came")


def dropped(_page: Page, route: Route) -> None:
    route.abort("connectionreset")


def dropped_afterwards(page: Page, route: Route) -> None:
    route.fetch()
    dropped(page, route)


def slow(page: Page, route: Route) -> None:
    """Leave the answer where it is: the host did its work, and the clock of the page goes on."""
    route.fetch()
    page.clock.fast_forward(GIVEN_UP_AFTER_MS)


def never_sent(page: Page, route: Route) -> None:
    page.context.set_offline(True)
    route.abort("internetdisconnected")


@pytest.fixture
def before(servers: Servers) -> Iterator[int]:
    """How many transactions there were; the books are looked at when the test is over."""
    yield servers.purchases()
    assert servers.discrepancies() == {}


class TestPressedTwice:
    @pytest.fixture
    def browser_context_args(self, browser_context_args: dict[str, Any]) -> dict[str, Any]:
        return {**browser_context_args, "has_touch": True}

    def test_by_finger_buys_once(self, bank: BankPage, servers: Servers, before: int) -> None:
        widget = bank.open()
        widget.go_to_review("40")
        expect(widget.review).to_be_focused()
        at = widget.under_finger(widget.to_confirm)
        # Kept until both are pressed: where the receipt comes between them, the second would be another button's.
        held: list[Route] = []
        bank.page.route(CONFIRM, lambda route: held.append(route), times=2)  # noqa: PLW0108 - a list's own takes no mark

        for _ in range(2):
            bank.page.touchscreen.tap(*at)

        wait_until(bank.page, lambda: held)
        for route in held:
            route.continue_()
        expect(widget.done).to_be_visible()
        assert servers.purchases() == before + 1

    def test_by_enter_buys_once(self, bank: BankPage, servers: Servers, before: int) -> None:
        widget = bank.open()
        widget.fill("40")
        widget.amount.press("Enter")
        bank.page.keyboard.press("Enter")
        expect(widget.review).to_be_focused()
        assert servers.purchases() == before

        widget.to_confirm.press("Enter")
        bank.page.keyboard.press("Enter")

        expect(widget.done).to_be_visible()
        assert servers.purchases() == before + 1


class TestNoAnswer:
    @pytest.mark.parametrize(
        ("fault", "complaints"),
        [
            (text_afterwards, ["status of 500"]),
            (dropped_afterwards, ["ERR_CONNECTION_RESET", UNSENT]),
            (slow, ["htmx:error: timeout"]),
        ],
    )
    def test_to_a_confirmation_that_arrived_is_asked_for(
        self, bank: BankPage, servers: Servers, witness: Witness, before: int, fault: Fault, complaints: list[str]
    ) -> None:
        bank.page.clock.install()
        widget = bank.open()
        widget.go_to_review("40")
        bank.page.route(CONFIRM, lambda route: fault(bank.page, route), times=1)
        widget.frame.evaluate(LISTEN)

        widget.to_confirm.click()

        expect(widget.inside.get_by_text("upstream")).to_have_count(0)
        expect(widget.done).to_be_focused()
        assert TRY_AGAIN in widget.frame.evaluate(HEARD)
        expect(widget.inside.get_by_role("definition").filter(has_text="$40.00")).to_be_visible()
        assert servers.purchases() == before + 1
        witness.forgive(*complaints)

    @pytest.mark.parametrize(
        ("fault", "complaints"),
        [
            (text_instead, ["status of 500"]),
            (dropped, ["ERR_CONNECTION_RESET", UNSENT]),
            (never_sent, ["ERR_INTERNET_DISCONNECTED", UNSENT]),
        ],
    )
    def test_to_a_confirmation_that_did_not_is_said_and_may_be_tried_again(
        self, bank: BankPage, servers: Servers, witness: Witness, before: int, fault: Fault, complaints: list[str]
    ) -> None:
        widget = bank.open()
        widget.go_to_review("40")
        bank.page.route(CONFIRM, lambda route: fault(bank.page, route), times=1)
        widget.frame.evaluate(LISTEN)

        widget.to_confirm.click()

        wait_until(bank.page, lambda: widget.frame.evaluate(HEARD))
        bank.page.context.set_offline(False)
        expect(widget.inside.get_by_role("heading", name="Confirming your exchange")).to_be_focused()
        assert TRY_AGAIN in widget.frame.evaluate(HEARD)
        widget.frame.evaluate(LAST_TRY)
        expect(widget.inside.get_by_role("alert").filter(has_text="Nothing has been charged.")).to_be_focused()
        assert servers.purchases() == before
        widget.to_confirm.click()
        expect(widget.done).to_be_visible()
        assert servers.purchases() == before + 1
        witness.forgive(*complaints)

    @pytest.mark.parametrize(
        ("fault", "complaints"),
        [(text_instead, ["status of 500"]), (never_sent, ["ERR_INTERNET_DISCONNECTED", UNSENT])],
    )
    def test_to_the_entry_says_that_nothing_was_charged_and_keeps_it(
        self, bank: BankPage, servers: Servers, witness: Witness, before: int, fault: Fault, complaints: list[str]
    ) -> None:
        widget = bank.open()
        widget.fill("40")
        bank.page.route(REVIEW, lambda route: fault(bank.page, route), times=1)

        widget.to_review.click()

        expect(widget.inside.get_by_role("alert").filter(has_text=NOT_REACHED)).to_be_focused()
        expect(widget.amount).to_have_value("40")
        expect(widget.member).to_have_value("AC12345678")
        bank.page.context.set_offline(False)
        widget.to_review.click()
        expect(widget.review).to_be_visible()
        assert servers.purchases() == before
        witness.forgive(*complaints)

    def test_of_a_killed_host_is_found_when_it_is_back(
        self, bank: BankPage, servers: Servers, witness: Witness, before: int
    ) -> None:
        widget = bank.open()
        widget.go_to_review("40")

        def confirm_and_kill(route: Route) -> None:
            route.fetch()
            killed.enter_context(servers.host_killed())
            route.abort("connectionreset")

        widget.frame.evaluate(LISTEN)
        with ExitStack() as killed:
            bank.page.route(CONFIRM, confirm_and_kill, times=1)
            widget.to_confirm.click()
            wait_until(bank.page, lambda: widget.frame.evaluate(HEARD))

        expect(widget.done).to_be_visible()
        assert TRY_AGAIN in widget.frame.evaluate(HEARD)
        assert servers.purchases() == before + 1
        witness.forgive("net::ERR_", UNSENT)  # reset the first time, refused while it is away, or ended in the middle


class TestElsewhere:
    def test_a_reload_of_the_hosts_page_buys_nothing_more(self, bank: BankPage, servers: Servers, before: int) -> None:
        bank.open().buy("40")

        bank.page.reload()

        expect(Widget(bank.page).amount).to_have_value("")
        assert servers.purchases() == before + 1
        servers.deliver()
        expect(bank.purchases).to_have_count(1)

    def test_a_reload_while_the_answer_is_on_its_way_buys_once(
        self, bank: BankPage, servers: Servers, before: int
    ) -> None:
        widget = bank.open()
        widget.go_to_review("40")
        answered: list[int] = []
        bank.page.route(CONFIRM, lambda route: answered.append(route.fetch().status), times=1)
        with bank.page.expect_request(CONFIRM):
            widget.to_confirm.click()
        wait_until(bank.page, lambda: answered)
        assert answered == [200]

        bank.page.reload()

        expect(Widget(bank.page).amount).to_be_visible()
        assert servers.purchases() == before + 1
        servers.deliver()
        expect(bank.purchases).to_have_count(1)

    def test_back_and_forward_buy_nothing_more(self, bank: BankPage, servers: Servers, before: int) -> None:
        bank.open().buy("40")

        bank.page.go_back()
        bank.page.go_forward()

        expect(bank.page.locator(FRAME)).to_be_visible()
        expect(Widget(bank.page).inside.get_by_role("heading", level=1)).to_be_visible()
        assert servers.purchases() == before + 1

    def test_two_tabs_of_one_launch_buy_once(
        self, bank: BankPage, servers: Servers, witness: Witness, before: int
    ) -> None:
        widget = bank.open()
        widget.go_to_review("40")
        second = bank.page.context.new_page()
        second.goto(f"{servers.host_url}/widget/point-exchange?token={widget.launch_token}")
        expect(second.get_by_role("textbox", name="Amount")).to_be_visible()

        widget.to_confirm.click()
        expect(widget.inside.get_by_role("heading", name="opened in another window")).to_be_visible()
        expect(widget.inside.get_by_text("Nothing was charged here.")).to_be_visible()
        assert servers.purchases() == before

        second.get_by_role("textbox", name="Amount").fill("40")
        second.get_by_role("textbox", name="Aurora Club number").fill("AC12345678")
        second.get_by_role("button", name="Review exchange").click()
        second.get_by_role("button", name="Confirm exchange").click()
        expect(second.get_by_role("heading", name="Exchange complete")).to_be_visible()
        assert servers.purchases() == before + 1
        witness.forgive("status of 401")
