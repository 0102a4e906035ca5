"""The gallery in a browser: every state of the widgets, one after another, and what is asked of each."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import axe_playwright_python
from playwright.sync_api import Page
from werkzeug.serving import WSGIRequestHandler, make_server

from widget_host.app import create_app
from widget_host.config import Settings
from widget_host.web.widgets.gallery.pages import SHELVES

ASKS = Path(__file__).with_name("gallery.js").read_text("utf-8")
AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text("utf-8")


class Silent(WSGIRequestHandler):
    """Says nothing of each request."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Stay silent: a test's output is its failures."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve the gallery while in here, without a database, for none of it is asked; gives its address."""
    variables = {"DEVELOPMENT": "1", "INSTANCE": str(folder), "WORKER": "0", "RATE_LIMIT_READS": "0"}
    variables["LOG_LEVEL"] = "WARNING"
    app = create_app(Settings.from_environment({f"WIDGET_HOST_{name}": value for name, value in variables.items()}))
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Silent)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/gallery"
    finally:
        server.shutdown()
        server.server_close()
        app.wiring.database.engine.dispose()


def states() -> list[str]:
    """Return the paths of all states, below the gallery's own."""
    return [f"{widget}/{state.name}" for widget, shelf in SHELVES.items() for state in shelf.states]


class GalleryPage:
    """A page that shows one state after another; its context has to ignore the policy that keeps scripts out."""

    def __init__(self, page: Page, url: str) -> None:
        self._page = page
        self._url = url
        page.goto(f"{url}/{states()[0]}")
        for script in (AXE, ASKS):
            page.add_script_tag(content=script)

    def wrong(self, *asked: str, query: str = "") -> dict[str, list[str]]:
        """Ask every state, by the names of functions of gallery.js; return what is wrong, by state."""
        answers = ", ".join(f"...await {name}()" for name in asked)
        script = f"async (address) => {{ await show(address); return [{answers}]; }}"
        found = {path: self._page.evaluate(script, f"{self._url}/{path}?{query}") for path in states()}
        return {path: sentences for path, sentences in found.items() if sentences}
