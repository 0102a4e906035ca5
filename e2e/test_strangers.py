"""Pages that nobody listed: nothing is shown to them, nothing done for them, nothing told to them."""

import re
from collections.abc import Callable, Iterator
from html import escape
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Error, Page, expect

from e2e.screens import FRAME, BankPage
from e2e.servers import Servers
from e2e.stranger import put, served
from e2e.witness import Witness

# What is shown does not depend on the database.
pytestmark = pytest.mark.parametrize("servers", ["sqlite"], indirect=True)

LISTEN = "<script>heard = []; addEventListener('message', (event) => heard.push(event.data));</script>"
CLOSE = {"target": "widget-host", "version": 1, "type": "close", "payload": {}}


def frame(url: str, attributes: str = "") -> str:
    return f'{LISTEN}<iframe src="{escape(url)}" {attributes}></iframe>'


# How a page that nobody listed may put another into itself, given that one's address.
EMBEDDINGS: dict[str, Callable[[str], str]] = {
    "a frame": frame,
    "a sandboxed frame": lambda url: frame(url, 'sandbox="allow-scripts allow-forms"'),
    "a frame without a referrer": lambda url: frame(url, 'referrerpolicy="no-referrer"'),
    "a frame in a frame": lambda url: f'<iframe srcdoc="{escape(frame(url))}"></iframe>',
    "a frame in a sandbox, of no origin": lambda url: (
        f'<iframe sandbox="allow-scripts" srcdoc="{escape(frame(url))}"></iframe>'
    ),
    "a frame in data, of no origin": lambda url: f'<iframe src="data:text/html,{quote(frame(url))}"></iframe>',
    "an object": lambda url: f'{LISTEN}<object type="text/html" data="{escape(url)}"></object>',
    "an embed": lambda url: f'{LISTEN}<embed type="text/html" src="{escape(url)}">',
}
# A page's address that resembles the one listed, by the port it is served at.
RESEMBLING = {
    "another port": ("http://127.0.0.1:1", "http://127.0.0.1:{port}"),
    "another scheme": ("https://127.0.0.1:{port}", "http://127.0.0.1:{port}"),
    "a number in place of a name": ("http://localhost:{port}", "http://127.0.0.1:{port}"),
    "a name below": ("http://bank.localhost:{port}", "http://evil.bank.localhost:{port}"),
    "the name above": ("http://bank.localhost:{port}", "http://localhost:{port}"),
    "a dot behind": ("http://bank.localhost:{port}", "http://bank.localhost.:{port}"),
    "a longer name": ("http://bank.localhost:{port}", "http://evilbank.localhost:{port}"),
}


class TestStrangers:
    @pytest.mark.parametrize("embedding", EMBEDDINGS)
    def test_cannot_embed_the_widget(
        self, page: Page, servers: Servers, witness: Witness, folder: Path, embedding: str
    ) -> None:
        with served(folder, EMBEDDINGS[embedding](servers.open_widget())) as stranger:
            assert_nothing_is_shown(page, stranger, witness)

    def test_cannot_embed_a_listed_page_with_the_widget_in_it(
        self, page: Page, servers: Servers, witness: Witness, tmp_path: Path
    ) -> None:
        inner, outer = tmp_path / "listed", tmp_path / "stranger"
        with served(inner, "") as listed, served(outer, frame(listed)) as stranger:
            url = servers.open_widget_for(listed.rstrip("/"))
            put(inner, frame(url))
            assert_nothing_is_shown(page, stranger, witness)
            page.goto(listed)
            expect(page.frame_locator("iframe").get_by_role("textbox", name="Amount")).to_be_visible()

    @pytest.mark.parametrize("likeness", RESEMBLING)
    def test_are_not_taken_for_whom_they_resemble(
        self, page: Page, servers: Servers, witness: Witness, folder: Path, likeness: str
    ) -> None:
        listed, own = RESEMBLING[likeness]
        with served(folder, "") as stranger:
            port = stranger.rstrip("/").rpartition(":")[2]
            url = servers.open_widget_for(listed.format(port=port))
            put(folder, frame(url))
            assert_nothing_is_shown(page, own.format(port=port), witness)

    def test_who_open_a_window_neither_hear_it_nor_are_heard(self, page: Page, servers: Servers, folder: Path) -> None:
        with served(folder, LISTEN) as stranger:
            page.goto(stranger)
            with page.expect_popup() as opened:
                page.evaluate("url => { popup = open(url); }", servers.open_widget())
            window = opened.value
            expect(window.get_by_role("textbox", name="Amount")).to_be_visible()
            window.evaluate("heard = []; addEventListener('message', (event) => heard.push(event.data))")

            page.evaluate("message => popup.postMessage(message, '*')", CLOSE)

            window.wait_for_function("() => heard.length")
            expect(window.get_by_role("textbox", name="Amount")).to_be_visible()
            assert page.evaluate("heard") == []

    @pytest.fixture(autouse=True)
    def nothing_done(self, servers: Servers) -> Iterator[None]:
        before = servers.purchases()
        yield
        assert servers.purchases() == before
        assert servers.discrepancies() == {}

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        return tmp_path / "stranger"


class TestTheListed:
    def test_may_frame_the_widget_and_hear_it(self, page: Page, servers: Servers, tmp_path: Path) -> None:
        with served(tmp_path, "") as listed:
            put(tmp_path, frame(servers.open_widget_for(listed.upper())))
            page.goto(listed.upper())

            expect(page.frame_locator("iframe").get_by_role("textbox", name="Amount")).to_be_visible()
            page.wait_for_function("heard.some((message) => message.type === 'ready')")

    def test_hear_how_high_it_is_from_the_widget_alone(self, bank: BankPage) -> None:
        expect(bank.open().amount).to_be_visible()
        frame = bank.page.locator(FRAME)
        expect(frame).to_have_attribute("style", re.compile(r"height: [0-9]+px;"))
        height = frame.get_attribute("style")
        message = {"source": "widget-host", "version": 1, "type": "resize", "payload": {"height": 333}}

        bank.page.evaluate(
            "message => new Promise(told => { addEventListener('message', told); postMessage(message, '*'); })",
            message,
        )

        expect(frame).to_have_attribute("style", str(height))


def assert_nothing_is_shown(page: Page, url: str, witness: Witness) -> None:
    with page.expect_console_message(lambda message: "frame-ancestors" in message.text):
        page.goto(url)
    witness.forgive("frame-ancestors")
    for document in page.frames:
        try:
            assert document.locator("#step").count() == 0
            assert document.evaluate("globalThis.heard ?? []") == []
        except Error:  # an object that may not show its page takes the frame away
            assert document.is_detached()
