"""What may be asked of programs and partnerships."""

import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from widget_host.domain.organizations.models import Environment
from widget_host.domain.programs import queries, rules
from widget_host.domain.programs.models import Campaign, ExchangeRate, Partnership, Program
from widget_host.kit.clock import Clock
from widget_host.kit.db import insert_if_new
from widget_host.kit.errors import FieldError, InvalidFields
from widget_host.kit.ids import new_id
from widget_host.kit.lookups import Lookups
from widget_host.kit.money import Money

CATALOGUE = Path(__file__).with_name("catalogue.json")
FIRST_RATES = datetime(2025, 1, 1, tzinfo=UTC)


class Programs:
    """Reads what an environment may sell, and seeds a sandbox with programs to try."""

    def __init__(self, *, session: Session, clock: Clock, lookups: Lookups) -> None:
        """Work within this session; offers are looked up once a second."""
        self._session = session
        self._clock = clock
        self._lookups = lookups

    def list_offers(self, environment_id: str, currency: str | None = None) -> list[rules.Offer]:
        """Return what can be bought, priced in `currency` (the environment's own where none is named)."""
        key = offers_key(environment_id, currency)
        return self._lookups.get(key, lambda: self.look_up_offers(environment_id, currency))

    def look_up_offers(self, environment_id: str, currency: str | None) -> list[rules.Offer]:
        """Return what can be bought, as it is now."""
        pricing = self._pricing(environment_id, currency)
        return [pricing.offer(*found) for found in queries.partnerships(self._session, environment_id)]

    def get_offer(self, environment_id: str, program_id: str, currency: str | None = None) -> rules.Offer:
        """Return one program's offer; raises InvalidProgram, NoPartnership, or InvalidFields: no such rate."""
        key = offer_key(environment_id, program_id, currency)
        return self._lookups.get(key, lambda: self.look_up_offer(environment_id, program_id, currency))

    def look_up_offer(self, environment_id: str, program_id: str, currency: str | None) -> rules.Offer:
        """Return one program's offer as it is now; raises as `get_offer` does."""
        found = queries.partnership(self._session, environment_id, program_id)
        if found is None:
            raise rules.InvalidProgram("There is no program with this id.", programId=program_id)
        program, partnership = found
        if partnership is None or not partnership.enabled:
            raise rules.NoPartnership(f"There is no partnership with {program.name}.", programId=program_id)
        return self._pricing(environment_id, currency).offer(program, partnership)

    def get_program(self, program_id: str) -> rules.ProgramFacts:
        """Return what everybody may know of a program, partner or not; raises InvalidProgram."""
        program = self._session.get(Program, program_id)
        if program is None:
            raise rules.InvalidProgram("There is no program with this id.", programId=program_id)
        return facts(program)

    def names(self, program_ids: Iterable[str]) -> dict[str, str]:
        """Return the programs' names by their ids."""
        return queries.names(self._session, list(program_ids))

    def _pricing(self, environment_id: str, currency: str | None) -> "_Pricing":
        home, now = self._session.get_one(Environment, environment_id).local_currency, self._clock.now()
        rates, campaigns = (
            queries.dollar_rates(self._session, now),
            queries.campaigns(self._session, environment_id, now),
        )
        return _Pricing(rates, campaigns, home, currency or home)

    def check_currency(self, currency: str) -> None:
        """Raise InvalidFields for a currency that a sandbox cannot be priced in."""
        if currency not in _catalogue()["rates"]:
            raise _unknown_currency(currency, _catalogue()["rates"])

    def open_sandbox(self, environment: Environment) -> None:
        """Give a new sandbox its six partner programs, and the rates they are priced with."""
        self.check_currency(environment.local_currency)
        rates = _catalogue()["rates"].items()
        # An operator may have set another one.
        rows = [{"currency": currency, "valid_from": FIRST_RATES, "usd": usd} for currency, usd in rates]
        insert_if_new(self._session, ExchangeRate, rows)
        programs = [_program(said) for said in _catalogue()["programs"]]
        known = {each.id: each for each in queries.programs(self._session, [program.id for program in programs])}
        for program in programs:
            if program.id in known:
                self._session.merge(program)
            else:
                self._session.add(program)
        self._session.flush()
        self._session.add_all(self._partnership(environment, said) for said in _catalogue()["programs"])
        self._session.flush()

    def _partnership(self, environment: Environment, said: Mapping[str, Any]) -> Partnership:
        limits = said["limits"]
        return Partnership(
            id=new_id("prt"),
            environment_id=environment.id,
            program_id=said["id"],
            enabled=True,
            price=said["price"],
            min_points=limits["minPoints"],
            max_points=limits["maxPoints"],
            min_value=limits["minValue"],
            max_value=limits["maxValue"],
            created_at=self._clock.now(),
        )


def offers_key(environment_id: str, currency: str | None) -> tuple[str | None, ...]:
    """Return what all offers together are remembered under."""
    return "offers", environment_id, currency


def offer_key(environment_id: str, program_id: str, currency: str | None) -> tuple[str | None, ...]:
    """Return what an offer is remembered under."""
    return "offer", environment_id, program_id, currency


def _unknown_currency(currency: str, rates: Iterable[str]) -> InvalidFields:
    message = f"{currency} is not a currency with a rate here. Use one of {', '.join(sorted(rates))}."
    return InvalidFields([FieldError("currency", "unknown", message)])


class _Pricing:
    """Offers in one currency, at the rates and with the campaigns of one moment."""

    def __init__(
        self, rates: Mapping[str, Decimal], campaigns: Mapping[str, Campaign], home: str, currency: str
    ) -> None:
        if currency not in rates:
            raise _unknown_currency(currency, rates)
        self._rates = rates
        self._campaigns = campaigns
        self._home = home
        self._currency = currency

    def offer(self, program: Program, partnership: Partnership) -> rules.Offer:
        """Price one partnership."""
        price = Decimal(partnership.price)
        rate = self._rate(program.currency, self._currency)
        return rules.Offer(
            program=facts(program),
            currency=self._currency,
            price=rules.price_in(price, rate),
            min_value=rules.lowest(Money(partnership.min_value, program.currency), rate, self._currency),
            max_value=rules.highest(Money(partnership.max_value, program.currency), rate, self._currency),
            min_points=partnership.min_points,
            max_points=partnership.max_points,
            price_in_usd=rules.price_in(price, self._rate(program.currency, "USD")),
            price_at_home=rules.price_in(price, self._rate(program.currency, self._home)),
            campaign=_campaign_facts(self._campaigns.get(partnership.id)),
        )

    def _rate(self, source: str, target: str) -> Decimal:
        return Decimal(1) if source == target else self._rates[source] / self._rates[target]


class Members:
    """Asks programs about members; no database session is open meanwhile."""

    def __init__(
        self,
        *,
        programs: Callable[[], AbstractContextManager[Programs]],
        connectors: Mapping[str, rules.ProgramConnector],
    ) -> None:
        """Take a way to read programs, and a connector for each kind."""
        self._programs = programs
        self._connectors = connectors

    def check(self, environment_id: str, program_id: str, destination: rules.Destination) -> rules.MemberCheck:
        """Say whether the program knows this member; raises InvalidProgram or NoPartnership."""
        with self._programs() as programs:
            program = programs.get_offer(environment_id, program_id).program
        return self._connectors[program.connector].check_member(program, destination)


def _campaign_facts(campaign: Campaign | None) -> rules.CampaignFacts | None:
    if campaign is None:
        return None
    percent = Decimal(campaign.bonus_percent)
    return rules.CampaignFacts(campaign.id, campaign.name, percent, campaign.issuer_share, campaign.ends_at)


def facts(program: Program) -> rules.ProgramFacts:
    """Return what everybody may know of the program, apart from its row."""
    return rules.ProgramFacts(
        id=program.id,
        name=program.name,
        business_name=program.business_name,
        logo=program.logo,
        industry=program.industry,
        terms_url=program.terms_url,
        description=program.description,
        unit=program.unit,
        currency=program.currency,
        fields=rules.read_fields(program.fields),
        connector=program.connector,
        connection=program.connection,
        sealed_secret=program.sealed_secret,
    )


@cache
def _catalogue() -> dict[str, Any]:
    catalogue: dict[str, Any] = json.loads(CATALOGUE.read_text("utf-8"))
    return catalogue


def _program(said: Mapping[str, Any]) -> Program:
    return Program(
        id=said["id"],
        name=said["name"],
        business_name=said["businessName"],
        logo=f"logos/{said['slug']}.svg",
        industry=said["industry"],
        terms_url=said["termsAndConditionsUrl"],
        description=said["description"],
        unit=said["unit"],
        currency=said["currency"],
        fields={"list": said["fields"]},
        connector="sandbox",
        connection={},
        sealed_secret=None,
    )
