"""The posting path through the service, beside pgbench writing the same rows in one statement, and its own TPC-B."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from sqlalchemy.engine import make_url

from bench import rows, tenants
from bench.hosts import ROOT, host, postgres
from bench.report import Table, spread, times
from bench.served import Site, site

ROUNDS = 3
SECONDS = 4
PROCESSES, THREADS = 2, 8
CLIENTS = PROCESSES * THREADS
TPS = re.compile(r"^tps = (\S+)", re.MULTILINE)
OURS, HOT = "the service, 100 organizations", "the service, one hot organization"
SAME, SAME_HOT = "pgbench, the same rows, 100 organizations", "pgbench, the same rows, one hot organization"
TPC_B = "pgbench, its own TPC-B-like transaction"
TEXT = "'{}' || lpad(:number::text, 26, '0')"
PLACES = ("settlement", "money", "points", "issued")


def measure() -> Table:
    """Measure each in turn, several times."""
    with postgres() as server, host(server, "postings", 8) as own, tempfile.TemporaryDirectory() as folder:
        of = site(own)
        first, scripts = tenants.copy(of), Path(folder)
        _pgbench(of, "--initialize", "--quiet", "--scale", "10")
        found: dict[str, list[float]] = {name: [] for name in (OURS, HOT, SAME, SAME_HOT, TPC_B)}
        for warming in range(ROUNDS + 1):
            figures = _round(of, scripts, first)
            if warming == 0:
                of.own.queue.analyze()
                continue
            for name, figure in figures.items():
                found[name].append(figure)
    return _table(found)


def _table(found: Mapping[str, Sequence[float]]) -> Table:
    said = {
        OURS: f"{times(found[OURS], found[SAME])} pgbench's same rows (at least 0.6)",
        HOT: f"{times(found[HOT], found[OURS])} the service with 100 (at least 0.9)",
        SAME_HOT: f"{times(found[SAME_HOT], found[SAME])} the same with 100",
    }
    return Table(
        f"Orders kept a second, PostgreSQL, {CLIENTS} clients",
        ("Who", "a second", "beside"),
        [(name, spread(row), said.get(name, "")) for name, row in found.items()],
    )


def _round(of: Site, scripts: Path, first: int) -> dict[str, float]:
    return {
        OURS: _service(of, [f"env_{number}" for number in range(1, tenants.COUNT + 1)]),
        HOT: _service(of, ["env_1"]),
        SAME: _same(of, scripts, first, f"random(1, {tenants.COUNT})"),
        SAME_HOT: _same(of, scripts, first, "1"),
        TPC_B: _pgbench(of, "--time", str(SECONDS)),
    }


def _service(of: Site, environments: Sequence[str]) -> float:
    command = [sys.executable, "-m", "bench.posting_client", str(THREADS), str(SECONDS), *environments]
    told = {**os.environ, **of.own.told, **of.told}
    running = [
        subprocess.Popen(command, cwd=ROOT, env=told, stdout=subprocess.PIPE, text=True) for _ in range(PROCESSES)
    ]
    return sum(float(process.communicate(timeout=120)[0]) for process in running)


def _same(of: Site, scripts: Path, first: int, chosen: str) -> float:
    made = {name: TEXT.format(f"{prefix}_") for name, prefix in rows.IDS.items()}
    texts = {"request": rows.REQUEST, "answer": rows.ANSWER, "details": rows.DETAILS, "body": rows.BODY}
    values = {
        **made,
        **{name: f"'{json.dumps(text)}'" for name, text in texts.items()},
        "environment": "'env_' || :tenant",
        "reference": TEXT.format("order_"),
        "member": "'AC12345678'",
        "program": f"'{of.told['BENCH_PROGRAM']}'",
        **{place: f"{first} + (:tenant - 1) * {len(PLACES)} + {_offset(of, place)}" for place in PLACES},
    }
    script = scripts / "same.sql"
    statement = rows.together("{{{}}}").format(**values)
    script.write_text(f"\\set number random(1, 9000000000000000000)\n\\set tenant {chosen}\n{statement};\n", "utf-8")
    return _pgbench(of, "--no-vacuum", "--time", str(SECONDS), "--file", str(script))


def _offset(of: Site, place: str) -> int:
    numbers = sorted(int(of.told[f"BENCH_{each.upper()}"]) for each in PLACES)
    return numbers.index(int(of.told[f"BENCH_{place.upper()}"]))


def _pgbench(of: Site, *options: str) -> float:
    url = make_url(of.own.told["WIDGET_HOST_DATABASE_URL"])
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pgbench"))
    program = str(found[-1]) if found else shutil.which("pgbench") or "pgbench"
    where = ["--host", str(url.host), "--port", str(url.port), "--username", str(url.username)]
    clients = [] if "--initialize" in options else ["--client", str(CLIENTS), "--jobs", "2", "--protocol", "prepared"]
    command = [program, *where, *clients, *options, str(url.database)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise RuntimeError(ran.stderr)
    measured = TPS.search(ran.stdout)
    return float(measured[1]) if measured else 0.0
