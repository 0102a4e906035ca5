"""Issuers with a sandbox, as the command line makes them."""

from dataclasses import dataclass

from widget_host.cli.organizations import create_with_sandbox
from widget_host.wiring import Wiring

AURORA = "Aurora Club"
BANK = "https://bank.example"


@dataclass(frozen=True)
class Issuer:
    """What an integrator holds after signing up."""

    organization_id: str
    client_id: str
    client_secret: str
    environment_id: str
    tenant_key: str
    programs: dict[str, str]  # id by name


def make_issuer(wiring: Wiring, name: str = "Northwind Bank", *, origins: tuple[str, ...] = (BANK,)) -> Issuer:
    with wiring.writing() as services:
        made = create_with_sandbox(services, name, "USD")
        sandbox = made["environments"]["sandbox"]
        environment = services.organizations.get_environment(sandbox["environmentId"])
        services.organizations.allow_origins(environment, origins)
        offers = services.programs.list_offers(environment.id)
    return Issuer(
        organization_id=made["organizationId"],
        client_id=made["clientId"],
        client_secret=sandbox["clientSecret"],
        environment_id=sandbox["environmentId"],
        tenant_key=sandbox["tenantKey"],
        programs={offer.program.name: offer.program.id for offer in offers},
    )
