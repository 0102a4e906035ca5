"""A server that is told to stop, and callers who hang up: what was begun is finished, and nobody waits for the rest."""

import json
import socket
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from threading import Event

import pytest
import requests
from sqlalchemy import func, select, text

from tests.factories.issuers import AURORA, make_issuer
from tests.fakes.receiver import Receiver, answer
from tests.faults.test_killed_server import Bank, transactions
from tests.services.ports import free_port
from tests.services.served import ServedHost
from widget_host.config import Settings
from widget_host.domain.endpoints.rules import Details
from widget_host.domain.upkeep.models import AuditEvent
from widget_host.domain.webhooks.models import Delivery
from widget_host.kit.db import Database
from widget_host.wiring import Wiring

PATIENCE_SECONDS = 60
SERVE = (sys.executable, "-m", "widget_host", "serve", "--workers", "1")
GUNICORN = (sys.executable, "-m", "gunicorn", "wsgi:app", "--threads", "4", "--graceful-timeout", "10")

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)]


class TestStoppedServer:
    def test_answers_what_is_under_way_and_hands_back_what_was_not_sent(
        self, host: ServedHost, bank: Bank, database: Database, receiver: Receiver
    ) -> None:
        may_answer = Event()
        receiver.replies = [held_until(may_answer)]
        bank.send(["sent", "claimed", "claimed-too"])
        wait_for(lambda: claimed(database) == len(bank.answered))
        with under_way(bank, database, "late") as answered:
            process = host.ask_to_stop()
            wait_for(lambda: not is_listened_to(host.port))
            assert process.poll() is None
        assert (answered.result(), "late" in bank.answered) == (None, True)
        # All but the one that is being sent, before that has its answer.
        wait_for(lambda: claimed(database) == 1)
        may_answer.set()
        assert process.wait(PATIENCE_SECONDS) == 0
        assert (claimed(database), len(transactions(database))) == (0, 4)
        assert "Traceback" not in host.log, host.log

    def test_keeps_who_fetched_a_token_just_before(self, host: ServedHost, bank: Bank, database: Database) -> None:
        assert host.ask_to_stop().wait(PATIENCE_SECONDS) == 0
        assert issued(database) == 1

    def test_has_nothing_to_say_to_a_caller_who_hung_up(self, host: ServedHost, bank: Bank, database: Database) -> None:
        with locked(database):
            with socket.create_connection(("127.0.0.1", host.port)) as caller:
                caller.sendall(request_of(bank, "unheard"))
                wait_for(lambda: waits(database))
            time.sleep(0.1)  # the server's turn to notice
        wait_for(lambda: [reference for reference, _ in transactions(database)] == ["unheard"])
        assert requests.get(f"{host.url}/readyz", timeout=PATIENCE_SECONDS).status_code == 200
        assert host.stop() == 0
        assert not any(word in host.log for word in ("Traceback", "ERROR", "exception")), host.log

    @pytest.fixture
    def host(self, installation: ServedHost) -> ServedHost:
        installation.start(*SERVE, "--port", str(installation.port))
        return installation


class TestStartingServer:
    def test_stops_though_some_of_its_processes_still_start(self, installation: ServedHost) -> None:
        installation.start(*SERVE[:-1], "4", "--port", str(installation.port))
        assert installation.ask_to_stop().wait(PATIENCE_SECONDS) == 0
        assert "Traceback" not in installation.log, installation.log


class TestGunicorn:
    def test_keeps_who_fetched_a_token_just_before(self, host: ServedHost, bank: Bank, database: Database) -> None:
        assert host.ask_to_stop().wait(PATIENCE_SECONDS) == 0
        assert issued(database) == 1

    def test_answers_what_is_under_way_when_it_is_stopped(
        self, host: ServedHost, bank: Bank, database: Database
    ) -> None:
        with under_way(bank, database, "late") as answered:
            process = host.ask_to_stop()
            wait_for(lambda: "Handling signal: term" in host.log)
        assert (answered.result(), list(bank.answered)) == (None, ["late"])
        assert process.wait(PATIENCE_SECONDS) == 0
        assert claimed(database) == 0
        assert "Traceback" not in host.log, host.log

    @pytest.fixture
    def host(self, installation: ServedHost) -> ServedHost:
        installation.start(*GUNICORN, "--bind", f"127.0.0.1:{installation.port}")
        return installation


@pytest.fixture
def installation(database_url: str, tmp_path: Path) -> Iterator[ServedHost]:
    host = ServedHost(database_url, tmp_path / "instance", free_port())
    host.environment["WIDGET_HOST_WORKER_CONCURRENCY"] = "1"
    yield host
    host.kill()


@pytest.fixture
def bank(host: ServedHost, receiver: Receiver) -> Iterator[Bank]:
    wiring = Wiring(Settings.from_environment(host.environment))
    issuer = make_issuer(wiring)
    with wiring.writing() as services:
        services.endpoints.create(issuer.environment_id, Details(url=receiver.url))
    credentials = {"client_id": issuer.client_id, "client_secret": issuer.client_secret}
    token = requests.post(f"{host.url}/auth/token", json=credentials, timeout=30).json()["access_token"]
    yield Bank(host.url, token, issuer.programs[AURORA])
    wiring.end()


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.engine.dispose()


@contextmanager
def under_way(bank: Bank, database: Database, reference: str) -> Iterator[Future[None]]:
    """An order that the server works on, until the block ends."""
    with ThreadPoolExecutor(1) as pool, locked(database):
        sending = pool.submit(bank.send, [reference])
        wait_for(lambda: waits(database))
        yield sending


@contextmanager
def locked(database: Database) -> Iterator[None]:
    with database.writing() as session:
        session.execute(text("LOCK TABLE transactions IN EXCLUSIVE MODE"))
        yield


def waits(database: Database) -> bool:
    """Whether a server's statement waits for the lock."""
    with database.reading() as session:
        waiting = text(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return bool(session.scalar(waiting))


def claimed(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).where(Delivery.fence.is_not(None))) or 0


def issued(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).where(AuditEvent.event == "token.issued")) or 0


def is_listened_to(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def held_until(event: Event) -> Callable[[BaseHTTPRequestHandler], None]:
    def reply(handler: BaseHTTPRequestHandler) -> None:
        event.wait(PATIENCE_SECONDS)
        answer(200)(handler)

    return reply


def request_of(bank: Bank, reference: str) -> bytes:
    body = json.dumps(
        {
            "programId": bank.program_id,
            "value": 25,
            "currency": "USD",
            "destinationAccount": {"destinationUserId": "AC12345678"},
            "referenceNumber": reference,
        }
    ).encode()
    head = f"POST /transactions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {bank.token}\r\n"
    return f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def wait_for(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.02)
