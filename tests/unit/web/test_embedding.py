import re

import pytest

from widget_host.kit.resources import resource
from widget_host.web.embedding import EXAMPLE_HOST, FROM_WIDGET, snippet

FILES = sorted(path.name for path in (resource("templates") / "docs/snippets/embed").iterdir())


class TestSnippet:
    @pytest.mark.parametrize("file", FILES)
    def test_names_this_host_and_no_other(self, file: str) -> None:
        text = snippet(file, "https://points.bank.example:8443")
        assert EXAMPLE_HOST not in text
        assert ("points.bank.example" in text) is (file != "react.tsx")


class TestMessages:
    def test_are_those_that_embed_js_is_typed_for(self) -> None:
        types = (resource("static") / "js/embed.d.ts").read_text("utf-8")
        found = re.search(r"interface Messages \{\n(.*?)\n  \}", types, re.DOTALL)
        assert found
        assert [row.name for row in FROM_WIDGET] == re.findall(r'^    "?([a-z.]+)"?: ', found[1], re.MULTILINE)
