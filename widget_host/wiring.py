"""Builds every domain service and joins it to the adapters: once for the process, once for each unit of work."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cached_property
from typing import TypeVar

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from widget_host import migrations
from widget_host.adapters.http import OutgoingHttp
from widget_host.adapters.programs import REGISTRY
from widget_host.config import Settings
from widget_host.domain.access.service import AccessTokens, Clients, WidgetSessions
from widget_host.domain.ledger.service import Ledger
from widget_host.domain.organizations.service import Organizations
from widget_host.domain.programs.service import Members, Programs
from widget_host.domain.transactions.service import Issuing, Transactions
from widget_host.domain.webhooks.service import Deliveries, Endpoints, Outbox
from widget_host.kit.clock import Clock, SystemClock
from widget_host.kit.crypto import KeyRing, SecretBox, SecretHasher
from widget_host.kit.db import Database
from widget_host.kit.signing import AccessTokenSigner, LaunchTokenSigner

S = TypeVar("S")
log = structlog.get_logger(__name__)


class Wiring:
    """What lives as long as the process: settings, database, keys, connectors, and the services that span units."""

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        """Derive the keys and prepare the database; nothing is connected yet."""
        self.settings = settings
        self.clock = clock or SystemClock()
        self.database = Database(settings.database_url)
        self.http = OutgoingHttp(development=settings.development)
        self.enqueued = threading.Event()
        keys = KeyRing(settings.secret_keys)
        self.access_signer = AccessTokenSigner(keys)
        self.launch_signer = LaunchTokenSigner(keys, self.clock)
        self.hasher = SecretHasher(keys)
        self.box = SecretBox(keys)
        self.connectors = {kind: connector() for kind, connector in REGISTRY.items()}

    @contextmanager
    def reading(self) -> Iterator["Services"]:
        """Open services that keep nothing."""
        with self.database.reading() as session:
            yield Services(self, session)

    @contextmanager
    def writing(self) -> Iterator["Services"]:
        """Open a unit of work: kept when it ends, undone when it raises; deliveries it made wake the worker."""
        with self.database.writing() as session:
            yield Services(self, session)
        if session.info.pop("enqueued", False):
            self.enqueued.set()

    def readiness(self) -> dict[str, bool]:
        """Say whether the database answers, and whether it has every migration."""
        try:
            return {"database": True, "migrations": migrations.is_current(self.database.engine)}
        except SQLAlchemyError as error:
            log.error("readiness.database", error=str(error.__cause__ or error))
            return {"database": False, "migrations": False}

    @cached_property
    def issuing(self) -> Issuing:
        """Issues points."""
        return Issuing(
            reading=_one(self.reading, lambda services: services.transactions),
            writing=_one(self.writing, lambda services: services.transactions),
            connectors=self.connectors,
        )

    @cached_property
    def members(self) -> Members:
        """Asks programs about members."""
        return Members(programs=_one(self.reading, lambda services: services.programs), connectors=self.connectors)


class Services:
    """The domain's services within one unit of work, each built when it is first asked for."""

    def __init__(self, wiring: Wiring, session: Session) -> None:
        """Bind them to this session."""
        self._wiring = wiring
        self._session = session

    @cached_property
    def organizations(self) -> Organizations:
        """Issuers and their environments."""
        allowed = self._wiring.settings.development
        return Organizations(session=self._session, clock=self._wiring.clock, http_origins_allowed=allowed)

    @cached_property
    def programs(self) -> Programs:
        """Programs and partnerships."""
        return Programs(session=self._session, clock=self._wiring.clock)

    @cached_property
    def clients(self) -> Clients:
        """Client secrets."""
        return Clients(session=self._session, clock=self._wiring.clock, hasher=self._wiring.hasher)

    @cached_property
    def access_tokens(self) -> AccessTokens:
        """The API's bearer tokens."""
        return AccessTokens(
            session=self._session,
            clock=self._wiring.clock,
            signer=self._wiring.access_signer,
            issuer=self._wiring.settings.base_url,
        )

    @cached_property
    def widget_sessions(self) -> WidgetSessions:
        """Launches and sessions of the widgets."""
        return WidgetSessions(
            session=self._session,
            clock=self._wiring.clock,
            signer=self._wiring.launch_signer,
            hasher=self._wiring.hasher,
        )

    @cached_property
    def ledger(self) -> Ledger:
        """The double-entry ledger."""
        return Ledger(session=self._session, clock=self._wiring.clock)

    @cached_property
    def outbox(self) -> Outbox:
        """Events to be told."""
        return Outbox(session=self._session, clock=self._wiring.clock)

    @cached_property
    def endpoints(self) -> Endpoints:
        """Where events go."""
        return Endpoints(
            session=self._session,
            clock=self._wiring.clock,
            box=self._wiring.box,
            http_allowed=self._wiring.settings.development,
        )

    @cached_property
    def deliveries(self) -> Deliveries:
        """The queue of deliveries."""
        return Deliveries(session=self._session, clock=self._wiring.clock, box=self._wiring.box)

    @cached_property
    def transactions(self) -> Transactions:
        """Value turned into points."""
        return Transactions(
            session=self._session,
            clock=self._wiring.clock,
            organizations=self.organizations,
            programs=self.programs,
            widget_sessions=self.widget_sessions,
            ledger=self.ledger,
            outbox=self.outbox,
        )


def _one(
    unit: Callable[[], AbstractContextManager[Services]], choose: Callable[[Services], S]
) -> Callable[[], AbstractContextManager[S]]:
    """Narrow a unit of work to one of its services."""

    @contextmanager
    def narrowed() -> Iterator[S]:
        with unit() as services:
            yield choose(services)

    return narrowed
