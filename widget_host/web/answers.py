"""Answers are typed: the models that the reference shows are the ones that views answer with."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any

from flask import Response
from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema
from pydantic.alias_generators import to_camel

from widget_host.kit import wire
from widget_host.web.plumbing import WholeResponse

JSON = "application/json"
LETTERS = "0-9a-hjkmnp-tv-z"


class Answer(BaseModel):
    """The base of every answer: camelCase outside, what is not set is left out."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        frozen=True,
        validate_by_name=True,
        # A name that no model has is a slip here; for the caller, answers may gain names.
        extra="forbid",
        json_schema_extra=lambda schema: schema.pop("additionalProperties", None),
    )


def id_pattern(prefix: str) -> str:
    """Return the pattern of ids of one kind, as kit/ids.py makes them."""
    return f"^{prefix}_[{LETTERS}]{{26}}$"


# Patterns are told, not checked: an answer that breaks one is still better than none.
ProgramId = Annotated[str, Field(json_schema_extra={"pattern": id_pattern("prg")})]
TransactionId = Annotated[str, Field(json_schema_extra={"pattern": id_pattern("txn")})]
DecimalString = Annotated[str, Field(json_schema_extra={"pattern": r"^[0-9]+(\.[0-9]+)?$"})]
CurrencyCode = Annotated[str, Field(json_schema_extra={"pattern": "^[A-Z]{3}$"})]
Moment = Annotated[
    str,
    Field(json_schema_extra={"format": "date-time", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"}),
]
Uri = Annotated[str, Field(json_schema_extra={"format": "uri"})]
MajorUnits = Annotated[int | Decimal, WithJsonSchema({"type": "number", "minimum": 0})]
Count = Annotated[int, Field(ge=0)]


def answer(said: Answer | list[Any] | Mapping[str, Any], status: int = 200) -> Response:
    """Answer with one of our models, or with a list or mapping of them."""
    # A line's end for who reads in a terminal.
    return WholeResponse(f"{wire.dumps(_plain(said))}\n", status, content_type=JSON)


def _plain(said: Any) -> Any:
    if isinstance(said, BaseModel):
        return said.model_dump(by_alias=True, exclude_unset=True)
    if isinstance(said, Mapping):
        return {name: _plain(value) for name, value in said.items()}
    return [_plain(each) for each in said] if isinstance(said, list) else said
