"""Every benchmark, one after the other: `python -m bench [name…]`."""

import sys

from bench import calls, clients, deliveries, neighbours, orders, postings, queues, refusals, starting, widgets
from bench.report import machine
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
    """Measure what is named, or everything, and print a table for each."""
    configure("WARNING")
    names = sys.argv[1:] or list(BENCHMARKS)
    if unknown := set(names) - BENCHMARKS.keys():
        raise SystemExit(f"There is no benchmark {', '.join(sorted(unknown))}: {', '.join(BENCHMARKS)}.")
    sys.stdout.write(f"{machine()}\n\n")
    for name in names:
        sys.stdout.write(f"{BENCHMARKS[name]()}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
