"""A program's final word on a transaction that was pending."""

from typing import Annotated, Literal

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from pydantic import ConfigDict, Field

from widget_host.domain.orders.rules import FinalWord
from widget_host.web import guards
from widget_host.web.answers import id_pattern
from widget_host.web.operations import Parameter, Reply, operation
from widget_host.web.parsing import NO_CONTROLS, PLAIN, Id, RequestBody, parse
from widget_host.web.scope import work

bp = guards.protect(Blueprint("transaction_hook", __name__, url_prefix="/hooks/<id:tenant_key>"), guards.signature)
TENANT_KEY = Parameter(
    "tenantKey",
    "The environment's public key; `widget-host hooks add-secret` prints the whole address.",
    {"type": "string", "pattern": id_pattern("tnt"), "examples": ["tnt_01m7xp0c4gf3ht2v8wq6k9s5rd"]},
    place="path",
    is_required=True,
)
TIMESTAMP = Parameter(
    "x-timestamp",
    "When it was signed, in Unix seconds (ten digits) or milliseconds (thirteen); at most five minutes ago.",
    {"type": "string", "pattern": "^[0-9]{10}([0-9]{3})?$", "examples": ["1769853600"]},
    place="header",
    is_required=True,
)


class ProgramsWord(RequestBody):
    """What became of a credit; fields that others need are let through, as events grow."""

    model_config = ConfigDict(extra="ignore", json_schema_extra=lambda schema: schema.pop("additionalProperties", None))

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
    description="A loyalty program's final word on points that it accepted to give. Sign the raw body: `x-signature`"
    " is the HMAC-SHA256, in lower-case hexadecimal, of `x-timestamp`, a colon and the body, made with a live inbound"
    " secret of the environment. Sent again, the same event changes nothing and is answered the same.",
    parameters=(TENANT_KEY, TIMESTAMP),
    request=ProgramsWord,
    answers=Reply(status=204, description="Taken, now or before."),
    errors=("EVENT_CONFLICT", "STATE_REFUSED"),
)
def take(tenant_key: str) -> ResponseReturnValue:  # noqa: ARG001 - the guard has looked at it
    """Complete or fail the transaction; the same event again changes nothing."""
    event = parse(ProgramsWord)
    work().final_words.take(guards.sender(), event.id, request.get_data(cache=True), event.word())
    return "", 204
