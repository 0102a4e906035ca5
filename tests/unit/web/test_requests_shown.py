from typing import Any

import pytest

from widget_host.web.requests_shown import commands

BEARER: list[dict[str, list[str]]] = [{"bearerAuth": []}]
HEADER = '-H "Authorization: Bearer $TOKEN"'


def shown(method: str, path: str, **said: Any) -> dict[str, str]:
    return dict(commands("http://h", method, path, {"security": BEARER, **said}))


def parameter(name: str, place: str, *examples: str, required: bool = True) -> dict[str, Any]:
    return {"name": name, "in": place, "required": required, "schema": {"examples": list(examples) or [""]}}


class TestCommands:
    def test_fetches(self) -> None:
        assert shown("GET", "/a") == {"default": f"curl -s 'http://h/a' \\\n  {HEADER}"}

    def test_sends_no_token_where_none_is_asked_for(self) -> None:
        assert shown("GET", "/a", security=[]) == {"default": "curl -s 'http://h/a'"}

    @pytest.mark.parametrize("method", ["DELETE", "PATCH", "POST"])
    def test_says_the_method_of_what_has_no_body(self, method: str) -> None:
        assert f"-X {method}" in shown(method, "/a")["default"]

    def test_fills_in_parameters(self) -> None:
        asked = [parameter("id", "path", "x"), parameter("a", "query", "1"), parameter("b", "query", required=False)]
        assert "'http://h/x?a=1'" in shown("GET", "/{id}", parameters=asked)["default"]

    def test_gives_a_command_for_each_example_of_the_body(self) -> None:
        examples = {"one": {"value": {"a": "it's"}}, "two": {"value": {}}}
        found = shown("POST", "/a", requestBody={"content": {"application/json": {"examples": examples}}})
        assert found.keys() == {"one", "two"}
        assert found["one"].endswith("-d '{\n  \"a\": \"it'\\''s\"\n}'")
        assert "-X" not in found["one"]
