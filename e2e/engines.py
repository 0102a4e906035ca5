"""Firefox and WebKit as Debian has them, behind the few gestures that a customer makes."""

import os
import shutil
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.common.exceptions import WebDriverException

from e2e import marionette

CSS = "css selector"
PATIENCE_SECONDS = 20
# WebKit's driver scrolls a frame of another site to nothing: all of the page has to be in sight.
WIDTH, HEIGHT = 1280, 2400
MINI_BROWSER = "WebKitGTK's MiniBrowser"


class Engine(ABC):
    """A browser with one page, looking at it or into one of its frames."""

    faults: tuple[type[Exception], ...]

    def __init__(self, driver: Any) -> None:
        self._driver = driver

    @abstractmethod
    def open(self, url: str) -> None:
        """Go to an address, out of any frame."""

    @abstractmethod
    def enter(self, css: str) -> None:
        """Look into a frame from now on."""

    @abstractmethod
    def leave(self) -> None:
        """Look at the page itself again."""

    @abstractmethod
    def run(self, script: str) -> Any:
        """Run a script as the page's own, and return what it returns."""

    def type(self, css: str, text: str) -> None:
        """Write into a field in place of what is there; WebKit gives it no keys before it was pressed."""
        field = self.find(css)
        field.click()
        field.clear()
        field.send_keys(text)

    def press(self, css: str) -> None:
        """Press a button."""
        self.find(css).click()

    def text(self, css: str) -> str:
        """Read an element as it is shown."""
        return str(self.find(css).text)

    def find(self, css: str) -> Any:
        """Wait for an element."""
        return self.wait(lambda: self._driver.find_element(CSS, css), f"no {css}")

    def expect(self, css: str, text: str) -> None:
        """Wait until an element shows the text."""
        self.wait(lambda: text in self._driver.find_element(CSS, css).text, f"no {text!r} in {css}")

    def wait(self, ask: Callable[[], Any], otherwise: str) -> Any:
        """Ask until there is an answer; an element that is not there, or no longer, is none."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            try:
                if answer := ask():
                    return answer
            except self.faults:
                pass
            time.sleep(0.05)
        raise AssertionError(f"{otherwise} within {PATIENCE_SECONDS} s")


class Firefox(Engine):
    """Debian's own, over Marionette: Playwright drives only its own build."""

    faults = (marionette.Refused,)

    def open(self, url: str) -> None:
        self.leave()
        self._driver.ask("WebDriver:Navigate", url=url)

    def enter(self, css: str) -> None:
        self._driver.ask("WebDriver:SwitchToFrame", element=self.find(css).id)

    def leave(self) -> None:
        self._driver.ask("WebDriver:SwitchToFrame")

    def run(self, script: str) -> Any:
        return self._driver.ask("WebDriver:ExecuteScript", script=script, args=[], sandbox=None)


class WebKit(Engine):
    """WebKitGTK, what Safari and every browser of an iPhone are made of, over WebDriver."""

    faults = (WebDriverException,)

    def open(self, url: str) -> None:
        self._driver.switch_to.default_content()
        self._driver.get(url)

    def enter(self, css: str) -> None:
        self._driver.switch_to.frame(self.find(css))

    def leave(self) -> None:
        self._driver.switch_to.default_content()

    def run(self, script: str) -> Any:
        return self._driver.execute_script(script)


@contextmanager
def firefox(folder: Path) -> Iterator[Engine]:
    """Start a Firefox without a window, with a profile of its own."""
    with marionette.started(needed("firefox-esr"), folder) as driver:
        yield Firefox(driver)


@contextmanager
def webkit(folder: Path) -> Iterator[Engine]:
    """Start a WebKit on a screen that nobody sees."""
    options = webdriver.WebKitGTKOptions()
    options.binary_location = str(mini_browser())
    options.add_argument("--automation")
    with screen() as display, (folder / "webkit.log").open("wb") as log:
        environment = {**os.environ, "DISPLAY": display}
        service = webdriver.WebKitGTKService(needed("WebKitWebDriver"), log_output=log, env=environment)
        driver = webdriver.WebKitGTK(options=options, service=service)
        try:
            driver.set_window_rect(0, 0, WIDTH, HEIGHT)
            yield WebKit(driver)
        finally:
            driver.quit()


@contextmanager
def screen() -> Iterator[str]:
    """Start an X server on a display that is free, and say which."""
    reads, writes = os.pipe()
    command = [needed("Xvfb"), "-displayfd", str(writes), "-screen", "0", f"{WIDTH}x{HEIGHT}x24", "-nolisten", "tcp"]
    with subprocess.Popen(command, pass_fds=[writes], stderr=subprocess.DEVNULL) as server:
        os.close(writes)
        try:
            with os.fdopen(reads) as told:
                yield f":{told.readline().strip()}"
        finally:
            server.terminate()


def mini_browser() -> Path:
    """Return the browser that comes with the driver."""
    found = sorted(Path("/usr/lib").glob("*/webkit2gtk-4.*/MiniBrowser"))
    assert found, missing(MINI_BROWSER)
    return found[-1]


def needed(program: str) -> str:
    """Return where a program is; without it the test fails, and says what to install."""
    found = shutil.which(program)
    assert found, missing(program)
    return found


def missing(what: str) -> str:
    """Say what to install."""
    return f"{what} is needed: apt-get install firefox-esr webkit2gtk-driver xvfb"


ENGINES: dict[str, Callable[[Path], Any]] = {"firefox": firefox, "webkit": webkit}
