"""What only sandboxes have: personas, and a clock that can be moved."""

from datetime import timedelta
from typing import Annotated, Any

from flask import Blueprint
from flask.typing import ResponseReturnValue
from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from widget_host.domain.organizations.rules import SANDBOX
from widget_host.kit.clock import isoformat
from widget_host.kit.durations import read_duration
from widget_host.kit.errors import NotFound
from widget_host.web import guards
from widget_host.web.answers import answer
from widget_host.web.api.shapes_sandbox import DURATION, TAG, AdvancedTime, PersonaAnswer, SandboxTime
from widget_host.web.idempotency import KEY_ERRORS, KEY_PARAMETER, once
from widget_host.web.operations import Reply, operation
from widget_host.web.parsing import RequestBody, parse
from widget_host.web.scope import wiring, work

LONGEST_STEP = timedelta(days=400)


def _duration(text: Any) -> Any:
    try:
        return read_duration(text)
    except ValueError:
        raise PydanticCustomError("duration", "This must be an ISO 8601 duration, such as PT1H or P30D.") from None


class Advance(RequestBody):
    """How far to move the sandbox's clock: an ISO 8601 duration of days, hours, minutes and seconds."""

    advance: Annotated[
        timedelta,
        BeforeValidator(_duration),
        Field(gt=timedelta(0), le=LONGEST_STEP),
        WithJsonSchema({"type": "string", "pattern": DURATION}),
    ] = Field(
        description=f"How far: an ISO 8601 duration of days, hours, minutes and seconds, up to {LONGEST_STEP.days}"
        " days.",
        examples=["PT1H"],
    )


def sandbox_only() -> None:
    """Let in a bearer of a sandbox; in production there is nothing here."""
    guards.bearer()
    if guards.client().environment_kind != SANDBOX:
        raise NotFound("Only a sandbox has personas and a clock of its own.")


bp = guards.protect(Blueprint("sandbox", __name__, url_prefix="/sandbox"), sandbox_only)


@bp.get("/personas")
@operation(
    "SandboxController_personas",
    tag=TAG,
    summary="List the members with a fixed fate",
    description="Every member number that makes something happen in the sandbox; orders for any other succeed. In"
    " production these are ordinary numbers, and this list is not there.",
    answers=Reply(model=list[PersonaAnswer], description="The personas."),
    errors=("NOT_FOUND",),
)
def personas() -> ResponseReturnValue:
    """List the member numbers that make something happen."""
    return answer([PersonaAnswer.model_validate(each) for each in wiring().personas])


@bp.get("/clock")
@operation(
    "SandboxController_clock",
    tag=TAG,
    summary="Read the sandbox's clock",
    description="What time it is in your sandbox: the real time, and what you have advanced it by.",
    answers=Reply(model=SandboxTime, description="The time."),
    errors=("NOT_FOUND",),
)
def clock() -> ResponseReturnValue:
    """Say what time it is in the sandbox."""
    return answer(SandboxTime(now=isoformat(wiring().clock.now())))


@bp.post("/clock")
@operation(
    "SandboxController_advance",
    tag=TAG,
    summary="Advance the sandbox's clock",
    description="Move your sandbox's time forward, never back: quotes, tokens, pending transactions, campaigns and"
    " retries follow. Your access token ages with it: fetch a new one after ten minutes or more.",
    parameters=(KEY_PARAMETER,),
    request=Advance,
    answers=Reply(model=AdvancedTime, description="The time now.", headers=("Idempotency-Replayed",)),
    errors=("NOT_FOUND", *KEY_ERRORS),
)
@once
def advance() -> ResponseReturnValue:
    """Move the sandbox's time forward: quotes, tokens, pending transactions, campaigns and retries follow."""
    step = parse(Advance).advance
    environment = work().sandbox.advance_clock(guards.client().environment_id, step)
    now = wiring().clock.machine.now() + environment.clock_ahead
    return answer(AdvancedTime(now=isoformat(now), ahead_seconds=environment.clock_ahead // timedelta(seconds=1)))
