"""JSON Schemas in words: a row for each field, with its type, whether it has to be there, and its limits."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from widget_host.kit.value import Value
from widget_host.web.parsing import NO_CONTROLS
from widget_host.web.schemas import Schemas, resolve

DEEPEST = 4
WORDS: Mapping[str, str] = {
    "minLength": "at least {} characters",
    "maxLength": "up to {} characters",
    "minimum": "{} or more",
    "exclusiveMinimum": "more than {}",
    "maximum": "at most {}",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
    "pattern": "matches {}",
    "const": "always {}",
    "default": "{} where left out",
}
CODES = ("pattern", "const", "default")


class Row(Value, frozen=True):
    """One field, parameter or header; `name` is the way to it, written with dots."""

    name: str
    type: str
    is_required: bool
    meaning: str
    limits: Sequence[str] = ()


def parameter_rows(parameters: Iterable[Mapping[str, Any]]) -> list[Row]:
    """Return a row for each parameter."""
    return [
        Row(
            each["name"],
            f"{type_of(each['schema'], {})}, {each['in']}",
            each["required"],
            each["description"],
            limits_of(each["schema"]),
        )
        for each in parameters
    ]  # fmt: skip - one row, one line


def rows_of(schema: Mapping[str, Any], components: Schemas, prefix: str = "") -> list[Row]:
    """Return a row for each field of an object, those of the objects in it included; of an array, its items'."""
    found: dict[str, Row] = {}
    for row in _rows(schema, components, prefix, 0):
        found.setdefault(row.name, row)
    return list(found.values())


def _rows(schema: Mapping[str, Any], components: Schemas, prefix: str, depth: int) -> Iterator[Row]:
    schema = resolve(schema, components)
    if depth > DEEPEST:
        return
    for part in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        yield from _rows(part, components, prefix, depth)
    if "items" in schema:
        yield from _rows(schema["items"], components, f"{prefix}[].", depth + 1)
    for keyed in _values(schema):
        yield from _rows(keyed, components, f"{prefix}{{…}}.", depth + 1)
    for name, part in schema.get("properties", {}).items():
        yield _row(f"{prefix}{name}", part, components, is_required=name in schema.get("required", ()))
        yield from _nested(part, components, f"{prefix}{name}", depth)


def _nested(part: Mapping[str, Any], components: Schemas, name: str, depth: int) -> Iterator[Row]:
    resolved = resolve(part, components)
    is_list = "items" in resolved or bool(_values(resolved))
    yield from _rows(part, components, name if is_list else f"{name}.", depth + 1)


def _row(name: str, part: Mapping[str, Any], components: Schemas, *, is_required: bool) -> Row:
    resolved = resolve(part, components)
    return Row(name, type_of(part, components), is_required, resolved.get("description", ""), limits_of(resolved))


def type_of(schema: Mapping[str, Any], components: Schemas) -> str:
    """Return a schema's type in words: `string`, `array of object`, `integer or null`."""
    schema = resolve(schema, components)
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(type_of(part, components) for part in schema["anyOf"]))
    kind = schema.get("type", "any")
    if kind == "array":
        return f"array of {type_of(schema.get('items', {}), components)}"
    return f"{kind}, {schema['format']}" if "format" in schema else str(kind)


def limits_of(schema: Mapping[str, Any]) -> list[str]:
    """Return what a value has to keep to, in words; backticks around what is code."""
    parts = [schema, *(part for part in schema.get("anyOf", ()) if part.get("type") != "null")]
    said = []
    for part in parts:
        if "enum" in part:
            said.append("one of " + ", ".join(f"`{value}`" for value in part["enum"]))
        said += [_limit(name, part[name]) for name in WORDS if _is_telling(name, part)]
    return said


def _limit(name: str, value: Any) -> str:
    if name == "pattern" and value == NO_CONTROLS:
        return "no control characters"
    shown = f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
    return WORDS[name].format(f"`{shown}`" if name in CODES else shown)


def _is_telling(name: str, schema: Mapping[str, Any]) -> bool:
    # One character at least is what `required` leads to expect.
    return name in schema and schema[name] not in (None, "", [], {}) and (name, schema[name]) != ("minLength", 1)


def _values(schema: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the schemas of an object's values where its names are free."""
    further = schema.get("additionalProperties")
    patterns = schema.get("patternProperties", {})
    return [each for each in (further, *patterns.values()) if isinstance(each, Mapping) and "$ref" in each]
