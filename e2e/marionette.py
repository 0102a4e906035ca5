"""Firefox's own remote protocol, as far as these tests need it; Mozilla's client for it ends with Python 3.12."""

import itertools
import json
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

START_SECONDS = 60
COMMAND_SECONDS = 60
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # the key that WebDriver writes an element's id under
# The port is any that is free, and the profile's folder says which; nothing is fetched from outside.
PREFERENCES = """
user_pref("marionette.port", 0);
user_pref("app.normandy.enabled", false);
user_pref("app.update.disabledForTesting", true);
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("toolkit.telemetry.enabled", false);
"""


class Refused(Exception):
    """Firefox did not do what it was asked."""


class Marionette:
    """One session with one Firefox."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), COMMAND_SECONDS)
        self._words = self._socket.makefile("rb")
        self._numbers = itertools.count(1)
        self._hear()

    def ask(self, command: str, **parameters: Any) -> Any:
        """Send a command and return its value."""
        text = json.dumps([0, next(self._numbers), command, parameters]).encode()
        self._socket.sendall(b"%d:%s" % (len(text), text))
        _, _, error, result = self._hear()
        if error:
            raise Refused(f"{command}: {error['error']}: {error['message']}")
        return result["value"] if isinstance(result, dict) and "value" in result else result

    def find_element(self, by: str, what: str) -> "Element":
        """Find an element, or raise Refused."""
        return Element(self, self.ask("WebDriver:FindElement", using=by, value=what)[ELEMENT])

    def close(self) -> None:
        """Hang up."""
        self._words.close()
        self._socket.close()

    def _hear(self) -> Any:
        length = b"".join(iter(lambda: self._words.read(1), b":"))
        return json.loads(self._words.read(int(length)))


@dataclass(frozen=True)
class Element:
    """An element, with Selenium's names for what is done to it."""

    firefox: Marionette
    id: str

    @property
    def text(self) -> str:
        return str(self.firefox.ask("WebDriver:GetElementText", id=self.id))

    def click(self) -> None:
        self.firefox.ask("WebDriver:ElementClick", id=self.id)

    def clear(self) -> None:
        self.firefox.ask("WebDriver:ElementClear", id=self.id)

    def send_keys(self, text: str) -> None:
        self.firefox.ask("WebDriver:ElementSendKeys", id=self.id, text=text)


@contextmanager
def started(binary: str, folder: Path) -> Iterator[Marionette]:
    """Start a Firefox without a window, with a new profile in the folder."""
    (folder / "user.js").write_text(PREFERENCES, "utf-8")
    command = [binary, "--headless", "--marionette", "--no-remote", "--profile", str(folder)]
    with (folder / "firefox.log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            firefox = Marionette(_port(folder / "MarionetteActivePort", process))
            firefox.ask("WebDriver:NewSession")
            yield firefox
            firefox.close()
        finally:
            process.terminate()


def _port(file: Path, process: "subprocess.Popen[bytes]") -> int:
    deadline = time.monotonic() + START_SECONDS
    while not (file.exists() and file.read_text("utf-8").strip()):
        assert process.poll() is None, f"Firefox ended with {process.returncode}"
        assert time.monotonic() < deadline, f"Firefox did not start in {START_SECONDS} s"
        time.sleep(0.05)
    return int(file.read_text("utf-8"))
