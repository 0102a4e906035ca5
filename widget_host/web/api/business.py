"""The issuer's own profile."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from widget_host.web import guards
from widget_host.web.answers import answer
from widget_host.web.api.shapes_business import TAG, Profile
from widget_host.web.operations import Reply, operation
from widget_host.web.scope import services

bp = guards.protect(Blueprint("business", __name__, url_prefix="/business"), guards.bearer)


@bp.get("/profile")
@operation(
    "BusinessController_profile",
    tag=TAG,
    summary="Read your organization's profile",
    description="What the host knows of your organization, every field as text. An operator changes it.",
    answers=Reply(model=Profile, description="The profile."),
)
def profile() -> ResponseReturnValue:
    """Return what is known of the organization; what nobody has told yet is empty text."""
    client = guards.client()
    known = services().organizations.profile(client.organization_id, client.environment_id)
    return answer(Profile.model_validate(known))
