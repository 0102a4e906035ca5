from typing import Any

import pytest
from pydantic import Field

from widget_host.web.answers import Answer
from widget_host.web.operations import Operation, Reply
from widget_host.web.parsing import RequestBody
from widget_host.web.schemas import ANSWER, REQUEST, SchemaBook, example_of


class Inner(Answer):
    """Inside."""

    some_name: str = Field(description="A name.", examples=["x"])


class Outer(Answer):
    """Outside."""

    inner: Inner
    others: list[Inner]
    left_out: int | None = None


class Asked(RequestBody):
    """Asked for."""

    some_name: str
    optional: int = 3


def described(**parts: Any) -> Operation:
    return Operation(id="a", tag="b", summary="c", description="d", **{"replies": (), **parts})


class TestSchemaBook:
    def test_names_fields_as_they_are_sent(self, book: SchemaBook) -> None:
        assert book.components["Inner"]["properties"].keys() == {"someName"}

    def test_lets_answers_gain_names_and_requests_not(self, book: SchemaBook) -> None:
        assert "additionalProperties" not in book.components["Outer"]

    def test_has_no_titles(self, book: SchemaBook) -> None:
        assert "title" not in str(book.components)

    def test_refers_to_types_that_have_a_name(self, book: SchemaBook) -> None:
        assert book.of(Outer, ANSWER) == {"$ref": "#/components/schemas/Outer"}

    def test_makes_an_example_of_the_fields_own(self, book: SchemaBook) -> None:
        assert book.example(Outer, ANSWER) == {"inner": {"someName": "x"}, "others": [{"someName": "x"}]}

    def test_refuses_what_a_request_does_not_name(self) -> None:
        book = SchemaBook([described(replies=(), body=Reply(model=Asked, description=""))])
        assert book.components["Asked"]["additionalProperties"] is False
        assert book.components["Asked"]["required"] == ["someName"]
        assert book.of(Asked, REQUEST) == {"$ref": "#/components/schemas/Asked"}

    @pytest.fixture
    def book(self) -> SchemaBook:
        return SchemaBook([described(replies=(Reply(model=Outer, description=""),))])


class TestExampleOf:
    @pytest.mark.parametrize(
        ("schema", "example"),
        [
            ({"type": "string", "examples": ["a", "b"]}, "a"),
            ({"const": 600}, 600),
            ({"anyOf": [{"examples": [1]}, {"type": "null"}]}, 1),
            ({"type": "array", "items": {"examples": [1]}}, [1]),
        ],
    )
    def test_takes_the_first(self, schema: dict[str, Any], example: Any) -> None:
        assert example_of(schema, {}) == example
