"""The whole way of a purchase in the engines that Playwright cannot drive here."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.engines import ENGINES, Engine
from e2e.screens import AMIRA_HAS, FRAME
from e2e.servers import Servers
from e2e.stranger import served

# What an engine does with a page does not depend on the database.
pytestmark = pytest.mark.parametrize("servers", ["sqlite"], indirect=True)

LISTEN = "window.heard = []; addEventListener('message', (event) => heard.push({ from: event.origin, ...event.data }));"
# An element's own handler is what a policy without 'unsafe-inline' forbids.
INLINE = """
document.body.insertAdjacentHTML("beforeend", '<img src="/nowhere" onerror="window.ran = true" id="inline">');
document.getElementById("inline").addEventListener("error", () => { window.failed = true; });
"""


class TestPurchase:
    def test_goes_from_a_preview_over_a_refusal_to_the_hosts_message(self, engine: Engine, servers: Servers) -> None:
        engine.open(servers.bank_url)
        engine.run(LISTEN)
        engine.enter(FRAME)
        engine.type("#amount", "25")
        engine.expect("#preview", "2,500 Aurora Miles")

        engine.type("#amount", "1")
        engine.expect("#preview", "between")
        engine.type("#destinationUserId", "AC12345678")
        engine.press("#step .button[type=submit]")
        engine.expect("#limits", "Enter an amount between $5.00 and $2,000.00.")
        assert engine.run("return document.activeElement.id") == "amount"
        assert engine.run("return document.getElementById('destinationUserId').value") == "AC12345678"

        engine.type("#amount", "25")
        engine.expect("#preview", "2,500 Aurora Miles")
        engine.press("#step .button[type=submit]")
        engine.expect("h1", "Review your exchange")
        engine.press("#step .button[type=submit]")
        engine.expect("h1", "Exchange complete")
        assert engine.run("return document.cookie") == ""

        engine.leave()
        (success,) = engine.wait(
            lambda: engine.run("return heard.filter((message) => message.type === 'success')"), "no message"
        )
        assert success["from"] == servers.host_url
        assert (success["payload"]["totalPoints"], success["payload"]["status"]) == (2500, "COMPLETED")
        assert AMIRA_HAS in servers.activity()
        servers.deliver()
        engine.expect("#activity", "$1,225.00")
        assert servers.discrepancies() == {}


class TestPolicy:
    def test_lets_no_inline_script_run(self, engine: Engine, servers: Servers) -> None:
        engine.open(servers.bank_url)
        engine.enter(FRAME)
        engine.find("#amount")
        engine.run(INLINE)
        engine.wait(lambda: engine.run("return window.failed"), "the picture did not fail")
        assert not engine.run("return window.ran")

    def test_shows_nothing_in_a_strangers_frame(self, engine: Engine, servers: Servers, tmp_path: Path) -> None:
        with served(tmp_path, f'<iframe src="{servers.open_widget()}"></iframe>') as stranger:
            engine.open(stranger)
            engine.wait(lambda: engine.run("return document.readyState") == "complete", "the page did not load")
            engine.enter("iframe")
            assert engine.run("return document.getElementById('step')") is None


@pytest.fixture(scope="module", params=ENGINES)
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with ENGINES[request.param](tmp_path_factory.mktemp(request.param)) as engine:
        yield engine


@pytest.fixture(autouse=True)
def fresh_bank(servers: Servers) -> None:
    servers.empty_bank()


@pytest.fixture(autouse=True)
def witness() -> None:
    """No Chromium looks on here."""
