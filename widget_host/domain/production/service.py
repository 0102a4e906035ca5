"""What may be done to bring an issuer into production."""

from widget_host.domain.access.models import ClientSecret
from widget_host.domain.access.service import Clients
from widget_host.domain.organizations.models import Environment
from widget_host.domain.organizations.rules import PRODUCTION
from widget_host.domain.organizations.service import Organizations
from widget_host.domain.partnering.service import Partnerships
from widget_host.domain.production import rules


class Production:
    """Prepares production without a key to it, and hands the key over when everything is in place."""

    def __init__(self, *, organizations: Organizations, partnerships: Partnerships, clients: Clients) -> None:
        """Work together with these services of one session."""
        self._organizations = organizations
        self._partnerships = partnerships
        self._clients = clients

    def open(self, client_id: str) -> tuple[Environment, str]:
        """Return the production environment with a new client secret; raises NotReady, or NotFound.

        Before this nobody can call it: an environment without a secret gets no token. A second call adds a secret.
        """
        environment = self._organizations.prepare(client_id, PRODUCTION)
        return environment, self.add_secret(client_id, PRODUCTION)[1]

    def add_secret(self, client_id: str, kind: str) -> tuple[ClientSecret, str]:
        """Return a new client secret of an environment; raises NotFound, or NotReady for production."""
        environment = self._organizations.get_environment_of_client(client_id, kind)
        if kind == PRODUCTION:
            self._check_ready(client_id, environment)
        return self._clients.add_secret(environment)

    def _check_ready(self, client_id: str, environment: Environment) -> None:
        organization = self._organizations.get_of_client(client_id)
        enabled = [partnership for _, partnership in self._partnerships.list_of(environment) if partnership.enabled]
        kyb_approved = organization.kyb_approved_at is not None
        rules.check_ready(kyb_approved=kyb_approved, partnerships_enabled=len(enabled))
