"""Requests as granian hands them over, and connections that remember what they are answered."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from typing import Any

from granian.rsgi import ProtocolError  # type: ignore[attr-defined]  # its documented name, not marked as exported


class Headers:
    """Headers as granian gives them: several of one name, and no value that is not ASCII."""

    def __init__(self, given: Iterable[tuple[str, str]]) -> None:
        self._given = list(given)

    def __contains__(self, name: str) -> bool:
        return any(name == each for each, _ in self._given)

    def get(self, name: str, default: Any = None) -> Any:
        return next((value for each, value in self.items() if each == name), default)

    def keys(self) -> list[str]:
        return [name for name, _ in self._given]

    def items(self) -> list[tuple[str, str]]:
        return [(name, value) for name, value in self._given if value.isascii()]


@dataclass
class Scope:
    method: str = "POST"
    path: str = "/"
    query_string: str = ""
    http_version: str = "1.1"
    scheme: str = "http"
    server: str = "127.0.0.1:8000"
    client: str = "192.0.2.7:40000"
    headers: Headers = field(default_factory=lambda: Headers([]))


class Protocol:
    """One connection: what it sends piece by piece, and what it is answered."""

    def __init__(self, *pieces: bytes, stalls: bool = False) -> None:
        self._pieces = pieces
        self._stalls = stalls
        self.taken = 0
        self.answer: tuple[int, dict[str, str], bytes] | None = None

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            self.taken += 1
            yield piece
        if self._stalls:
            await asyncio.Event().wait()

    async def __call__(self) -> bytes:
        return b"".join([piece async for piece in self])

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.answer = status, dict(headers), body


class Gone(Protocol):
    """A caller who hangs up in the middle of the body."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b"ab"
        raise ProtocolError
