"""How long the host takes to answer after its start, and what its processes hold when they have nothing to do."""

import time
from pathlib import Path

from bench.hosts import Host, embedded, host, postgres, wait_for
from bench.report import Table, spread
from bench.served import answers, served_by

ROUNDS = 3
PAGE_BYTES, MEGABYTE = 4096, 1_000_000


def measure() -> Table:
    """Start a server and a worker again and again, over each database."""
    with embedded(8) as own:
        rows = _rows(own, "SQLite")
    with postgres() as server, host(server, "starting", 8) as own:
        rows += _rows(own, "PostgreSQL")
    return Table("Start and rest", ("What", "measured"), rows)


def _rows(own: Host, database: str) -> list[tuple[str, str]]:
    starts, servers, workers = [], [], []
    for _ in range(ROUNDS):
        began = time.monotonic()
        with served_by(own.told) as (address, process):
            wait_for(lambda: answers(address), process)
            starts.append(time.monotonic() - began)
            servers += [_memory(pid) for pid in _children(process.pid)]
        with own.working() as process:
            time.sleep(3)
            workers.append(_memory(process.pid))
    return [
        (f"until the server answers, {database}, s", spread(starts, 2)),
        (f"memory of a server process at rest, {database}, MB", spread(servers)),
        (f"memory of a worker at rest, {database}, MB", spread(workers)),
    ]


def _memory(pid: int) -> float:
    # float: megabytes of a process
    return int(Path(f"/proc/{pid}/statm").read_text("utf-8").split()[1]) * PAGE_BYTES / MEGABYTE


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text("utf-8").split()]
