"""A server on a free port of this machine: keeps what it is sent, and answers as it is told."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Reply = Callable[[BaseHTTPRequestHandler], None]


@dataclass(frozen=True)
class Received:
    """A request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes
    method: str = "POST"


class Receiver(ThreadingHTTPServer):
    """Gives the replies that were laid out, in their order, and 200 when none is left."""

    daemon_threads = True
    # As many as connect at once: with the library's five, others are dropped and come again seconds later.
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.received: list[Received] = []
        self.replies: list[Reply] = []
        self.most_at_once = 0
        self._at_once = 0
        self._lock = threading.Lock()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def url(self) -> str:
        return f"{self.address}/hook"

    @contextmanager
    def counting(self) -> Iterator[None]:
        """Notice how many are answered at the same time."""
        with self._lock:
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        yield
        with self._lock:
            self._at_once -= 1

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay silent: a sender that hangs up is what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_GET(self) -> None:
        self.do_POST()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        names = {name.lower(): value for name, value in self.headers.items()}
        self.server.received.append(Received(self.path, names, body, self.command))
        reply = self.server.replies.pop(0) if self.server.replies else answer(200)
        with self.server.counting():
            reply(self)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the standard library's
        """Stay silent: a test's output is its failures."""


def answer(status: int, body: bytes = b"", /, **headers: str) -> Reply:
    """Answer whole and at once."""

    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return reply


def drip(raw: bytes, *, pause: float, before: bytes = b"", times: int = 200) -> Reply:
    """Send `before` at once, then `raw` again and again with a pause between."""

    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(before)
        for _ in range(times):
            time.sleep(pause)
            handler.wfile.write(raw)
        handler.close_connection = True

    return reply


def flood(before: bytes, chunk: bytes, times: int) -> Reply:
    """Send as much as the sender will read."""
    return drip(chunk, pause=0, before=before, times=times)


def hang_up(handler: BaseHTTPRequestHandler) -> None:
    """Close the connection without an answer."""
    handler.close_connection = True
