from typing import Any

import pytest

from widget_host.web.rows import Row, limits_of, rows_of, type_of

COMPONENTS: dict[str, Any] = {
    "Account": {"type": "object", "properties": {"id": {"type": "string", "description": "Whose."}}},
    "Knot": {"type": "object", "properties": {"knot": {"$ref": "#/components/schemas/Knot"}}},
}
ACCOUNT = {"$ref": "#/components/schemas/Account"}


def names(schema: dict[str, Any]) -> list[str]:
    return [row.name for row in rows_of({"type": "object", "properties": schema}, COMPONENTS)]


class TestRowsOf:
    def test_says_what_a_field_is(self) -> None:
        schema = {"properties": {"a": {"type": "integer", "description": "How many."}}, "required": ["a"]}
        assert rows_of(schema, {}) == [Row("a", "integer", is_required=True, meaning="How many.", limits=[])]

    def test_goes_into_objects_lists_and_mappings(self) -> None:
        assert names({"a": ACCOUNT}) == ["a", "a.id"]
        assert names({"a": {"type": "array", "items": ACCOUNT}}) == ["a", "a[].id"]
        assert names({"a": {"type": "object", "additionalProperties": ACCOUNT}}) == ["a", "a{…}.id"]
        assert names({"a": {"anyOf": [ACCOUNT, {"type": "null"}]}}) == ["a", "a.id"]

    def test_goes_into_a_list_alone(self) -> None:
        assert [row.name for row in rows_of({"type": "array", "items": ACCOUNT}, COMPONENTS)] == ["[].id"]

    def test_names_a_field_of_two_alternatives_once(self) -> None:
        assert [row.name for row in rows_of({"anyOf": [ACCOUNT, ACCOUNT]}, COMPONENTS)] == ["id"]

    def test_ends_where_a_schema_holds_itself(self) -> None:
        assert 1 < len(names({"a": {"$ref": "#/components/schemas/Knot"}})) < 10


class TestTypeOf:
    @pytest.mark.parametrize(
        ("schema", "words"),
        [
            ({"type": "string"}, "string"),
            ({"type": "string", "format": "date-time"}, "string, date-time"),
            ({"type": "array", "items": ACCOUNT}, "array of object"),
            ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "integer or null"),
            ({}, "any"),
        ],
    )
    def test_is_words(self, schema: dict[str, Any], words: str) -> None:
        assert type_of(schema, COMPONENTS) == words


class TestLimitsOf:
    @pytest.mark.parametrize(
        ("schema", "words"),
        [
            ({"minLength": 2, "maxLength": 120}, ["at least 2 characters", "up to 120 characters"]),
            ({"minLength": 1}, []),
            ({"exclusiveMinimum": 0, "maximum": 200_000}, ["more than 0", "at most 200,000"]),
            ({"pattern": "^[A-Z]{3}$"}, ["matches `^[A-Z]{3}$`"]),
            ({"pattern": r"^[^\x00-\x1f\x7f]*$"}, ["no control characters"]),
            ({"enum": ["a", "b"]}, ["one of `a`, `b`"]),
            ({"const": "a", "default": "b"}, ["always `a`", "`b` where left out"]),
            ({"default": None}, []),
            ({"anyOf": [{"maxLength": 3}, {"type": "null"}]}, ["up to 3 characters"]),
        ],
    )
    def test_are_words(self, schema: dict[str, Any], words: list[str]) -> None:
        assert limits_of(schema) == words
