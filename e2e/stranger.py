"""Somebody else's web site."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

# Browsers ask for an icon by themselves, and complain where there is none.
NO_ICON = '<!DOCTYPE html><meta charset="utf-8"><title>Somebody</title><link rel="icon" href="data:,">'


class Silent(SimpleHTTPRequestHandler):
    """Serves files; a test's output is its failures."""

    def log_message(self, *_words: object) -> None:
        pass


@contextmanager
def served(folder: Path, body: str) -> Iterator[str]:
    """Serve a page of an origin that nobody knows, and say where."""
    folder.mkdir(exist_ok=True)
    put(folder, body)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Silent, directory=str(folder))) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def put(folder: Path, body: str) -> None:
    """Write the page anew: it may have to name an address that is known late."""
    (folder / "index.html").write_text(NO_ICON + body, encoding="utf-8")
