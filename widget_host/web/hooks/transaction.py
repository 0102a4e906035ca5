"""A program's final word on a transaction that was pending."""

from typing import Annotated, Literal

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from pydantic import Field

from widget_host.domain.orders.rules import FinalWord
from widget_host.web import guards
from widget_host.web.hooks.signed import HOW_TO_SIGN, PARAMETERS, PREFIX, SignedBody
from widget_host.web.operations import Reply, operation
from widget_host.web.parsing import NO_CONTROLS, PLAIN, Id, parse
from widget_host.web.scope import work

bp = guards.protect(Blueprint("transaction_hook", __name__, url_prefix=PREFIX), guards.signature)


class ProgramsWord(SignedBody):
    """What became of a credit."""

    id: Id = Field(description="The event's own id: each is taken once.", examples=["fjord-7f3a"])
    transaction_id: Id = Field(
        description="The id under which the points were asked for.", examples=["txn_01m7xp3a9ke4dr0nb5v7h2c8wq"]
    )
    status: Literal["COMPLETED", "FAILED"] = Field(description="Whether the points were given.", examples=["COMPLETED"])
    reason: Annotated[str, Field(max_length=500, json_schema_extra={"pattern": NO_CONTROLS}), PLAIN] | None = Field(
        None, description="Why not, for the transaction's history."
    )

    def word(self) -> FinalWord:
        """Return it as the rules know it."""
        return FinalWord(self.transaction_id, self.status == "COMPLETED", self.reason)


@bp.post("/transaction")
@operation(
    "HooksController_transaction",
    tag="Webhooks in",
    summary="Tell what became of a pending transaction",
    description=f"A loyalty program's final word on points that it accepted to give.{HOW_TO_SIGN}",
    parameters=PARAMETERS,
    request=ProgramsWord,
    answers=Reply(status=204, description="Taken, now or before."),
    errors=("EVENT_CONFLICT", "STATE_REFUSED"),
)
def take(tenant_key: str) -> ResponseReturnValue:  # noqa: ARG001 - the guard has looked at it
    """Complete or fail the transaction; the same event again changes nothing."""
    event = parse(ProgramsWord)
    work().final_words.take(guards.sender(), event.id, request.get_data(cache=True), event.word())
    return "", 204
