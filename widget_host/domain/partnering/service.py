"""What may be done with programs, partnerships and campaigns."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from widget_host.domain.organizations.models import Environment
from widget_host.domain.organizations.rules import SANDBOX
from widget_host.domain.partnering import queries, rules
from widget_host.domain.programs.models import Campaign, ExchangeRate, Partnership, Program
from widget_host.domain.programs.queries import dollar_rates
from widget_host.domain.programs.rules import InvalidProgram, NoPartnership
from widget_host.domain.upkeep.service import AuditTrail
from widget_host.kit import wire
from widget_host.kit.clock import Clock, EnvironmentClock, isoformat
from widget_host.kit.crypto import SecretBox, new_secret
from widget_host.kit.errors import FieldError, InvalidFields, NotFound
from widget_host.kit.ids import new_id

REST, SANDBOX_CONNECTOR = "rest", "sandbox"
NO_LOGO = "logos/program.svg"


class Directory:
    """The programs that this host can speak with."""

    def __init__(self, *, session: Session, clock: Clock, box: SecretBox, http_allowed: bool) -> None:
        """Work within this session; plain-http addresses are for development only."""
        self._session = session
        self._clock = clock
        self._box = box
        self._http_allowed = http_allowed

    def create(self, details: rules.ProgramDetails, *, currency: str, secret: str | None = None) -> tuple[Program, str]:
        """Add a program of the REST contract; returns it with the shared secret, drawn here where none is given.

        Raises InvalidFields; a program's currency stays what it is, partnerships are priced in it.
        """
        rules.check_details(details, http_allowed=self._http_allowed)
        if currency not in dollar_rates(self._session, self._clock.now()):
            raise InvalidFields([FieldError("currency", "unknown", f"{currency} has no exchange rate here.")])
        program = Program(
            id=new_id("prg"),
            logo=details.logo or NO_LOGO,
            currency=currency,
            connector=REST,
            fields={"list": [rules.complete_field(said) for said in details.fields or [rules.MEMBER_NUMBER]]},
            connection={"baseUrl": details.base_url},
            **{"business_name": details.name, "industry": "Loyalty", "unit": "points"}
            | {"terms_url": "", "description": ""}
            | details.texts(),
        )
        self._session.add(program)
        return program, self._share(program, secret or new_secret())

    def update(self, program_id: str, details: rules.ProgramDetails, *, secret: str | None = None) -> Program:
        """Change what is said of a program, or the secret shared with it; raises InvalidProgram or InvalidFields."""
        program = self.get(program_id)
        rules.check_details(details, http_allowed=self._http_allowed)
        for column, text in details.texts().items():
            setattr(program, column, text)
        if details.fields is not None:
            program.fields = {"list": [rules.complete_field(said) for said in details.fields]}
        program.logo = details.logo or program.logo
        if details.base_url is not None:
            program.connection = {**program.connection, "baseUrl": details.base_url}
        if secret is not None:
            self._share(program, secret)
        self._session.flush()
        return program

    def _share(self, program: Program, secret: str) -> str:
        program.sealed_secret = self._box.seal(secret, owner=program.id)
        self._session.flush()
        return secret

    def get(self, program_id: str) -> Program:
        """Return a program, or raise InvalidProgram."""
        program = self._session.get(Program, program_id)
        if program is None:
            raise InvalidProgram(f"There is no program {program_id}.", programId=program_id)
        return program

    def list_all(self) -> Sequence[Program]:
        """Return every program, by name."""
        return queries.programs(self._session)


class Rates:
    """What currencies are worth, each rate from its moment on until the next one of its currency."""

    def __init__(self, *, session: Session, clock: Clock, trail: AuditTrail) -> None:
        """Work within this session."""
        self._session = session
        self._clock = clock
        self._trail = trail

    def set(self, currency: str, usd: str, valid_from: datetime | None = None) -> ExchangeRate:
        """Let one unit be worth so many US dollars from a moment on, now where none is named; raises InvalidFields.

        A rate of the same moment is replaced. What was priced keeps its price.
        """
        rules.check_rate(currency, usd)
        moment = valid_from or self._clock.now()
        written = wire.plain(Decimal(usd))
        rate = self._session.merge(ExchangeRate(currency=currency, valid_from=moment, usd=written))
        self._session.flush()
        self._trail.record("rate.changed", None, currency=currency, usd=written, valid_from=isoformat(moment))
        return rate

    def list_all(self) -> Sequence[ExchangeRate]:
        """Return every rate, by currency and moment."""
        return queries.rates(self._session)

    def list_current(self) -> Sequence[ExchangeRate]:
        """Return the rate of each currency that holds now."""
        now = self._clock.now()
        latest = {rate.currency: rate for rate in self.list_all() if rate.valid_from <= now}
        return list(latest.values())


class Partnerships:
    """What an environment agreed with programs."""

    def __init__(self, *, session: Session, clock: Clock, directory: Directory) -> None:
        """Work within this session, together with this service of the same session."""
        self._session = session
        self._clock = clock
        self._directory = directory

    def create(self, environment: Environment, program_id: str, terms: rules.Terms, *, enabled: bool) -> Partnership:
        """Agree on terms; raises PartnershipExists, InvalidProgram or InvalidFields.

        A sandbox sells what answers by rule and nothing else; production never does.
        """
        program = self._directory.get(program_id)
        if (environment.kind == SANDBOX) != (program.connector == SANDBOX_CONNECTOR):
            message = f"{program.name} is not a program for a {environment.kind} environment."
            raise InvalidFields([FieldError("program-id", "other_environment", message)])
        if queries.partnership(self._session, environment.id, program_id) is not None:
            raise rules.PartnershipExists(f"There is a partnership with {program.name} already.", programId=program_id)
        rules.check_terms(terms)
        partnership = Partnership(
            id=new_id("prt"),
            environment_id=environment.id,
            program_id=program_id,
            enabled=enabled,
            created_at=self._clock.now(),
            **terms.as_columns(),
        )
        self._session.add(partnership)
        self._session.flush()
        return partnership

    def get(self, environment: Environment, program_id: str) -> Partnership:
        """Return the partnership, enabled or not; raises NoPartnership."""
        found = queries.partnership(self._session, environment.id, program_id)
        if found is None:
            raise NoPartnership(f"There is no partnership with {program_id}.", programId=program_id)
        return found

    def update(self, partnership: Partnership, terms: rules.Terms, *, enabled: bool) -> None:
        """Agree on other terms; what was quoted keeps its price. Raises InvalidFields."""
        rules.check_terms(terms)
        for column, figure in terms.as_columns().items():
            setattr(partnership, column, figure)
        partnership.enabled = enabled
        self._session.flush()

    def list_of(self, environment: Environment) -> Sequence[tuple[Program, Partnership]]:
        """Return the environment's partnerships, enabled or not, with their programs."""
        return queries.partnerships(self._session, environment.id)


class Campaigns:
    """Bonuses that begin and end by the environment's clock."""

    def __init__(self, *, session: Session, clock: EnvironmentClock, partnerships: Partnerships) -> None:
        """Work within this session, together with this service of the same session."""
        self._session = session
        self._clock = clock
        self._partnerships = partnerships

    def create(self, environment: Environment, program_id: str, campaign: rules.NewCampaign) -> Campaign:
        """Plan a campaign; of two at once the one that began later counts. Raises NoPartnership or InvalidFields."""
        rules.check_campaign(campaign)
        made = Campaign(
            id=new_id("cam"),
            environment_id=environment.id,
            partnership_id=self._partnerships.get(environment, program_id).id,
            name=campaign.name.strip(),
            bonus_percent=wire.plain(Decimal(campaign.bonus_percent)),
            issuer_share=campaign.issuer_share,
            starts_at=campaign.starts_at,
            ends_at=campaign.ends_at,
        )
        self._session.add(made)
        self._session.flush()
        return made

    def list_of(self, environment: Environment) -> Sequence[tuple[Program, Campaign]]:
        """Return the environment's campaigns with their programs: over, on and to come."""
        return queries.campaigns(self._session, environment.id)

    def end(self, environment: Environment, campaign_id: str) -> None:
        """End a campaign now, or take back one that has not begun; raises NotFound."""
        campaign = self._session.get(Campaign, campaign_id)
        if campaign is None or campaign.environment_id != environment.id:
            raise NotFound(f"There is no campaign {campaign_id}.")
        with self._clock.ahead(environment.clock_ahead):
            now = self._clock.now()
        if now <= campaign.starts_at:
            self._session.delete(campaign)
        else:
            campaign.ends_at = min(campaign.ends_at, now)
        self._session.flush()
