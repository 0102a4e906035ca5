"""What a benchmark says: a table in Markdown, with the machine it was made on."""

import importlib.metadata
import os
import platform
import statistics
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

SERVERS = ("granian", "flask", "gunicorn", "fastapi")
PACKAGES = (*SERVERS, "SQLAlchemy", "psycopg", "aiohttp", "requests", "celery", "redis")
DOCUMENT = Path(__file__).resolve().parent.parent / "docs/benchmarks.md"
MARK = "## "


@dataclass(frozen=True)
class Table:
    """Rows of text below a title."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]

    def __str__(self) -> str:
        """Return it as Markdown."""
        lines = [self.head, ["---"] * len(self.head), *self.rows]
        return "\n".join([f"## {self.title}", "", *(f"| {' | '.join(line)} |" for line in lines), ""])


def keep(table: Table) -> None:
    """Put a table, and what it was measured on, in the place of the one before in the document, or at its end."""
    section = str(table).replace("\n\n", f"\n\n{machine()}\n\n", 1)
    head, *sections = DOCUMENT.read_text("utf-8").split(f"\n{MARK}")
    known = {each.partition("\n")[0]: f"{MARK}{each}" for each in sections}
    known[table.title] = section
    DOCUMENT.write_text("\n\n".join(each.strip("\n") for each in (head, *known.values())) + "\n", "utf-8")


def machine() -> str:
    """Return where and when this was measured, and with what."""
    cores, versions = os.cpu_count(), [f"{name} {importlib.metadata.version(name)}" for name in PACKAGES]
    programs = [_said("postgres", "--version"), _said("redis-server", "--version")]
    told = [platform.python_implementation() + " " + platform.python_version(), *programs, *versions]
    return f"{datetime.now(UTC):%Y-%m-%d}, {cores} cores ({_processor()}), {platform.system()}: {', '.join(told)}."


def spread(measured: Sequence[float], digits: int = 0) -> str:
    """Return the median, with the least and the most."""
    least, middle, most = (
        f"{each:,.{digits}f}" for each in (min(measured), statistics.median(measured), max(measured))
    )
    return f"{middle} ({least}–{most})"


def times(measured: Sequence[float], beside: Sequence[float]) -> str:
    """Return how many times the other's median this one's is."""
    return f"{statistics.median(measured) / statistics.median(beside):.2f} ×"


def _processor() -> str:
    names = [line for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines() if line.startswith("model name")]
    return names[0].partition(":")[2].strip() if names else platform.machine()


def _said(program: str, option: str) -> str:
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}")) or [Path(program)]
    said = subprocess.run([str(found[-1]), option], capture_output=True, text=True, check=False).stdout
    words = said.replace("v=", "").replace("server ", "").split()
    return f"{program.partition('-')[0]} {next((word for word in words if word[0].isdigit()), '')}"
