"""PostgreSQL stops in the middle of everything and comes back: what was answered is there, and the host goes on."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count as counter
from pathlib import Path

import pytest
import requests
from sqlalchemy import text

from tests.factories.issuers import AURORA, Issuer, make_issuer
from tests.fakes.tally import Tally
from tests.faults.test_killed_server import end_leases, transactions, wait_for_deliveries
from tests.faults.test_races import NOT_ONCE
from tests.services.ports import free_port
from tests.services.postgres import USUAL, PostgresServer
from tests.services.served import ServedHost
from tests.services.soak import ROUNDS
from widget_host import migrations
from widget_host.config import Settings
from widget_host.domain.endpoints.rules import Details
from widget_host.wiring import Wiring

STOPS = 3 * ROUNDS
AT_ONCE = 8
ANSWERS_BETWEEN = 60
PATIENCE_SECONDS = 60
AWAY_SECONDS = 0.3
TRIED_EVERY_SECONDS = 0.05


class Bank:
    """An issuer's backend that sends orders without end, each again until it is answered."""

    def __init__(self, url: str, issuer: Issuer) -> None:
        self.answered: dict[str, str] = {}  # id by reference
        self.failures = 0
        self._url = url
        self._stopping = threading.Event()
        self._numbers = counter()
        credentials = {"client_id": issuer.client_id, "client_secret": issuer.client_secret}
        token = requests.post(f"{url}/auth/token", json=credentials, timeout=30).json()["access_token"]
        self._headers = {"Authorization": f"Bearer {token}"}
        self._order = {
            "programId": issuer.programs[AURORA],
            "value": 25,
            "currency": "USD",
            "destinationAccount": {"destinationUserId": "AC12345678"},
        }

    def send_until_stopped(self) -> None:
        with requests.Session() as session:
            while not self._stopping.is_set():
                self._send(session, f"order-{next(self._numbers)}")

    def _send(self, session: requests.Session, reference: str) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        order = {**self._order, "referenceNumber": reference}
        while time.monotonic() < deadline:
            answer = session.post(f"{self._url}/transactions", json=order, headers=self._headers, timeout=30)
            if answer.status_code == 201:
                self.answered[reference] = answer.json()["id"]
                return
            assert answer.status_code >= 500, answer.text
            self.failures += 1
            time.sleep(TRIED_EVERY_SECONDS)
        raise AssertionError(f"{reference} was not answered within {PATIENCE_SECONDS} seconds")

    def wait_for_answers(self) -> None:
        """Wait until so many more came."""
        deadline, before = time.monotonic() + PATIENCE_SECONDS, len(self.answered)
        while len(self.answered) < before + ANSWERS_BETWEEN:
            assert time.monotonic() < deadline, f"only {len(self.answered) - before} more answers came"
            time.sleep(0.01)

    def stop(self) -> None:
        self._stopping.set()


@pytest.mark.slow
class TestDatabaseStopped:
    def test_loses_no_answer_and_the_host_goes_on_by_itself(
        self,
        server: PostgresServer,
        host: ServedHost,
        bank: Bank,
        wiring: Wiring,
        tally: Tally,
        record_property: Callable[[str, object], None],
    ) -> None:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            senders = [pool.submit(bank.send_until_stopped) for _ in range(AT_ONCE)]
            try:
                self.stop_again_and_again(server, bank)
            finally:
                bank.stop()
            for sender in senders:
                sender.result()
        assert host.is_running
        record_property("answered, failed", (len(bank.answered), bank.failures))
        assert bank.failures > 0
        assert requests.get(f"{host.url}/readyz", timeout=30).status_code == 200
        self.check(bank, wiring, tally)

    def stop_again_and_again(self, server: PostgresServer, bank: Bank) -> None:
        for _ in range(STOPS):
            bank.wait_for_answers()
            server.crash()
            time.sleep(AWAY_SECONDS)
            server.recover()
        bank.wait_for_answers()

    def check(self, bank: Bank, wiring: Wiring, tally: Tally) -> None:
        kept = transactions(wiring.database)
        assert len(kept) == len(bank.answered)
        assert dict(kept) == bank.answered
        with wiring.reading() as services:
            assert {**services.ledger.verify(), **services.transactions.verify()} == {}
        with wiring.database.reading() as session:
            assert list(session.scalars(text(NOT_ONCE))) == []
        end_leases(wiring.database)
        wait_for_deliveries(wiring.database)
        assert {len(bodies) for bodies in tally.bodies.values()} == {1}
        assert len(tally.bodies) == len(kept)

    @pytest.fixture
    def server(self) -> Iterator[PostgresServer]:
        """A server of this test's own, that keeps what it says it keeps."""
        # To sync a whole cluster file by file before it recovers takes seconds, and proves nothing here.
        server = PostgresServer((*USUAL, "recovery_init_sync_method=syncfs"))
        server.start()
        yield server
        server.stop()

    @pytest.fixture
    def host(self, server: PostgresServer, tmp_path: Path) -> Iterator[ServedHost]:
        migrations.upgrade(server.url)
        host = ServedHost(server.url, tmp_path / "instance", free_port())
        host.start()
        yield host
        host.kill()

    @pytest.fixture
    def wiring(self, host: ServedHost) -> Iterator[Wiring]:
        """The same installation, seen from here."""
        made = Wiring(Settings.from_environment(host.environment))
        yield made
        made.end()

    @pytest.fixture
    def tally(self) -> Iterator[Tally]:
        with Tally() as receiver:
            yield receiver

    @pytest.fixture
    def bank(self, host: ServedHost, wiring: Wiring, tally: Tally) -> Bank:
        issuer = make_issuer(wiring)
        with wiring.writing() as services:
            services.endpoints.create(issuer.environment_id, Details(url=tally.url))
        return Bank(host.url, issuer)
