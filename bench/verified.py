"""`ledger verify` as a command: how long it takes, and the most memory that it and its database's process hold."""

import os
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from subprocess import DEVNULL, PIPE

from sqlalchemy import text

from bench.hosts import ROOT, Host

COMMAND = [sys.executable, "-m", "widget_host", "ledger", "verify"]
LOOKED_EVERY_SECONDS = 0.2
BACKENDS = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'"


@dataclass
class Verified:
    """What a look through the books took, and how often it said how far it was."""

    seconds: float = 0
    own_mib: float = 0
    database_mib: float = 0
    lines: int = 0


def verify(own: Host) -> Verified:
    """Run it; raises RuntimeError where the books are not right, or where it does not say how far it is."""
    found, over, began = Verified(), threading.Event(), time.perf_counter()
    told = {**os.environ, **own.told}
    with subprocess.Popen(COMMAND, cwd=ROOT, env=told, stdout=DEVNULL, stderr=PIPE, text=True) as process:
        watching = threading.Thread(target=_watch, args=(own, process.pid, found, over))
        watching.start()
        found.lines = len((process.stderr.read() if process.stderr else "").splitlines())
        found.seconds = time.perf_counter() - began
        over.set()
        watching.join()
    if process.returncode or not found.lines:
        raise RuntimeError("the ledger does not verify")
    return found


def _watch(own: Host, pid: int, found: Verified, over: threading.Event) -> None:
    """Look now and then; the command's own most is kept by the system."""
    while not over.wait(LOOKED_EVERY_SECONDS):
        found.own_mib = max(found.own_mib, _mib(pid, "VmHWM"))
        if own.wiring.database.is_sqlite:
            continue
        with own.wiring.database.reading() as session:
            backends = session.scalars(text(BACKENDS)).all()
        # What it holds for itself, without the pages that all of the server's processes share.
        found.database_mib = max([found.database_mib, *(_mib(each, "RssAnon") for each in backends)])


def _mib(pid: int, name: str) -> float:
    with suppress(FileNotFoundError):
        lines = Path(f"/proc/{pid}/status").read_text("utf-8").splitlines()
        return next((int(line.split()[1]) / 1024 for line in lines if line.startswith(name)), 0.0)
    return 0.0
