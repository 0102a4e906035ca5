"""What is sent to the views of endpoints, their secrets and deliveries."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from widget_host.domain.endpoints.rules import IN_HEADER, OAUTH2, Authentication, Details
from widget_host.kit.addresses import LONGEST_URL
from widget_host.kit.durations import read_duration
from widget_host.web.api.shapes_sandbox import DURATION
from widget_host.web.api.shapes_transactions import MOMENT
from widget_host.web.api.shapes_webhooks import URL
from widget_host.web.paging import PageSize
from widget_host.web.parsing import NO_CONTROLS, PLAIN, Query, RequestBody, Text

EventName = Literal[
    "transaction.completed", "transaction.failed", "transaction.reversed", "LINKED", "UPDATED", "DELINKED"
]
# RFC 6749 allows clients no other letters.
_NO_CONTROLS = Field(json_schema_extra={"pattern": NO_CONTROLS})
PRINTABLE = Field(min_length=1, max_length=500, pattern=r"^[ -~]+$")
Url = Annotated[
    str, Field(min_length=1, max_length=LONGEST_URL), PLAIN, Field(json_schema_extra={"pattern": NO_CONTROLS})
]
Name = Annotated[str, Field(min_length=1, max_length=200), PLAIN, _NO_CONTROLS]
Note = Annotated[str, Field(max_length=200), PLAIN, _NO_CONTROLS]
FEWEST, MOST = 1, 1000
FIELDS_OF = {
    "SIGNATURE": frozenset[str](),
    "BASIC": frozenset({"username", "password"}),
    "OAUTH2": frozenset({"token_url", "client_id", "client_secret", "scope", "credentials_in"}),
}


def moment(text: Any) -> Any:
    """Return the moment that a text says, for pydantic."""
    try:
        found = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise PydanticCustomError(
            "moment", "This must be a moment in ISO 8601 with its zone, such as {example}.", {"example": MOMENT}
        )
    return found


def _duration(text: Any) -> Any:
    try:
        return read_duration(text)
    except ValueError:
        raise PydanticCustomError("duration", "This must be an ISO 8601 duration, such as PT24H.") from None


def _each_once(names: list[EventName]) -> list[EventName]:
    return list(dict.fromkeys(names))


class AuthenticationSaid(RequestBody):
    """How your endpoint knows this host, beside the signature, which is always there while a secret is."""

    type: Literal["SIGNATURE", "BASIC", "OAUTH2"] = Field(
        description="SIGNATURE: by the signature alone. BASIC: user name and password (RFC 7617, UTF-8). OAUTH2: a"
        " bearer token from your token endpoint, by client credentials.",
        examples=["BASIC"],
    )
    username: Name | None = Field(default=None, description="BASIC: the user name, without a colon.", examples=["host"])
    password: Name | None = Field(default=None, description="BASIC: the password.", examples=["a long password"])
    token_url: Url | None = Field(default=None, description="OAUTH2: where tokens are fetched.")
    client_id: Annotated[str, PRINTABLE] | None = Field(default=None, description="OAUTH2: the client id.")
    client_secret: Annotated[str, PRINTABLE] | None = Field(default=None, description="OAUTH2: the client secret.")
    scope: Annotated[str, PRINTABLE] | None = Field(default=None, description="OAUTH2: the scope, where one is needed.")
    credentials_in: Literal["HEADER", "BODY"] | None = Field(
        default=None, description="OAUTH2: whether client id and secret are sent in a Basic header or in the form."
    )

    @model_validator(mode="after")
    def _fits_together(self) -> "AuthenticationSaid":
        said = {name for name in self.model_fields_set - {"type"} if getattr(self, name) is not None}
        if strange := sorted(said - FIELDS_OF[self.type]):
            names = {"names": ", ".join(strange), "type": self.type}
            raise PydanticCustomError("not_of_this_type", "{type} has no {names}.", names)
        return self

    def value(self) -> Authentication:
        """Return it as the domain has it."""
        usual = IN_HEADER if self.type == OAUTH2 else None
        return Authentication(
            self.type,
            username=self.username,
            token_url=self.token_url,
            client_id=self.client_id,
            scope=self.scope,
            credentials_in=self.credentials_in or usual,
            credential=self.password or self.client_secret,
        )


class EndpointChanges(RequestBody):
    """What to change; what is not named stays."""

    url: Url | None = Field(default=None, description="The address: https, and one of the public internet.")
    description: Note | None = Field(default=None, description="A note of yours.", examples=["Core banking"])
    event_types: Annotated[list[EventName], Field(max_length=20), AfterValidator(_each_once)] | None = Field(
        default=None, description="The events that it gets; an empty list for all."
    )
    authentication: AuthenticationSaid | None = Field(default=None, description="How it knows this host.")
    ordered: bool | None = Field(
        default=None, description="Let the events of a transaction or card wait for the ones before them."
    )
    max_per_second: Annotated[int, Field(ge=FEWEST, le=MOST)] | None = Field(
        default=None, description="How many events a second at most; null for any."
    )
    enabled: bool | None = Field(default=None, description="Whether anything is sent.")

    def values(self) -> dict[str, Any]:
        """Return what was named, under the domain's names."""
        said = {name: getattr(self, name) for name in self.model_fields_set}
        changes = {name: value for name, value in said.items() if value is not None}
        if self.authentication is not None:
            changes["authentication"] = self.authentication.value()
        if "event_types" in changes:
            changes["event_types"] = tuple(changes["event_types"])
        changes.pop("max_per_second", None)
        return changes | ({"per_second": self.max_per_second} if "max_per_second" in self.model_fields_set else {})


class EndpointRequest(RequestBody):
    """A new endpoint."""

    url: Url = Field(description="The address: https, and one of the public internet.", examples=[URL])
    description: Note = Field(default="", description="A note of yours.")
    event_types: Annotated[list[EventName], Field(max_length=20), AfterValidator(_each_once)] = Field(
        default=[], description="The events that it gets; all where left out."
    )
    authentication: AuthenticationSaid | None = Field(
        default=None, description="How it knows this host; by the signature alone where left out."
    )
    ordered: bool = Field(
        default=False, description="Let the events of a transaction or card wait for the ones before them."
    )
    max_per_second: Annotated[int, Field(ge=FEWEST, le=MOST)] | None = Field(
        default=None, description="How many events a second at most."
    )

    def details(self) -> Details:
        """Return it as the domain has it."""
        said = self.authentication
        return Details(
            url=self.url,
            description=self.description,
            event_types=tuple(self.event_types),
            authentication=Authentication() if said is None else said.value(),
            ordered=self.ordered,
            per_second=self.max_per_second,
        )


class Promotion(RequestBody):
    """For how long the secret before it stays listed."""

    overlap: Annotated[
        timedelta, BeforeValidator(_duration), WithJsonSchema({"type": "string", "pattern": DURATION})
    ] = Field(
        default=timedelta(hours=24),
        description="For how long the secret that signs now stays listed beside: up to P7D, PT24H where left out.",
        examples=["PT24H"],
    )


class RecoveryRequest(RequestBody):
    """From when on."""

    since: Annotated[datetime, BeforeValidator(moment), WithJsonSchema({"type": "string", "format": "date-time"})] = (
        Field(description="Events that happened from then on.", examples=[MOMENT])
    )


class DeliveriesQuery(Query):
    """Which deliveries, the newest first."""

    status: Literal["WAITING", "DELIVERED", "FAILED"] | None = None
    cursor: Annotated[Text, Field(max_length=200)] | None = None
    limit: PageSize = None
