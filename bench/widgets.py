"""Lighthouse's figures of the widgets' first views, as a telephone in a laboratory sees them: medians of three runs."""

import json
import os
import shutil
import statistics
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from bench.report import Table, spread
from e2e.chromium import on_path
from e2e.servers import Servers

LIGHTHOUSE = "lighthouse@12.8.2"
RUNS = 3
DIGITS = 1
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


def measure() -> Table:
    """Measure each widget; ends with the table where a budget is broken."""
    with tempfile.TemporaryDirectory() as folder:
        servers = Servers(Path(folder), f"sqlite:///{folder}/host.db")
        servers.start()
        try:
            found = {name: measured(servers, name) for name in WIDGETS}
        finally:
            servers.stop()
    rows = [
        (name, called, spread([run[key] for run in runs], DIGITS), f"{most}")
        for name, runs in found.items()
        for key, called, most in BUDGETS
    ]
    table = Table("First views, as Lighthouse's telephone sees them", ("Widget", "What", "measured", "at most"), rows)
    if any(statistics.median(run[key] for run in runs) > most for runs in found.values() for key, _, most in BUDGETS):
        raise SystemExit(f"{table}\nA budget is broken.")
    return table


def measured(servers: Servers, widget: str) -> list[dict[str, float]]:
    """Return the figures of each run."""
    url = servers.open_widget(widget, **WIDGETS[widget])
    return [figures(url) for _ in range(RUNS)]


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
    return {key: audits[key]["numericValue"] for key, _, _ in BUDGETS}
