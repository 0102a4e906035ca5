"""Issuers in production, with a program of the REST contract to give real points."""

import json
from dataclasses import dataclass
from typing import Any

from tests.factories.issuers import Issuer, make_issuer
from widget_host.cli.organizations import open_production_for
from widget_host.domain.organizations.rules import PRODUCTION
from widget_host.domain.partnering.rules import ProgramDetails, Terms
from widget_host.domain.programs.rules import Destination
from widget_host.domain.transactions.rules import Order
from widget_host.kit.money import Money
from widget_host.kit.signing import webhook_headers
from widget_host.wiring import Wiring

FJORD = "Fjord Line"
SECRET = "shared-between-host-and-program-only"
TERMS = Terms(price="0.02", min_points=50, max_points=100_000, min_value=100, max_value=200_000)
NUMBER = {"name": "destinationUserId", "label": "Fjord number", "required": True}


@dataclass(frozen=True)
class Live:
    """One organization with both of its environments."""

    sandbox: Issuer
    production: Issuer

    @property
    def program_id(self) -> str:
        return self.production.programs[FJORD]


def make_live(wiring: Wiring, base_url: str = "http://127.0.0.1:9", name: str = "Northwind Bank") -> Live:
    """Make an issuer with both environments; the program is asked at this address."""
    sandbox = make_issuer(wiring, name)
    with wiring.writing() as services:
        details = ProgramDetails(name=FJORD, base_url=base_url, fields=[NUMBER])
        program, _ = services.directory.create(details, currency="USD", secret=SECRET)
        environment = services.organizations.prepare(sandbox.client_id, PRODUCTION)
        services.partnerships.create(environment, program.id, TERMS, enabled=True)
        organization = services.organizations.get_of_client(sandbox.client_id)
        services.organizations.allow(organization, points_mode=None, kyb_approved=True)
        made = open_production_for(services, sandbox.client_id)
    production = Issuer(
        organization_id=sandbox.organization_id,
        client_id=sandbox.client_id,
        client_secret=made["clientSecret"],
        environment_id=made["environmentId"],
        tenant_key=made["tenantKey"],
        programs={FJORD: program.id},
    )
    return Live(sandbox, production)


def add_inbound_secret(wiring: Wiring, issuer: Issuer, program_id: str | None = None) -> str:
    with wiring.writing() as services:
        environment = services.organizations.get_environment(issuer.environment_id)
        return services.inbound_secrets.add(environment, program_id)[1]


def signed(wiring: Wiring, secret: str, said: Any) -> dict[str, Any]:
    """Return what a test client posts: the body with the headers that sign it now."""
    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    now = int(wiring.clock.machine.now().timestamp())
    headers = webhook_headers(secret, event_id="evt-of-the-headers", timestamp=now, body=body)
    return {"data": body, "headers": {"Content-Type": "application/json", **headers}}


def make_live_order(live: Live, reference_number: str = "NW-1", member: str = "FJ00000001", **changed: Any) -> Order:
    """Order 1,250 points of the program for 25 dollars, unless something else is said."""
    fields: dict[str, Any] = {"program_id": live.program_id, "value": Money(2500, "USD"), **changed}
    destination = Destination(member)
    environment_id = live.production.environment_id
    return Order(environment_id=environment_id, reference_number=reference_number, destination=destination, **fields)
