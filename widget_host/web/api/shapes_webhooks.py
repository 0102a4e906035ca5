"""What the views of endpoints, their secrets and deliveries answer, as typed values and for the reference."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from widget_host.domain.endpoints.models import Endpoint, EndpointSecret
from widget_host.domain.webhooks.models import Attempt, Delivery
from widget_host.domain.webhooks.rules import WAITING
from widget_host.kit.clock import isoformat
from widget_host.web.answers import Answer, Count, Moment, id_pattern
from widget_host.web.api.shapes_events import EVENT_ID, EventId
from widget_host.web.api.shapes_transactions import MOMENT
from widget_host.web.operations import Parameter
from widget_host.web.parsing import NO_CONTROLS

ENDPOINT_ID = "whe_01m7xp3a9ke4dr0nb5v7h2c8wq"
SECRET_ID = "sec_01m7xp3a9ke4dr0nb5v7h2c8wq"  # noqa: S105 - the name of a secret, not a secret
DELIVERY_ID = "dlv_01m7xp3a9ke4dr0nb5v7h2c8wq"
SECRET = "made-of-256-random-bits-and-shown-this-once"  # noqa: S105 - an example
URL = "https://bank.example/webhooks"
SHOWN_LETTERS = 2048
EndpointId = Annotated[str, Field(json_schema_extra={"pattern": id_pattern("whe")})]
SecretId = Annotated[str, Field(json_schema_extra={"pattern": id_pattern("sec")})]
DeliveryId = Annotated[str, Field(json_schema_extra={"pattern": id_pattern("dlv")})]


def _id_parameter(name: str, what: str, example: str) -> Parameter:
    schema = {"type": "string", "minLength": 1, "maxLength": 120, "pattern": NO_CONTROLS, "examples": [example]}
    return Parameter(name, f"The id of {what}.", schema, place="path", is_required=True)


ENDPOINT_PARAMETER = _id_parameter("endpointId", "an endpoint of yours", ENDPOINT_ID)
SECRET_PARAMETER = _id_parameter("secretId", "one of the endpoint's secrets", SECRET_ID)
DELIVERY_PARAMETER = _id_parameter("deliveryId", "a delivery", DELIVERY_ID)


class ShownAuthentication(Answer):
    """How your endpoint knows this host, beside the signature; passwords and client secrets are never shown."""

    type: Literal["SIGNATURE", "BASIC", "OAUTH2"] = Field(description="The mode.", examples=["SIGNATURE"])
    username: str | None = Field(default=None, description="Of BASIC: the user name.")
    token_url: str | None = Field(default=None, description="Of OAUTH2: where tokens are fetched.")
    client_id: str | None = Field(default=None, description="Of OAUTH2: the client id.")
    scope: str | None = Field(default=None, description="Of OAUTH2: the scope asked for.")
    credentials_in: Literal["HEADER", "BODY"] | None = Field(
        default=None, description="Of OAUTH2: where client id and secret are sent."
    )


class EndpointAnswer(Answer):
    """Where events go."""

    id: EndpointId = Field(description="The endpoint's id.", examples=[ENDPOINT_ID])
    url: str = Field(description="The address that events are sent to.", examples=[URL])
    description: str = Field(description="A note of yours.", examples=["Core banking"])
    event_types: list[str] = Field(description="The events it gets; all of them where empty.", examples=[[]])
    authentication: ShownAuthentication = Field(description="How it knows this host.")
    ordered: bool = Field(
        description="Whether the events of a transaction or card wait for the ones before them.", examples=[False]
    )
    max_per_second: int | None = Field(description="How many events a second at most; null for any.", examples=[None])
    enabled: bool = Field(description="Whether anything is sent.", examples=[True])
    disabled_reason: Literal["manual", "failing", "gone"] | None = Field(
        description="Why not: you said so, nothing was taken for five days, or it answered 410.", examples=[None]
    )
    disabled_at: Moment | None = Field(description="Since when not.", examples=[None])
    failing_since: Moment | None = Field(description="Since when every attempt failed.", examples=[None])
    resting_until: Moment | None = Field(
        description="Most attempts failed lately: nothing but a probe is sent, the next one then.", examples=[None]
    )
    created_at: Moment = Field(description="When it was made.", examples=[MOMENT])


class NewEndpoint(EndpointAnswer):
    """An endpoint with its secret, which is shown this once."""

    secret: str = Field(description="Signs what is sent. Keep it now: it is not shown again.", examples=[SECRET])


class SecretAnswer(Answer):
    """A secret's stage; the secret itself is not shown again."""

    id: SecretId = Field(description="The secret's id.", examples=[SECRET_ID])
    stage: Literal["STAGED", "SIGNING", "ENDING"] = Field(
        description="STAGED: shown, listed beside the signature, not signing alone yet. SIGNING: in `x-signature`."
        " ENDING: listed until `endsAt`.",
        examples=["STAGED"],
    )
    created_at: Moment = Field(description="When it was made.", examples=[MOMENT])
    ends_at: Moment | None = Field(description="When it ends.", examples=[None])


class NewSecret(SecretAnswer):
    """A staged secret, shown this once."""

    secret: str = Field(description="The secret. Keep it now: it is not shown again.", examples=[SECRET])


class AttemptAnswer(Answer):
    """One try to deliver."""

    number: Annotated[int, Field(ge=1)] = Field(description="The first is 1.", examples=[1])
    started_at: Moment = Field(description="When it was made.", examples=[MOMENT])
    duration_ms: Count = Field(description="How long it took, in milliseconds.", examples=[120])
    url: str = Field(description="The address it was made at.", examples=[URL])
    status: int | None = Field(description="The answer's status; null where none came.", examples=[503])
    error: str | None = Field(description="What kept an answer away.", examples=[None])
    header_names: list[str] = Field(description="The names of the answer's headers.", examples=[["Content-Type"]])
    answer: str | None = Field(
        default=None, description=f"The answer's first {SHOWN_LETTERS} characters; not in lists.", examples=["busy"]
    )


class DeliveryAnswer(Answer):
    """One event on its way to one endpoint."""

    id: DeliveryId = Field(description="The delivery's id.", examples=[DELIVERY_ID])
    endpoint_id: EndpointId = Field(description="Where to.", examples=[ENDPOINT_ID])
    event_id: EventId = Field(description="The event, the same at every attempt.", examples=[EVENT_ID])
    event_type: str = Field(description="What happened.", examples=["transaction.completed"])
    status: Literal["WAITING", "DELIVERED", "FAILED"] = Field(description="How it stands.", examples=["WAITING"])
    created_at: Moment = Field(description="When it was put on its way.", examples=[MOMENT])
    next_attempt_at: Moment | None = Field(
        description="When it is tried next; null while it is being sent.", examples=[MOMENT]
    )
    ended_at: Moment | None = Field(description="When it was taken, or given up.", examples=[None])
    attempts: list[AttemptAnswer] = Field(description="What was tried, in order.")


class Recovery(Answer):
    """How much is sent again."""

    recovered: Count = Field(description="How many deliveries are on their way again.", examples=[12])
    is_complete: bool = Field(description="Whether that was all; otherwise ask again.", examples=[True])


def shown_endpoint(endpoint: Endpoint) -> EndpointAnswer:
    """Return what a tenant sees of an endpoint."""
    return EndpointAnswer.model_validate(_said_of(endpoint))


def new_endpoint(endpoint: Endpoint, secret: str) -> NewEndpoint:
    """Return the same with its secret."""
    return NewEndpoint.model_validate(_said_of(endpoint) | {"secret": secret})


def _said_of(endpoint: Endpoint) -> dict[str, object]:
    said = dict(endpoint.authentication)
    tripped = endpoint.tripped_at is not None and endpoint.enabled
    return {
        "id": endpoint.id,
        "url": endpoint.url,
        "description": endpoint.description,
        "event_types": list(endpoint.event_types),
        "authentication": ShownAuthentication.model_validate({"type": said.pop("mode"), **said}),
        "ordered": endpoint.ordered,
        "max_per_second": endpoint.per_second,
        "enabled": endpoint.enabled,
        "disabled_reason": endpoint.disabled_reason,
        "disabled_at": endpoint.disabled_at and isoformat(endpoint.disabled_at),
        "failing_since": endpoint.failing_since and isoformat(endpoint.failing_since),
        "resting_until": isoformat(endpoint.probe_at) if tripped and endpoint.probe_at else None,
        "created_at": isoformat(endpoint.created_at),
    }


def shown_secret(secret: EndpointSecret, stage: str, plain: str | None = None) -> SecretAnswer:
    """Return a secret's stage, and the secret itself where it is new."""
    said = {
        "id": secret.id,
        "stage": stage,
        "created_at": isoformat(secret.created_at),
        "ends_at": secret.ends_at and isoformat(secret.ends_at),
    }
    return SecretAnswer.model_validate(said) if plain is None else NewSecret.model_validate(said | {"secret": plain})


def shown_delivery(delivery: Delivery, kind: str, attempts: Sequence[Attempt], *, with_answers: bool) -> DeliveryAnswer:
    """Return a delivery with its attempts, and with what was answered where that is asked for."""
    return DeliveryAnswer(
        id=delivery.id,
        endpoint_id=delivery.endpoint_id,
        event_id=delivery.event_id,
        event_type=kind,
        status=delivery.state.upper(),  # type: ignore[arg-type]  # the states are those of the literal
        created_at=isoformat(delivery.created_at),
        next_attempt_at=_next_attempt(delivery),
        ended_at=None if delivery.ended_at is None else isoformat(delivery.ended_at),
        attempts=[_shown_attempt(each, with_answers=with_answers) for each in attempts],
    )


def _next_attempt(delivery: Delivery) -> str | None:
    # While a worker has it, its due time is the end of the lease.
    is_due = delivery.state == WAITING and delivery.fence is None
    return isoformat(delivery.due_at) if is_due else None


def _shown_attempt(attempt: Attempt, *, with_answers: bool) -> AttemptAnswer:
    said = {
        "number": attempt.number,
        "started_at": isoformat(attempt.started_at),
        "duration_ms": attempt.duration_ms,
        "url": attempt.url,
        "status": attempt.status,
        "error": attempt.error,
        "header_names": attempt.header_names,
    }
    return AttemptAnswer.model_validate(said | ({"answer": attempt.answer[:SHOWN_LETTERS]} if with_answers else {}))
