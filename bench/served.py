"""The host and its peers, each in a server of its own, over one database."""

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from sqlalchemy import text

from bench.hosts import Host, running, wait_for
from bench.load import Call, Load, load
from tests.factories.issuers import AURORA, Issuer, make_issuer
from tests.services.ports import free_port
from widget_host.domain.access.rules import POINT_EXCHANGE, LaunchRequest
from widget_host.domain.programs.rules import Destination
from widget_host.domain.transactions.rules import Order
from widget_host.kit.ids import new_id
from widget_host.kit.money import Money
from widget_host.web.rsgi import THREADS

# Short, and many: a machine that others share is faster and slower for seconds at a time, and who is compared should
# have as much of either.
ROUNDS = 10
SECONDS = 2.0
WARMING_SECONDS = 2.0
# As many as the host has by default on two cores.
WORKERS = "2"
# More than any run sends: what is measured is not how requests are refused.
UNLIMITED = {f"WIDGET_HOST_RATE_LIMIT_{kind}": "1000000" for kind in ("READS", "WRITES", "TOKENS", "WIDGET")}
JSON = {"Content-Type": "application/json"}
MEMBER = "AC12345678"
ACCOUNTS = {"settlement": "USD", "money": "USD", "points": "", "issued": ""}


@dataclass(frozen=True)
class Site:
    """One issuer of a host, and what everybody who serves it is told."""

    own: Host
    issuer: Issuer
    told: Mapping[str, str]

    @property
    def workers(self) -> str:
        """How many processes serve: one where the database has one writer."""
        return "1" if self.own.wiring.database.is_sqlite else WORKERS

    def order(self) -> str:
        """Return the body of an order."""
        account = {"destinationUserId": MEMBER}
        order = {"programId": self.issuer.programs[AURORA], "currency": "USD", "value": 25}
        return json.dumps({**order, "destinationAccount": account, "referenceNumber": "order-{id}"})

    def widget_paths(self, count: int) -> list[str]:
        """Launch so many Purchase widgets, and return where each opens."""
        with self.own.wiring.writing() as services:
            environment = services.organizations.get_environment(self.issuer.environment_id)
            tokens = [
                services.widget_sessions.launch(environment, POINT_EXCHANGE, LaunchRequest(f"customer-{number}"))
                for number in range(count)
            ]
        return [f"/widget/{POINT_EXCHANGE}?token={token}" for token in tokens]

    @contextlib.contextmanager
    def host(self) -> Iterator[str]:
        """Serve the host, and say where."""
        told = {**self.own.told, **UNLIMITED, "WIDGET_HOST_LOG_LEVEL": "INFO"}
        with served_by(told, "--workers", self.workers) as (address, process):
            wait_for(lambda: answers(address), process)
            yield address

    @contextlib.contextmanager
    def gunicorn(self) -> Iterator[str]:
        """Serve the host with gunicorn's threads, and say where."""
        port = str(free_port())
        options = ["-k", "gthread", "-w", self.workers, "--threads", str(THREADS), "-b", f"127.0.0.1:{port}"]
        command = [sys.executable, "-m", "gunicorn", *options, "wsgi:app"]
        with _serving(command, {**self.own.told, **UNLIMITED, "WIDGET_HOST_LOG_LEVEL": "INFO"}, port) as address:
            yield address

    @contextlib.contextmanager
    def peer(self, name: str, interface: str = "rsgi", target: str = "bench.peers:served") -> Iterator[str]:
        """Serve a peer, inside the host's own server unless another interface is named, and say where."""
        port = str(free_port())
        options = ["--factory", "--http", "1", "--no-ws", "--workers", self.workers, "--host", "127.0.0.1"]
        threads = ["--blocking-threads", str(THREADS)] if interface == "wsgi" else []
        command = [
            sys.executable,
            "-m",
            "granian",
            "--interface",
            interface,
            *options,
            *threads,
            "--port",
            port,
            target,
        ]
        with _serving(command, {**self.told, "BENCH_PEER": name}, port) as address:
            yield address

    def bearer(self, address: str) -> dict[str, str]:
        """Fetch a token, and return the headers that carry it."""
        said = {"clientId": self.issuer.client_id, "clientSecret": self.issuer.client_secret}
        request = Request(f"{address}/auth/token", json.dumps(said).encode(), JSON)  # noqa: S310 - our own host
        with urlopen(request, timeout=10) as answer:  # noqa: S310 - the same
            return JSON | {"Authorization": f"Bearer {json.load(answer)['accessToken']}"}


@contextlib.contextmanager
def served_by(told: Mapping[str, str], *options: str) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Start a server, whether it answers yet or not, and say where it will."""
    port = str(free_port())
    with running([sys.executable, "-m", "widget_host", "serve", "--port", port, *options], told) as process:
        yield f"http://127.0.0.1:{port}", process


@contextlib.contextmanager
def _serving(command: list[str], told: Mapping[str, str], port: str) -> Iterator[str]:
    address = f"http://127.0.0.1:{port}"
    with running(command, told) as process:
        wait_for(lambda: answers(address), process)
        yield address


def answers(address: str) -> bool:
    """Whether somebody answers there, whatever it is."""
    try:
        urlopen(f"{address}/healthz", timeout=5).close()  # noqa: S310 - our own server
    except HTTPError:
        return True
    except OSError:
        return False
    return True


def site(own: Host) -> Site:
    """Make an issuer, and open its accounts by one order."""
    issuer = make_issuer(own.wiring)
    program = issuer.programs[AURORA]
    own.wiring.issuing.issue(
        Order(issuer.environment_id, program, Destination(MEMBER), "first", value=Money(2500, "USD"))
    )
    with own.wiring.database.reading() as session:
        found = session.execute(text("SELECT kind, asset, id FROM ledger_accounts")).all()
    numbers = {(row.kind, row.asset): str(row.id) for row in found}
    url = own.told["WIDGET_HOST_DATABASE_URL"]
    return Site(
        own,
        issuer,
        {
            "BENCH_SQLALCHEMY_URL": url,
            "BENCH_DATABASE_URL": url.replace("+psycopg", ""),
            "BENCH_SECRET": ",".join(own.wiring.settings.secret_keys),
            "BENCH_ENVIRONMENT": issuer.environment_id,
            "BENCH_PROGRAM": program,
            "BENCH_SETTLEMENT": numbers["settlement", "USD"],
            "BENCH_MONEY": numbers["liquidity", "USD"],
            "BENCH_POINTS": numbers["liquidity", program],
            "BENCH_ISSUED": numbers["issued", program],
        },
    )


def by_turns(site: Site, calls: Mapping[str, tuple[str, Call]]) -> dict[str, list[Load]]:
    """Send each call to its address in turn, several times, when all are warm and the database knows its tables."""
    found: dict[str, list[Load]] = {name: [] for name in calls}
    for address, call in calls.values():
        load(address, call, WARMING_SECONDS, new_id("run"))
    site.own.queue.analyze()
    for _ in range(ROUNDS):
        for name, (address, call) in calls.items():
            found[name].append(load(address, call, SECONDS, new_id("run")))
    return found


def order_call(site: Site, headers: Mapping[str, str] | None = None) -> Call:
    """Return the call that places one order after another."""
    return Call("POST", "/transactions", headers or JSON, site.order())
