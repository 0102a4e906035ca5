"""What each call takes with no, a million and ten million transactions; `SIZES=` and `ROUNDS=` for others."""

import contextlib
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from statistics import median

from bench.asked import Send, asked
from bench.grown import grown
from bench.hosts import Host, embedded, host, postgres
from bench.report import Table, keep, spread
from bench.served import Site
from bench.verified import verify
from widget_host.kit.logs import configure

SIZES = [int(size) for size in os.environ.get("SIZES", "0,1000000,10000000").split(",")]
MOST_EMBEDDED = 1_000_000
ROUNDS = int(os.environ.get("ROUNDS", "7"))
# Indexes made at once are not written twice, and filling waits for no checkpoint.
FOR_FILLING = ("wal_level=minimal", "max_wal_senders=0", "max_wal_size=8GB")
# One size right after the other, a few calls at a time: the machine is as fast for each.
TURNS, CALLS_A_TURN, CALLS_BEFORE = 16, 8, 40
MOST = 1.2  # float: how many times as long as with empty tables
Calls = Mapping[str, Send]
Found = dict[str, dict[int, list[float]]]


def main() -> None:
    """Measure both databases; print a table for each, and put it into its place in the document."""
    configure("WARNING")
    for table in (measure, measure_embedded):
        made = table()
        sys.stdout.write(f"{made}\n")
        sys.stdout.flush()
        keep(made)


def measure() -> Table:
    """Measure on PostgreSQL, with a database for each size."""
    with postgres(*FOR_FILLING) as server, contextlib.ExitStack() as stack:
        hosts = {size: stack.enter_context(host(server, f"growth_{size}", 8)) for size in SIZES}
        return _table({size: grown(own, size) for size, own in hosts.items()}, "PostgreSQL")


def measure_embedded() -> Table:
    """Measure on SQLite."""
    with contextlib.ExitStack() as stack:
        sizes = [size for size in SIZES if size <= MOST_EMBEDDED]
        hosts: dict[int, Host] = {size: stack.enter_context(embedded(8)) for size in sizes}
        return _table({size: grown(own, size) for size, own in hosts.items()}, "SQLite")


def _table(sites: Mapping[int, Site], database: str) -> Table:
    with contextlib.ExitStack() as stack:
        calls = {size: asked(of, stack.enter_context(of.host()), size) for size, of in sites.items()}
        found = by_turns(calls)
    rows = [_row(name, figures) for name, figures in found.items()]
    beside = [f"{size:,} ÷ {min(sites):,}" for size in sites if size > min(sites)]
    head = ("Call", *(f"{size:,} transactions" for size in sites), *(f"{each} (at most {MOST})" for each in beside))
    return Table(f"Growth, {database}: p50 in ms", head, [*rows, *_verified(sites)])


def by_turns(calls: Mapping[int, Calls]) -> Found:
    """Send each call at each size in turn, and return the p50 of each round in ms."""
    found: Found = {name: {size: [] for size in calls} for name in calls[min(calls)]}
    for name in found:
        for of_size in calls.values():
            for _ in range(CALLS_BEFORE):
                of_size[name]()
    for _ in range(ROUNDS):
        for name, figures in found.items():
            for size, taken in _round({size: of_size[name] for size, of_size in calls.items()}).items():
                figures[size].append(median(taken))
    return found


def _round(sends: Mapping[int, Send]) -> dict[int, list[float]]:
    taken: dict[int, list[float]] = {size: [] for size in sends}
    for turn in range(TURNS):
        for size in sorted(sends, reverse=turn % 2 == 1):
            taken[size] += [_ms(sends[size]) for _ in range(CALLS_A_TURN)]
    return taken


def _ms(send: Send) -> float:  # float: milliseconds
    began = time.perf_counter()
    send()
    return (time.perf_counter() - began) * 1000


def _row(name: str, figures: Mapping[int, Sequence[float]]) -> tuple[str, ...]:
    first, *others = (figures[size] for size in sorted(figures))
    ratios = [[one / other for one, other in zip(each, first, strict=True)] for each in others]
    return name, *(spread(each, 2) for each in figures.values()), *(f"{spread(each, 2)} ×" for each in ratios)


def _verified(sites: Mapping[int, Site]) -> Iterator[tuple[str, ...]]:
    found = [verify(of.own) for of in sites.values()]
    none = [""] * (len(found) - 1)
    yield "`ledger verify`, s", *(f"{each.seconds:.0f}" for each in found), *none
    yield "its memory, MiB (below 300)", *(f"{each.own_mib:.0f}" for each in found), *none
    if any(each.database_mib for each in found):
        yield "its database process's own memory, MiB", *(f"{each.database_mib:.0f}" for each in found), *none


if __name__ == "__main__":
    main()
