"""The README's snippets, run as they are printed."""

import json
import os
import re
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from tests.factories.issuers import Issuer

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
VECTORS = json.loads((ROOT / "tests" / "contracts" / "webhook_signatures.json").read_text("utf-8"))


def snippets(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def documents(text: str) -> list[Any]:
    """Read JSON documents that stand one after another."""
    decoder, found = json.JSONDecoder(), []
    while text := text.strip():
        document, end = decoder.raw_decode(text)
        found.append(document)
        text = text[end:]
    return found


class Frame(HTMLParser):
    """The attributes of the iframe of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.attributes: dict[str, str | None] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "iframe":
            self.attributes = dict(attrs)


class TestCurl:
    def test_goes_from_a_token_to_points_and_a_widget(self, served: str, issuer: Issuer) -> None:
        told = {"HOST": served, "CLIENT_ID": issuer.client_id, "CLIENT_SECRET": issuer.client_secret}
        ran = subprocess.run(
            ["/bin/bash", "-euo", "pipefail", "-c", "".join(snippets("sh"))],
            env={**os.environ, **told},
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        programs, fields, member, preview, issued, read_back, widget = documents(ran.stdout)
        assert len(programs) == 6
        assert fields["destinationUserId"]["required"] is True
        assert member == {"isValid": True}
        assert preview["totalPoints"] == issued["totalPoints"] == read_back["totalPoints"] == 2500
        assert issued["referenceNumber"] == "order-1"
        assert read_back["status"] == "COMPLETED"
        assert widget["expiresIn"] == 600
        assert widget["widgetUrl"].endswith(widget["accessToken"])


class TestEmbedding:
    def test_frames_the_widget_as_the_demo_bank_does(self) -> None:
        (snippet,) = snippets("html")
        pages = [file.read_text("utf-8") for file in (ROOT / "widget_host" / "demo" / "templates").rglob("*.html")]
        (bank,) = [frame for page in pages if (frame := Frame(page).attributes)]
        shown = Frame(snippet).attributes
        assert shown["sandbox"] == bank["sandbox"] == "allow-scripts allow-forms allow-same-origin"
        assert shown["title"]
        assert {name: bank[name] for name in ("allow", "referrerpolicy")} == {
            name: shown[name] for name in ("allow", "referrerpolicy")
        }


class TestVerifying:
    @pytest.fixture
    def is_genuine(self) -> Any:
        names: dict[str, Any] = {}
        (snippet,) = snippets("python")
        exec(snippet, names)  # noqa: S102 - our own README
        return names["is_genuine"]

    @pytest.mark.parametrize("vector", VECTORS["valid"])
    def test_takes_what_the_host_signs(self, is_genuine: Any, vector: dict[str, str]) -> None:
        assert self._verdict(is_genuine, vector, now=int(vector["timestamp"])) is True

    @pytest.mark.parametrize("vector", VECTORS["valid"])
    def test_refuses_what_is_more_than_five_minutes_off(self, is_genuine: Any, vector: dict[str, str]) -> None:
        assert self._verdict(is_genuine, vector, now=int(vector["timestamp"]) + 301) is False

    @pytest.mark.parametrize("vector", VECTORS["invalid"], ids=lambda vector: vector["why"])
    def test_refuses_what_was_tampered_with(self, is_genuine: Any, vector: dict[str, str]) -> None:
        assert self._verdict(is_genuine, vector, now=1_700_000_000) is False

    def _verdict(self, is_genuine: Any, vector: dict[str, str], *, now: int) -> Any:
        body = vector["body"].encode()
        return is_genuine(vector["secret"], vector["timestamp"], vector["x-signature"], body, now)
