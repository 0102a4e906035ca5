"""A server that answers in twenty wrong ways: what stands between a sender and its receiver when nothing goes right."""

import asyncio
import contextlib
import gzip
import socket
import threading
from collections.abc import Awaitable, Callable
from typing import Self

Reader = asyncio.StreamReader
Writer = asyncio.StreamWriter
Fault = Callable[[Reader, Writer], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\n"
FOR_EVER_SECONDS = 60


def _send(raw: bytes) -> Fault:
    async def fault(reader: Reader, writer: Writer) -> None:
        await _request(reader)
        writer.write(raw)
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


async def _half_close(reader: Reader, writer: Writer) -> None:
    await _request(reader)
    writer.write_eof()
    await asyncio.sleep(FOR_EVER_SECONDS)


async def _late(reader: Reader, writer: Writer) -> None:
    await _request(reader)
    await asyncio.sleep(1)
    writer.write(OK + b"Content-Length: 0\r\n\r\n")
    await writer.drain()


async def _request(reader: Reader) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    length = next((line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), b":0")
    await reader.readexactly(int(length.partition(b":")[2]))


def _status(line: str, headers: str = "", body: bytes = b"") -> Fault:
    return _send(f"HTTP/1.1 {line}\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode() + body)


# Each with what the sender has to make of it: a status, or a kind of error.
FAULTS: dict[str, tuple[Fault, int | str]] = {
    "reset before the headers": (_reset(b""), "connection failed"),
    "reset before the request is read": (_reset(b"", read=False), "connection failed"),
    "reset within the headers": (_reset(OK + b"X-A: "), "connection failed"),
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
}


class FaultServer:
    """Answers every connection with the fault chosen, on a thread of its own; without one it refuses to listen."""

    def __init__(self) -> None:
        self.fault: Fault = _silence
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(5)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    async def _listen(self) -> asyncio.Server:
        return await asyncio.start_server(self._answer, "127.0.0.1", 0)

    async def _answer(self, reader: Reader, writer: Writer) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await self.fault(reader, writer)
        writer.close()

    async def _stop(self) -> None:
        self._server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
