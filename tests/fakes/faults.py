"""Servers that answer in every wrong way: what stands between a sender and its receiver when nothing goes right."""

import asyncio
import contextlib
import gzip
import socket
import threading
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Self

Reader = asyncio.StreamReader
Writer = asyncio.StreamWriter
Fault = Callable[[Reader, Writer], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\n"
# "Handshake failure", as TLS says it.
TLS_ALERT = b"\x15\x03\x03\x00\x02\x02\x28"
FOR_EVER_SECONDS = 60
LATE_SECONDS = 20
# So that what a sender does not take is not kept here in its stead.
PIECE = 64 * 1024


def _send(raw: bytes) -> Fault:
    async def fault(reader: Reader, writer: Writer) -> None:
        await _request(reader)
        for start in range(0, len(raw), PIECE):
            writer.write(raw[start : start + PIECE])
            await writer.drain()

    return fault


def _drip(before: bytes, raw: bytes, pause: float = 0.05) -> Fault:
    async def fault(reader: Reader, writer: Writer) -> None:
        await _request(reader)
        writer.write(before)
        while True:
            writer.write(raw)
            await writer.drain()
            await asyncio.sleep(pause)

    return fault


def _reset(before: bytes, *, read: bool = True) -> Fault:
    async def fault(reader: Reader, writer: Writer) -> None:
        if read:
            await _request(reader)
        writer.write(before)
        await writer.drain()
        await asyncio.sleep(0.01)
        # No lingering: the other side hears RST, not FIN.
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        writer.transport.abort()

    return fault


async def _silence(_reader: Reader, _writer: Writer) -> None:
    await asyncio.sleep(FOR_EVER_SECONDS)


async def _plain(reader: Reader, writer: Writer) -> None:
    await reader.read(1)
    writer.write(OK + b"Content-Length: 0\r\n\r\n")
    await writer.drain()


async def _refuse_tls(reader: Reader, writer: Writer) -> None:
    await reader.read(4096)
    writer.write(TLS_ALERT)
    await writer.drain()


async def _half_close(reader: Reader, writer: Writer) -> None:
    await _request(reader)
    writer.write_eof()
    await asyncio.sleep(FOR_EVER_SECONDS)


async def _late(reader: Reader, writer: Writer) -> None:
    await _request(reader)
    await asyncio.sleep(LATE_SECONDS)
    writer.write(OK + b"Content-Length: 0\r\n\r\n")
    await writer.drain()


async def _request(reader: Reader) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    length = next((line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), b":0")
    await reader.readexactly(int(length.partition(b":")[2]))


def _status(line: str, headers: str = "", body: bytes = b"") -> Fault:
    head = f"HTTP/1.1 {line}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n{headers}\r\n"
    return _send(head.encode() + body)


# Each with what the sender has to make of it: a status, or a kind of error.
FAULTS: dict[str, tuple[Fault, int | str]] = {
    "reset before the request is read": (_reset(b"", read=False), "connection failed"),
    "reset before the headers": (_reset(b""), "connection failed"),
    "reset within the headers": (_reset(OK + b"X-A: "), "connection failed"),
    "reset after the headers": (_reset(OK + b"Content-Length: 100\r\n\r\n"), "connection failed"),
    "reset within the body": (_reset(OK + b"Content-Length: 100\r\n\r\nabc"), "connection failed"),
    "black hole": (_silence, "no answer in time"),
    "dripped headers": (_drip(OK, b"X-A: b\r\n", 0.02), "no answer in time"),
    "dripped body": (_drip(OK + b"Content-Length: 99999\r\n\r\n", b"x"), "no answer in time"),
    "endless body": (_drip(OK + b"\r\n", b"x" * 65_536, 0), 200),
    "ten megabytes": (_status("200 OK", body=b"x" * 10_000_000), 200),
    "gzip bomb": (_status("200 OK", "Content-Encoding: gzip\r\n", gzip.compress(b"\0" * 50_000_000)), 200),
    "half close": (_half_close, "connection failed"),
    "late": (_late, "no answer in time"),
    "redirect to metadata": (_status("301 Moved", "Location: http://169.254.169.254/latest\r\n"), 301),
    "gone": (_status("410 Gone"), 410),
    "too many, retry after nonsense": (_status("429 Slow", "Retry-After: -1, soon\r\n"), 429),
    "too many, retry after ages": (_status("429 Slow", f"Retry-After: {'9' * 400}\r\n"), 429),
    "unavailable": (_status("503 Unavailable", "Retry-After: 1\r\n"), 503),
    "not HTTP": (_send(b"SSH-2.0-OpenSSH_9.2\r\n"), "connection failed"),
    "flood of 1xx": (_drip(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n" * 50, 0.01), "no answer in time"),
    "flood of headers": (_drip(OK, b"X-A: b\r\n" * 500, 0), "connection failed"),
    "not TLS": (_plain, "TLS failed"),
    "TLS refused": (_refuse_tls, "TLS failed"),
    "TLS without an answer": (_silence, "no answer in time"),
}
SECURE = ("not TLS", "TLS refused", "TLS without an answer")
# What no server can do: nobody listens, and nobody has the name.
UNREACHED = {"refused": "connection failed", "name not found": "host name not found"}
NO_NAME = "nowhere.invalid"
EXPECTED: dict[str, int | str] = {**{name: expected for name, (_, expected) in FAULTS.items()}, **UNREACHED}


class FaultServers:
    """Listen for each fault at a port of its own, all on one thread."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._taken = socket.socket()
        self.urls: dict[str, str] = {}

    def __enter__(self) -> Self:
        self._thread.start()
        self._servers = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(5)
        for name, server in self._servers.items():
            scheme = "https" if name in SECURE else "http"
            self.urls[name] = f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
        # Taken, and not listened at.
        self._taken.bind(("127.0.0.1", 0))
        self.urls["refused"] = f"http://127.0.0.1:{self._taken.getsockname()[1]}/hook"
        self.urls["name not found"] = f"http://{NO_NAME}/hook"
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._taken.close()

    async def _listen(self) -> dict[str, asyncio.Server]:
        return {
            name: await asyncio.start_server(partial(self._answer, fault), "127.0.0.1", 0, backlog=1000)
            for name, (fault, _) in FAULTS.items()
        }

    async def _answer(self, fault: Fault, reader: Reader, writer: Writer) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await fault(reader, writer)
        writer.close()

    async def _stop(self) -> None:
        for server in self._servers.values():
            server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
