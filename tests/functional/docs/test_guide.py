"""The guide's snippets, run as the page shows them against a host that really listens."""

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from werkzeug.serving import make_server

from tests.factories.issuers import AURORA, Issuer, make_issuer
from tests.fakes.clock import StoppedClock
from tests.functional.docs.page import Page
from widget_host.app import create_app
from widget_host.config import Settings
from widget_host.kit.value import replace
from widget_host.wiring import Wiring

STEPS = ("authenticate", "programs", "validate", "preview", "issue", "errors", "sandbox")
PLACEHOLDERS = ("cli_…", "whs_sandbox_…")


@dataclass(frozen=True)
class Guide:
    """The guide of a running host, and who reads it."""

    page: Page
    issuer: Issuer
    folder: Path

    def run(self, language: str, command: str, suffix: str) -> str:
        """Paste the snippets of a language after the credentials, and return what was printed."""
        snippets = self.page.snippets(language)
        assert len(snippets) == len(STEPS)
        file = self.folder / f"guide.{suffix}"
        file.write_text("\n".join(snippets), "utf-8")
        ran = subprocess.run(
            ["/bin/bash", "-euo", "pipefail", "-c", f"{self._credentials()}\n{command} {file}"],
            env=dict(os.environ),
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert (ran.returncode, ran.stderr) == (0, ""), ran.stdout
        return ran.stdout

    def _credentials(self) -> str:
        (setup,) = self.page.snippets("setup")
        for placeholder, value in zip(PLACEHOLDERS, (self.issuer.client_id, self.issuer.client_secret), strict=True):
            assert placeholder in setup
            setup = setup.replace(placeholder, value)
        return setup


class TestSnippets:
    def test_in_curl_go_from_a_token_to_points_a_refusal_and_the_clock(self, guide: Guide) -> None:
        printed = guide.run("curl", "source", "sh")
        assert '{"isValid":true}' in printed
        assert printed.count('"totalPoints":2500') == 4
        assert '"code":"VALUE_LIMIT_EXCEEDED"' in printed
        assert '"status":"PENDING"' in printed
        assert '"aheadSeconds":5' in printed

    def test_in_python_go_from_a_token_to_points_a_refusal_and_the_clock(self, guide: Guide) -> None:
        self.check(guide.run("python", sys.executable, "py"), "{'isValid': True}")

    def test_in_node_go_from_a_token_to_points_a_refusal_and_the_clock(self, guide: Guide) -> None:
        node = shutil.which("node")
        assert node, "Node 18 or newer is needed for the guide's snippets: install nodejs"
        self.check(guide.run("node", node, "mjs"), "{ isValid: true }")

    def check(self, printed: str, valid: str) -> None:
        lines = printed.splitlines()
        assert f"{AURORA} 0.01 USD" in lines
        assert valid in lines
        assert any(line.startswith("2500 Aurora Miles until ") for line in lines)
        (issued,) = [line for line in lines if line.endswith(" COMPLETED")]
        assert f"{issued.partition(' ')[0]} 2500" in lines
        assert any(line.startswith("VALUE_LIMIT_EXCEEDED: ") for line in lines)
        assert "sandbox-partner-timeout" in printed
        assert lines[-2].endswith(" PENDING")
        assert lines[-1] == "ahead by 5"

    @pytest.fixture
    def guide(self, settings: Settings, clock: StoppedClock, tmp_path: Path) -> Iterator[Guide]:
        # The page names the address, so the address is known before the host is.
        server = make_server("127.0.0.1", 0, lambda *_: [], threaded=True)
        address = f"http://127.0.0.1:{server.port}"
        wiring = Wiring(replace(settings, base_url=address), clock)
        server.app = create_app(wiring.settings, wiring)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        page = requests.get(f"{address}/docs/guide", timeout=10)
        yield Guide(Page(page.text), make_issuer(wiring), tmp_path)
        server.shutdown()
        thread.join()
        server.server_close()
        wiring.end()
