"""Events in numbers in which nobody would record them one by one."""

from typing import cast

from sqlalchemy import Table, insert

from widget_host.domain.webhooks.models import Delivery, Event
from widget_host.domain.webhooks.service import delivery
from widget_host.kit import wire
from widget_host.kit.ids import new_id
from widget_host.wiring import Wiring

AT_ONCE = 5000
KIND = "ledger.posted"


def record_many(wiring: Wiring, environment_id: str, endpoint_id: str, count: int) -> None:
    """Keep so many events, each with its delivery to this endpoint, as the outbox would."""
    for start in range(0, count, AT_ONCE):
        _record(wiring, environment_id, endpoint_id, min(AT_ONCE, count - start))


def _record(wiring: Wiring, environment_id: str, endpoint_id: str, count: int) -> None:
    now, ids = wiring.clock.machine.now(), [new_id("evt") for _ in range(count)]
    shared = {"environment_id": environment_id, "type": KIND, "sequence": 1, "created_at": now}
    events = [shared | {"id": each, "subject": each, "body": _body(each)} for each in ids]
    deliveries = [delivery(environment_id, each, endpoint_id, now) for each in ids]
    with wiring.database.writing() as session:
        # The tables themselves: what maps rows to objects costs more than the rows.
        session.execute(insert(cast("Table", Event.__table__)), events)
        session.execute(insert(cast("Table", Delivery.__table__)), deliveries)


def _body(event_id: str) -> str:
    return wire.dumps({"id": event_id, "type": KIND, "sequence": 1})
