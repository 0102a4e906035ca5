"""What may be done with a sandbox and with nothing else."""

from datetime import timedelta

from widget_host.domain.organizations.models import Environment
from widget_host.domain.organizations.service import Organizations
from widget_host.domain.transactions.service import Transactions
from widget_host.domain.webhooks.service import Deliveries


class Sandbox:
    """Moves a sandbox's time."""

    def __init__(self, *, organizations: Organizations, transactions: Transactions, deliveries: Deliveries) -> None:
        """Work together with these services of one session."""
        self._organizations = organizations
        self._transactions = transactions
        self._deliveries = deliveries

    def advance_clock(self, environment_id: str, by: timedelta) -> Environment:
        """Move the environment's time forward, and with it all that waits for a time; raises NotFound in production.

        What people see follows the environment's clock; queues are kept in the machine's time, so they are brought
        forward instead.
        """
        environment = self._organizations.advance_clock(environment_id, by)
        self._transactions.bring_forward(environment_id, by)
        self._deliveries.bring_forward(environment_id, by)
        return environment
