"""The rules that templates keep."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

from tests.house.rule import Rule, Source, under

COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
INCLUDE = re.compile(r"\{%-?\s*include\s+\"[^\"]*/_[^\"]+\"\s*-?%\}")
EXPRESSION = re.compile(r"\{\{.*?\}\}", re.DOTALL)
STATEMENT = re.compile(r"\{%.*?%\}", re.DOTALL)
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
# htmx takes these apart: each carries one more element to another place of the page.
ENVELOPE = "hx-partial"
FORBIDDEN = re.compile(r"\b(?:hx-on|onclick|onsubmit|oninput|onchange|onload)\b|\bjs:|\bstyle=|\|\s*safe\b")


class Roots(HTMLParser):
    """Collects the elements that stand in no other: their names and ids."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str | None]] = []
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if not self._open:
            self.found.append((tag, dict(attrs).get("id")))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            while self._open.pop() != tag:
                pass


def says_what_it_needs(source: Source) -> Iterator[str]:
    """Look at the first line."""
    first = source.lines[0] if source.lines else ""
    if not (first.startswith("{#") and first.endswith("#}") and "Needs: " in first):
        yield "the first line is `{# What it is. Needs: names. #}`"


def is_one_element(source: Source) -> Iterator[str]:
    """Count the roots of a fragment; an included fragment is one."""
    text = INCLUDE.sub('<div id="included"></div>', COMMENT.sub("", source.text))
    roots = Roots()
    roots.feed(STATEMENT.sub("", EXPRESSION.sub("x", text)))
    found = [(tag, name) for tag, name in roots.found if tag != ENVELOPE]
    if len(found) != 1 or found[0][1] is None:
        yield f"a fragment is one element with an id, and this is {found}"


def runs_no_script_of_its_own(source: Source) -> Iterator[str]:
    """Find what the content security policy stops, and what skips escaping."""
    for number, line in enumerate(source.lines, 1):
        for match in FORBIDDEN.finditer(line):
            yield f"line {number}: {match.group()}"


TEMPLATES = under("templates/", suffix=".html")

TEMPLATE_RULES = (
    Rule(
        "a template says what it is and what it needs",
        TEMPLATES,
        says_what_it_needs,
        Source("templates/errors/page.html", "<p>Hello</p>\n"),
    ),
    Rule(
        "one element, one file, one id",
        lambda path: TEMPLATES(path) and "/_" in path,
        is_one_element,
        Source("templates/widgets/purchase/_two.html", '<p id="a">A</p>\n<p id="b">B</p>\n'),
    ),
    Rule(
        "no script, style or unescaped text stands in the markup",
        TEMPLATES,
        runs_no_script_of_its_own,
        Source("templates/widgets/purchase/_raw.html", "<p>{{ name|safe }}</p>\n"),
    ),
)
