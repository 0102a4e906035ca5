"""Spans for OpenTelemetry: nothing of it is imported, and nothing done, unless `start` was called."""

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any, TypeVar

T = TypeVar("T")
CONTEXT = ("traceparent", "tracestate")
NOTHING: AbstractContextManager[Any] = nullcontext()
_tracer: Any = None
_extract: Any = None


class TracingMissing(RuntimeError):
    """Traces are asked for and what makes them is not installed."""


def start() -> None:
    """Send spans where the standard OTEL_… variables say; raises TracingMissing without the extra `otel`."""
    global _tracer, _extract
    if _tracer is not None:
        return
    try:
        from opentelemetry.propagate import extract  # noqa: PLC0415 - imported only where traces are asked for

        from widget_host.telemetry.otel import tracer  # noqa: PLC0415 - the same
    except ImportError as error:
        raise TracingMissing("OTEL_… variables ask for traces: install widget-host[otel], or unset them") from error
    _tracer, _extract = tracer(), extract


def is_on() -> bool:
    """Whether somebody traces."""
    return _tracer is not None


def span(name: str, **attributes: Any) -> AbstractContextManager[Any]:
    """Measure what happens inside, as a part of what is measured around it; yields None where nobody traces."""
    if _tracer is None:
        return NOTHING
    found: AbstractContextManager[Any] = _tracer.start_as_current_span(name, attributes=_dotted(attributes))
    return found


def request_span(method: str, route: str | None, headers: Iterable[tuple[str, str]]) -> AbstractContextManager[Any]:
    """Measure a request, as a part of the caller's trace where it sent one; the rule is named, never the path."""
    if _tracer is None:
        return NOTHING
    from opentelemetry.trace import SpanKind  # noqa: PLC0415 - imported only where traces are asked for

    parent = _extract({name.lower(): value for name, value in headers if name.lower() in CONTEXT})
    attributes = {"http.request.method": method, "http.route": route or "none"}
    found: AbstractContextManager[Any] = _tracer.start_as_current_span(
        f"{method} {route or 'none'}", context=parent, kind=SpanKind.SERVER, attributes=attributes
    )
    return found


def _dotted(attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {f"widget_host.{name}": value for name, value in attributes.items() if value is not None}


class _Traced:
    """Stands before an object and measures each call of its methods."""

    def __init__(self, target: Any, name: str) -> None:
        self._target = target
        self._name = name

    def __getattr__(self, method: str) -> Any:
        found = getattr(self._target, method)
        if not callable(found):
            return found

        def measured(*args: Any, **kwargs: Any) -> Any:
            with span(f"{self._name}.{method}"):
                return found(*args, **kwargs)

        return measured


def traced(target: T, name: str) -> T:
    """Return the object itself, or where traces are on one that measures each call as `name.method`."""
    return target if _tracer is None else _Traced(target, name)  # type: ignore[return-value]  # it answers the same
