"""Who signs webhooks to us, and how they are refused. Pure."""

from datetime import timedelta

from widget_host.kit.errors import Refused
from widget_host.kit.value import Value

TOLERANCE = timedelta(seconds=300)
KEPT = timedelta(days=30)
MOST_SECRETS = 5


class InvalidSignature(Refused):
    """The webhook was not signed by anybody known here; why is not told."""

    code = "INVALID_SIGNATURE"

    def __init__(self) -> None:
        """Say the same for every reason."""
        super().__init__("The signature was not accepted.")


class EventConflict(Refused):
    """An event of this id came before, with another body."""

    code = "EVENT_CONFLICT"


class TooManySecrets(Refused):
    """The environment has as many live secrets as a rotation needs."""

    code = "TOO_MANY_SECRETS"


class Sender(Value, frozen=True):
    """Who signed: somebody an environment trusts; `program_id` where the secret speaks for one program only."""

    environment_id: str
    environment_kind: str
    clock_ahead: timedelta
    program_id: str | None
