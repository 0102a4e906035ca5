"""The same POSTs by the client of the delivery worker and by requests, many at a time, to one receiver."""

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import requests

from bench.hosts import receiving
from bench.report import Table, spread, times
from widget_host.adapters.http.asking import OutgoingHttp
from widget_host.adapters.http.posting import PostingHttp
from widget_host.kit.addresses import AddressRules

ROUNDS = 3
POSTS = 2000
AT_ONCE = 32
BODY = b"{}" * 100
HEADERS = {"Content-Type": "application/json"}
RULES = AddressRules(development=True)
Client = Callable[[str], None]


def by_aiohttp(url: str) -> None:
    """Post as the delivery worker does, the guard included."""
    asyncio.run(_by_aiohttp(url))


async def _by_aiohttp(url: str) -> None:
    async with PostingHttp(RULES) as client:
        free = asyncio.Semaphore(AT_ONCE)

        async def post() -> None:
            async with free:
                await client.post(url, HEADERS, BODY)

        await asyncio.gather(*(post() for _ in range(POSTS)))


def by_requests(url: str) -> None:
    """Post on threads, each with a session that keeps its connection, without a guard."""
    own = threading.local()

    def post(_number: int) -> None:
        if not hasattr(own, "session"):
            own.session = requests.Session()
            own.session.trust_env = False
        own.session.post(url, data=BODY, headers=HEADERS, timeout=(5, 15), allow_redirects=False)

    _on_threads(post)


def by_guarded_requests(url: str) -> None:
    """Post on threads as programs are asked: the guard included, a connection for each."""
    client = OutgoingHttp(RULES)
    _on_threads(lambda _number: client.post(url, HEADERS, BODY))


def _on_threads(post: Callable[[int], object]) -> None:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(post, range(POSTS)))


CLIENTS: dict[str, Client] = {
    "aiohttp, guarded, connections kept (deliveries)": by_aiohttp,
    "requests, a session for each thread, not guarded": by_requests,
    "requests, guarded, a connection for each (programs)": by_guarded_requests,
}


def measure() -> Table:
    """Let each client send, in turn."""
    rates: dict[str, list[float]] = {name: [] for name in CLIENTS}
    with receiving() as address:
        for _ in range(ROUNDS):
            for name, client in CLIENTS.items():
                began = time.perf_counter()
                client(f"{address}/hook")
                rates[name].append(POSTS / (time.perf_counter() - began))
    sessions = list(rates.values())[1]
    return Table(
        f"POSTs a second by HTTP client, {AT_ONCE} at a time, one process",
        ("Client", "a second", "beside requests' sessions"),
        [(name, spread(row), times(row, sessions)) for name, row in rates.items()],
    )
