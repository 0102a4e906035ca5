"""The page on receiving webhooks: one receiver for each framework, shown as it is and run as it is by the tests."""

from functools import cache

from widget_host.kit.resources import resource
from widget_host.kit.value import Value


class Receiver(Value, frozen=True):
    """A framework, the file that receives in it, and what the file's language is called in the page."""

    key: str
    name: str
    file: str
    language: str


PYTHON = (
    Receiver("flask", "Flask", "flask.py", "python-flask"),
    Receiver("django", "Django", "django.py", "python-django"),
    Receiver("fastapi", "FastAPI", "fastapi.py", "python-fastapi"),
)
OTHERS = (
    Receiver("node", "Node with Express", "express.mjs", "node"),
    Receiver("php", "PHP", "hook.php", "php"),
    Receiver("java", "Java", "Hook.java", "java"),
    Receiver("go", "Go", "hook.go", "go"),
)


@cache
def receiver(file: str) -> str:
    """Return the code of one file."""
    return (resource("templates") / "docs" / "snippets" / "receivers" / file).read_text("utf-8").strip()
