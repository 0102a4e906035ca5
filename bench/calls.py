"""Other calls a second, beside a view that says hello from the same server, and beside how one writes them first."""

import contextlib
import json
from collections.abc import Iterator, Mapping

from bench.hosts import Host, embedded, host, postgres
from bench.load import Call, Load
from bench.report import Table, spread, times
from bench.served import JSON, Site, by_turns, site
from tests.factories.issuers import AURORA

LAUNCHES = 64
HELLO = "hello in JSON, the same server"
PAGE = "the Purchase widget's first page"
# How much of hello each has to be: at least.
LEAST = {"GET /programs": 0.6, "POST /auth/token": 0.4, PAGE: 0.35}
USUAL = "as one writes it first"
Row = tuple[str, ...]


def measure() -> Table:
    """Measure on PostgreSQL."""
    with postgres() as server, host(server, "calls", 8) as own:
        return _table(own, "PostgreSQL")


def measure_embedded() -> Table:
    """Measure on SQLite."""
    with embedded(8) as own:
        return _table(own, "SQLite")


def _table(own: Host, database: str) -> Table:
    of = site(own)
    with contextlib.ExitStack() as stack:
        calls = dict(_calls(of, stack))
        found = by_turns(of, calls)
    return Table(
        f"Other calls a second, {database}, 16 connections",
        ("What", "a second", "p50, ms", "p99, ms", "beside hello", f"beside it {USUAL}"),
        [_row(name, found) for name in found],
    )


def _calls(of: Site, stack: contextlib.ExitStack) -> Iterator[tuple[str, tuple[str, Call]]]:
    hello = stack.enter_context(of.peer("hello"))
    usual = stack.enter_context(of.peer("orm"))
    own = stack.enter_context(of.host())
    headers = of.bearer(own)
    yield HELLO, (hello, Call("GET", "/", {}))
    for name, call in _ours(of, headers).items():
        yield name, (own, call)
        if name != PAGE:
            yield f"{name}, {USUAL}", (usual, call)


def _ours(of: Site, headers: Mapping[str, str]) -> dict[str, Call]:
    secret = {"clientId": of.issuer.client_id, "clientSecret": of.issuer.client_secret}
    asked = {"programId": of.issuer.programs[AURORA], "value": 25, "currency": "USD"}
    return {
        "GET /programs": Call("GET", "/programs", headers),
        "POST /auth/token": Call("POST", "/auth/token", JSON, json.dumps(secret)),
        "POST /transactions/preview": Call("POST", "/transactions/preview", headers, json.dumps(asked)),
        PAGE: Call("GET", "", {"Accept-Encoding": "gzip"}, paths=of.widget_paths(LAUNCHES)),
    }


def _row(name: str, found: Mapping[str, list[Load]]) -> Row:
    rates = {called: [each.rate for each in loads] for called, loads in found.items()}
    p50, p99 = ([getattr(each, figure) for each in found[name]] for figure in ("p50", "p99"))
    hello = times(rates[name], rates[HELLO]) + (f" (at least {LEAST[name]})" if name in LEAST else "")
    usual = f"{name}, {USUAL}"
    beside = times(rates[name], rates[usual]) if usual in rates else ""
    return name, spread(rates[name]), spread(p50, 1), spread(p99, 1), hello, beside
