"""The host and the bank as an operator would run them: real processes on free ports, with files of their own."""

import os
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import requests
from sqlalchemy import delete, func, select, update

from tests.factories.issuers import make_issuer
from tests.services.rounds import work_off
from widget_host import migrations
from widget_host.config import Settings
from widget_host.demo.store import Store
from widget_host.domain.accounts.models import SavedAccount
from widget_host.domain.endpoints.rules import Details
from widget_host.domain.programs.models import Partnership
from widget_host.domain.quotes.models import Quote
from widget_host.domain.transactions.models import Transaction
from widget_host.domain.transactions.rules import PENDING
from widget_host.kit.lookups import STALENESS
from widget_host.wiring import Wiring

START_SECONDS = 40
START_OF_TIME = datetime(2000, 1, 1, tzinfo=UTC)
STOP_SECONDS = 20


@dataclass(frozen=True)
class Credentials:
    """What the bank was given when it became a customer of the host."""

    client_id: str
    client_secret: str
    webhook_secret: str


class Servers:
    """A host on `localhost` and a bank on `127.0.0.1`: two sites to a browser, on one machine."""

    def __init__(self, folder: Path, database_url: str) -> None:
        host_port, bank_port = free_ports(2)
        self.host_url = f"http://localhost:{host_port}"
        self.bank_url = f"http://127.0.0.1:{bank_port}"
        self._folder = folder
        self._running = ExitStack()
        self._environment = {
            **os.environ,
            "WIDGET_HOST_INSTANCE": str(folder),
            "WIDGET_HOST_DEVELOPMENT": "1",
            "WIDGET_HOST_DATABASE_URL": database_url,
            "WIDGET_HOST_BASE_URL": self.host_url,
            "WIDGET_HOST_LOG_LEVEL": "DEBUG",
            # Events wait until a test calls `deliver`: it can then see that nothing was debited before.
            "WIDGET_HOST_WORKER": "0",
        }
        # The same installation in this process: what an operator's command would do, without a process to wait for.
        self._wiring = Wiring(Settings.from_environment(self._environment))

    def start(self) -> None:
        """Make the bank a customer of the host, and start both."""
        try:
            migrations.upgrade(self._wiring.settings.database_url)
            self.credentials = self._enrol()
            self._start()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop what was started here, and nothing else."""
        self._running.close()
        self._wiring.database.engine.dispose()

    def deliver(self) -> None:
        """Deliver every event that is due."""
        # A thread of its own: Playwright's loop runs in this one, and the worker brings a loop along.
        with ThreadPoolExecutor(1) as worker:
            worker.submit(work_off, self._wiring).result()

    def let_programs_decide(self) -> None:
        """Have programs say their last word on everything that is pending."""
        with self._wiring.database.writing() as session:
            session.execute(update(Transaction).where(Transaction.status == PENDING).values(due_at=START_OF_TIME))
        self._wiring.resolving.resolve_due(10)

    @contextmanager
    def other_price(self, price: str) -> Iterator[None]:
        """Have every program cost this much a point, and every price held so far be over, while the block runs."""
        with self._wiring.database.writing() as session:
            before = {each.id: each.price for each in session.scalars(select(Partnership))}
            session.execute(update(Partnership).values(price=price))
            session.execute(update(Quote).values(expires_at=START_OF_TIME))
        # So long the host may go on with what it had looked up before.
        time.sleep(STALENESS.total_seconds())
        try:
            yield
        finally:
            with self._wiring.database.writing() as session:
                for partnership in session.scalars(select(Partnership)):
                    partnership.price = before[partnership.id]
            time.sleep(STALENESS.total_seconds())

    def discrepancies(self) -> dict[str, list[str]]:
        """What `ledger verify` would complain about."""
        with self._wiring.reading() as services:
            return {**services.ledger.verify(), **services.transactions.verify()}

    def purchases(self) -> int:
        """How many transactions there are, whatever became of them."""
        with self._wiring.database.reading() as session:
            return session.scalar(select(func.count()).select_from(Transaction)) or 0

    @contextmanager
    def host_killed(self) -> Iterator[None]:
        """Kill the host at once, and start it again when the block ends."""
        self._host_process.kill()
        self._host_process.wait()
        yield
        self._start_host()

    def activity(self) -> str:
        """What the bank's page is told when it asks for news."""
        return requests.get(f"{self.bank_url}/activity", timeout=10).text

    def host_log(self) -> str:
        """Everything that the host has written since it started."""
        return (self._folder / "host.log").read_text(encoding="utf-8")

    def open_widget(self, widget: str = "point-exchange", **said: str) -> str:
        """Ask for a widget as the bank's backend would, and return its address."""
        request = {
            "clientId": self.credentials.client_id,
            "clientSecret": self.credentials.client_secret,
            "sourceUserId": "amira",
            **said,
        }
        answer = requests.post(f"{self.host_url}/auth/widget/{widget}", json=request, timeout=10)
        answer.raise_for_status()
        return str(answer.json()["widgetUrl"])

    def open_widget_for(self, origin: str) -> str:
        """Ask for a widget of another issuer, whose pages are at this origin alone."""
        issuer = make_issuer(self._wiring, "Harbor Bank", origins=(origin,))
        return self.open_widget(clientId=issuer.client_id, clientSecret=issuer.client_secret)

    def empty_bank(self) -> None:
        """Begin with a new bank's customers and balances, unknown to the host, with no earlier event on its way."""
        self.deliver()
        with self._wiring.database.writing() as session:
            session.execute(delete(SavedAccount))
        file = self._folder / "bank.sqlite3"
        with closing(sqlite3.connect(file, timeout=10)) as database, database:
            for table in ("events", "orders", "connections", "cards", "customers"):
                database.execute(f"DELETE FROM {table}")  # noqa: S608 - the names above
        Store(file)

    def _enrol(self) -> Credentials:
        issuer = make_issuer(self._wiring, origins=(self.bank_url,))
        with self._wiring.writing() as services:
            _, secret = services.endpoints.create(
                issuer.environment_id, Details(url=f"{self.bank_url}/webhooks/widget-host")
            )
        return Credentials(issuer.client_id, issuer.client_secret, secret)

    def _start(self) -> None:
        bank = self._running.enter_context(self._bank())
        self._start_host()
        wait_for(f"{self.bank_url}/activity", bank)

    def _start_host(self) -> None:
        self._host_process = self._running.enter_context(self._host())
        wait_for(f"{self.host_url}/readyz", self._host_process)

    def _host(self) -> "AbstractContextManager[subprocess.Popen[bytes]]":
        port = self.host_url.rpartition(":")[2]
        return self._process("host", "widget_host", "serve", "--host", "127.0.0.1", "--port", port)

    def _bank(self) -> "AbstractContextManager[subprocess.Popen[bytes]]":
        settings = {
            "BANK_HOST_URL": self.host_url,
            "BANK_CLIENT_ID": self.credentials.client_id,
            "BANK_CLIENT_SECRET": self.credentials.client_secret,
            "BANK_WEBHOOK_SECRET": self.credentials.webhook_secret,
            "BANK_DATABASE": str(self._folder / "bank.sqlite3"),
            "BANK_PORT": self.bank_url.rpartition(":")[2],
        }
        return self._process("bank", "widget_host.demo", settings=settings)

    @contextmanager
    def _process(
        self, name: str, module: str, *arguments: str, settings: Mapping[str, str] | None = None
    ) -> Iterator["subprocess.Popen[bytes]"]:
        """Run a Python module, its words going to a file, until the block ends."""
        command = [sys.executable, "-m", module, *arguments]
        environment = {**self._environment, **(settings or {})}
        with (self._folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            yield process
        finally:
            end(process)


def end(process: "subprocess.Popen[bytes]") -> None:
    """Ask the process to stop, and stop it when it does not."""
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def wait_for(url: str, process: "subprocess.Popen[bytes]") -> None:
    """Wait until the address answers well; a process that ended, or takes too long, fails the run."""
    deadline = time.monotonic() + START_SECONDS
    while not _answers(url):
        assert process.poll() is None, f"what should answer at {url} ended with {process.returncode}"
        assert time.monotonic() < deadline, f"{url} did not answer in {START_SECONDS} s"
        time.sleep(0.05)


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=5).ok
    except requests.RequestException:
        return False


def free_ports(count: int) -> list[int]:
    """Return ports that nothing listens on, all different."""
    with ExitStack() as held:
        probes = [held.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
