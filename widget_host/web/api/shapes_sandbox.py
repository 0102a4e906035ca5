"""What the sandbox's views answer, as typed values and for the reference."""

from pydantic import Field

from widget_host.web.answers import Answer, Count, Moment
from widget_host.web.api.shapes_transactions import MOMENT

TAG = "Sandbox"
# What kit/durations.py reads, as the reference tells it.
_TIME = "T([0-9]{1,6}H([0-9]{1,7}M)?([0-9]{1,9}S)?|[0-9]{1,7}M([0-9]{1,9}S)?|[0-9]{1,9}S)"
DURATION = f"^P([0-9]{{1,5}}D({_TIME})?|{_TIME})$"


class PersonaAnswer(Answer):
    """A member with a fixed fate."""

    destination_user_id: str = Field(description="Order points for this member.", examples=["sandbox-partner-timeout"])
    effect: str = Field(description="What then happens.", examples=["The program does not answer; nothing is posted."])
    status: int = Field(description="The HTTP status of the order's answer.", examples=[504])
    code: str | None = Field(
        description="The error's code; null where the order is accepted.", examples=["PARTNER_TIMEOUT"]
    )


class SandboxTime(Answer):
    """What time it is in your sandbox."""

    now: Moment = Field(description="The time by which everything there goes.", examples=[MOMENT])


class AdvancedTime(SandboxTime):
    """What time it is now that the clock was moved."""

    ahead_seconds: Count = Field(description="How far it is ahead of the real time.", examples=[3600])
