"""Every benchmark, one after the other, into docs/benchmarks.md: `python -m bench [name…]`."""

import sys

from bench import calls, clients, deliveries, neighbours, orders, postings, queues, refusals, starting, widgets
from bench.report import keep
from widget_host.kit.logs import configure

BENCHMARKS = {
    "postings": postings.measure,
    "orders": orders.measure,
    "orders-sqlite": orders.measure_embedded,
    "calls": calls.measure,
    "calls-sqlite": calls.measure_embedded,
    "starting": starting.measure,
    "deliveries": deliveries.measure,
    "clients": clients.measure,
    "neighbours": neighbours.measure,
    "queues": queues.measure,
    "refusals": refusals.measure,
    "widgets": widgets.measure,
}


def main() -> None:
    """Measure what is named, or everything; print a table for each, and put it into its place in the document."""
    configure("WARNING")
    names = sys.argv[1:] or list(BENCHMARKS)
    if unknown := set(names) - BENCHMARKS.keys():
        raise SystemExit(f"There is no benchmark {', '.join(sorted(unknown))}: {', '.join(BENCHMARKS)}.")
    for name in names:
        table = BENCHMARKS[name]()
        sys.stdout.write(f"{table}\n")
        sys.stdout.flush()
        keep(table)


if __name__ == "__main__":
    main()
