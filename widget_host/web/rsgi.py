"""The application for granian: its event loop waits for bodies and answers what is short, threads do what waits.

Granian's own WSGI gives a request its thread before the body is there: as many callers as there are threads, each
sending slowly, would keep everybody else waiting. Here such a caller costs a coroutine, for `BODY_SECONDS`. And to hand
a request to a thread and its answer back costs as much as a short answer itself: those are made where they are asked.
"""

import asyncio
import io
import sys
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread
from typing import Any, cast

from granian.rsgi import HTTPProtocol, ProtocolClosed, ProtocolError, Scope  # type: ignore[attr-defined]  # its documented names, not marked as exported
from werkzeug.exceptions import RequestTimeout

from widget_host.kit import fibers

BODY_SECONDS = 15
# That work at once in one process; to wait for a body takes none. Six kept fewer orders: those that wait for the
# statement under way have to leave some for who comes.
THREADS = 8
# Names that WSGI gives no HTTP_.
OWN_NAMES = {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"}
Environ = dict[str, Any]
Body = io.BufferedIOBase | io.RawIOBase
Answer = tuple[int, list[tuple[str, str]], bytes]
Work = tuple[Environ, HTTPProtocol, "asyncio.Future[None]"]


class Late(io.RawIOBase):
    """A body that did not arrive in time: who reads it answers 408, as the application answers all it refuses."""

    def readinto(self, _buffer: Any) -> int:
        """Refuse."""
        raise RequestTimeout(f"The body did not arrive within {BODY_SECONDS} seconds.")


class Server:
    """A WSGI application as an RSGI one, with so many threads to work in."""

    def __init__(
        self,
        app: Callable[..., Iterable[bytes]],
        *,
        threads: int,
        largest_body: int,
        on_loop: Collection[tuple[str, str]] = (),
        end: Callable[[], None] | None = None,
    ) -> None:
        """Start the threads; a body larger than the largest is not waited for; `end` is called after the last.

        `on_loop` are the methods and paths of what the loop answers itself, where nothing has to be waited for.
        """
        self._app = app
        self._on_loop = on_loop
        self._end = end
        self._largest_body = largest_body
        self._waiting: SimpleQueue[Work] = SimpleQueue()
        # Requests that the loop waits for, answered or not, counted by the loop alone; those of them that are answered.
        self._under_way = 0
        self._answered: deque[tuple[asyncio.Future[None], BaseException | None]] = deque()
        for number in range(threads):
            Thread(target=self._work_off, name=f"request-{number}", daemon=True).start()

    async def __rsgi__(self, scope: Scope, protocol: HTTPProtocol) -> None:
        """Answer one request; to a caller who has gone there is nothing to say."""
        try:
            body = await self._body(scope, protocol)
        except (ProtocolClosed, ProtocolError):
            return
        asked = environ(scope, body)
        if (scope.method, scope.path) in self._on_loop:
            try:
                protocol.response_bytes(*await fibers.run(lambda: self._answer(asked)))
            except fibers.NeedsThread:
                _rewind(body)
            else:
                return
        await self._in_thread(asked, protocol)

    async def _in_thread(self, asked: Environ, protocol: HTTPProtocol) -> None:
        done = asyncio.get_running_loop().create_future()
        self._settle()
        self._under_way += 1
        # An executor's own future beside this one, and their telling each other, would cost 30 to 50 µs.
        self._waiting.put((asked, protocol, done))
        await done

    def __rsgi_del__(self, _loop: asyncio.AbstractEventLoop) -> None:
        """End, when every request under way is answered: the processes of granian end without `atexit`."""
        if self._end is not None:
            self._end()

    async def _body(self, scope: Scope, protocol: HTTPProtocol) -> Body:
        if not awaits_body(cast("Mapping[str, str]", scope.headers), self._largest_body):
            return io.BytesIO()
        try:
            async with asyncio.timeout(BODY_SECONDS):
                if "transfer-encoding" in scope.headers:
                    return io.BytesIO(await self._pieces(protocol))
                return io.BytesIO(await protocol())
        except TimeoutError:
            return Late()

    async def _pieces(self, protocol: HTTPProtocol) -> bytes:
        parts, length = [], 0
        async for part in protocol:
            parts.append(part)
            length += len(part)
            if length > self._largest_body:
                break  # the application refuses it for its length; the rest would change nothing
        return b"".join(parts)

    def _work_off(self) -> None:
        while True:
            asked, protocol, done = self._waiting.get()
            fault: BaseException | None = None
            try:
                # Answered from here: the loop's thread would have to be waited for.
                protocol.response_bytes(*self._answer(asked))
            except BaseException as raised:  # noqa: BLE001 - granian answers 500 and logs whatever it is
                fault = raised
            self._answered.append((done, fault))
            # To wake the loop costs more than a short answer, and where others are under way one of them will; but who
            # met a fault has no answer yet.
            if fault is not None or len(self._answered) >= self._under_way:
                # A loop that is closed waits for nothing any more.
                with suppress(RuntimeError):
                    done.get_loop().call_soon_threadsafe(self._settle)

    def _settle(self) -> None:
        """End the coroutines of what is answered; their callers have their answers."""
        while self._answered:
            # Counted first: who is answered in between sees too few under way, and wakes the loop once more.
            self._under_way -= 1
            done, fault = self._answered.popleft()
            # One whose loop is closed is waited for by nobody any more.
            if done.cancelled() or done.get_loop().is_closed():
                continue
            if fault is None:
                done.set_result(None)
            else:
                done.set_exception(fault)

    def _answer(self, environ: Environ) -> Answer:
        said: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], _fault: Any = None) -> None:
            said[:] = [int(status[:3]), headers]

        parts = self._app(environ, start_response)
        try:
            body = b"".join(parts)
        finally:
            getattr(parts, "close", lambda: None)()
        return said[0], said[1], body


def _rewind(body: Body) -> None:
    # What came late has no beginning, and says so again.
    if body.seekable():
        body.seek(0)


def awaits_body(headers: Mapping[str, str], largest: int) -> bool:
    """Tell whether there is a body worth waiting for: one that says it is too large is refused unread."""
    length = headers.get("content-length", "0")
    return "transfer-encoding" in headers or (length.isdecimal() and 0 < int(length) <= largest)


def environ(scope: Scope, body: Body) -> Environ:
    """Return the request as WSGI (PEP 3333) describes it."""
    server, port = scope.server.rsplit(":", 1)
    made: Environ = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": scope.path.encode().decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_NAME": server,
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": scope.client.rsplit(":", 1)[0].strip("[]"),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": body,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        **_headers(scope),
    }
    # Said of a body that came in pieces too, and not less than was said: the application counts what it is given.
    length = len(body.getbuffer()) if isinstance(body, io.BytesIO) else 1
    made["CONTENT_LENGTH"] = str(max(int(made.get("CONTENT_LENGTH", "0")), length))
    return made


def _headers(scope: Scope) -> dict[str, str]:
    headers: dict[str, str] = {}
    # Granian gives no value that is not ASCII: such a one stays one that nobody can have meant.
    read = scope.headers.items()
    unread = [(name, "\xff") for name in {*scope.headers.keys()} - {name for name, _ in read}]
    for name, value in [*read, *unread]:
        # X_Forwarded_For would come out as the name of X-Forwarded-For, which a proxy vouches for; a body in pieces is
        # whole by now.
        if "_" in name or name == "transfer-encoding":
            continue
        key = OWN_NAMES.get(name, f"HTTP_{name.upper().replace('-', '_')}")
        between = "; " if name == "cookie" else ","
        headers[key] = f"{headers[key]}{between}{value}" if key in headers else value
    return headers
