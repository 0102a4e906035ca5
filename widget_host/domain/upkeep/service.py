"""What may be done with signs of life, checks of the books and the audit trail."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from widget_host.domain.upkeep import queries, rules
from widget_host.domain.upkeep.models import AuditEvent, LedgerCheck, WorkerPulse
from widget_host.kit.behind import Behind
from widget_host.kit.clock import Clock
from widget_host.kit.db import Database, insert_if_new
from widget_host.kit.ids import new_id

MOST_AT_ONCE = 1000


class Upkeep:
    """Remembers that workers are at work, and how the books were found."""

    def __init__(self, *, session: Session, clock: Clock) -> None:
        """Work within this session."""
        self._session = session
        self._clock = clock

    def pulse(self, name: str = rules.DELIVERY_WORKER) -> None:
        """Say that this kind of worker is at work now."""
        now = self._clock.now()
        # The first two of them may say so at the same moment.
        if not insert_if_new(self._session, WorkerPulse, [{"name": name, "seen_at": now}]):
            queries.update_pulse(self._session, name, now)

    def find_last_pulse(self, name: str = rules.DELIVERY_WORKER) -> datetime | None:
        """Return when this kind of worker was last seen at work."""
        found = self._session.get(WorkerPulse, name)
        return None if found is None else found.seen_at

    def keep_check(self, broken: dict[str, list[str]]) -> None:
        """Remember what a look through the ledger found."""
        row = LedgerCheck(id=new_id("chk"), checked_at=self._clock.now(), broken=broken)
        self._session.add(row)

    def find_last_check(self) -> rules.Check | None:
        """Return what the latest look through the ledger found."""
        found = queries.last_check(self._session)
        return None if found is None else rules.Check(found.checked_at, found.broken)


class LoneLines:
    """Lines of the audit trail about something that leaves nothing else behind: logged at once, kept right after."""

    def __init__(self, *, database: Database, clock: Clock, told: Callable[[rules.Entry], None]) -> None:
        """Take who hears of each line."""
        self._database = database
        self._clock = clock
        self._told = told
        self._behind = Behind[rules.Entry](self._keep)

    def record(self, event: str, environment_id: str, **details: Any) -> None:
        """Log a line, and have it kept."""
        line = rules.Entry(new_id("aud"), self._clock.now(), event, environment_id, details)
        self._told(line)
        self._behind.put(line)

    def flush(self) -> None:
        """Keep now what waits: the process is about to end, or somebody wants to read it."""
        self._behind.flush()

    def _keep(self, lines: Sequence[rules.Entry]) -> None:
        with self._database.writing() as session:
            queries.add_audit_events(session, [line.row for line in lines])


class AuditTrail:
    """Remembers who did what; a line stands or falls with what it is about."""

    def __init__(self, *, session: Session, clock: Clock) -> None:
        """Work within this session."""
        self._session = session
        self._clock = clock

    def record(self, event: str, environment_id: str | None, **details: Any) -> None:
        """Keep a line with this unit of work; when it is kept, it is logged too."""
        line = rules.Entry(new_id("aud"), self._clock.now(), event, environment_id, details)
        self._session.add(AuditEvent(**line.row))
        self._session.info.setdefault("audited", []).append(line)

    def list(
        self,
        *,
        environment_id: str | None = None,
        event: str | None = None,
        since: datetime | None = None,
        limit: int = 100,
    ) -> list[rules.Entry]:
        """Return the newest lines that fit, newest first."""
        found = queries.audit_events(
            self._session, environment_id=environment_id, event=event, since=since, limit=min(limit, MOST_AT_ONCE)
        )
        return [rules.Entry(row.id, row.at, row.event, row.environment_id, row.details) for row in found]
