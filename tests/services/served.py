"""The host as an operator runs it: `widget-host …` in processes of its own."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import requests

START_SECONDS = 40
STOP_SECONDS = 30


class ServedHost:
    """One installation: its settings, its commands, and a server that is started, stopped and killed."""

    def __init__(self, database_url: str, instance: Path, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.port = port
        self._log = instance.with_suffix(".log")
        self._process: subprocess.Popen[bytes] | None = None
        self.environment = {
            "PATH": os.environ["PATH"],
            "WIDGET_HOST_DEVELOPMENT": "1",
            "WIDGET_HOST_INSTANCE": str(instance),
            "WIDGET_HOST_DATABASE_URL": database_url,
            "WIDGET_HOST_BASE_URL": self.url,
            "WIDGET_HOST_LOG_LEVEL": "WARNING",
        }

    @property
    def log(self) -> str:
        """What the server wrote."""
        return self._log.read_text("utf-8")

    @property
    def is_running(self) -> bool:
        """Whether the server that was started last is still there."""
        return self._process is not None and self._process.poll() is None

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        command = [sys.executable, "-m", "widget_host", *arguments]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False, timeout=60)

    def ask(self, *arguments: str) -> Any:
        """Run a command that answers in JSON."""
        ended = self.run(*arguments, "--json")
        assert ended.returncode == 0, ended.stderr
        return json.loads(ended.stdout)

    def launch(self, *command: str) -> subprocess.Popen[bytes]:
        """Start the server, or what another command runs, whatever becomes of it."""
        command = command or (sys.executable, "-m", "widget_host", "serve", "--port", str(self.port))
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command, env=self.environment, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL
            )
        return self._process

    def start(self, *command: str) -> None:
        """Start the server, with another command where one is given, and wait until it is ready."""
        process, deadline = self.launch(*command), time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and process.poll() is None:
            with suppress(requests.ConnectionError):
                if requests.get(f"{self.url}/readyz", timeout=5).status_code == 200:
                    return
            time.sleep(0.05)
        self.kill()
        raise RuntimeError(f"the server did not start:\n{self.log}")

    def ask_to_stop(self) -> subprocess.Popen[bytes]:
        """Ask the server to stop, and do not wait."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self._process

    def stop(self) -> int:
        """Ask the server to stop, and return its exit code."""
        return self.ask_to_stop().wait(STOP_SECONDS)

    def kill(self) -> None:
        """End the server's main process at once; harmless when there is none."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
