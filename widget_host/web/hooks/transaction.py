"""A program's final word on a transaction that was pending."""

from typing import Annotated, Literal

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from pydantic import ConfigDict, Field

from widget_host.domain.orders.rules import FinalWord
from widget_host.web import guards
from widget_host.web.parsing import PLAIN, Id, RequestBody, parse
from widget_host.web.scope import work

bp = guards.protect(Blueprint("transaction_hook", __name__, url_prefix="/hooks/<id:tenant_key>"), guards.signature)


class TransactionEvent(RequestBody):
    """What became of a credit; fields that others need are let through, as events grow."""

    model_config = ConfigDict(extra="ignore")

    id: Id
    transaction_id: Id
    status: Literal["COMPLETED", "FAILED"]
    reason: Annotated[str, Field(max_length=500), PLAIN] | None = None

    def word(self) -> FinalWord:
        """Return it as the rules know it."""
        return FinalWord(self.transaction_id, self.status == "COMPLETED", self.reason)


@bp.post("/transaction")
def take(tenant_key: str) -> ResponseReturnValue:  # noqa: ARG001 - the guard has looked at it
    """Complete or fail the transaction; the same event again changes nothing."""
    event = parse(TransactionEvent)
    work().final_words.take(guards.sender(), event.id, request.get_data(cache=True), event.word())
    return "", 204
