"""Orders a second over HTTP, beside those who write the same rows and do nothing else, and those who do it as usual."""

import contextlib
from collections.abc import Iterator
from statistics import median

from bench.hosts import embedded, host, postgres
from bench.load import Call, Load
from bench.report import Table, spread, times
from bench.served import Site, by_turns, order_call, site

OWN = "widget-host serve"
# Who else serves it, how, and how much of theirs ours has to be: at least.
PEERS: dict[str, tuple[tuple[str, str, str], float]] = {
    "bare Flask, one statement, the same server": (("bare", "rsgi", "bench.peers:served"), 0.8),
    "bare WSGI, one statement, granian": (("wsgi", "wsgi", "bench.peers:wsgi"), 0.55),
    "FastAPI, SQLAlchemy Core, asynchronous": (("fastapi", "asgi", "bench.fastapi_peer:app"), 1.5),
    "Flask and SQLAlchemy's objects": (("orm", "rsgi", "bench.peers:served"), 2.5),
}
SQLITE_PEERS = {
    "bare Flask, one writer, the same server": (("bare", "rsgi", "bench.peers:served"), 0.6),
    "Flask and SQLAlchemy's objects": (("orm", "rsgi", "bench.peers:served"), 0.0),
}
GUNICORN = "the host on gunicorn, gthread"
Row = tuple[str, ...]


def measure() -> Table:
    """Measure on PostgreSQL."""
    with postgres() as server, host(server, "orders", 8) as own:
        return _table(site(own), PEERS, "PostgreSQL")


def measure_embedded() -> Table:
    """Measure on SQLite."""
    with embedded(8) as own:
        return _table(site(own), SQLITE_PEERS, "SQLite")


def _table(of: Site, peers: dict[str, tuple[tuple[str, str, str], float]], database: str) -> Table:
    with contextlib.ExitStack() as stack:
        calls = dict(_calls(of, peers, stack))
        found = by_turns(of, calls)
    ours = [each.rate for each in found[OWN]]
    least = {name: atleast for name, (_, atleast) in peers.items()}
    return Table(
        f"POST /transactions a second, {database}, 16 connections",
        ("Who", "a second", "p50, ms", "p99, ms", "p99 ÷ p50", "ours beside it"),
        [_row(name, loads, ours, least.get(name)) for name, loads in found.items()],
    )


def _calls(
    of: Site, peers: dict[str, tuple[tuple[str, str, str], float]], stack: contextlib.ExitStack
) -> Iterator[tuple[str, tuple[str, Call]]]:
    address = stack.enter_context(of.host())
    headers = of.bearer(address)
    yield OWN, (address, order_call(of, headers))
    yield GUNICORN, (stack.enter_context(of.gunicorn()), order_call(of, headers))
    for name, (how, _) in peers.items():
        yield name, (stack.enter_context(of.peer(*how)), order_call(of, headers))


def _row(name: str, loads: list[Load], ours: list[float], least: float | None) -> Row:
    rates, p50, p99 = ([getattr(each, figure) for each in loads] for figure in ("rate", "p50", "p99"))
    beside = "" if name == OWN else times(ours, rates) + (f" (at least {least})" if least else "")
    return name, spread(rates), spread(p50, 1), spread(p99, 1), f"{median(p99) / median(p50):.1f}", beside
