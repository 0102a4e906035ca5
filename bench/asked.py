"""What is asked of a host whose tables grow: each call of the API that reads or writes them, and what a worker asks."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from typing import Any
from urllib.parse import quote, urlsplit

from sqlalchemy import Row, text

from bench.grown import ISSUERS, SELDOM
from bench.served import Site
from tests.factories.issuers import AURORA
from widget_host.kit.ids import new_id

PAGE = "limit=50"
YEAR = timedelta(days=400)
# Where the middle of an issuer's transactions is: behind it there is a page and more, even where there are few.
LEFT = 120
MIDDLE = """SELECT t.id, t.reference_number, t.created_at, e.event_id
    FROM transactions t JOIN ledger_entries e ON e.id = t.entry_id
    WHERE t.environment_id = :environment ORDER BY t.created_at DESC LIMIT 1 OFFSET :skip"""
ENDPOINT = "SELECT id FROM webhook_endpoints WHERE environment_id = :environment"
AT_ONCE = 8
# Sooner than the host closes a connection at rest.
KEPT_SECONDS = 10.0  # float: seconds
Send = Callable[[], object]


class Caller:
    """One connection to the host."""

    def __init__(self, address: str, headers: Mapping[str, str]) -> None:
        parts = urlsplit(address)
        self._connection = HTTPConnection(parts.hostname or "", parts.port, timeout=60)
        self._headers = dict(headers)
        self._used_at = 0.0

    def send(self, method: str, path: str, body: str = "", *, expected: int = 200) -> bytes:
        """Return what is answered; raises RuntimeError for another status."""
        if time.monotonic() - self._used_at > KEPT_SECONDS:
            self._connection.close()
        self._connection.request(method, path, body or None, self._headers)
        answer = self._connection.getresponse()
        said, self._used_at = answer.read(), time.monotonic()
        if answer.status != expected:
            raise RuntimeError(f"{method} {path}: {answer.status} {said!r}")
        return said

    def page(self, path: str) -> None:
        """Read a page; raises RuntimeError for one that is not full: it would be no measure for others."""
        found = json.loads(self.send("GET", path))
        if len(found["events"] if isinstance(found, dict) else found) != int(PAGE.partition("=")[2]):
            raise RuntimeError(f"{path}: {len(found)} rows")


def asked(of: Site, address: str, size: int) -> dict[str, Send]:
    """Return each call by what it is."""
    caller, middle = Caller(address, of.bearer(address)), _middle(of, size)
    return dict([*_written(of, caller), *_listed(of, caller, middle), *_found(caller, middle), *_worked(of)])


def _written(of: Site, caller: Caller) -> Iterator[tuple[str, Send]]:
    order, again = of.order(), of.order().replace("{id}", new_id("run"))
    price = json.dumps({"programId": of.issuer.programs[AURORA], "currency": "USD", "value": 25})
    secret = json.dumps({"clientId": of.issuer.client_id, "clientSecret": of.issuer.client_secret})
    post = caller.send
    yield (
        "POST /transactions",
        lambda: post("POST", "/transactions", order.replace("{id}", new_id("run")), expected=201),
    )
    yield "POST /transactions, sent again", lambda: post("POST", "/transactions", again, expected=201)
    yield "POST /transactions/preview", lambda: post("POST", "/transactions/preview", price)
    yield "POST /auth/token", lambda: post("POST", "/auth/token", secret)
    yield "GET /programs", lambda: post("GET", "/programs")
    yield "GET /metrics", lambda: post("GET", "/metrics")
    yield "the widget's first page", lambda: _open_widget(caller)


def _open_widget(caller: Caller) -> None:
    launch = json.dumps({"sourceUserId": "ana", "balance": 100, "currency": "USD"})
    said = json.loads(caller.send("POST", "/auth/widget/point-exchange", launch))
    caller.send("GET", f"/widget/point-exchange?token={said['accessToken']}")


def _listed(of: Site, caller: Caller, middle: Row[Any]) -> Iterator[tuple[str, Send]]:
    now = int(datetime.now(UTC).timestamp())
    day, year = (f"/transactions?{PAGE}&startDate={now - seconds}&endDate={now}" for seconds in (86_400, 400 * 86_400))
    cursor, since = f"{int(_moment(middle).timestamp()) * 10**6:016}.txn_{'0' * 26}", _moment(middle).isoformat()
    seldom = f"programId={of.issuer.programs[SELDOM]}"
    deliveries = f"/webhook-endpoints/{_endpoint(of)}/deliveries?{PAGE}"
    for name, path in {
        "GET /transactions of a day": day,
        "GET /transactions of a year, far inside": f"{year}&cursor={cursor}",
        "GET /transactions of a year, of a program few ask for": f"{year}&{seldom}",
        "GET /events after one far inside": f"/events?{PAGE}&after={middle.event_id}",
        "GET /events/feed since a moment far back": f"/events/feed?{PAGE}&since={quote(since)}",
        "GET /webhook-endpoints/{id}/deliveries": deliveries,
    }.items():
        yield name, lambda path=path: caller.page(path)  # type: ignore[misc]  # the path of this round
    yield (
        "GET /webhook-endpoints/{id}/deliveries, none failed",
        lambda: caller.send("GET", f"{deliveries}&status=FAILED"),
    )


def _found(caller: Caller, middle: Row[Any]) -> Iterator[tuple[str, Send]]:
    yield "GET /transactions/{id}", lambda: caller.send("GET", f"/transactions/{middle.id}")
    yield "GET /transactions/{reference}", lambda: caller.send("GET", f"/transactions/{middle.reference_number}")
    yield "GET /transactions/{unknown}", lambda: caller.send("GET", "/transactions/nobodys", expected=404)


def _worked(of: Site) -> Iterator[tuple[str, Send]]:
    wiring = of.own.wiring
    yield "worker: claim deliveries, hand them back", lambda: _claim(of)
    yield "worker: ask about what is pending", lambda: wiring.resolving.resolve_due(AT_ONCE)


def _claim(of: Site) -> None:
    with of.own.wiring.writing() as services:
        claimed = services.deliveries.claim(AT_ONCE)
        services.deliveries.hand_back(claimed)
    if not claimed:
        raise RuntimeError("no delivery waits")


def _middle(of: Site, size: int) -> Row[Any]:
    wanted = {"environment": of.issuer.environment_id, "skip": size // ISSUERS // 2 + LEFT}
    with of.own.wiring.database.reading() as session:
        return session.execute(text(MIDDLE), wanted).one()


def _endpoint(of: Site) -> str:
    with of.own.wiring.database.reading() as session:
        return str(session.execute(text(ENDPOINT), {"environment": of.issuer.environment_id}).scalar_one())


def _moment(row: Row[Any]) -> datetime:
    moment = datetime.fromisoformat(str(row.created_at))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
