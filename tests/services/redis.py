"""A real Redis for the tests: started on a free port in a temporary folder, gone when the tests are."""

import contextlib
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from tests.services.ports import free_port

START_SECONDS = 20


class RedisMissing(RuntimeError):
    """Nothing to start was found."""


class RedisServer:
    """A server of our own; it stops when `stop` is called, and by itself when this process is no more."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="widget-host-redis-"))
        self._process: subprocess.Popen[bytes] | None = None
        self.port = free_port()

    @property
    def url(self) -> str:
        """Where it is, as the settings write it."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start it, again where it was stopped, and wait until it answers."""
        program = shutil.which("redis-server")
        if program is None:
            raise RedisMissing("The tests need Redis: install Debian's package `redis-server`.")
        where = f"--bind 127.0.0.1 --port {self.port} --dir {self._folder} --appendonly no".split()
        # The shell reads from us and meets the end of the pipe however we end, even by kill -9: it stops the server.
        supervise = '"$@" </dev/null & read -r _; kill $!; wait'
        self._process = subprocess.Popen(
            ["/bin/sh", "-c", supervise, "sh", program, *where, "--save", ""],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for the tests; they stop the server in their own time
        )
        self._wait()

    def pause(self) -> None:
        """Stop it; what it counted is lost."""
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
            self._process.wait(timeout=START_SECONDS)
            self._process = None

    def stop(self) -> None:
        """Stop it and take its folder away."""
        self.pause()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1) as line:
                line.sendall(b"PING\r\n")
                if line.recv(7) == b"+PONG\r\n":
                    return
            time.sleep(0.05)
        raise RuntimeError("Redis did not start")
