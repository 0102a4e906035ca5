import base64
import gzip
import hashlib
import json
import re
import tomllib
from pathlib import Path
from xml.etree import ElementTree as ET

import brotli
import pytest

from widget_host.kit.resources import resource
from widget_host.web import dense

STATIC, TEMPLATES = resource("static"), resource("templates")
KNOWN = {"htmx": ("4.0.1", "Qp9rdC8H7EqOoX+nR0P3RPG2Noji+qdwJlGpfzwQJsfOpp3sGwIdSP9xO3+UlEhn")}


class TestVendored:
    def test_files_are_the_bytes_their_authors_published(self) -> None:
        vendored = tomllib.loads((STATIC / "vendor.toml").read_text("utf-8"))["vendored"]
        assert {entry["name"]: (entry["version"], entry["sha384"]) for entry in vendored} == KNOWN
        for entry in vendored:
            digest = hashlib.sha384((STATIC / entry["file"]).read_bytes()).digest()
            assert base64.b64encode(digest).decode() == entry["sha384"]


class TestHtmx:
    def test_keeps_no_history_adds_no_style_and_speaks_to_this_host_only(self) -> None:
        layout = (TEMPLATES / "layouts/widget.html").read_text("utf-8")
        found = re.search(r"name=\"htmx-config\"\s+content='([^']+)'", layout)
        assert found
        assert json.loads(found[1]) == {
            "history": False,
            "includeIndicatorCSS": False,
            "defaultTimeout": 15000,
            "mode": "same-origin",
        }

    def test_knows_every_attribute_and_event_in_use(self) -> None:
        htmx = (STATIC / "js/htmx.min.js").read_text("utf-8")
        ours = "".join(path.read_text("utf-8") for path in TEMPLATES.rglob("*.html"))
        verbs = {"hx-get", "hx-post", "hx-partial"}  # put together from parts in the source
        assert [name for name in set(re.findall(r"\bhx-[a-z-]+", ours)) - verbs if f'"{name}"' not in htmx] == []
        script = "".join((STATIC / "js" / name).read_text("utf-8") for name in ("widget.js", "session.js"))
        assert [name for name in set(re.findall(r'"(htmx:[a-z:]+)"', script)) if f'"{name}"' not in htmx] == []


class TestSizes:
    """As they travel: brotli at its best to browsers, gzip for what integrators include."""

    def test_of_the_first_views_scripts_stay_within_the_budget(self) -> None:
        assert sum(self.brotli(name) for name in ("htmx.min.js", "widget.js")) <= 14_000

    def test_of_what_is_loaded_later_stays_small(self) -> None:
        assert self.brotli("session.js") <= 1_500
        assert self.brotli("multibrand.js") <= 500

    def test_of_embed_js_stays_small(self) -> None:
        assert len(gzip.compress((STATIC / "js/embed.js").read_bytes(), 9, mtime=0)) <= 1_536

    def brotli(self, name: str) -> int:
        script = (STATIC / "js" / name).read_text("utf-8")
        sent = script if name == "htmx.min.js" else dense.script(script)
        return len(brotli.compress(sent.encode(), quality=11))


class TestEmbedTypes:
    types, script = ((STATIC / "js" / name).read_text("utf-8") for name in ("embed.d.ts", "embed.js"))

    def test_name_the_options_that_the_script_takes(self) -> None:
        asked = set(
            re.findall(
                r"\w+",
                self.found(r"function open\(\{ (.*?), \.\.\.on \}\)", self.script).replace('"point-exchange"', ""),
            )
        )
        told = {f"on{name.capitalize()}" for name in ("ready", "success", "exit", "error", "event")}
        assert set(re.findall(r"^    (\w+)\??:", self.inside("Options"), re.MULTILINE)) == asked | told

    def test_name_the_handle_that_the_script_gives(self) -> None:
        given = set(self.found(r"return \{ (.*?) \};", self.script).split(", "))
        assert set(re.findall(r"^    (?:readonly )?(\w+)[(:]", self.inside("Handle"), re.MULTILINE)) == given

    def test_name_every_message_of_the_widget(self) -> None:
        sources = "".join((STATIC / "js" / name).read_text("utf-8") for name in ("widget.js", "session.js"))
        told = set(re.findall(r'tell\("([a-z.]+)"', sources)) | set(
            re.findall(r'"([a-z.]+)"', self.found(r"of (\[\"step.*?\])", sources))
        )
        assert set(re.findall(r'^    "?([a-z.]+)"?: ', self.inside("Messages"), re.MULTILINE)) == told

    def inside(self, interface: str) -> str:
        return self.found(rf"interface {interface} \{{\n(.*?)\n  \}}", self.types)

    def found(self, pattern: str, text: str) -> str:
        match = re.search(pattern, text, re.DOTALL)
        assert match
        return match[1]


class TestLogos:
    @pytest.mark.parametrize("logo", sorted((STATIC / "logos").glob("*.svg")), ids=lambda logo: logo.stem)
    def test_are_small_square_and_without_text(self, logo: Path) -> None:
        assert len(logo.read_bytes()) <= 1024
        drawing = ET.fromstring(logo.read_text("utf-8"))  # noqa: S314 - our own file
        assert drawing.get("viewBox") == "0 0 40 40"
        tags = {element.tag.rpartition("}")[2] for element in drawing.iter()}
        assert tags <= {"svg", "defs", "linearGradient", "stop", "rect", "g", "path", "circle", "ellipse"}


class TestStyle:
    @pytest.mark.parametrize("sheet", ["widget", "purchase", "multibrand"])
    def test_uses_logical_directions_only(self, sheet: str) -> None:
        css = (STATIC / f"css/{sheet}.css").read_text("utf-8")
        assert re.findall(r"\b(?:margin|padding|border|inset)-(?:left|right)\b|text-align: (?:left|right)", css) == []
