"""Every benchmark, one after the other: `python -m bench [name…]`."""

import sys

from bench import clients, deliveries, neighbours, orders, queues, refusals, widgets
from bench.report import machine
from widget_host.kit.logs import configure

BENCHMARKS = {
    "orders": orders.measure,
    "orders-sqlite": orders.measure_embedded,
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
