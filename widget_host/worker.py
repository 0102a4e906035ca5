"""Works off what is due: webhooks to deliver and pending transactions to ask about, with no session open meanwhile."""

import asyncio
import threading
import time
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial

import structlog

from widget_host.domain.upkeep.rules import is_due
from widget_host.domain.webhooks.rules import (
    ATTEMPT_DEADLINE,
    LEASE,
    LEASE_OUTLASTS_BY,
    Claimed,
    Due,
    Outcome,
    shares,
)
from widget_host.services import Services
from widget_host.telemetry import metrics, traces
from widget_host.wiring import Wiring

POLL_SECONDS = 1
PENDING_AT_ONCE = 10
PAUSE_AFTER_A_FAULT_SECONDS = 5
TIDIED_EVERY = timedelta(minutes=10)
SUMMED_UP_EVERY = timedelta(minutes=1)
# How many times as many as there are senders are claimed at once.
AHEAD = 16
# While enough waits here and goes ahead, a round is put off for so long: the more it settles at once, the less each
# costs. What waits for an endpoint that hangs puts nobody off.
PUT_OFF_SECONDS = 0.05  # float: seconds
# An attempt that began just before, and the time to keep what came of it.
END_SECONDS = 18
# What was claimed has to begin while its lease outlasts an attempt.
BEGINS_WITHIN_SECONDS = (LEASE - ATTEMPT_DEADLINE - LEASE_OUTLASTS_BY).total_seconds()
Done = tuple[Claimed, Outcome]
log = structlog.get_logger(__name__)


def check_lease(lease: timedelta, deadline: timedelta) -> None:
    """Raise RuntimeError for a lease so short that two workers would send the same delivery."""
    if lease < deadline + LEASE_OUTLASTS_BY:
        raise RuntimeError(f"a lease of {lease} does not outlast an attempt of {deadline} by {LEASE_OUTLASTS_BY}")


class Waiting:
    """What was claimed and waits here for a sender, endpoint by endpoint."""

    def __init__(self) -> None:
        """Hold nothing."""
        self._queues: dict[str, deque[tuple[float, Claimed]]] = {}  # float: seconds
        self.count = 0

    def add(self, claimed: Sequence[Claimed]) -> None:
        """Let these wait behind those of the same endpoint."""
        now = time.monotonic()
        for each in claimed:
            self._queues.setdefault(each.receiver.endpoint_id, deque()).append((now, each))
        self.count += len(claimed)

    def counts(self) -> Counter[str]:
        """Return how many wait for each endpoint."""
        return Counter({name: len(queue) for name, queue in self._queues.items()})

    def take(self, free: int, held: Mapping[str, int]) -> list[Claimed]:
        """Return what is to be sent by so many free senders; what waited for too long is left to its lease's end."""
        taken: list[Claimed] = []
        for name, share in shares([Due(name) for name in self._queues], held, free).items():
            taken += [each for _ in range(share) if (each := self._next(name)) is not None]
        return taken

    def _next(self, name: str) -> Claimed | None:
        while name in self._queues:
            since, claimed = self._queues[name].popleft()
            self.count -= 1
            if not self._queues[name]:
                del self._queues[name]
            if time.monotonic() - since < BEGINS_WITHIN_SECONDS:
                return claimed
        return None

    def take_all(self) -> list[Claimed]:
        """Return all that waits here, and hold nothing any more."""
        left = [claimed for queue in self._queues.values() for _, claimed in queue]
        self._queues, self.count = {}, 0
        return left


class Worker:
    """A loop for deliveries and one for pending transactions; any number may run, in any number of processes.

    Deliveries go out on one thread, many at a time. The database is asked on another, once a round: what came of
    attempts is kept and what is due next is claimed in one unit of work, so the busier it is the less each costs.
    """

    def __init__(self, wiring: Wiring) -> None:
        """Send as many at a time as the settings say."""
        check_lease(LEASE, ATTEMPT_DEADLINE)
        self._wiring = wiring
        self._concurrency = wiring.settings.worker_concurrency
        self._stopping = threading.Event()
        self._ended = threading.Event()
        self._seen_at: datetime | None = None
        self._tidied_at: datetime | None = None
        self._summed_at: datetime | None = None
        self._under_way: set[asyncio.Task[None]] = set()
        self._held: Counter[str] = Counter()
        self._waiting = Waiting()
        self._done: list[Done] = []
        self._settled = 0

    def run(self) -> None:
        """Work until `stop`; a fault (the database is away) is logged and waited out."""
        # Programs are asked on a thread of their own: a slow one delays no delivery, a busy queue delays no answer.
        asking = threading.Thread(target=self._ask_until_stopped, name="pending", daemon=True)
        asking.start()
        try:
            asyncio.run(self._deliver(until_idle=False))
            # What a program was asked about and did not answer yet stays pending, and is asked about again.
            asking.join(END_SECONDS)
        finally:
            self._ended.set()

    def work_off(self) -> int:
        """Deliver what is due now, to the end, and return how many attempts were made."""
        return asyncio.run(self._deliver(until_idle=True))

    def stop(self) -> None:
        """End the loop after the attempts under way."""
        self._stopping.set()
        self._wiring.enqueued.ring()

    def end(self) -> None:
        """Stop, and wait until what was under way is kept and the rest is handed back."""
        self.stop()
        self._ended.wait(END_SECONDS)

    def _ask_until_stopped(self) -> None:
        while not self._stopping.is_set():
            try:
                asked = self._wiring.resolving.resolve_due(PENDING_AT_ONCE)
                busy = asked + self._wiring.undoing.undo_due(PENDING_AT_ONCE) > 0
                self._sum_up()
            except Exception:  # the loop must outlive whatever one round meets
                log.exception("worker.fault")
                self._stopping.wait(PAUSE_AFTER_A_FAULT_SECONDS)
                continue
            if not busy:
                self._stopping.wait(POLL_SECONDS)

    def _sum_up(self) -> None:
        """Sum up postings: a step a second while there are many, else now and then."""
        now = self._wiring.clock.machine.now()
        if self._summed_at is not None and now - self._summed_at < SUMMED_UP_EVERY:
            return
        with self._wiring.writing() as services:
            self._summed_at = None if services.ledger.roll_up() else now

    async def _deliver(self, *, until_idle: bool) -> int:
        loop, made = asyncio.get_running_loop(), 0
        self._awake = asyncio.Event()
        with self._wiring.enqueued.heard_by(lambda: loop.call_soon_threadsafe(self._awake.set)):
            async with self._wiring.delivering() as self._delivering:
                while not self._stopping.is_set():
                    claimed = await self._round()
                    made += len(claimed)
                    self._waiting.add(claimed)
                    self._start()
                    if until_idle and not (claimed or self._under_way or self._done or self._waiting.count):
                        break
                    await self._rest(busy=bool(claimed))
                await self._finish()
        return made

    async def _round(self) -> list[Claimed]:
        done, self._done = self._done, []
        self._settled = len(done)
        # Some are claimed before a sender is free: else every sender would wait for the database in turn.
        room = self._concurrency * AHEAD - len(self._under_way) - self._waiting.count
        held = dict(self._held + self._waiting.counts())
        try:
            return await asyncio.to_thread(self._settle_and_claim, done, room, held)
        except Exception:  # the loop must outlive whatever one round meets
            log.exception("worker.fault")
            # What came of attempts is not lost: the next round keeps it.
            self._done = done + self._done
            await asyncio.to_thread(self._stopping.wait, PAUSE_AFTER_A_FAULT_SECONDS)
            return []

    def _settle_and_claim(self, done: list[Done], room: int, held: dict[str, int]) -> list[Claimed]:
        with self._wiring.writing() as services:
            kept = services.deliveries.finish(done) if done else set()
            is_worth_it = room * 4 >= self._concurrency * AHEAD and not self._stopping.is_set()
            claimed = services.deliveries.claim(room, held) if is_worth_it else []
            self._keep_house(services)
        for each in done:
            _tell(*each, kept=each[0].id in kept)
        return claimed

    def _keep_house(self, services: Services) -> None:
        now = self._wiring.clock.machine.now()
        if is_due(self._seen_at, now):
            services.upkeep.pulse()
            self._seen_at = now
        if self._tidied_at is None or now - self._tidied_at >= TIDIED_EVERY:
            is_all = services.deliveries.forget(self._wiring.retention) == 0
            self._tidied_at = now if is_all else None

    def _start(self) -> None:
        """Give what waits here to the senders that are free, fairly."""
        free = 0 if self._stopping.is_set() else self._concurrency - len(self._under_way)
        for claimed in self._waiting.take(free, self._held):
            endpoint_id = claimed.receiver.endpoint_id
            self._held[endpoint_id] += 1
            task = asyncio.create_task(self._attempt(claimed))
            self._under_way.add(task)
            task.add_done_callback(partial(self._over, endpoint_id))

    async def _attempt(self, claimed: Claimed) -> None:
        with traces.span("webhook.deliver", delivery=claimed.id, event_id=claimed.event_id, attempt=claimed.number):
            outcome = await self._delivering.attempt(claimed)
        self._done.append((claimed, outcome))

    def _over(self, endpoint_id: str, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        self._held[endpoint_id] -= 1
        if not self._held[endpoint_id]:
            del self._held[endpoint_id]
        if not task.cancelled() and (fault := task.exception()):
            log.error("delivery.fault", exc_info=fault)
        self._start()
        self._awake.set()

    async def _rest(self, *, busy: bool) -> None:
        """Wait until something ended, something new was kept, or it is time to look."""
        if busy and len(self._under_way) < self._concurrency:
            # There may be more, and there is room for it; but first let what was claimed leave.
            await asyncio.sleep(0)
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(POLL_SECONDS):
                await self._awake.wait()
        self._awake.clear()
        if self._waiting.count >= self._concurrency and self._settled * 2 >= self._concurrency:
            await asyncio.sleep(PUT_OFF_SECONDS)

    async def _finish(self) -> None:
        """Hand back what was claimed and not begun; let what is under way come to its end, and keep it."""
        if left := self._waiting.take_all():
            await asyncio.to_thread(self._hand_back, left)
        if self._under_way:
            await asyncio.wait(self._under_way)
        if self._done:
            await self._round()

    def _hand_back(self, left: Sequence[Claimed]) -> None:
        try:
            with self._wiring.writing() as services:
                services.deliveries.hand_back(left)
        except Exception:  # the database is away: it is all due again when its lease ends
            log.exception("worker.fault")


def _tell(claimed: Claimed, outcome: Outcome, *, kept: bool) -> None:
    metrics.count_attempt(status=outcome.status)
    log.info(
        "delivery.attempt",
        delivery=claimed.id,
        endpoint=claimed.receiver.endpoint_id,
        event_id=claimed.event_id,
        number=claimed.number,
        status=outcome.status,
        error=outcome.error,
        duration_ms=outcome.duration_ms,
        kept=kept,
    )


def start_in_background(wiring: Wiring) -> Worker:
    """Run a worker on a thread that ends with the process; before that, `end` hands back what it had claimed."""
    worker = Worker(wiring)
    threading.Thread(target=worker.run, name="webhook-worker", daemon=True).start()
    return worker
