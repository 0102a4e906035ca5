"""The guide's snippets: one file for each step and language, shown as it is and run as it is by the tests."""

from functools import cache

from widget_host.kit.resources import resource
from widget_host.kit.value import Value


class Language(Value, frozen=True):
    """A language that every snippet is written in."""

    key: str
    name: str
    suffix: str


LANGUAGES = (Language("curl", "curl", "sh"), Language("python", "Python", "py"), Language("node", "Node", "mjs"))


@cache
def snippet(step: str, language: Language) -> str:
    """Return the code of one step."""
    return (resource("templates") / "docs" / "snippets" / f"{step}.{language.suffix}").read_text("utf-8").strip()
