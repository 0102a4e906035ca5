"""A receiver of very many: it answers at once, some a little late, and counts what came."""

import asyncio
import hashlib
import threading
from collections import Counter
from typing import Self

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
LATE_SECONDS = 0.05


class Tally:
    """Counts, for each event id, the different bodies that came with it; one answer of so many is late."""

    def __init__(self, one_late_of: int = 20) -> None:
        self.bodies: dict[str, Counter[bytes]] = {}
        self.count = 0
        self.callers: set[asyncio.Transport] = set()
        self._one_late_of = one_late_of
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        serving = self._loop.create_server(lambda: Caller(self), "127.0.0.1", 0)
        self._server = asyncio.run_coroutine_threadsafe(serving, self._loop).result(5)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/hook"
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _close(self) -> None:
        self._server.close()
        for each in [*self.callers]:
            each.abort()
        # Connections are closed in the loop's next rounds.
        await asyncio.sleep(0.01)

    def take(self, event_id: str, body: bytes) -> bool:
        """Count it, and say whether the answer has to be late."""
        self.count += 1
        self.bodies.setdefault(event_id, Counter())[hashlib.sha256(body).digest()] += 1
        return self.count % self._one_late_of == 0


class Caller(asyncio.Protocol):
    """One connection, one request after the other."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._came = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._tally.callers.add(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._tally.callers.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        self._came += data
        head, found, rest = self._came.partition(b"\r\n\r\n")
        if not found:
            return
        names = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
        length = int(names[b"content-length"])
        if len(rest) < length:
            return
        self._came = rest[length:]
        self._answer(is_late=self._tally.take(names[b"webhook-id"].decode(), rest[:length]))

    def _answer(self, *, is_late: bool) -> None:
        if is_late:
            asyncio.get_running_loop().call_later(LATE_SECONDS, self._transport.write, OK)
        else:
            self._transport.write(OK)
