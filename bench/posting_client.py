"""Orders kept by the service as fast as it can, from several threads: prints how many a second.

`python -m bench.posting_client THREADS SECONDS ENVIRONMENT…`, told by WIDGET_HOST_… and BENCH_PROGRAM.
"""

import os
import random
import sys
import threading
import time

from widget_host.config import Settings
from widget_host.domain.orders.rules import Decided
from widget_host.domain.programs.rules import Destination
from widget_host.domain.transactions.rules import Order, Preview, price
from widget_host.kit.ids import new_id
from widget_host.kit.logs import configure
from widget_host.kit.money import Money
from widget_host.wiring import Wiring

MEMBER = Destination("AC12345678")
VALUE = Money(2500, "USD")


def main() -> None:
    """Keep orders until the time is over."""
    threads, seconds, environments = int(sys.argv[1]), float(sys.argv[2]), sys.argv[3:]
    configure("WARNING")
    wiring = Wiring(Settings.from_environment())
    program, counts = os.environ["BENCH_PROGRAM"], [0] * threads
    preview = _preview(wiring, environments[0], program)

    def record(environment: str) -> None:
        order = Order(environment, program, MEMBER, new_id("order"), value=VALUE)
        wiring.recorder.record(Decided(order, preview, new_id("txn")))

    def keep(number: int) -> None:
        chosen = random.Random(number)  # noqa: S311 - any environment
        while time.monotonic() < until:
            record(chosen.choice(environments))
            counts[number] += 1

    # Which accounts there are is looked up once in a process's life.
    for environment in environments:
        record(environment)
    began = time.monotonic()
    until = began + seconds
    running = [threading.Thread(target=keep, args=(number,)) for number in range(threads)]
    for each in running:
        each.start()
    for each in running:
        each.join()
    sys.stdout.write(f"{sum(counts) / (time.monotonic() - began):.1f}\n")


def _preview(wiring: Wiring, environment_id: str, program_id: str) -> Preview:
    order = Order(environment_id, program_id, MEMBER, "price", value=VALUE)
    with wiring.reading() as services:
        return price(order.asked, services.programs.get_offer(os.environ["BENCH_ENVIRONMENT"], program_id, "USD"))


if __name__ == "__main__":
    main()
