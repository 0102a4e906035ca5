"""The OpenAPI 3.1 document, generated from the routes, their guards and what `@operation` says of the views."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from flask import Flask
from pydantic.alias_generators import to_camel

import widget_host
from widget_host.kit.value import Value
from widget_host.web import guards, openapi_parts
from widget_host.web.api.sandbox import sandbox_only
from widget_host.web.operations import Operation, Parameter, Reply, described
from widget_host.web.problems import OAUTH_PROBLEMS, PROBLEMS
from widget_host.web.schemas import ANSWER, REQUEST, SchemaBook

ARGUMENT = re.compile(r"<(?:\w+:)?(?P<name>\w+)>")
SECURITY: Mapping[guards.Guard, Any] = {
    guards.anyone: [],
    guards.bearer: [{"bearerAuth": []}],
    sandbox_only: [{"bearerAuth": []}],
    guards.signature: [{"webhookSignature": []}],
    guards.bearer_or_secret: [{"bearerAuth": []}, {}],
}

# How a guard refuses; a token is what all others ask for.
UNKNOWN_CALLER: Mapping[guards.Guard, tuple[str, ...]] = {
    guards.anyone: (),
    guards.signature: ("INVALID_SIGNATURE",),
}


class Endpoint(Value, frozen=True):
    """A described view where it is routed: `path` as OpenAPI writes it."""

    method: str
    path: str
    guard: guards.Guard
    operation: Operation

    @property
    def security(self) -> list[dict[str, list[str]]]:
        """Who may call, as OpenAPI says it: any one of these."""
        told = self.operation.security
        chosen = SECURITY[self.guard] if told is None else told
        return [{name: list(scopes) for name, scopes in each.items()} for each in chosen]

    @property
    def errors(self) -> tuple[str, ...]:
        """The codes it may answer: its own, and those that follow from how it is called."""
        operation = self.operation
        is_asked = operation.body is not None or any(each.place != "path" for each in operation.parameters)
        is_oauth = bool(operation.oauth_errors)
        codes = [
            *(["VALIDATION_ERROR"] if is_asked and not is_oauth else []),
            *UNKNOWN_CALLER.get(self.guard, ("INVALID_TOKEN",)),
            *operation.errors,
            *(["NOT_FOUND"] if "{" in self.path else []),
            *(["REQUEST_TIMEOUT", "REQUEST_ENTITY_TOO_LARGE"] if operation.body else []),
            "RATE_LIMITED",
            "INTERNAL_SERVER_ERROR",
            "SERVICE_UNAVAILABLE",
        ]
        return tuple(sorted(dict.fromkeys(codes), key=lambda code: PROBLEMS[code].status))


def endpoints(app: Flask) -> Iterator[Endpoint]:
    """Give every described view of the app, in the order of the routes."""
    for rule in app.url_map.iter_rules():
        operation = described(app.view_functions[rule.endpoint])
        if operation is not None:
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield Endpoint(method, _path(rule.rule), _guard(app, rule.endpoint), operation)


def document(app: Flask, base_url: str) -> dict[str, Any]:
    """Return the document of an app that is reached at that address."""
    found = list(endpoints(app))
    book = SchemaBook([endpoint.operation for endpoint in found])
    writer = _Writer(book, base_url)
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in found:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = writer.operation(endpoint)
    used = {endpoint.operation.tag for endpoint in found}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Widget Host",
            "version": widget_host.__version__,
            "summary": "Turn value into loyalty points.",
            "description": openapi_parts.INTRODUCTION,
        },
        "servers": [{"url": base_url}],
        "tags": [{"name": name, "description": said} for name, said in openapi_parts.TAGS.items() if name in used],
        "paths": paths,
        "components": {
            "schemas": {**book.components, **openapi_parts.ERROR_SCHEMAS},
            "headers": openapi_parts.HEADERS,
            "securitySchemes": openapi_parts.SECURITY_SCHEMES,
        },
        "externalDocs": {"url": f"{base_url}/docs/guide", "description": "The guide"},
    }


class _Writer:
    """Writes operations."""

    def __init__(self, book: SchemaBook, base_url: str) -> None:
        self._book = book
        self._base_url = base_url

    def operation(self, endpoint: Endpoint) -> dict[str, Any]:
        operation = endpoint.operation
        said = {
            "operationId": operation.id,
            "tags": [operation.tag],
            "summary": operation.summary,
            "description": operation.description,
            "security": endpoint.security,
            "parameters": [_parameter(each) for each in operation.parameters],
            "requestBody": self._request(operation),
            "responses": {**self._replies(operation), **self._errors(endpoint)},
        }
        return {name: value for name, value in said.items() if value or name == "security"}

    def _request(self, operation: Operation) -> dict[str, Any] | None:
        if operation.body is None:
            return None
        body = operation.body
        examples = body.examples or {"default": self._book.example(body.model, REQUEST)}
        media = {"schema": self._book.of(body.model, REQUEST), "examples": _named(examples)}
        return {"required": not operation.oauth_errors, "content": dict.fromkeys(body.media_types, media)}

    def _replies(self, operation: Operation) -> dict[str, Any]:
        return {str(reply.status): self._reply(reply) for reply in operation.replies}

    def _reply(self, reply: Reply) -> dict[str, Any]:
        said: dict[str, Any] = {
            "description": reply.description,
            "headers": openapi_parts.header_references("X-Request-Id", *reply.headers),
        }
        if reply.model is not None:
            examples = reply.examples or {"default": self._book.example(reply.model, ANSWER)}
            media = {"schema": self._book.of(reply.model, ANSWER), "examples": _named(examples)}
            said["content"] = dict.fromkeys(reply.media_types, media)
        if reply.links:
            said["links"] = {name: _link(link) for name, link in reply.links.items()}
        return said

    def _errors(self, endpoint: Endpoint) -> dict[str, Any]:
        groups: dict[int, dict[str, list[str]]] = {}
        for code in endpoint.errors:
            groups.setdefault(PROBLEMS[code].status, {}).setdefault("problem", []).append(code)
        for code in endpoint.operation.oauth_errors:
            groups.setdefault(OAUTH_PROBLEMS[code].status, {}).setdefault("oauth", []).append(code)
        return {str(status): self._error(status, kinds) for status, kinds in sorted(groups.items())}

    def _error(self, status: int, kinds: Mapping[str, list[str]]) -> dict[str, Any]:
        content = {}
        if "problem" in kinds:
            examples = {code: PROBLEMS[code].example(self._base_url) for code in kinds["problem"]}
            content["application/problem+json"] = openapi_parts.media("Problem", _named(examples))
        if "oauth" in kinds:
            examples = {code: OAUTH_PROBLEMS[code].example(self._base_url) for code in kinds["oauth"]}
            content["application/json"] = openapi_parts.media("OAuthError", _named(examples))
        codes = [code for kind in kinds.values() for code in kind]
        titles = [PROBLEMS[code].title if code in PROBLEMS else OAUTH_PROBLEMS[code].detail for code in codes]
        return {
            "description": "; ".join(
                f"`{code}`: {title.rstrip('.')}" for code, title in zip(codes, titles, strict=True)
            ),
            "headers": openapi_parts.header_references(*openapi_parts.error_headers(status)),
            "content": content,
        }


def _parameter(parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "in": parameter.place,
        "required": parameter.is_required,
        "description": parameter.description,
        "schema": dict(parameter.schema),
    }


def _named(examples: Mapping[str, Any]) -> dict[str, Any]:
    return {name: {"value": value} for name, value in examples.items()}


def _link(link: Any) -> dict[str, Any]:
    return {"operationId": link.operation_id, "parameters": dict(link.parameters), "description": link.description}


def _path(rule: str) -> str:
    return ARGUMENT.sub(lambda found: f"{{{to_camel(found['name'])}}}", rule)


def _guard(app: Flask, endpoint: str) -> guards.Guard:
    blueprint = endpoint.rpartition(".")[0]
    before = app.before_request_funcs.get(blueprint, ())
    return next(guard for guard in SECURITY if guard in before)
