"""Builds every domain service within one unit of work."""

from datetime import timedelta
from functools import cached_property

from sqlalchemy.orm import Session

from widget_host.domain.access.service import AccessTokens, Clients, WidgetSessions
from widget_host.domain.accounts.service import Accounts
from widget_host.domain.endpoints.service import Endpoints, EndpointSecrets
from widget_host.domain.feed.service import Events
from widget_host.domain.inbound.service import InboundSecrets, Inbox
from widget_host.domain.ledger.service import Ledger
from widget_host.domain.orders.service import Answers, Orders
from widget_host.domain.organizations.service import Organizations
from widget_host.domain.partnering.service import Campaigns, Directory, Partnerships, Rates
from widget_host.domain.pictures.service import Pictures
from widget_host.domain.preferences.service import Connections, Preferences
from widget_host.domain.production.service import Production
from widget_host.domain.programs.service import Programs
from widget_host.domain.quotes.service import Quotes
from widget_host.domain.redelivery.service import Redelivery
from widget_host.domain.rewards.service import AbandonedRewards
from widget_host.domain.sandbox.service import Sandbox
from widget_host.domain.settling.service import FinalWords
from widget_host.domain.transactions.service import Transactions
from widget_host.domain.upkeep.service import AuditTrail, Upkeep
from widget_host.domain.webhooks.service import Deliveries, Outbox
from widget_host.foundation import Foundation
from widget_host.telemetry import metrics

DATABASE_UP = "Whether the database answered when the figures were read."


class Services:
    """The domain's services within one unit of work, each built when it is first asked for."""

    def __init__(self, foundation: Foundation, session: Session) -> None:
        """Bind them to this session."""
        self._foundation = foundation
        self._session = session
        self._clock = foundation.clock

    def present(self) -> dict[str, metrics.Figure]:
        """Return what the database says of the present, name by name."""
        waiting, late = self.deliveries.queue()
        seen_at, check = self.upkeep.find_last_pulse(), self.upkeep.find_last_check()
        found: dict[str, metrics.Figure] = {
            "database_up": (1, DATABASE_UP),
            "deliveries_waiting": (waiting, "Deliveries that wait for their first or next attempt."),
            "deliveries_late_seconds": (late.total_seconds(), "How long the oldest delivery that is due has been."),
            "transactions_pending": (self.transactions.count_pending(), "Transactions that wait for a program."),
        }
        if seen_at is not None:
            age = max(self._clock.now() - seen_at, timedelta(0)).total_seconds()
            found["worker_age_seconds"] = (age, "Time since a delivery worker was last seen at work.")
        if check is not None:
            found["ledger_verified"] = (int(check.is_ok), "Whether the last `ledger verify` found every rule kept.")
            found["ledger_verified_timestamp_seconds"] = (check.at.timestamp(), "When `ledger verify` last ran.")
        return found

    @cached_property
    def audit_trail(self) -> AuditTrail:
        """Who did what."""
        return AuditTrail(session=self._session, clock=self._clock)

    @cached_property
    def upkeep(self) -> Upkeep:
        """Signs of life, and how the books were found."""
        return Upkeep(session=self._session, clock=self._clock)

    @cached_property
    def organizations(self) -> Organizations:
        """Issuers and their environments."""
        allowed = self._foundation.settings.development
        return Organizations(
            session=self._session, clock=self._clock, trail=self.audit_trail, http_origins_allowed=allowed
        )

    @cached_property
    def pictures(self) -> Pictures:
        """Logos."""
        return Pictures(session=self._session, clock=self._clock.machine)

    @cached_property
    def programs(self) -> Programs:
        """Programs and partnerships."""
        return Programs(session=self._session, clock=self._clock, lookups=self._foundation.lookups)

    @cached_property
    def directory(self) -> Directory:
        """The programs there are."""
        return Directory(
            session=self._session,
            clock=self._clock,
            box=self._foundation.box,
            http_allowed=self._foundation.settings.development,
        )

    @cached_property
    def rates(self) -> Rates:
        """What currencies are worth."""
        return Rates(session=self._session, clock=self._clock, trail=self.audit_trail)

    @cached_property
    def partnerships(self) -> Partnerships:
        """Terms agreed with programs."""
        return Partnerships(session=self._session, clock=self._clock, directory=self.directory)

    @cached_property
    def campaigns(self) -> Campaigns:
        """Bonuses."""
        return Campaigns(session=self._session, clock=self._clock, partnerships=self.partnerships)

    @cached_property
    def production(self) -> Production:
        """The way into production."""
        return Production(organizations=self.organizations, partnerships=self.partnerships, clients=self.clients)

    @cached_property
    def inbound_secrets(self) -> InboundSecrets:
        """Who may sign webhooks to us."""
        return InboundSecrets(session=self._session, clock=self._clock.machine, box=self._foundation.box)

    @cached_property
    def final_words(self) -> FinalWords:
        """What programs say in the end."""
        inbox = Inbox(session=self._session, clock=self._clock.machine)
        return FinalWords(inbox=inbox, orders=self.orders)

    @cached_property
    def clients(self) -> Clients:
        """Client secrets."""
        return Clients(session=self._session, clock=self._clock, hasher=self._foundation.hasher, trail=self.audit_trail)

    @cached_property
    def access_tokens(self) -> AccessTokens:
        """The API's bearer tokens."""
        return AccessTokens(
            session=self._session,
            signer=self._foundation.access_signer,
            issuer=self._foundation.settings.base_url,
        )

    @cached_property
    def widget_sessions(self) -> WidgetSessions:
        """Launches and sessions of the widgets."""
        return WidgetSessions(
            session=self._session,
            clock=self._clock,
            signer=self._foundation.launch_signer,
            hasher=self._foundation.bearer_hasher,
        )

    @cached_property
    def ledger(self) -> Ledger:
        """The double-entry ledger."""
        return Ledger(session=self._session, clock=self._clock)

    @cached_property
    def outbox(self) -> Outbox:
        """Events to be told."""
        return Outbox(session=self._session, clock=self._clock)

    @cached_property
    def endpoint_secrets(self) -> EndpointSecrets:
        """What signs for endpoints."""
        return EndpointSecrets(
            session=self._session,
            clock=self._clock.machine,
            box=self._foundation.box,
            trail=self.audit_trail,
        )

    @cached_property
    def endpoints(self) -> Endpoints:
        """Where events go."""
        return Endpoints(
            session=self._session,
            clock=self._clock,
            box=self._foundation.box,
            trail=self.audit_trail,
            addresses=self._foundation.address_rules,
            secrets=self.endpoint_secrets,
        )

    @cached_property
    def deliveries(self) -> Deliveries:
        """The queue of deliveries."""
        return Deliveries(session=self._session, clock=self._clock.machine, endpoints=self.endpoints)

    @cached_property
    def redelivery(self) -> Redelivery:
        """Deliveries that were made."""
        return Redelivery(
            session=self._session,
            clock=self._clock,
            endpoints=self.endpoints,
            outbox=self.outbox,
            retention=self._foundation.retention,
        )

    @cached_property
    def events(self) -> Events:
        """What happened, to be pulled."""
        return Events(session=self._session, clock=self._clock)

    @cached_property
    def transactions(self) -> Transactions:
        """Value turned into points."""
        return Transactions(session=self._session, clock=self._clock, ledger=self.ledger, outbox=self.outbox)

    @cached_property
    def quotes(self) -> Quotes:
        """Prices."""
        return Quotes(
            session=self._session,
            clock=self._clock,
            organizations=self.organizations,
            programs=self.programs,
            lookups=self._foundation.lookups,
        )

    @cached_property
    def orders(self) -> Orders:
        """Orders, their price and their earlier answers."""
        return Orders(
            session=self._session,
            clock=self._clock,
            programs=self.programs,
            quotes=self.quotes,
            transactions=self.transactions,
            widget_sessions=self.widget_sessions,
            organizations=self.organizations,
            answers=self.answers,
            accounts=self.accounts,
            rewards=self.abandoned_rewards,
        )

    @cached_property
    def abandoned_rewards(self) -> AbandonedRewards:
        """Rewards to be undone."""
        return AbandonedRewards(
            session=self._session,
            clock=self._clock,
            transactions=self.transactions,
            organizations=self.organizations,
        )

    @cached_property
    def accounts(self) -> Accounts:
        """Members' accounts, remembered."""
        return Accounts(session=self._session, clock=self._clock, box=self._foundation.box)

    @cached_property
    def answers(self) -> Answers:
        """What requests were answered before."""
        return Answers(session=self._session, clock=self._clock)

    @cached_property
    def preferences(self) -> Preferences:
        """What cards' rewards are turned into."""
        return Preferences(session=self._session, clock=self._clock, programs=self.programs, outbox=self.outbox)

    @cached_property
    def connections(self) -> Connections:
        """What others say of cards' programs."""
        inbox = Inbox(session=self._session, clock=self._clock.machine)
        return Connections(inbox=inbox, preferences=self.preferences)

    @cached_property
    def sandbox(self) -> Sandbox:
        """What only sandboxes have."""
        return Sandbox(organizations=self.organizations, transactions=self.transactions, deliveries=self.deliveries)
