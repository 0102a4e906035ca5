import re
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Page, expect

from e2e.screens import FRAME, BankPage
from e2e.servers import Servers
from e2e.witness import Witness

# What is shown does not depend on the database.
pytestmark = pytest.mark.parametrize("servers", ["sqlite"], indirect=True)


class TestStrangers:
    def test_a_page_of_another_origin_cannot_frame_the_widget(
        self, page: Page, servers: Servers, witness: Witness, stranger: str
    ) -> None:
        page.goto(stranger)

        expect(page.frame_locator("iframe").locator("#sub-frame-error-details")).to_have_text(
            "localhost refused to connect."
        )
        assert page.frames[1].url == "chrome-error://chromewebdata/"
        refusal = witness.complaints.pop()
        assert f'"frame-ancestors {servers.bank_url}"' in refusal

    def test_the_bank_itself_can(self, bank: BankPage) -> None:
        expect(bank.open().amount).to_be_visible()

    def test_only_the_widget_says_how_high_its_frame_is(self, bank: BankPage) -> None:
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

    @pytest.fixture
    def stranger(self, servers: Servers, tmp_path: Path) -> Iterator[str]:
        """The address of somebody else's page that frames a widget of the bank's."""
        page = f'<link rel="icon" href="data:,"><iframe title="Exchange" src="{servers.open_widget()}"></iframe>'
        (tmp_path / "index.html").write_text(page, encoding="utf-8")
        with ThreadingHTTPServer(("127.0.0.1", 0), partial(Silent, directory=str(tmp_path))) as server:
            Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
            yield f"http://127.0.0.1:{server.server_port}/"
            server.shutdown()


class Silent(SimpleHTTPRequestHandler):
    def log_message(self, *_words: object) -> None:
        """Stay silent: a test's output is its failures."""
