"""Whose an account is, and how it is written. Pure."""

from widget_host.domain.programs.rules import Destination
from widget_host.kit import wire
from widget_host.kit.value import Value


class Holder(Value, frozen=True):
    """A customer of one environment; another environment's customer of the same name is somebody else."""

    environment_id: str
    source_user_id: str

    @property
    def owner(self) -> str:
        """The name that what is sealed for this customer is bound to."""
        return wire.dumps([self.environment_id, self.source_user_id])


def written(destination: Destination) -> str:
    """Write an account down."""
    return wire.dumps([destination.user_id, destination.user_email])


def read(text: str) -> Destination:
    """Read an account as it was written."""
    return Destination(*wire.loads(text))
