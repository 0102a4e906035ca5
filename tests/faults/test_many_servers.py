"""Two servers and two workers on one PostgreSQL, and one of each is killed: nobody but their callers notices."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.factories.issuers import AURORA, Issuer, make_issuer
from tests.fakes.receiver import Receiver
from tests.faults.test_killed_server import Bank, end_leases, told, transactions, wait_for_deliveries
from tests.services.ports import free_port
from tests.services.served import ServedHost
from widget_host.config import Settings
from widget_host.domain.endpoints.rules import Details
from widget_host.kit.db import Database
from widget_host.wiring import Wiring

ORDERS_EACH = 300

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)]


class TestManyServers:
    def test_go_on_when_a_server_and_a_worker_are_killed(
        self,
        hosts: list[ServedHost],
        workers: list[subprocess.Popen[bytes]],
        banks: list[Bank],
        database: Database,
        receiver: Receiver,
    ) -> None:
        doomed, spared = banks
        sending = [send(bank, references(name)) for bank, name in ((doomed, "first"), (spared, "second"))]
        assert doomed.enough.wait(60), "the server that is to be killed answers nobody"
        hosts[0].kill()
        workers[0].kill()
        assert requests.get(f"{hosts[1].url}/readyz", timeout=10).status_code == 200
        for thread in sending:
            thread.join()
        assert len(doomed.answered) < ORDERS_EACH == len(spared.answered)

        resend(doomed, hosts[1])
        end_leases(database)
        answered = doomed.answered | spared.answered
        assert sorted(transactions(database)) == sorted(answered.items())
        verified = hosts[1].run("ledger", "verify")
        assert verified.returncode == 0, verified.stdout

        wait_for_deliveries(database)
        events = told(receiver)
        assert events.keys() == set(answered.values())
        assert {len(ids) for ids in events.values()} == {1}, "a transaction was told under two event ids"

    @pytest.fixture
    def hosts(self, database_url: str, tmp_path: Path) -> Iterator[list[ServedHost]]:
        hosts = [ServedHost(database_url, tmp_path / "instance", free_port()) for _ in range(2)]
        for host in hosts:
            # One installation: one address and one secret, and the deliveries left to the workers.
            host.environment |= {"WIDGET_HOST_BASE_URL": "http://localhost:8000", "WIDGET_HOST_WORKER": "0"}
        starting = [threading.Thread(target=host.start) for host in hosts]
        for thread in starting:
            thread.start()
        for thread in starting:
            thread.join()
        yield hosts
        for host in hosts:
            host.kill()

    @pytest.fixture
    def workers(self, hosts: list[ServedHost]) -> Iterator[list[subprocess.Popen[bytes]]]:
        command = [sys.executable, "-m", "widget_host", "worker"]
        workers = [subprocess.Popen(command, env=host.environment, stderr=subprocess.DEVNULL) for host in hosts]
        yield workers
        for worker in workers:
            worker.kill()
            worker.wait()

    @pytest.fixture
    def banks(self, hosts: list[ServedHost], issuer: Issuer) -> list[Bank]:
        """The same issuer's backend twice, each with an address of its own."""
        credentials = {"client_id": issuer.client_id, "client_secret": issuer.client_secret}
        token = requests.post(f"{hosts[1].url}/auth/token", json=credentials, timeout=30).json()["access_token"]
        return [Bank(host.url, token, issuer.programs[AURORA]) for host in hosts]

    @pytest.fixture
    def wiring(self, hosts: list[ServedHost]) -> Iterator[Wiring]:
        wiring = Wiring(Settings.from_environment(hosts[0].environment))
        yield wiring
        wiring.end()

    @pytest.fixture
    def issuer(self, wiring: Wiring, receiver: Receiver) -> Issuer:
        issuer = make_issuer(wiring)
        with wiring.writing() as services:
            services.endpoints.create(issuer.environment_id, Details(url=receiver.url))
        return issuer

    @pytest.fixture
    def database(self, wiring: Wiring) -> Database:
        return wiring.database


def references(name: str) -> list[str]:
    return [f"{name}-{number}" for number in range(ORDERS_EACH)]


def send(bank: Bank, orders: list[str]) -> threading.Thread:
    thread = threading.Thread(target=bank.send, args=(orders,))
    thread.start()
    return thread


def resend(bank: Bank, host: ServedHost) -> None:
    """Send what got no answer to the other server, with the same reference numbers."""
    bank.url = host.url
    bank.send([reference for reference in references("first") if reference not in bank.answered])
