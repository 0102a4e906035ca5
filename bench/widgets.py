"""Lighthouse's figures of the widgets' first views, as a telephone in a laboratory sees them: medians of three runs."""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from e2e.chromium import on_path
from e2e.servers import Servers

LIGHTHOUSE = "lighthouse@12.8.2"
RUNS = 3
CHROME_FLAGS = "--chrome-flags=--headless=new --no-sandbox"
# What Lighthouse calls a figure, what we call it, and the most it may be.
BUDGETS = (
    ("largest-contentful-paint", "LCP, ms", 800),
    ("cumulative-layout-shift", "CLS", 0),
    ("total-blocking-time", "TBT, ms", 50),
)
WIDGETS: dict[str, dict[str, str]] = {
    "point-exchange": {},
    "multibrand": {"cardId": "card-1", "cardLastFour": "4821"},
}


def main() -> int:
    """Measure each widget, print a row for each, and end with 1 where a budget is broken."""
    with tempfile.TemporaryDirectory() as folder:
        servers = Servers(Path(folder), f"sqlite:///{folder}/host.db")
        servers.start()
        try:
            rows = {name: medians(servers, name) for name in WIDGETS}
        finally:
            servers.stop()
    for name, row in rows.items():
        said = ", ".join(f"{called} {row[key]:g} (most {most})" for key, called, most in BUDGETS)
        sys.stdout.write(f"{name}: {said}, {row['total-byte-weight']:g} bytes\n")
    return int(any(row[key] > most for row in rows.values() for key, _, most in BUDGETS))


def medians(servers: Servers, widget: str) -> dict[str, float]:
    """Return the median of each figure."""
    url = servers.open_widget(widget, **WIDGETS[widget])
    runs = [figures(url) for _ in range(RUNS)]
    return {key: statistics.median(run[key] for run in runs) for key in runs[0]}


def figures(url: str) -> dict[str, float]:
    """Let Lighthouse open the page once."""
    options = (
        "--quiet",
        "--output=json",
        "--only-categories=performance",
        "--chrome-flags=--headless=new --no-sandbox",
    )
    environment = {**os.environ, "CHROME_PATH": os.environ.get("CHROME_PATH") or on_path() or ""}
    npx = shutil.which("npx")
    if npx is None:
        raise SystemExit("Lighthouse needs npx: install npm")
    command = [npx, "--yes", LIGHTHOUSE, url, *options]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise SystemExit(f"Lighthouse ended with {ran.returncode}:\n{ran.stderr}")
    audits: dict[str, Any] = json.loads(ran.stdout)["audits"]
    return {key: audits[key]["numericValue"] for key in ("total-byte-weight", *(key for key, _, _ in BUDGETS))}


if __name__ == "__main__":
    sys.exit(main())
