"""What the demo needs to know: a bank with a sandbox, and the same bank in production with a program of its own."""

import json
from pathlib import Path
from typing import Any

from widget_host.cli.organizations import create_with_sandbox, open_production_for
from widget_host.domain.endpoints.rules import Details
from widget_host.domain.organizations.rules import PRODUCTION, SANDBOX
from widget_host.domain.partnering.rules import ProgramDetails, Terms
from widget_host.services import Services
from widget_host.wiring import Wiring

LOOPBACK = "127.0.0.1"
FJORD_NUMBER = {
    "name": "destinationUserId",
    "label": "Fjord number",
    "required": True,
    "pattern": "FJ[0-9]{8}",
    "hint": "FJ and eight digits.",
    "example": "FJ00000001",
}
FJORD_LINE = {
    "name": "Fjord Line",
    "industry": "Ferry",
    "description": "Along the coast, by day and by night.",
    "unit": "Fjord Points",
    "terms_url": "https://fjord-line.example/terms",
}
TERMS = Terms(price="0.02", min_points=50, max_points=100_000, min_value=100, max_value=200_000)


def enrol(wiring: Wiring, bank_port: int, program_port: int) -> dict[str, Any]:
    """Return the demo's credentials: those of the last run while they still work, completed by what they lack."""
    file = wiring.settings.instance / f"demo-{bank_port}.json"
    known = _known(wiring, file)
    with wiring.writing() as services:
        if "clientSecret" not in known:
            known = _sandbox(services, bank_port)
        if "production" not in known:
            known["production"] = _production(services, known["clientId"])
        moved = ProgramDetails(base_url=f"http://{LOOPBACK}:{program_port}")
        services.directory.update(known["production"]["programId"], moved)
    file.touch(mode=0o600)
    file.write_text(json.dumps(known), "utf-8")
    return known


def _known(wiring: Wiring, file: Path) -> dict[str, Any]:
    known: dict[str, Any] = json.loads(file.read_text("utf-8")) if file.exists() else {}
    with wiring.reading() as services:
        works = known and services.clients.find(known["clientId"], known["clientSecret"]) is not None
    return known if works else {}


def _sandbox(services: Services, bank_port: int) -> dict[str, Any]:
    bank = f"http://{LOOPBACK}:{bank_port}"
    made = create_with_sandbox(services, "Northwind Bank", "USD")
    sandbox = services.organizations.get_environment_of_client(made["clientId"], SANDBOX)
    services.organizations.allow_origins(sandbox, [bank])
    _, webhook_secret = services.endpoints.create(sandbox.id, Details(url=f"{bank}/webhooks/widget-host"))
    client_secret = made["environments"][SANDBOX]["clientSecret"]
    return {"clientId": made["clientId"], "clientSecret": client_secret, "webhookSecret": webhook_secret}


def _production(services: Services, client_id: str) -> dict[str, Any]:
    """Go the way of every issuer: a program, a partnership, KYB, the key; and a secret for the program's last word."""
    details = ProgramDetails(**FJORD_LINE, fields=[FJORD_NUMBER], base_url=f"http://{LOOPBACK}")
    program, program_secret = services.directory.create(details, currency="USD")
    environment = services.organizations.prepare(client_id, PRODUCTION)
    services.partnerships.create(environment, program.id, TERMS, enabled=True)
    organization = services.organizations.get_of_client(client_id)
    services.organizations.allow(organization, points_mode=None, kyb_approved=True)
    made = open_production_for(services, client_id)
    _, hook_secret = services.inbound_secrets.add(environment, program.id)
    return {
        "clientSecret": made["clientSecret"],
        "tenantKey": made["tenantKey"],
        "programId": program.id,
        "programSecret": program_secret,
        "hookSecret": hook_secret,
    }
