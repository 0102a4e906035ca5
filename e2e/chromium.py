"""Which Chromium the tests, the pictures and the benches start."""

import os
import shutil
from pathlib import Path

# The shell has no windows to draw and opens a page in half the time.
ON_PATH = ("chromium-headless-shell", "chromium")


def binary(playwrights_own: str) -> str | None:
    """Return the one named in WIDGET_HOST_TEST_CHROMIUM, else the system's; none where Playwright brought its own."""
    if named := os.environ.get("WIDGET_HOST_TEST_CHROMIUM"):
        return named
    return None if Path(playwrights_own).exists() else on_path()


def on_path() -> str | None:
    """Return the system's, the leaner first."""
    return next((found for name in ON_PATH if (found := shutil.which(name))), None)
