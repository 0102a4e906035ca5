"""What each call takes with no, a million and ten million transactions; `SIZES=` and `ROUNDS=` for others."""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from http.client import HTTPConnection
from urllib.parse import urlsplit

from sqlalchemy import text

from bench.filling import Filling
from bench.hosts import ROOT, Host, embedded, host, postgres
from bench.report import Table, machine, spread
from bench.served import MEMBER, Site, site
from tests.factories.issuers import AURORA, Issuer, make_issuer
from widget_host.domain.programs.rules import Destination
from widget_host.domain.transactions.rules import Order
from widget_host.kit.ids import new_id
from widget_host.kit.logs import configure
from widget_host.kit.money import Money

ENVIRONMENTS = 20
SIZES = [int(size) for size in os.environ.get("SIZES", "0,1000000,10000000").split(",")]
MOST_EMBEDDED = 1_000_000
ROUNDS = int(os.environ.get("ROUNDS", "3"))
CALLS_A_ROUND = 100
MOST = 1.2  # float: how many times as long as with empty tables
DAY = 24 * 3600
NEWEST = """SELECT id, reference_number, created_at FROM transactions WHERE environment_id = :environment
    ORDER BY created_at DESC LIMIT 1 OFFSET :skip"""
COPIED = """SELECT t.id AS "transaction", t.entry_id AS entry, e.event_id AS event, t.reference_number AS reference
    FROM transactions t JOIN ledger_entries e ON e.id = t.entry_id
    WHERE t.reference_number LIKE '%_to_copy' ORDER BY t.id"""
Send = Callable[[], None]
Found = dict[str, dict[int, list[float]]]


def main() -> None:
    """Measure both databases, and print a table for each."""
    configure("WARNING")
    sys.stdout.write(f"{machine()}\n\n")
    with postgres() as server, host(server, "growth", 8) as own:
        sys.stdout.write(f"{_table(own, 'PostgreSQL', SIZES)}\n")
    with embedded(8) as own:
        sys.stdout.write(f"{_table(own, 'SQLite', [size for size in SIZES if size <= MOST_EMBEDDED])}\n")


def _table(own: Host, database: str, sizes: list[int]) -> Table:
    of, found, filled = site(own), Found(), 0
    orders = _orders(own, of.issuer)
    for size in sizes:
        for number, order in enumerate(orders):
            filling = Filling(order, number, len(orders), max(*sizes, 1))
            filling.fill(own.wiring.database, range(filled // len(orders), size // len(orders)))
        filled = size
        own.queue.analyze()
        _measure(of, size, found)
    head = ("Call", *(f"{size:,} transactions" for size in sizes), f"last ÷ first (at most {MOST})")
    return Table(f"Growth, {database}: p50 in ms", head, [_row(name, figures) for name, figures in found.items()])


def _orders(own: Host, first: Issuer) -> list[dict[str, str]]:
    issuers = [first, *(make_issuer(own.wiring, f"Bank {number}") for number in range(1, ENVIRONMENTS))]
    for issuer in issuers:
        named = f"{issuer.environment_id}_to_copy"
        order = Order(
            issuer.environment_id, issuer.programs[AURORA], Destination(MEMBER), named, value=Money(2500, "USD")
        )
        own.wiring.issuing.issue(order)
    with own.wiring.database.reading() as session:
        kept = session.execute(text(COPIED)).mappings()
        return [{name: str(value) for name, value in row.items()} for row in kept]


def _measure(of: Site, size: int, found: Found) -> None:
    with of.host() as address:
        calls = dict(_calls(of, address, size))
        for _ in range(ROUNDS):
            for name, send in calls.items():
                found.setdefault(name, {}).setdefault(size, []).append(_p50(send))
    for name, figure in _verified(of).items():
        found.setdefault(name, {}).setdefault(size, []).append(figure)


def _p50(send: Send) -> float:  # float: milliseconds
    taken = []
    for _ in range(CALLS_A_ROUND):
        began = time.perf_counter()
        send()
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken)


class Caller:
    """One connection to the host."""

    def __init__(self, address: str, headers: Mapping[str, str]) -> None:
        parts = urlsplit(address)
        self._connection = HTTPConnection(parts.hostname or "", parts.port, timeout=60)
        self._headers = dict(headers)

    def send(self, method: str, path: str, body: str = "") -> bytes:
        """Return what is answered; raises RuntimeError for anything but 2xx."""
        self._connection.request(method, path, body or None, self._headers)
        answer = self._connection.getresponse()
        said = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {said!r}")
        return said


def _calls(of: Site, address: str, size: int) -> Iterator[tuple[str, Send]]:
    caller = Caller(address, of.bearer(address))
    send, order = caller.send, of.order()
    asked = {"programId": of.issuer.programs[AURORA], "currency": "USD", "value": 25}
    token = json.dumps({"clientId": of.issuer.client_id, "clientSecret": of.issuer.client_secret})
    yield "POST /transactions", lambda: _heard(send("POST", "/transactions", order.replace("{id}", new_id("run"))))
    yield "GET /programs", lambda: _heard(send("GET", "/programs"))
    yield "POST /auth/token", lambda: _heard(Caller.send(caller, "POST", "/auth/token", token))
    yield "POST /transactions/preview", lambda: _heard(send("POST", "/transactions/preview", json.dumps(asked)))
    for name, path in _reads(of, size).items():
        yield name, lambda path=path: _heard(send("GET", path))  # type: ignore[misc]  # the path of this round
    yield "the widget's first page", lambda: _open_widget(caller, address)


def _heard(_answer: bytes) -> None:
    """An answer is only waited for."""


def _open_widget(caller: Caller, address: str) -> None:
    launch = json.dumps({"sourceUserId": "ana", "balance": 100, "currency": "USD"})
    asked = json.loads(caller.send("POST", "/auth/widget/point-exchange", launch))
    Caller(address, {}).send("GET", f"/widget/point-exchange?token={asked['accessToken']}")


def _reads(of: Site, size: int) -> dict[str, str]:
    with of.own.wiring.database.reading() as session:
        wanted = {"environment": of.issuer.environment_id, "skip": size // ENVIRONMENTS // 2}
        row = session.execute(text(NEWEST), wanted).one()
    moment = datetime.fromisoformat(str(row.created_at))
    at = int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    day, year = (f"/transactions?startDate={at - seconds}&endDate={at + 1}&limit=50" for seconds in (DAY, 400 * DAY))
    return {
        "GET /transactions of a day": day,
        "GET /transactions of a year, far inside": f"{year}&cursor={(at - DAY) * 10**6:016}.txn_{'0' * 26}",
        "GET /transactions/{id}": f"/transactions/{row.id}",
        "GET /transactions/{reference}": f"/transactions/{row.reference_number}",
    }


def _verified(of: Site) -> dict[str, float]:
    command = [sys.executable, "-m", "widget_host", "ledger", "verify", "--json"]
    began = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **of.own.told}, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError("the ledger does not verify")
    return {"ledger verify, s": time.perf_counter() - began, "ledger verify, MiB": used.ru_maxrss / 1024}


def _row(name: str, figures: Mapping[int, list[float]]) -> tuple[str, ...]:
    first, last = (statistics.median(figures[size]) for size in (min(figures), max(figures)))
    ratio = "" if name.startswith("ledger") else f"{last / first:.2f} ×"
    return name, *(spread(measured, 2) for measured in figures.values()), ratio


if __name__ == "__main__":
    main()
