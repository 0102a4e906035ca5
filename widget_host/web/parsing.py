"""Bodies become typed values, or one refusal that names every bad field."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, TypeVar

from babel.core import get_global
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
)
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails, PydanticCustomError

from widget_host.domain.transactions.rules import POINTS
from widget_host.kit import wire
from widget_host.kit.errors import FieldError, InvalidFields
from widget_host.kit.money import Money, TooPrecise, decimals_of
from widget_host.web.scope import asked

HIGHEST_AMOUNT = 10**12
# POST /transactions/preview: an order of this name could not be read back.
RESERVED_REFERENCE = "preview"
CONTROLS = re.compile(r"[\x00-\x1f\x7f]")
CODES = {
    "missing": "required",
    "extra_forbidden": "unknown",
    "string_too_short": "too_short",
    "string_too_long": "too_long",
    "greater_than": "too_small",
    "less_than_equal": "too_large",
    "too_long": "too_many",
}
MESSAGES = {
    "missing": "This field is required.",
    "extra_forbidden": "There is no such field.",
    "string_type": "This must be a string.",
    "string_unicode": "This must be text.",
    "model_type": "This must be an object.",
    "model_attributes_type": "This must be an object.",
    "dict_type": "This must be an object.",
    "list_type": "This must be an array.",
    "tuple_type": "This must be an array.",
}

M = TypeVar("M", bound=BaseModel)


class RequestBody(BaseModel):
    """The base of every request body: camelCase outside, unknown fields refused, nothing converted silently."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True, strict=True)


class Query(RequestBody):
    """The base of every query string: camelCase names, each given once, unknown ones refused."""


def _plain_text(text: str) -> str:
    if CONTROLS.search(text):
        raise PydanticCustomError("control_characters", "This must be text without control characters.")
    return text


def _not_reserved(reference: str) -> str:
    if reference == RESERVED_REFERENCE:
        raise PydanticCustomError("reserved", "This is the name of another address. Use another reference.")
    return reference


def _number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise PydanticCustomError("number_type", "This must be a number.")
    return Decimal(value)


def _currency(code: str) -> str:
    if code not in get_global("all_currencies"):
        raise PydanticCustomError("currency", "This must be a currency's ISO 4217 code, such as USD.")
    return code


def _currency_or_points(code: str) -> str:
    return code if code == POINTS else _currency(code)


def _in_its_decimals(value: Decimal, info: ValidationInfo) -> Decimal:
    currency = info.data.get("currency")
    if currency == POINTS and value != value.to_integral_value():
        raise PydanticCustomError("whole_number", "This must be a whole number of points.")
    if currency not in (None, POINTS):
        try:
            Money.of(value, currency)
        except TooPrecise:
            decimals = {"currency": currency, "decimals": decimals_of(currency)}
            raise PydanticCustomError("too_precise", "{currency} has {decimals} decimals.", decimals) from None
    return value


def money(value: Decimal, currency: str, *, field: str = "value") -> Money:
    """Return money, or raise InvalidFields where the currency has fewer decimals."""
    try:
        return Money.of(value, currency)
    except TooPrecise as error:
        raise InvalidFields([FieldError(field, "too_precise", f"{error}.")]) from None


# Stands last: lengths are looked at before it, and said in characters.
PLAIN = AfterValidator(_plain_text)
# What the validators check, as the reference tells it.
NO_CONTROLS = r"^[^\x00-\x1f\x7f]*$"
_NO_CONTROLS = Field(json_schema_extra={"pattern": NO_CONTROLS})
_CODE = Field(json_schema_extra={"pattern": "^[A-Z]{3}$"})
_CODE_OR_POINTS = Field(json_schema_extra={"pattern": f"^([A-Z]{{3}}|{POINTS})$"})
_NUMBER = {"type": "number", "maximum": HIGHEST_AMOUNT}
Text = Annotated[str, PLAIN, _NO_CONTROLS]
Id = Annotated[str, Field(min_length=1, max_length=120), PLAIN, _NO_CONTROLS]
ReferenceNumber = Annotated[
    Id,
    AfterValidator(_not_reserved),
    Field(json_schema_extra={"pattern": NO_CONTROLS, "not": {"const": RESERVED_REFERENCE}}),
]
# As long as the columns that keep them.
MemberId = Annotated[str, Field(max_length=200), PLAIN, _NO_CONTROLS]
MemberEmail = Annotated[str, Field(max_length=254), PLAIN, _NO_CONTROLS]
UserId = Annotated[str, Field(min_length=1, max_length=200), PLAIN, _NO_CONTROLS]
Description = Annotated[str, Field(max_length=500), PLAIN, _NO_CONTROLS]
Locale = Annotated[str, Field(min_length=2, max_length=35), PLAIN, _NO_CONTROLS]
Currency = Annotated[str, AfterValidator(_currency), _CODE]
CurrencyOrPoints = Annotated[str, AfterValidator(_currency_or_points), _CODE_OR_POINTS]
Amount = Annotated[
    Decimal,
    BeforeValidator(_number),
    Field(gt=0, le=HIGHEST_AMOUNT),
    WithJsonSchema(_NUMBER | {"exclusiveMinimum": 0}),
]
# Stands after a field `currency`: it may have no more decimals than that.
AmountOfCurrency = Annotated[Amount, AfterValidator(_in_its_decimals)]
Balance = Annotated[
    Decimal,
    BeforeValidator(_number),
    Field(ge=0, le=HIGHEST_AMOUNT),
    WithJsonSchema(_NUMBER | {"minimum": 0}),
]


def json_object() -> dict[str, Any]:
    """Return the request's JSON object, or raise InvalidFields that says what the body is instead."""
    try:
        body = wire.loads_unambiguous(asked().get_data(cache=True))
    except wire.RepeatedName as error:
        raise InvalidFields([FieldError(error.name, "repeated", "This field is given more than once.")]) from None
    except wire.TooLarge as error:
        raise InvalidFields([FieldError("body", "malformed", f"The body must be plainer: {error}.")]) from None
    except ValueError:
        raise InvalidFields([FieldError("body", "malformed", "The body must be a JSON object.")]) from None
    if not isinstance(body, dict):
        raise InvalidFields([FieldError("body", "malformed", "The body must be a JSON object.")])
    return body


def query() -> dict[str, str]:
    """Return the query string's values, or raise InvalidFields for a name that is given more than once."""
    request = asked()
    repeated = [name for name, values in request.args.lists() if len(values) > 1]
    if repeated:
        raise InvalidFields([FieldError(name, "repeated", "This field is given more than once.") for name in repeated])
    return request.args.to_dict()


def parse(model: type[M], body: Mapping[str, Any] | None = None) -> M:
    """Return the body as this type, the request's own where none is given, or raise InvalidFields."""
    try:
        return model.model_validate(json_object() if body is None else body)
    except ValidationError as error:
        raise InvalidFields([_field_error(found) for found in error.errors(include_url=False)]) from None


def _field_error(found: ErrorDetails) -> FieldError:
    field = ".".join(str(part) for part in found["loc"]) or "body"
    code = CODES.get(found["type"], found["type"])
    return FieldError(field, code, MESSAGES.get(found["type"]) or _sentence(found["msg"]))


def _sentence(message: str) -> str:
    return message if message.endswith(".") else f"{message}."
