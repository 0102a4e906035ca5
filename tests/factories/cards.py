"""Cards whose customers chose programs."""

from tests.factories.issuers import AURORA, Issuer
from widget_host.domain.preferences.rules import CardChoice, Preferred
from widget_host.domain.programs.rules import Destination
from widget_host.wiring import Wiring

MERIDIAN, VERDE = "Meridian Circle", "Verde Box"
ACCOUNTS = {
    AURORA: Destination("AC12345678"),
    MERIDIAN: Destination("204813377"),
    VERDE: Destination(None, "name@example.com"),
}
CUSTOMER, CARD = "user-1", "card-1"


def preferred(issuer: Issuer, name: str, allocation: int, destination: Destination | None = None) -> Preferred:
    return Preferred(issuer.programs[name], destination or ACCOUNTS[name], allocation)


def choose(wiring: Wiring, issuer: Issuer, *programs: Preferred, version: int = 0, card: str = CARD) -> CardChoice:
    """Save what the customer chose for a card."""
    with wiring.writing() as services:
        return services.preferences.save(issuer.environment_id, CUSTOMER, card, programs, version=version)


def choose_three(wiring: Wiring, issuer: Issuer) -> CardChoice:
    """Save half to Aurora, the rest to two others."""
    parts = ((AURORA, 50), (MERIDIAN, 30), (VERDE, 20))
    return choose(wiring, issuer, *(preferred(issuer, name, percent) for name, percent in parts))
