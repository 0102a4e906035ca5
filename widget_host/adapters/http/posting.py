"""The client of the delivery worker: many requests at once on one thread, connections kept between them, all pinned."""

import asyncio
import socket
import ssl
from collections.abc import Mapping
from functools import cache
from typing import Any, Self

import aiohttp
import certifi
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from widget_host.adapters.http import answers
from widget_host.adapters.http.answers import Answer, body_text
from widget_host.adapters.http.names import Names
from widget_host.kit.addresses import PORTS, AddressRefused, AddressRules, Target

# Shorter than the five seconds after which common servers hang up: who sends just then would lose its request.
KEPT_OPEN_SECONDS = 4


class PostingHttp:
    """Sends to addresses that others chose, as far as the rules allow; to be used inside `async with`."""

    def __init__(self, rules: AddressRules, certificates: str | None = None) -> None:
        """Decide once how strict to be; trust these authorities, or those that requests trusts."""
        self._rules = rules
        self._trust = _trusting(certificates or certifi.where())

    async def __aenter__(self) -> Self:
        """Open for the loop that runs."""
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                resolver=_Pinned(Names(self._rules)),
                use_dns_cache=False,
                ssl=self._trust,
                limit=0,
                keepalive_timeout=KEPT_OPEN_SECONDS,
            ),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=answers.CONNECT_SECONDS),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
            read_bufsize=answers.CHUNK,
            headers=answers.HEADERS,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        """Hang up."""
        await self._session.close()

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send one request and return what came of it; never raises for what the other side does."""
        try:
            target = self._rules.check(url)
            async with asyncio.timeout(answers.ATTEMPT_SECONDS):
                return await self._post(target, headers, body)
        except AddressRefused as refused:
            return Answer(error=str(refused))
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            return Answer(error=_kind(error))

    async def _post(self, target: Target, headers: Mapping[str, str], body: bytes) -> Answer:
        async with self._session.post(_url(target), headers=headers, data=body, allow_redirects=False) as response:
            raw = await _read(response)
            text = body_text(raw, response.headers.get("Content-Encoding", ""))
            return Answer(status=response.status, text=text, headers=response.headers)


class _Pinned(AbstractResolver):
    """Gives the connector addresses that were judged; it connects to those, while TLS still asks for the name."""

    def __init__(self, names: Names) -> None:
        self._names = names

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        found = await self._names.find_soon(Target("https", host, port or PORTS["https"], "/"))
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in found
        ]

    async def close(self) -> None:
        """Nothing is kept."""


@cache
def _trusting(certificates: str) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=certificates)


def _url(target: Target) -> URL:
    # Not taken apart anew: what was checked is what is asked.
    url = URL(target.url, encoded=True)
    if (url.scheme, url.raw_host, url.port) != (target.scheme, target.host, target.port):
        raise AddressRefused("not a URL")
    return url


async def _read(response: aiohttp.ClientResponse) -> bytes:
    raw = bytearray()
    async for chunk in response.content.iter_any():
        raw += chunk
        if len(raw) >= answers.ANSWER_READ:
            # Not to its end, which may never come: hang up.
            response.close()
            break
    return bytes(raw)


def _kind(error: Exception) -> str:
    cause: Any = error.__cause__
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return answers.CONNECT_TIMED_OUT
    if isinstance(error, TimeoutError):
        return answers.NO_ANSWER
    if isinstance(error, aiohttp.ClientConnectorDNSError) or isinstance(cause, UnicodeError):
        return answers.NAME_NOT_FOUND
    if isinstance(error, aiohttp.ClientSSLError | ssl.SSLError):
        return answers.TLS_FAILED
    return answers.CONNECTION_FAILED
