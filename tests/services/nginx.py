"""The proxy of deploy/nginx.conf, by the nginx of this machine: its ports, folders and upstream are the test's."""

import os
import shutil
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import requests

from tests.services.ports import free_port

START_SECONDS = 20


class NginxMissing(RuntimeError):
    """Nothing to start was found."""


class Nginx:
    """Stands before one server, with a certificate that it is given."""

    def __init__(self, configuration: Path, folder: Path, certificates: Path, upstream_port: int) -> None:
        self.port, self.plain_port = free_port(), free_port()
        self._log = folder / "nginx.log"
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._file = folder / "nginx.conf"
        changes = {
            "listen 8080": f"listen 127.0.0.1:{self.plain_port}",
            "listen 8443": f"listen 127.0.0.1:{self.port}",
            "server server:8000": f"server 127.0.0.1:{upstream_port}",
            "/etc/nginx/tls/": f"{certificates}/",
            "/tmp/nginx": f"{folder}/nginx",  # noqa: S108 - the name in the file
        }
        self._file.write_text(replaced(configuration.read_text("utf-8"), changes), "utf-8")

    @property
    def log(self) -> str:
        """What it wrote, requests included."""
        return self._log.read_text("utf-8")

    def check(self) -> subprocess.CompletedProcess[str]:
        """Let it read the configuration, and say what it finds wrong."""
        return subprocess.run([*self._command(), "-t"], capture_output=True, text=True, check=False)

    def start(self) -> None:
        """Start it and wait until it listens."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command(), stdout=log, stderr=subprocess.STDOUT)
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            with suppress(requests.ConnectionError):
                requests.get(f"http://127.0.0.1:{self.plain_port}", timeout=5, allow_redirects=False)
                return
            time.sleep(0.02)
        self.stop()
        raise RuntimeError(f"nginx did not start:\n{self.log}")

    def stop(self) -> None:
        """Stop it; harmless when it never ran."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()

    def _command(self) -> list[str]:
        program = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
        if program is None:
            raise NginxMissing("The tests need nginx: install Debian's package `nginx-light`.")
        # In the image it is no root; here it may be, and its own processes have to reach the test's folder.
        user = "user root;" if os.geteuid() == 0 else ""
        return [program, "-p", str(self._folder), "-c", str(self._file), "-g", f"daemon off; {user}"]


def replaced(text: str, changes: Mapping[str, str]) -> str:
    """Return the text with each name replaced; one that is not there would be a test of something else."""
    for old, new in changes.items():
        assert old in text, f"{old!r} is not in the file"
        text = text.replace(old, new)
    return text
