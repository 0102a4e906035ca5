"""The commands of deploy/ run as they stand there, through the proxy's own configuration."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.factories.issuers import AURORA, make_issuer
from tests.faults.test_killed_server import Bank
from tests.services import deployed
from tests.services.nginx import Nginx, replaced
from tests.services.ports import free_port
from tests.services.redis import RedisServer
from tests.services.served import STOP_SECONDS, ServedHost
from widget_host.config import Settings
from widget_host.wiring import Wiring

ORDERS = 32
READS = 3
OPEN = "/.well-known/jwks.json"
SECRET = "x" * 48

pytestmark = pytest.mark.slow


class Installation:
    """The steps of one way to deploy, each by its own command."""

    def __init__(self, source: str, host: ServedHost) -> None:
        self.host = host
        self._commands = {step: self._here(command) for step, command in deployed.commands(source).items()}

    def migrate(self) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self._commands["migrate"], env=self.host.environment, capture_output=True, text=True, check=False
        )

    def serve(self) -> None:
        self.host.start(*self._commands["serve"])

    @contextmanager
    def working(self) -> Iterator[None]:
        """Let the worker run, and ask it to stop when the block ends."""
        command = self._commands["worker"]
        with subprocess.Popen(command, env=self.host.environment, stderr=subprocess.PIPE, text=True) as worker:
            try:
                assert worker.stderr is not None
                assert "Delivering webhooks" in worker.stderr.readline()
                yield
                worker.terminate()
                assert worker.wait(STOP_SECONDS) == 0
            finally:
                worker.kill()

    def _here(self, command: list[str]) -> list[str]:
        program = Path(sys.executable).with_name(Path(command[0]).name)
        return [str(program), *(str(self.host.port) if word == "8000" else word for word in command[1:])]


class TestCompose:
    def test_serves_through_pooler_and_proxy(
        self, installation: Installation, nginx: Nginx, ask: requests.Session
    ) -> None:
        assert installation.migrate().stdout == "The database is up to date.\n"
        installation.serve()
        nginx.start()
        with installation.working():
            self.issue_points(installation.host, nginx)
            self.look_at_the_proxy(nginx, ask)
            self.look_at_the_health(installation.host)
        assert installation.host.stop() == 0
        # The launch token of a widget would stand in its query.
        assert ("/healthz" in nginx.log, "asked=" in nginx.log) == (True, False)
        assert "Traceback" not in installation.host.log

    def issue_points(self, host: ServedHost, nginx: Nginx) -> None:
        wiring = Wiring(Settings.from_environment(host.environment))
        issuer = make_issuer(wiring)
        credentials = {"client_id": issuer.client_id, "client_secret": issuer.client_secret}
        address = f"https://127.0.0.1:{nginx.port}"
        token = requests.post(f"{address}/auth/token", json=credentials, timeout=30).json()["access_token"]
        bank = Bank(address, token, issuer.programs[AURORA])
        bank.send([f"order-{number}" for number in range(ORDERS)])
        assert len(bank.answered) == ORDERS
        with wiring.reading() as services:
            assert {**services.ledger.verify(), **services.transactions.verify()} == {}
        wiring.end()

    def look_at_the_proxy(self, nginx: Nginx, ask: requests.Session) -> None:
        address = f"https://127.0.0.1:{nginx.port}"
        plain = ask.get(f"http://127.0.0.1:{nginx.plain_port}/docs", allow_redirects=False)
        assert (plain.status_code, plain.headers["Location"]) == (308, "https://127.0.0.1/docs")
        healthy = ask.get(f"{address}/healthz?asked=secretly")
        assert (healthy.json(), "Strict-Transport-Security" in healthy.headers) == ({"status": "ok"}, True)
        assert ask.get(f"{address}/metrics").status_code == 404
        # Whoever a caller says to be, it is one address that calls.
        forged = [{"X-Forwarded-For": f"203.0.113.{number}"} for number in range(2 * READS + 1)]
        statuses = [ask.get(f"{address}{OPEN}", headers=each).status_code for each in forged]
        assert (statuses[0], 429 in statuses) == (200, True)

    def look_at_the_health(self, host: ServedHost) -> None:
        of_worker = deployed.compose()["services"]["worker"]["healthcheck"]["test"]
        address = f"127.0.0.1:{host.port}"
        for check, name in ((deployed.image_healthcheck(), "127.0.0.1:8000"), (of_worker[1:], "server:8000")):
            script = replaced(check[2], {name: address})
            assert check[:2] == ["python", "-c"]
            asked = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
            assert asked.returncode == 0, asked.stderr

    @pytest.fixture
    def installation(self, bare_pooled_url: str, redis_server: RedisServer, tmp_path: Path) -> Iterator[Installation]:
        settings = {
            "DATABASE_URL": bare_pooled_url,
            "RATE_LIMIT_STORAGE": redis_server.url,
            "RATE_LIMIT_READS": str(READS),
        }
        yield from installed("compose", settings, tmp_path)

    @pytest.fixture
    def nginx(self, installation: Installation, certificates: Path, tmp_path: Path) -> Iterator[Nginx]:
        nginx = Nginx(deployed.DEPLOY / "nginx.conf", tmp_path, certificates, installation.host.port)
        yield nginx
        nginx.stop()

    @pytest.fixture
    def ask(self, certificates: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[requests.Session]:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificates / "host.crt"))
        with requests.Session() as session:
            yield session


class TestUnits:
    def test_run_on_the_embedded_database_too(self, installation: Installation) -> None:
        assert installation.migrate().stdout == "The database is up to date.\n"
        installation.serve()
        with installation.working():
            assert requests.get(f"{installation.host.url}/healthz", timeout=30).json() == {"status": "ok"}
        assert installation.host.stop() == 0

    @pytest.mark.parametrize("step", deployed.STEPS)
    def test_say_nothing_that_systemd_does_not_understand_or_finds_careless(self, step: str, tmp_path: Path) -> None:
        units = self.copied(tmp_path)
        checked = systemd("verify", units / f"widget-host-{step}.service")
        assert (checked.returncode, checked.stderr) == (0, "")
        # Of 100; what is left is that it speaks to others, which is what it is for.
        exposed = systemd("security", "--offline=true", "--threshold=15", units / f"widget-host-{step}.service")
        assert exposed.returncode == 0, exposed.stdout

    def copied(self, folder: Path) -> Path:
        """Copy the units, their program being the one of this checkout."""
        for step in deployed.STEPS:
            file = deployed.DEPLOY / "systemd" / f"widget-host-{step}.service"
            here = {"/opt/widget-host/bin": str(Path(sys.executable).parent)}
            (folder / file.name).write_text(replaced(file.read_text("utf-8"), here), "utf-8")
        return folder

    @pytest.fixture
    def installation(self, tmp_path: Path) -> Iterator[Installation]:
        settings = {"DATABASE_URL": f"sqlite:///{tmp_path}/host.db", "RATE_LIMIT_STORAGE": "memory://"}
        yield from installed("systemd", settings, tmp_path)


class TestNginx:
    def test_understands_its_configuration(self, certificates: Path, tmp_path: Path) -> None:
        checked = Nginx(deployed.DEPLOY / "nginx.conf", tmp_path, certificates, free_port()).check()
        assert (checked.returncode, "[warn]" in checked.stderr) == (0, False), checked.stderr


def installed(source: str, settings: dict[str, str], folder: Path) -> Iterator[Installation]:
    """An installation with the example's settings and those that are this machine's."""
    host = ServedHost("", folder / "instance", free_port())
    example: dict[str, Any] = deployed.variables("host.env.example")
    own = {"SECRET_KEY": SECRET, "INSTANCE": str(folder / "instance"), **settings}
    host.environment = {
        "PATH": host.environment["PATH"],
        **example,
        **{f"WIDGET_HOST_{name}": value for name, value in own.items()},
    }
    yield Installation(source, host)
    host.kill()


def systemd(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    program = shutil.which("systemd-analyze")
    assert program is not None, "The tests need systemd-analyze: install Debian's package `systemd`."
    return subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
