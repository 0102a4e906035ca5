"""A page taken apart: its ids, its links, its code."""

from collections import Counter
from html.parser import HTMLParser

FETCHING = {"src", "srcset", "action", "poster", "data"}


class Page(HTMLParser):
    """What a test looks at."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: Counter[str] = Counter()
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.scripts: list[dict[str, str | None]] = []
        self.attributes: set[str] = set()
        self.code: list[tuple[str, str]] = []
        self._language: str | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.attributes |= found.keys()
        self.ids.update(filter(None, [found.get("id")]))
        self.fetched += [str(found[name]) for name in FETCHING & found.keys()]
        if tag in ("link", "a"):
            (self.links if tag == "a" else self.fetched).append(str(found["href"]))
        if tag in ("script", "style", "link"):
            self.scripts.append(found)
        if tag == "pre":
            self._language = found.get("data-language") or ""
            self.code.append((self._language, ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "pre":
            self._language = None

    def handle_data(self, data: str) -> None:
        if self._language is not None:
            language, text = self.code[-1]
            self.code[-1] = (language, text + data)

    def snippets(self, language: str) -> list[str]:
        """Return the code of a language in the page's order."""
        return [text for each, text in self.code if each == language]
