"""A real PgBouncer for the tests, in transaction mode: started on a free port, gone when the tests are."""

import contextlib
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg
from sqlalchemy.engine import make_url

from tests.services.ports import free_port
from tests.services.postgres import as_postgres, plain_url

START_SECONDS = 20
SETTINGS = """
[databases]
* = host={host} port={server_port} {login}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = {connections}
"""


class PgBouncerMissing(RuntimeError):
    """Nothing to start was found."""


class PgBouncer:
    """Stands before a PostgreSQL, with so few connections that clients share them all the time."""

    def __init__(self, database_url: str, connections: int) -> None:
        self._server = make_url(database_url)
        self._connections = connections
        self._folder = Path(tempfile.mkdtemp(prefix="widget-host-pgbouncer-"))
        self._process: subprocess.Popen[bytes] | None = None
        self._port = free_port()
        reached = self._server.set(host="127.0.0.1", port=self._port)
        self.url = reached.render_as_string(hide_password=False)

    def start(self) -> None:
        """Start it, and wait until it lets somebody through."""
        program = shutil.which("pgbouncer") or shutil.which("/usr/sbin/pgbouncer")
        if program is None:
            raise PgBouncerMissing("The tests need PgBouncer: install Debian's package `pgbouncer`.")
        self._folder.chmod(0o755)
        settings = self._folder / "pgbouncer.ini"
        settings.write_text(self._settings(), "utf-8")
        # The shell reads from us and meets the end of the pipe however we end, even by kill -9: it stops the pooler.
        supervise = '"$@" </dev/null & read -r _; kill -INT $!; wait'
        with (self._folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [*as_postgres(), "sh", "-c", supervise, "sh", program, str(settings)],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd="/",
                start_new_session=True,  # Ctrl-C is for the tests; they stop the pooler in their own time
            )
        self._wait()

    def stop(self) -> None:
        """Stop it and take its folder away; harmless when it never ran."""
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
            self._process.wait(timeout=START_SECONDS)
            self._process = None
        shutil.rmtree(self._folder, ignore_errors=True)

    def _settings(self) -> str:
        user, password = self._server.username, self._server.password
        return SETTINGS.format(
            host=self._server.host,
            server_port=self._server.port or 5432,
            login=f"user={user}" + (f" password={password}" if password else ""),
            port=self._port,
            connections=self._connections,
        )

    def _wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            with contextlib.suppress(psycopg.OperationalError):
                psycopg.connect(plain_url(self.url), connect_timeout=2).close()
                return
            if time.monotonic() > deadline:
                raise RuntimeError(f"PgBouncer did not start:\n{(self._folder / 'log').read_text()}")
            time.sleep(0.05)
