"""What stands before production. Pure."""

from widget_host.kit.errors import Refused


class NotReady(Refused):
    """Something has to be done before the organization may enter production."""

    code = "PRODUCTION_NOT_READY"


def check_ready(*, kyb_approved: bool, partnerships_enabled: int) -> None:
    """Raise NotReady that names what is missing."""
    missing = []
    if not kyb_approved:
        missing.append("its KYB is not approved (organizations update --kyb-approved)")
    if not partnerships_enabled:
        missing.append("no partnership is enabled for production (partnerships create)")
    if missing:
        raise NotReady(f"The organization cannot enter production yet: {' and '.join(missing)}.")
