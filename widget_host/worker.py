"""Works off what is due: webhooks to deliver and pending transactions to ask about, with no session open meanwhile."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime

import structlog

from widget_host.domain.upkeep.rules import is_due
from widget_host.domain.webhooks.rules import ATTEMPT_DEADLINE, LEASE, Claimed, Outcome
from widget_host.kit.signing import webhook_headers
from widget_host.services import Services
from widget_host.telemetry import metrics, traces
from widget_host.wiring import Wiring

POLL_SECONDS = 1
PENDING_AT_ONCE = 10
PAUSE_AFTER_A_FAULT_SECONDS = 5
log = structlog.get_logger(__name__)

if LEASE.total_seconds() < ATTEMPT_DEADLINE.total_seconds() + 20:
    raise RuntimeError("a lease must outlast an attempt by 20 s, or two workers would send the same delivery")


class Worker:
    """A loop for deliveries and one for pending transactions; any number may run, in any number of processes."""

    def __init__(self, wiring: Wiring) -> None:
        """Send as many at a time as the settings say."""
        self._wiring = wiring
        self._concurrency = wiring.settings.worker_concurrency
        self._free = threading.Semaphore(self._concurrency)
        self._stopping = threading.Event()
        self._seen_at: datetime | None = None

    def run(self) -> None:
        """Work until `stop`; a fault (the database is away) is logged and waited out."""
        # Programs are asked on a thread of their own: a slow one delays no delivery, a busy queue delays no answer.
        asking = threading.Thread(
            target=self._repeat, args=(self._ask, self._stopping.wait), name="pending", daemon=True
        )
        asking.start()
        with ThreadPoolExecutor(self._concurrency, thread_name_prefix="delivery") as pool:
            self._repeat(lambda: self._round(pool), self._wait)
        asking.join()

    def _repeat(self, work: Callable[[], bool], wait: Callable[[int], object]) -> None:
        while not self._stopping.is_set():
            try:
                busy = work()
            except Exception:  # the loop must outlive whatever one round meets
                log.exception("worker.fault")
                self._stopping.wait(PAUSE_AFTER_A_FAULT_SECONDS)
                continue
            if not busy:
                wait(POLL_SECONDS)

    def _ask(self) -> bool:
        """Ask about pending transactions that are due, and undo rewards that failed; False when there were none."""
        asked = self._wiring.resolving.resolve_due(PENDING_AT_ONCE)
        return asked + self._wiring.undoing.undo_due(PENDING_AT_ONCE) > 0

    def stop(self) -> None:
        """End the loop after the attempts under way."""
        self._stopping.set()
        self._wiring.enqueued.set()

    def _wait(self, seconds: int) -> None:
        self._wiring.enqueued.wait(seconds)
        self._wiring.enqueued.clear()

    def _round(self, pool: ThreadPoolExecutor) -> bool:
        """Claim as many deliveries as senders are free, and hand each to one; False when nothing was due."""
        free = self._acquire()
        claimed: list[Claimed] = []
        try:
            with self._wiring.writing() as services:
                claimed = services.deliveries.claim(free)
                self._pulse(services)
        finally:
            self._free.release(free - len(claimed)) if free > len(claimed) else None
        for delivery in claimed:
            pool.submit(self._deliver, delivery).add_done_callback(self._done)
        return bool(claimed)

    def _pulse(self, services: Services) -> None:
        now = self._wiring.clock.now()
        if is_due(self._seen_at, now):
            services.upkeep.pulse()
            self._seen_at = now

    def _acquire(self) -> int:
        """Wait for a free sender, then take all that are free."""
        self._free.acquire()
        free = 1
        while free < self._concurrency and self._free.acquire(blocking=False):
            free += 1
        return free

    def _done(self, future: Future[None]) -> None:
        self._free.release()
        if fault := future.exception():
            log.error("delivery.fault", exc_info=fault)

    def _deliver(self, delivery: Claimed) -> None:
        with traces.span("webhook.deliver", delivery=delivery.id, event_id=delivery.event_id, attempt=delivery.number):
            outcome = self._attempt(delivery)
        metrics.count_attempt(status=outcome.status)
        with self._wiring.writing() as services:
            kept = services.deliveries.finish(delivery, outcome)
        log.info(
            "delivery.attempt",
            delivery=delivery.id,
            event_id=delivery.event_id,
            number=delivery.number,
            status=outcome.status,
            error=outcome.error,
            duration_ms=outcome.duration_ms,
            kept=kept,
        )

    def _attempt(self, delivery: Claimed) -> Outcome:
        now, started = self._wiring.clock.machine.now(), time.monotonic()
        if delivery.secret is None:
            return Outcome(now, 0, error="the endpoint's secret cannot be opened with the configured keys")
        headers = webhook_headers(
            delivery.secret, event_id=delivery.event_id, timestamp=int(now.timestamp()), body=delivery.body
        )
        answer = self._wiring.http.post(delivery.url, {"Content-Type": "application/json", **headers}, delivery.body)
        duration = int((time.monotonic() - started) * 1000)
        return Outcome(now, duration, status=answer.status, error=answer.error, answer=answer.text)


def start_in_background(wiring: Wiring) -> Worker:
    """Run a worker on a thread that ends with the process; what it had claimed is due again when its lease ends."""
    worker = Worker(wiring)
    threading.Thread(target=worker.run, name="webhook-worker", daemon=True).start()
    return worker
