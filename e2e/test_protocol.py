"""What the widget and its host say to each other, in a page and in an app."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from e2e.screens import DRIVEN, FRAME, BankPage, Widget
from e2e.servers import Servers
from e2e.witness import Witness

# What is said does not depend on the database.
pytestmark = pytest.mark.parametrize("servers", ["sqlite"], indirect=True)

CLOSE = {"target": "widget-host", "version": 1, "type": "close", "payload": {}}
LONG_ENOUGH_MS = 300
# A title that stands for three seconds: who listens hears it, who looks may be late.
LISTEN = """window.titles = []; new MutationObserver(() => {
  const title = document.querySelector("h1")?.textContent.trim();
  if (title && title !== titles.at(-1)) titles.push(title);
}).observe(document, { subtree: true, childList: true, characterData: true })"""
TOKEN_URL, SESSION_URL = "**/widget-token*", "**/widget/point-exchange/session"
BRIDGES = {
    "React Native": "window.ReactNativeWebView = { postMessage: say }",
    "iOS": "window.webkit = { messageHandlers: { widgetHost: { postMessage: say } } }",
    "Android": "window.WidgetHostAndroid = { postMessage: say }",
}


class TestHostsMessages:
    def test_are_heard_from_the_page_around_the_widget_alone(self, bank: BankPage) -> None:
        widget = bank.open()
        expect(widget.amount).to_be_visible()

        bank.page.evaluate(
            """message => new Promise((resolve) => {
                const sibling = Object.assign(document.createElement("iframe"), { src: "/activity", onload: resolve });
                document.body.append(sibling);
            })"""
        )
        sibling = bank.page.frames[-1]
        sibling.evaluate("message => parent.frames[0].postMessage(message, '*')", CLOSE)
        widget.frame.evaluate("message => postMessage(message, '*')", CLOSE)
        for odd in (
            {**CLOSE, "version": 2},
            {**CLOSE, "target": "other"},
            {**CLOSE, "type": "constructor"},
            "close",
            None,
        ):
            say(bank.page, odd)
        bank.page.wait_for_timeout(LONG_ENOUGH_MS)
        expect(widget.amount).to_be_visible()

        say(bank.page, CLOSE)
        expect(bank.page.locator(FRAME)).to_have_count(0)

    def test_close_asks_first_where_something_would_be_lost(self, bank: BankPage) -> None:
        widget = bank.open()
        widget.fill("25")

        say(bank.page, CLOSE)
        widget.inside.get_by_role("button", name="Keep going").click()
        expect(widget.amount).to_have_value("25")

        say(bank.page, CLOSE)
        leave = widget.inside.get_by_role("dialog", name="Leave without finishing?")
        leave.get_by_role("button", name="Leave", exact=True).click()
        expect(bank.page.locator(FRAME)).to_have_count(0)

    def test_theme_paints_at_once(self, bank: BankPage) -> None:
        widget = bank.open()

        say(bank.page, {**CLOSE, "type": "theme", "payload": {"mode": "dark"}})

        expect(widget.inside.locator("html")).to_have_attribute("data-mode", "dark")


class TestEndedBeforehand:
    """The session is over before what comes up beside the steps was fetched."""

    def test_tells_the_host_and_still_closes(self, bank: BankPage, witness: Witness) -> None:
        bank.page.route("**/widget/point-exchange/asides", lambda route: route.fulfill(status=401))
        with bank.page.expect_console_message(lambda message: "status of 401" in message.text):
            bank.open()
            say(bank.page, CLOSE)

        expect(bank.page.locator(FRAME)).to_have_count(0)
        witness.forgive("status of 401")


class TestSession:
    def test_goes_on_with_a_fresh_token_of_the_host(self, bank: BankPage) -> None:
        widget = self.open(bank)
        widget.fill("25")
        expect(widget.preview).to_contain_text("2,500 Aurora Miles")

        with self.heard(widget, SESSION_URL) as renewed:
            bank.page.clock.fast_forward("08:01")

        assert renewed.value.json()["expiresInMs"] > 590_000
        assert "token=" in str(renewed.value.request.post_data)
        bank.page.clock.fast_forward("05:00")
        expect(self.question(widget)).to_be_hidden()
        expect(widget.amount).to_have_value("25")

    def test_asks_whether_the_customer_is_there_then_ends_and_starts_again(
        self, bank: BankPage, witness: Witness
    ) -> None:
        widget = self.open(bank)
        bank.page.route(TOKEN_URL, lambda route: route.fulfill(status=502))
        widget.fill("25")
        expect(widget.preview).to_contain_text("2,500 Aurora Miles")

        with self.heard(widget, TOKEN_URL):
            bank.page.clock.fast_forward("09:01")
        expect(self.question(widget)).to_be_visible()
        with self.heard(widget, SESSION_URL):
            self.question(widget).get_by_role("button", name="Stay signed in").click()
        expect(self.question(widget)).to_be_hidden()
        expect(widget.amount).to_have_value("25")

        # Refused by then: a token that comes late starts the widget again by itself.
        with self.heard(widget, TOKEN_URL):
            bank.page.clock.fast_forward("10:01")
        expect(widget.inside.get_by_role("heading", name="Your session has ended")).to_be_focused()
        bank.page.unroute(TOKEN_URL)
        widget.inside.get_by_role("button", name="Start again").click()
        expect(widget.amount).to_have_value("")
        # Last: it may be told of the second one only now.
        witness.forgive("status of 502")

    def test_is_found_again_after_a_reload_of_the_frame(self, bank: BankPage, witness: Witness) -> None:
        widget = bank.open()

        # What asks for a fresh token is a request that was refused.
        with bank.page.expect_console_message(lambda message: "status of 401" in message.text):
            widget.frame.evaluate("location.reload()")

        expect(widget.amount).to_be_visible()
        witness.forgive("status of 401")

    def test_is_over_when_no_token_comes(self, bank: BankPage, witness: Witness) -> None:
        bank.page.add_init_script(LISTEN)
        widget = bank.open()
        bank.page.route(TOKEN_URL, lambda _: None)

        widget.frame.evaluate("location.reload()")

        expect(widget.inside.get_by_role("heading", name="Your session has ended")).to_be_visible()
        expect(widget.inside.get_by_role("button", name="Start again")).to_be_visible()
        assert "Reconnecting…" in widget.frame.evaluate("titles")
        witness.forgive("status of 401")

    def open(self, bank: BankPage) -> Widget:
        """Open the widget under a clock that can be moved, and wait until it looks at it."""
        bank.page.clock.install()
        with bank.page.expect_response("**/js/session.js*"):
            widget = bank.open()
            expect(widget.amount).to_be_visible()
        return widget

    @contextmanager
    def heard(self, widget: Widget, url: str) -> Iterator[Any]:
        """Wait for the answer to what is asked meanwhile, and until the page has done what it does with it."""
        with widget.frame.page.expect_response(url) as answered:
            yield answered
        # What is asked later is heard later.
        widget.frame.evaluate("() => fetch('/healthz').then((answer) => answer.text())")

    def question(self, widget: Widget) -> Locator:
        return widget.inside.get_by_role("dialog", name="Are you still there?")


class TestEmbedding:
    def test_by_the_element_tells_everything_by_its_events(self, page: Page, servers: Servers) -> None:
        self.prepare(page, servers)
        page.evaluate(
            """types => {
                window.heard = [];
                const element = document.createElement("widget-host");
                for (const type of types) element.addEventListener(type, ({ detail }) => heard.push([type, detail]));
                Object.assign(element.dataset, { tokenUrl: "/widget-token", theme: "dark", locale: "ar" });
                document.body.append(element);
            }""",
            ["ready", "step", "success", "error", "exit"],
        )
        html = Widget(page).inside.locator("html")
        expect(html).to_have_attribute("dir", "rtl")
        expect(html).to_have_attribute("data-mode", "dark")
        page.wait_for_function("() => heard.length >= 2")

        page.evaluate("document.querySelector('widget-host').handle.close()")

        expect(page.locator("iframe")).to_have_count(0)
        exit_ = {"reason": "host", "step": "amount"}
        assert page.evaluate("heard") == [["ready", {}], ["step", {"name": "amount"}], ["exit", exit_]]

    def test_gives_up_after_ten_seconds_without_a_widget(self, page: Page, servers: Servers, witness: Witness) -> None:
        page.clock.install()
        self.prepare(page, servers)
        with page.expect_console_message(lambda message: "frame-ancestors" in message.text):
            page.evaluate(
                """widgetUrl => {
                    window.failures = [];
                    const onError = ({ code }) => failures.push(code);
                    WidgetHost.open({ container: "body", fetchToken: () => ({ widgetUrl }), onError });
                }""",
                f"{servers.host_url}/docs",
            )

        page.clock.fast_forward("00:11")

        assert page.evaluate("failures") == ["LOAD_FAILED"]
        expect(page.locator("iframe")).to_have_count(0)
        witness.forgive("frame-ancestors")

    def prepare(self, page: Page, servers: Servers) -> None:
        """Go to a page of the bank's that embeds nothing yet."""
        page.route("**/favicon.ico", lambda route: route.fulfill(status=204))
        page.goto(f"{servers.bank_url}/activity")
        page.add_script_tag(url=f"{servers.host_url}/static/js/embed.js")


class TestApp:
    @pytest.mark.parametrize("bridge", BRIDGES.values(), ids=BRIDGES.keys())
    def test_hears_and_answers_over_its_bridge(
        self, page: Page, servers: Servers, witness: Witness, bridge: str
    ) -> None:
        page.add_init_script(f"window.said = []; const say = (text) => said.push(text); {bridge}")
        page.goto(servers.open_widget())
        expect(page.get_by_role("textbox", name="Amount")).to_be_visible()
        self.wait_until_said(page, "step")
        assert [message["type"] for message in self.said(page)][:2] == ["ready", "step"]

        page.reload()
        self.wait_until_said(page, "token.request")
        token = servers.open_widget().partition("token=")[2]
        page.evaluate("message => WidgetHostBridge.receive(message)", json.dumps(TOKEN | {"payload": {"token": token}}))
        expect(page.locator(DRIVEN).first).to_be_attached()
        page.get_by_role("textbox", name="Amount").fill("25")
        page.evaluate("message => WidgetHostBridge.receive(message)", CLOSE)
        page.get_by_role("button", name="Leave", exact=True).click()

        exits = [message["payload"] for message in self.said(page) if message["type"] == "exit"]
        assert exits == [{"reason": "cancel", "step": "amount"}]
        witness.forgive("status of 401")

    def wait_until_said(self, page: Page, kind: str) -> None:
        page.wait_for_function("(kind) => said.some((text) => JSON.parse(text).type === kind)", arg=kind)

    def said(self, page: Page) -> list[dict[str, Any]]:
        return [json.loads(text) for text in page.evaluate("said")]


TOKEN = {**CLOSE, "type": "token"}


def say(page: Page, message: object) -> None:
    """Say something to the widget as the page around it may."""
    page.evaluate("message => document.querySelector('iframe').contentWindow.postMessage(message, '*')", message)
