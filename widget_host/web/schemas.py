"""JSON Schemas of the types that requests are read into and answers are made of, and examples out of them."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue

from widget_host.web.operations import Operation

TEMPLATE = "#/components/schemas/{model}"
PREFIX = TEMPLATE.removesuffix("{model}")
REQUEST: JsonSchemaMode = "validation"
ANSWER: JsonSchemaMode = "serialization"

Schemas = Mapping[str, Mapping[str, Any]]


class _Generator(GenerateJsonSchema):
    """Pydantic's own, without the titles it makes up from the names."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        """Never: the name is there already."""
        return False

    def model_schema(self, schema: Any) -> JsonSchemaValue:
        """Give the model's schema without a title."""
        found = super().model_schema(schema)
        found.pop("title", None)
        return found


class SchemaBook:
    """The schema of every type that the operations name; `components` are those that have a name of their own."""

    def __init__(self, operations: Sequence[Operation]) -> None:
        """Generate them all at once, so that each name is given once."""
        wanted = {id(model): model for operation in operations for model in _models(operation)}
        inputs = [(key, mode, TypeAdapter(model)) for key, model in wanted.items() for mode in (REQUEST, ANSWER)]
        used = {
            (id(model), mode)
            for operation in operations
            for mode, models in ((REQUEST, _requests(operation)), (ANSWER, _answers(operation)))
            for model in models
        }
        asked = [each for each in inputs if each[:2] in used]
        self._schemas, defined = TypeAdapter.json_schemas(
            asked, ref_template=TEMPLATE, schema_generator=_Generator, by_alias=True
        )
        self.components: dict[str, Any] = dict(sorted(defined.get("$defs", {}).items()))

    def of(self, model: Any, mode: JsonSchemaMode) -> Mapping[str, Any]:
        """Return the schema of a type, mostly a reference."""
        return self._schemas[(id(model), mode)]

    def example(self, model: Any, mode: JsonSchemaMode) -> Any:
        """Return an example of a type, made of the first example of each field."""
        return example_of(self.of(model, mode), self.components)


def resolve(schema: Mapping[str, Any], components: Schemas) -> Mapping[str, Any]:
    """Return what a schema refers to, with what stands beside the reference."""
    if "$ref" not in schema:
        return schema
    beside = {name: value for name, value in schema.items() if name != "$ref"}
    return {**components[str(schema["$ref"]).removeprefix(PREFIX)], **beside}


def example_of(schema: Mapping[str, Any], components: Schemas) -> Any:
    """Return an example; fields that may be left out and have no example are left out."""
    schema = resolve(schema, components)
    if schema.get("examples"):
        return schema["examples"][0]
    if "properties" in schema:
        return _object_example(schema, components)
    if schema.get("type") == "array":
        return [example_of(schema.get("items", {}), components)]
    return example_of(schema["anyOf"][0], components) if "anyOf" in schema else schema.get("const")


def _object_example(schema: Mapping[str, Any], components: Schemas) -> dict[str, Any]:
    required = schema.get("required", ())
    return {
        name: example_of(part, components)
        for name, part in schema["properties"].items()
        if name in required or part.get("examples")
    }


def _models(operation: Operation) -> list[Any]:
    return [*_requests(operation), *_answers(operation)]


def _requests(operation: Operation) -> list[Any]:
    return [operation.body.model] if operation.body else []


def _answers(operation: Operation) -> list[Any]:
    return [reply.model for reply in operation.replies if reply.model is not None]
