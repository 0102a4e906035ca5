"""A real PostgreSQL for the tests: started on a free port in a temporary folder, gone when the tests are."""

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import psycopg
from sqlalchemy.engine import make_url

from tests.services.ports import free_port

START_SECONDS = 30
# A test database may be lost at any time: speed is all it needs.
USUAL = ("max_connections=200", "timezone=UTC")
CARELESS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", *USUAL)

# The shell reads from us and meets the end of the pipe however we end, even by kill -9: it stops the server. Told so,
# it stops it as `pg_ctl stop -m immediate` does, and starts it again.
SUPERVISE = """data=$1; shift; "$@" </dev/null &
while read -r word; do
  case $word in crash) kill -QUIT $!; wait $!;; start) "$@" </dev/null & esac
done
kill -INT $!; wait; rm -rf "$data"
"""


class PostgresMissing(RuntimeError):
    """Nothing to start was found."""


class PostgresServer:
    """A server of our own; it stops when `stop` is called, and by itself when this process is no more."""

    def __init__(self, settings: Sequence[str] = CARELESS) -> None:
        self._settings = settings
        self._folder = Path(tempfile.mkdtemp(prefix="widget-host-postgres-"))
        self._process: subprocess.Popen[bytes] | None = None
        self._port = free_port()

    @property
    def url(self) -> str:
        """Where its first database is, as SQLAlchemy writes it."""
        return f"postgresql+psycopg://postgres@127.0.0.1:{self._port}/postgres"

    def start(self) -> None:
        """Make a cluster and wait until it answers."""
        try:
            self._folder.chmod(0o755)
            data = self._folder / "data"
            data.mkdir(mode=0o700)
            if os.geteuid() == 0:
                shutil.chown(data, "postgres")
            self._run(str(_program("initdb")), "-D", str(data), "-U", "postgres", "-A", "trust", "-N", "-E", "UTF8")
            self._launch(data)
            self._wait()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop it and take its folder away; harmless when it never ran."""
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
            self._process.wait(timeout=START_SECONDS)
            self._process = None
        shutil.rmtree(self._folder, ignore_errors=True)

    def crash(self) -> None:
        """Stop it at once, with no word to whoever is connected and nothing written down."""
        self._tell("crash")
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self._port), timeout=1).close()
            except ConnectionRefusedError:
                return
            except ConnectionResetError:
                pass  # it stopped in the middle of listening; the next is refused
            time.sleep(0.01)
        raise RuntimeError("PostgreSQL did not stop")

    def recover(self) -> None:
        """Start it where it crashed, and wait until it answers."""
        self._tell("start")
        self._wait()

    def _tell(self, word: str) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(f"{word}\n".encode())
        self._process.stdin.flush()

    def _run(self, *command: str) -> None:
        subprocess.run([*as_postgres(), *command], check=True, capture_output=True, cwd="/")

    def _launch(self, data: Path) -> None:
        settings = [word for setting in self._settings for word in ("-c", setting)]
        where = f"-D {data} -h 127.0.0.1 -p {self._port}".split()
        server = [str(_program("postgres")), *where, "-k", "", *settings]
        with (self._folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [*as_postgres(), "sh", "-c", SUPERVISE, "sh", str(data), *server],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd="/",
                start_new_session=True,  # Ctrl-C is for the tests; they stop the server in their own time
            )

    def _wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            with contextlib.suppress(psycopg.OperationalError):
                psycopg.connect(plain_url(self.url), connect_timeout=2).close()
                return
            if time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start:\n{(self._folder / 'log').read_text()}")
            time.sleep(0.05)


class WorkerDatabase:
    """One database of one test process: migrated once, emptied before each test."""

    def __init__(self, server_url: str, name: str) -> None:
        self._server_url = plain_url(server_url)
        self._name = name
        url = make_url(server_url).set(drivername="postgresql+psycopg", database=name)
        self.url = url.render_as_string(hide_password=False)

    def create(self) -> None:
        """Make it anew."""
        self._on_server(f'DROP DATABASE IF EXISTS "{self._name}" WITH (FORCE)', f'CREATE DATABASE "{self._name}"')

    def drop(self) -> None:
        """Take it away, whoever is still connected."""
        self._on_server(f'DROP DATABASE IF EXISTS "{self._name}" WITH (FORCE)')

    def empty(self) -> None:
        """Delete every row but the migrations' mark; the triggers that keep the ledger unchanged look away for it."""
        with psycopg.connect(plain_url(self.url), autocommit=True) as connection:
            connection.execute("SET session_replication_role = replica")
            connection.execute("SET lock_timeout = '10s'")
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            # TRUNCATE gives each table and index a new file, which takes ten times as long for the few rows of a test.
            connection.execute("; ".join(_emptying(connection)).encode())

    def _on_server(self, *statements: str) -> None:
        with psycopg.connect(self._server_url, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())


def plain_url(url: str) -> str:
    """Return the address as psycopg itself reads it, without SQLAlchemy's driver name."""
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


def _emptying(connection: psycopg.Connection) -> list[str]:
    tables = connection.execute(
        "SELECT format('DELETE FROM %I', tablename) FROM pg_tables"
        " WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
    )
    sequences = connection.execute(
        "SELECT format('ALTER SEQUENCE %I RESTART', sequencename) FROM pg_sequences WHERE schemaname = 'public'"
    )
    return [statement for (statement,) in [*tables, *sequences]] or ["SELECT"]


def as_postgres() -> list[str]:
    """Return what a command begins with that must not run as root: PostgreSQL refuses to."""
    if os.geteuid() != 0:
        return []
    try:
        pwd.getpwnam("postgres")
    except KeyError:
        raise PostgresMissing("there is no user named postgres to run PostgreSQL as") from None
    return ["runuser", "-u", "postgres", "--"]


def _program(name: str) -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[4].split(".")[0]))
    on_path = shutil.which(name)
    if found:
        return found[-1]
    if on_path:
        return Path(on_path).resolve()
    raise PostgresMissing(
        "The tests need PostgreSQL: install Debian's package `postgresql`,"
        " or name a server in WIDGET_HOST_TEST_DATABASE_URL."
    )
