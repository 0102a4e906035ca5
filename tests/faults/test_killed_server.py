"""The server is killed in the middle of its work: what was answered is kept, what was kept is told, nothing twice."""

import hashlib
import hmac
import json
import socket
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import func, select, update

from tests.fakes.receiver import Received, Receiver
from tests.services.ports import free_port
from tests.services.served import ServedHost
from widget_host.domain.transactions.models import Transaction
from widget_host.domain.webhooks.models import Delivery
from widget_host.kit.db import Database

ORDERS = 400
AT_ONCE = 16
ANSWERS_BEFORE_THE_KILL = 60
FREE_SECONDS = 30
DELIVERED_SECONDS = 60

pytestmark = pytest.mark.slow


@dataclass
class Bank:
    """An issuer's backend that sends its orders in parallel, and remembers what it was answered."""

    url: str
    token: str
    program_id: str
    answered: dict[str, str] = field(default_factory=dict)  # id by reference, only those answered 201
    enough: threading.Event = field(default_factory=threading.Event)

    def send(self, references: list[str]) -> None:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(self._send, references))

    def _send(self, reference: str) -> None:
        order = {
            "programId": self.program_id,
            "value": 25,
            "currency": "USD",
            "destinationAccount": {"destinationUserId": "AC12345678"},
            "referenceNumber": reference,
        }
        headers = {"Authorization": f"Bearer {self.token}"}
        try:
            answer = requests.post(f"{self.url}/transactions", json=order, headers=headers, timeout=30)
        except requests.RequestException:
            return
        assert answer.status_code == 201, answer.text
        self.answered[reference] = answer.json()["id"]
        if len(self.answered) >= ANSWERS_BEFORE_THE_KILL:
            self.enough.set()


class TestKilledServer:
    def test_loses_nothing_and_does_nothing_twice(
        self, host: ServedHost, bank: Bank, database: Database, receiver: Receiver, secret: str
    ) -> None:
        references = [f"order-{number}" for number in range(ORDERS)]
        kill_in_the_middle(host, bank, references)
        before = dict(bank.answered)
        assert ANSWERS_BEFORE_THE_KILL <= len(before) < ORDERS

        assert_nobody_holds(host.port)
        end_leases(database)
        host.start()
        bank.send([reference for reference in references if reference not in before])

        kept = transactions(database)
        assert len(kept) == ORDERS
        assert dict(kept) == bank.answered
        assert bank.answered.items() >= before.items()
        verified = host.run("ledger", "verify")
        assert verified.returncode == 0, verified.stdout

        wait_for_deliveries(database)
        events = told(receiver)
        assert events.keys() == set(bank.answered.values())
        assert {len(ids) for ids in events.values()} == {1}, "a transaction was told under two event ids"
        assert [each for each in receiver.received if not is_signed(each, secret)] == []

    @pytest.fixture
    def host(self, database_url: str, tmp_path: Path) -> Iterator[ServedHost]:
        host = ServedHost(database_url, tmp_path / "instance", free_port())
        yield host
        host.kill()

    @pytest.fixture
    def credentials(self, host: ServedHost) -> dict[str, Any]:
        made: dict[str, Any] = host.ask("organizations", "create", "Northwind Bank")
        return {"client_id": made["clientId"], "client_secret": made["environments"]["sandbox"]["clientSecret"]}

    @pytest.fixture
    def secret(self, host: ServedHost, credentials: dict[str, Any], receiver: Receiver) -> str:
        """The secret of an endpoint that is there before the first order."""
        which = ("--client-id", credentials["client_id"], "--environment", "sandbox", "--url", receiver.url)
        secret: str = host.ask("webhooks", "create", *which)["secret"]
        return secret

    @pytest.fixture
    def bank(self, host: ServedHost, credentials: dict[str, Any], secret: str) -> Bank:
        host.start()
        token = requests.post(f"{host.url}/auth/token", json=credentials, timeout=30).json()["access_token"]
        programs = requests.get(f"{host.url}/programs", headers={"Authorization": f"Bearer {token}"}, timeout=30)
        return Bank(host.url, token, programs.json()[0]["id"])

    @pytest.fixture
    def database(self, database_url: str) -> Iterator[Database]:
        database = Database(database_url)
        yield database
        database.engine.dispose()


def kill_in_the_middle(host: ServedHost, bank: Bank, references: list[str]) -> None:
    sending = threading.Thread(target=bank.send, args=(references,))
    sending.start()
    assert bank.enough.wait(60), f"only {len(bank.answered)} answers came:\n{host.log}"
    host.kill()
    sending.join()


def assert_nobody_holds(port: int) -> None:
    """Wait until the port can be taken: the server's own processes end with the one that was killed."""
    deadline = time.monotonic() + FREE_SECONDS
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                time.sleep(0.05)
            else:
                return
    pytest.fail(f"an orphan of the killed server still holds port {port}")


def end_leases(database: Database) -> None:
    """Let the minute pass for which the killed worker had claimed deliveries."""
    with database.writing() as session:
        claimed = Delivery.state == "waiting", Delivery.fence.is_not(None)
        session.execute(update(Delivery).where(*claimed).values(due_at=datetime.now(UTC)))


def transactions(database: Database) -> list[tuple[str, str]]:
    """Return reference and id of every transaction there is."""
    with database.reading() as session:
        return [(row[0], row[1]) for row in session.execute(select(Transaction.reference_number, Transaction.id))]


def wait_for_deliveries(database: Database) -> None:
    deadline = time.monotonic() + DELIVERED_SECONDS
    while left := waiting(database):
        assert time.monotonic() < deadline, f"{left} deliveries are still waiting"
        time.sleep(0.1)


def waiting(database: Database) -> int:
    with database.reading() as session:
        count = select(func.count()).select_from(Delivery).where(Delivery.state != "delivered")
        return session.scalar(count) or 0


def told(receiver: Receiver) -> dict[str, set[str]]:
    """Return, for each transaction that the receiver was told of, the event ids that told it."""
    events: dict[str, set[str]] = defaultdict(set)
    for received in receiver.received:
        said = json.loads(received.body)
        assert said["type"] == "transaction.completed"
        events[said["transactionId"]].add(said["id"])
    return events


def is_signed(received: Received, secret: str) -> bool:
    signed = received.headers["x-timestamp"].encode() + b":" + received.body
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() == received.headers["x-signature"]
