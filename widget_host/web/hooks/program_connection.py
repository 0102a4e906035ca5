"""What others say of the programs of a customer's card: linked, updated, delinked."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from widget_host.domain.preferences.rules import DELINKED, WHOLE, Connection
from widget_host.domain.programs.rules import Destination
from widget_host.kit.errors import FieldError, InvalidFields
from widget_host.web import guards
from widget_host.web.hooks.signed import HOW_TO_SIGN, PARAMETERS, PREFIX, SignedBody
from widget_host.web.operations import Reply, operation
from widget_host.web.parsing import NO_CONTROLS, PLAIN, Id, parse
from widget_host.web.problems import PROGRAM_ID
from widget_host.web.scope import work

bp = guards.protect(Blueprint("program_connection_hook", __name__, url_prefix=PREFIX), guards.signature)
RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII)
HIGHEST_SEQUENCE = 2**63 - 1
LONGEST, LONGEST_EMAIL = 200, 254


def _moment(said: Any) -> datetime:
    if isinstance(said, str) and RFC_3339.fullmatch(said):
        try:
            return datetime.fromisoformat(said).astimezone(UTC)
        except (ValueError, OverflowError):
            pass
    raise PydanticCustomError("date", "This must be a moment with its zone, such as 2026-01-31T10:00:00.000Z.")


_NO_CONTROLS = Field(json_schema_extra={"pattern": NO_CONTROLS})
Moment = Annotated[datetime, BeforeValidator(_moment), WithJsonSchema({"type": "string", "format": "date-time"})]
Name = Annotated[str, Field(min_length=1, max_length=LONGEST), PLAIN, _NO_CONTROLS]
Email = Annotated[str, Field(min_length=1, max_length=LONGEST_EMAIL), PLAIN, _NO_CONTROLS]
Percent = Annotated[int, Field(ge=0, le=WHOLE)]
Sequence = Annotated[int, Field(ge=0, le=HIGHEST_SEQUENCE)]


class ConnectedAccount(SignedBody):
    """The customer's account at the program: what the program asks for."""

    destination_user_id: Name | None = Field(None, description="The member number.")
    destination_user_email: Email | None = Field(None, description="The member's e-mail address.")


class ConnectionEvent(SignedBody):
    """What became of one program of a card: the fields that this host's own connection events have."""

    id: Id = Field(description="The event's own id: each is taken once.", examples=["bank-7f3a"])
    type: Literal["LINKED", "UPDATED", "DELINKED"] = Field(
        description="`LINKED` and `UPDATED` both say how it is from now on; `DELINKED` takes the program away.",
        examples=["LINKED"],
    )
    sequence: Sequence | None = Field(
        None, description="Your own count of this card's events; of two that have one, the higher is newer."
    )
    source_user_id: Name = Field(description="The issuer's own id for the customer.", examples=["customer-1"])
    card_id: Name = Field(description="The issuer's own id for the card.", examples=["card-1"])
    destination_program_id: Id = Field(description="Which program.", examples=[PROGRAM_ID])
    destination_account: ConnectedAccount | None = Field(
        None, description="The account there; left out, the one that is known stays."
    )
    allocation: Percent | None = Field(
        None,
        description="How many percent of each reward it gets; required but for `DELINKED`. The other programs give or"
        " take the difference in proportion, so that all are 100 together.",
        examples=[50],
    )
    date: Moment = Field(
        description="When it happened: only what is newer than what is known of this program is applied.",
        examples=["2026-01-31T10:00:00.000Z"],
    )

    def connection(self) -> Connection:
        """Return it as the rules know it; raises InvalidFields where the percent is missing."""
        if self.allocation is None and self.type != DELINKED:
            raise InvalidFields([FieldError("allocation", "required", "This field is required.")])
        account = self.destination_account or ConnectedAccount()
        return Connection(
            kind=self.type,
            source_user_id=self.source_user_id,
            card_id=self.card_id,
            program_id=self.destination_program_id,
            destination=Destination(account.destination_user_id, account.destination_user_email),
            allocation=self.allocation or 0,
            date=self.date,
            sequence=self.sequence,
        )


@bp.post("/program-connection")
@operation(
    "HooksController_programConnection",
    tag="Webhooks in",
    summary="Tell what became of a card's program",
    description="The issuer's own systems, or a loyalty program for itself, link, update or delink a program of a"
    " customer's card. The Multibrand widget and `GET /multibrand/preferences` show it at once; who has the widget open"
    " is told before anything is overwritten. What is older than what is known of the program changes nothing and is"
    f" answered the same.{HOW_TO_SIGN}",
    parameters=PARAMETERS,
    request=ConnectionEvent,
    answers=Reply(status=204, description="Taken, now or before."),
    errors=("NO_PARTNERSHIP", "INVALID_PROGRAM", "EVENT_CONFLICT"),
)
def take(tenant_key: str) -> ResponseReturnValue:  # noqa: ARG001 - the guard has looked at it
    """Change the card's preferences; the same event again, and one that comes late, change nothing."""
    event = parse(ConnectionEvent)
    work().connections.take(guards.sender(), event.id, request.get_data(cache=True), event.connection())
    return "", 204
