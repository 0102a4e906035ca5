"""The reference as its page needs it: the OpenAPI document taken apart into sections, operations and rows."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from widget_host.kit.value import Value
from widget_host.web import requests_shown
from widget_host.web.operations import JSON
from widget_host.web.rows import Row, parameter_rows, rows_of

METHODS = ("get", "post", "put", "patch", "delete")
CALLERS = {
    "bearerAuth": "an access token",
    "clientBasic": "client id and secret by HTTP Basic",
    "webhookSignature": "a signature",
}
IN_BODY = "client id and secret in the body"


class Example(Value, frozen=True):
    """A named example of a body, or of a request as a command."""

    name: str
    value: Any


class AnswerView(Value, frozen=True):
    """One answer that is no error."""

    status: str
    description: str
    rows: Sequence[Row]
    examples: Sequence[Example]
    headers: Sequence[Row]


class ErrorView(Value, frozen=True):
    """One code that an operation may answer."""

    status: str
    code: str
    title: str
    example: Any


class OperationView(Value, frozen=True):
    """One operation; `anchor` is what the fragments of links say."""

    anchor: str
    id: str
    method: str
    path: str
    summary: str
    description: str
    callers: str
    parameters: Sequence[Row]
    media_types: Sequence[str]
    body: Sequence[Row]
    requests: Sequence[Example]
    answers: Sequence[AnswerView]
    errors: Sequence[ErrorView]


class SectionView(Value, frozen=True):
    """One tag with its operations."""

    anchor: str
    name: str
    description: str
    operations: Sequence[OperationView]


def sections(document: Mapping[str, Any]) -> list[SectionView]:
    """Return the document's operations by tag, in the tags' order."""
    reader = _Reader(document)
    found = [operation for path in document["paths"].items() for operation in reader.operations(*path)]
    return [
        SectionView(
            _anchor(tag["name"]),
            tag["name"],
            tag["description"],
            [view for name, view in found if name == tag["name"]],
        )
        for tag in document["tags"]
    ]


class _Reader:
    """Reads operations."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._components = document["components"]
        self._base_url: str = document["servers"][0]["url"]

    def operations(self, path: str, methods: Mapping[str, Any]) -> Iterator[tuple[str, OperationView]]:
        for method in METHODS:
            if method in methods:
                said = methods[method]
                yield said["tags"][0], self._operation(method.upper(), path, said)

    def _operation(self, method: str, path: str, said: Mapping[str, Any]) -> OperationView:
        content = said.get("requestBody", {}).get("content", {})
        body = content.get(JSON, {})
        commands = requests_shown.commands(self._base_url, method, path, said)
        answers = said["responses"].items()
        return OperationView(
            anchor=f"{_anchor(said['tags'][0])}/operation/{said['operationId']}",
            id=said["operationId"],
            method=method,
            path=path,
            summary=said["summary"],
            description=said["description"],
            callers=_callers(said),
            parameters=parameter_rows(said.get("parameters", ())),
            media_types=list(content),
            body=self._rows(body),
            requests=[Example(*command) for command in commands],
            answers=[self._answer(status, each) for status, each in answers if int(status) < 400],  # noqa: PLR2004 - errors begin there
            errors=[error for status, each in answers if int(status) >= 400 for error in _errors(status, each)],  # noqa: PLR2004 - errors begin there
        )

    def _rows(self, media: Mapping[str, Any]) -> list[Row]:
        return rows_of(media["schema"], self._components["schemas"]) if "schema" in media else []

    def _answer(self, status: str, said: Mapping[str, Any]) -> AnswerView:
        content = said.get("content", {})
        shown: Mapping[str, Any] = content.get(JSON, {})
        names = [name for name in said["headers"] if name != "X-Request-Id"]
        headers = self._components["headers"]
        return AnswerView(
            status=status,
            description=said["description"],
            rows=self._rows(shown),
            examples=[Example(name, each["value"]) for name, each in shown.get("examples", {}).items()],
            headers=[Row(name, "string", is_required=False, meaning=headers[name]["description"]) for name in names],
        )


def _errors(status: str, said: Mapping[str, Any]) -> Iterator[ErrorView]:
    for media in said["content"].values():
        for code, example in media["examples"].items():
            value = example["value"]
            yield ErrorView(status, code, value.get("title") or value["error_description"], value)


def _callers(said: Mapping[str, Any]) -> str:
    security = said["security"]
    named = [CALLERS[name] for each in security for name in each]
    if {} in security:
        named.append(IN_BODY)
    return ", or ".join(named) or "anyone"


def _anchor(tag: str) -> str:
    return f"tag/{tag.replace(' ', '-')}"
