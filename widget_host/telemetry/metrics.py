"""Figures for Prometheus, counted in every process and added up where they are read.

Each metric has labels, and few values for each: routes are rules, never paths. Values are made when first used, so
`share` may still decide where.
"""

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest, values
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
HUNDRED = 100
# A value, and the sentence that explains it.
Figure = tuple[float, str]  # float: Prometheus knows no other number

_own = CollectorRegistry()
_requests = Counter("widget_host_requests", "Requests answered.", ["route", "method", "status"], registry=_own)
_durations = Histogram(
    "widget_host_request_duration_seconds",
    "Time from a request to its answer.",
    ["route", "method"],
    registry=_own,
    buckets=SECONDS,
)
_refusals = Counter("widget_host_rate_limit_refusals", "Requests answered 429.", ["limit"], registry=_own)
_uncounted = Counter(
    "widget_host_rate_limit_uncounted", "Requests let in uncounted: the storage was away.", ["limit"], registry=_own
)
_attempts = Counter("widget_host_webhook_attempts", "Attempts to deliver a webhook.", ["outcome"], registry=_own)
_transactions = Counter("widget_host_transactions", "Transactions that reached a status.", ["status"], registry=_own)
_security = Counter("widget_host_security_events", "Lines of the audit trail and log.", ["event"], registry=_own)


def share(folder: Path) -> None:
    """Count in this folder, where the other processes of this machine count too; call it before anything is counted."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    # The client library asks the environment, at every value it makes.
    os.environ[FOLDER_VARIABLE] = str(folder)
    values.ValueClass = values.MultiProcessValue()  # type: ignore[no-untyped-call]  # the library's


def sweep(folder: Path) -> None:
    """Take away what processes left that are no more; those that run go on counting."""
    for file in folder.glob("*.db"):
        if not _is_running(file.stem.rpartition("_")[2]):
            file.unlink(missing_ok=True)


def _is_running(pid: str) -> bool:
    with suppress(ProcessLookupError, ValueError, OverflowError):
        try:
            os.kill(int(pid), 0)
        except PermissionError:
            return True
        return True
    return False


def count_request(*, route: str | None, method: str, status: int, seconds: float) -> None:
    """Count an answer; `route` is the rule that matched, None where nothing did."""
    answered, lasted = _counters(route or "none", method if method in METHODS else "other", status)
    answered.inc()
    lasted.observe(seconds)


# To find a metric by its labels takes as long as to count: routes, methods and statuses are few.
@cache
def _counters(route: str, method: str, status: int) -> tuple[Counter, Histogram]:
    return _requests.labels(route, method, str(status)), _durations.labels(route, method)


def count_refusal(limit: str) -> None:
    """Count a request that came too soon."""
    _refusals.labels(limit).inc()


def count_uncounted(limit: str) -> None:
    """Count a request that no limit could be asked about."""
    _uncounted.labels(limit).inc()


def count_attempt(*, status: int | None) -> None:
    """Count an attempt to deliver by the hundred of its status, `none` where no answer came."""
    _attempts.labels("none" if status is None else f"{status // HUNDRED}xx").inc()


def count_event(kind: str) -> None:
    """Count what an event of the outbox says of a transaction (`transaction.completed`); others are not counted."""
    subject, _, status = kind.partition(".")
    if subject == "transaction":
        _transactions.labels(status.upper()).inc()


def count_security_event(event: str) -> None:
    """Count a line of the audit trail or its log."""
    _security_counter(event).inc()


@cache
def _security_counter(event: str) -> Counter:
    return _security.labels(event)


class _Present(Collector):
    """Figures that were just looked up, as the library wants to collect them."""

    def __init__(self, figures: Mapping[str, Figure]) -> None:
        self._figures = figures

    def collect(self) -> Iterable[Metric]:
        for name, (value, meaning) in self._figures.items():
            yield GaugeMetricFamily(f"widget_host_{name}", meaning, value=value)


def exposition(present: Mapping[str, Figure]) -> bytes:
    """Write what all processes counted, and the present figures, as Prometheus reads it."""
    counted = _own
    if values.ValueClass is not values.MutexValue:
        counted = CollectorRegistry()
        MultiProcessCollector(counted)  # type: ignore[no-untyped-call]  # the library's
    looked_up = CollectorRegistry()
    looked_up.register(_Present(present))
    return generate_latest(counted) + generate_latest(looked_up)
