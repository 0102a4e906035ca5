"""Joins the domain to the adapters, once for the process, and opens units of work."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cached_property
from typing import Any, TypeVar

import structlog
from sqlalchemy.exc import SQLAlchemyError

from widget_host import migrations
from widget_host.adapters.delivering import Delivering
from widget_host.adapters.http.asking import OutgoingHttp
from widget_host.adapters.programs import REGISTRY
from widget_host.adapters.programs.outside import Outside
from widget_host.adapters.programs.sandbox import PERSONAS
from widget_host.config import Settings
from widget_host.domain.callers.service import Callers
from widget_host.domain.feed.service import Feed
from widget_host.domain.issuing.service import Issuing
from widget_host.domain.opening.service import Openings
from widget_host.domain.preferences.service import Rewards
from widget_host.domain.programs.service import Members
from widget_host.domain.quotes.service import Holding, Offers
from widget_host.domain.recording.service import Recorder
from widget_host.domain.settling.service import Resolving, Reversing, Undoing
from widget_host.domain.upkeep.rules import Entry
from widget_host.domain.upkeep.service import LoneLines
from widget_host.foundation import Foundation
from widget_host.kit import logs
from widget_host.kit.bell import Bell
from widget_host.kit.clock import Clock
from widget_host.services import DATABASE_UP, Services
from widget_host.telemetry import metrics, traces

S = TypeVar("S")
log = structlog.get_logger(__name__)


class Wiring(Foundation):
    """What lives as long as the process: the foundation, connectors, and the services that span units of work."""

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        """Derive the keys and prepare the database; nothing is connected yet."""
        if settings.traces:
            traces.start()
        super().__init__(settings, clock)
        self.http = OutgoingHttp(self.address_rules)
        self.enqueued = Bell()
        self.personas = [
            {"destinationUserId": each.member, "effect": each.effect, "status": each.status, "code": each.code}
            for each in PERSONAS
        ]
        outside = Outside(http=self.http, box=self.box, clock=self.clock.machine)
        self.connectors = {kind: traces.traced(connector(outside), "program") for kind, connector in REGISTRY.items()}

    @contextmanager
    def reading(self) -> Iterator[Services]:
        """Open services that keep nothing."""
        with self.database.reading() as session:
            yield Services(self, session)

    @contextmanager
    def checking(self) -> Iterator[Services]:
        """Open services that look through whole tables and keep nothing."""
        with self.database.checking() as session:
            yield Services(self, session)

    @contextmanager
    def writing(self) -> Iterator[Services]:
        """Open a unit of work: kept when it ends, undone when it raises; deliveries it made wake the worker."""
        with self.database.writing() as session:
            yield Services(self, session)
        if session.info.pop("enqueued", False):
            self.enqueued.ring()
        _tell(session.info)

    def delivering(self) -> Delivering:
        """Return what sends deliveries, for one loop."""
        return Delivering(self.address_rules, self.clock.machine)

    def readiness(self) -> dict[str, bool]:
        """Say whether the database answers, and whether it has every migration."""
        try:
            return {"database": True, "migrations": migrations.is_current(self.database.engine)}
        except SQLAlchemyError as error:
            log.error("readiness.database", error=str(error.__cause__ or error))
            return {"database": False, "migrations": False}

    def figures(self) -> bytes:
        """Write all figures, those of the database as they are now; without a database the others still stand."""
        try:
            with self.reading() as services:
                return metrics.exposition(services.present())
        except SQLAlchemyError as error:
            log.error("metrics.database", error=type(error).__name__)
            return metrics.exposition({"database_up": (0, DATABASE_UP)})

    @cached_property
    def issuing(self) -> Issuing:
        """Issues points."""
        return Issuing(
            reading=_one(self.reading, lambda services: services.orders),
            writing=_one(self.writing, lambda services: services.orders),
            connectors=self.connectors,
            offers=self.offers,
            recorder=self.recorder,
        )

    @cached_property
    def offers(self) -> Offers:
        """Looks up what may be bought."""
        return Offers(quotes=_one(self.reading, lambda services: services.quotes), lookups=self.lookups)

    @cached_property
    def holding(self) -> Holding:
        """Holds prices."""
        return Holding(database=self.database, clock=self.clock, offers=self.offers)

    @cached_property
    def openings(self) -> Openings:
        """Opens widgets."""
        return Openings(
            database=self.database,
            clock=self.clock,
            sessions=_one(self.reading, lambda services: services.widget_sessions),
            signer=self.launch_signer,
            hasher=self.bearer_hasher,
            box=self.box,
            lookups=self.lookups,
        )

    @cached_property
    def callers(self) -> Callers:
        """Recognizes who calls."""
        return Callers(
            tokens=_one(self.reading, lambda services: services.access_tokens),
            clients=_one(self.reading, lambda services: services.clients),
            trail=self.lone_lines,
            signer=self.access_signer,
            issuer=self.settings.base_url,
            lookups=self.lookups,
            clock=self.clock,
        )

    @cached_property
    def lone_lines(self) -> LoneLines:
        """Lines of the audit trail that are kept behind the requests they tell of."""
        return LoneLines(database=self.database, clock=self.clock, told=_audited)

    def end(self) -> None:
        """Keep what is still to be kept, and close what is open: the process is about to end."""
        for kept in (self.openings, self.recorder, self.holding):
            kept.end()
        self.lone_lines.flush()
        self.database.engine.dispose()

    @cached_property
    def recorder(self) -> Recorder:
        """Keeps orders in one statement."""
        ledgers = _one(self.writing, lambda services: services.ledger)
        return Recorder(database=self.database, clock=self.clock, ledgers=ledgers, told=self._told)

    def _told(self, kind: str, with_deliveries: bool) -> None:  # noqa: FBT001 - a callback's
        metrics.count_event(kind)
        if with_deliveries:
            self.enqueued.ring()

    @cached_property
    def rewards(self) -> Rewards:
        """Divides what cards earn."""
        return Rewards(reading=_one(self.reading, lambda services: services.preferences), issuing=self.issuing)

    @cached_property
    def resolving(self) -> Resolving:
        """Asks programs again about what is pending."""
        writing = _one(self.writing, lambda services: services.orders)
        return Resolving(writing=writing, connectors=self.connectors, clock=self.clock)

    @cached_property
    def reversing(self) -> Reversing:
        """Undoes what was issued."""
        return Reversing(
            reading=_one(self.reading, lambda services: services.orders),
            writing=_one(self.writing, lambda services: services.orders),
            connectors=self.connectors,
        )

    @cached_property
    def feed(self) -> Feed:
        """Events to be pulled."""
        events = (
            _one(self.reading, lambda services: services.events),
            _one(self.writing, lambda services: services.events),
        )
        return Feed(reading=events[0], writing=events[1])

    @cached_property
    def undoing(self) -> Undoing:
        """Undoes rewards of which a part was refused."""
        writing = _one(self.writing, lambda services: services.abandoned_rewards)
        return Undoing(writing=writing, reversing=self.reversing, clock=self.clock)

    @cached_property
    def members(self) -> Members:
        """Asks programs about members."""
        return Members(programs=_one(self.reading, lambda services: services.programs), connectors=self.connectors)


def _tell(info: dict[Any, Any]) -> None:
    """Count and log what a unit of work has kept, now that it is kept."""
    for kind in info.pop("told", ()):
        metrics.count_event(kind)
    for line in info.pop("audited", ()):
        _audited(line)


def _audited(line: Entry) -> None:
    metrics.count_security_event(line.event)
    name = f"audit.{line.event}"
    logs.logger().info(name, **line.said)


def _one(
    unit: Callable[[], AbstractContextManager[Services]], choose: Callable[[Services], S]
) -> Callable[[], AbstractContextManager[S]]:
    """Narrow a unit of work to one of its services."""

    @contextmanager
    def narrowed() -> Iterator[S]:
        with unit() as services:
            yield choose(services)

    return narrowed
