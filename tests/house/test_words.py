import re
import tomllib
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from tests.house.rule import ROOT
from widget_host.web.language import CATALOGUES

KEYWORDS = {"_": None, "N_": None, "ngettext": (1, 2)}
PLACE = re.compile(r"%\((\w+)\)s")


@pytest.fixture(scope="module")
def said() -> set[object]:
    mappings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["babel"]["mappings"]
    methods = [(mapping["pattern"], mapping["method"]) for mapping in mappings]
    found: set[object] = set()
    for folder in ("templates", "widget_host"):
        there = [(pattern.removeprefix(f"{folder}/"), method) for pattern, method in methods if folder in pattern]
        found |= {message for _, _, message, _, _ in extract_from_dir(ROOT / folder, there, keywords=KEYWORDS)}
    return found


@pytest.mark.parametrize("file", sorted(CATALOGUES.glob("*.po")), ids=lambda file: file.stem)
class TestCatalogue:
    def test_has_every_sentence_of_the_widgets_and_no_other(self, file: Path, said: set[object]) -> None:
        assert len(said) > 50
        there = {message.id for message in messages(file)}
        assert said - there == set(), "run `make words`, then translate what is empty"
        assert there - said == set(), "run `make words`"

    def test_leaves_none_untranslated(self, file: Path) -> None:
        assert [message.id for message in messages(file) if message.fuzzy or not all(forms(message))] == []

    def test_names_the_same_figures(self, file: Path) -> None:
        for message in messages(file):
            wanted = set(PLACE.findall(" ".join(ids(message))))
            for form in forms(message):
                # A form for exactly one, or two, may say the count in words.
                assert wanted - {"count"} <= set(PLACE.findall(form)) <= wanted, message.id


def messages(file: Path) -> list[Message]:
    with file.open("rb") as opened:
        catalogue: Catalog = read_po(opened, locale=file.stem)
    return [message for message in catalogue if message.id]


def ids(message: Message) -> tuple[str, ...]:
    return message.id if isinstance(message.id, tuple) else (str(message.id),)


def forms(message: Message) -> tuple[str, ...]:
    return tuple(message.string) if isinstance(message.string, (tuple, list)) else (str(message.string),)
