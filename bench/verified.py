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

LOOKED_EVERY_SECONDS = 0.5
BACKENDS = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'"


@dataclass(frozen=True)
class Verified:
    """What a look through the books took, and how often it said how far it was."""

    seconds: float
    own_mib: float
    database_mib: float
    lines: int


def verify(own: Host) -> Verified:
    """Run it; raises RuntimeError where the books are not right."""
    command = [sys.executable, "-m", "widget_host", "ledger", "verify"]
    began, over, most = time.perf_counter(), threading.Event(), [0.0]
    watching = threading.Thread(target=_watch, args=(own, over, most))
    environment = {**os.environ, **own.told}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=DEVNULL, stderr=PIPE, text=True) as process:
        watching.start()
        lines = len((process.stderr.read() if process.stderr else "").splitlines())
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    over.set()
    watching.join()
    if process.returncode:
        raise RuntimeError("the ledger does not verify")
    return Verified(time.perf_counter() - began, used.ru_maxrss / 1024, most[0], lines)


def _watch(own: Host, over: threading.Event, most: list[float]) -> None:
    while not over.wait(LOOKED_EVERY_SECONDS) and not own.wiring.database.is_sqlite:
        with own.wiring.database.reading() as session:
            pids = list(session.scalars(text(BACKENDS)))
        most[0] = max([most[0], *map(_private_mib, pids)])


def _private_mib(pid: int) -> float:
    """Return what the process holds for itself, without what all of its kind share."""
    with suppress(FileNotFoundError):
        lines = Path(f"/proc/{pid}/status").read_text("utf-8").splitlines()
        return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("RssAnon")), 0.0)
    return 0.0
