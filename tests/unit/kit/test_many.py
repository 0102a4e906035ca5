import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from widget_host.domain.upkeep.models import AuditEvent
from widget_host.domain.upkeep.rules import Entry
from widget_host.kit.clock import SystemClock
from widget_host.kit.many import insert_many
from widget_host.kit.value import replace
from widget_host.wiring import Wiring

NOW = SystemClock().now()
DETAILS = {"text": "x'y\"z", "letters": "Zoë ☂ 𝄞", "figure": 2**60, "is_known": True, "nothing": None, "list": ["$.id"]}


def line(name: str, *, environment_id: str | None = None) -> Entry:
    return Entry(name, NOW, "key.taken", environment_id, DETAILS)


class TestInsertMany:
    def test_writes_what_sessions_read(self, wiring: Wiring) -> None:
        entries = [line("aud_1"), line("aud_2", environment_id="env_1")]
        keep(wiring, entries)
        assert kept(wiring) == entries

    def test_is_found_by_the_moment_it_was_written_with(self, wiring: Wiring) -> None:
        keep(wiring, [line("aud_1")])
        with wiring.database.reading() as session:
            assert session.scalars(select(AuditEvent.id).where(AuditEvent.at == NOW)).all() == ["aud_1"]

    def test_writes_a_thousand_and_none(self, wiring: Wiring) -> None:
        keep(wiring, [])
        entries = [line(f"aud_{number:04}") for number in range(1000)]
        keep(wiring, entries)
        assert kept(wiring) == entries

    def test_refuses_a_moment_without_a_zone(self, wiring: Wiring) -> None:
        with pytest.raises(ValueError, match="time zone"):
            keep(wiring, [replace(line("aud_1"), at=NOW.replace(tzinfo=None))])

    def test_writes_nothing_where_one_is_refused(self, wiring: Wiring) -> None:
        keep(wiring, [line("aud_2")])
        with pytest.raises(DBAPIError) as refused:
            keep(wiring, [line("aud_1"), line("aud_2"), line("aud_3")])
        assert [entry.id for entry in kept(wiring)] == ["aud_2"]
        assert "Zoë" not in str(refused.value).replace(str(refused.value.orig), "")


def keep(wiring: Wiring, entries: list[Entry]) -> None:
    with wiring.database.writing() as session:
        insert_many(session, AuditEvent, [entry.row for entry in entries])


def kept(wiring: Wiring) -> list[Entry]:
    with wiring.database.reading() as session:
        found = session.scalars(select(AuditEvent).where(AuditEvent.event == "key.taken").order_by(AuditEvent.id))
        return [Entry(row.id, row.at, row.event, row.environment_id, row.details) for row in found]
