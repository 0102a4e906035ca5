"""What the reference says of a view, written beside the view: `@operation(…)` under its route.

The path, the method and who may call are not repeated here: they come from the route and from the blueprint's guard.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypeVar

from widget_host.kit.value import Value, field

Schema = Mapping[str, Any]
View = Callable[..., Any]
V = TypeVar("V", bound=View)

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


class Parameter(Value, frozen=True):
    """A part of the path, a query parameter or a header; the first of the schema's `examples` is shown."""

    name: str
    description: str
    schema: Schema
    place: Literal["path", "query", "header"] = "query"
    is_required: bool = False


class Link(Value, frozen=True):
    """What an answer says that another operation asks for: parameter → runtime expression of OpenAPI."""

    operation_id: str
    parameters: Mapping[str, str]
    description: str


class Body(Value, frozen=True, kw_only=True):
    """What is sent: a type that pydantic knows; `examples` by their names, else one is made of the fields' own."""

    model: Any
    examples: Mapping[str, Any] = field(default_factory=dict)
    media_types: Sequence[str] = (JSON,)


class Reply(Value, frozen=True, kw_only=True):
    """One answer that is no error; `model` None where it has no body, `headers` are names of openapi.HEADERS."""

    model: Any = None
    description: str
    status: int = 200
    examples: Mapping[str, Any] = field(default_factory=dict)
    media_types: Sequence[str] = (JSON,)
    headers: Sequence[str] = ()
    links: Mapping[str, Link] = field(default_factory=dict)


class Operation(Value, frozen=True, kw_only=True):
    """All that the reference says of one view; `errors` are codes of problems.py, those that every view has left out.

    `security` replaces what the guard says, where a view lets in more than its guard does.
    """

    id: str
    tag: str
    summary: str
    description: str
    replies: Sequence[Reply]
    body: Body | None = None
    parameters: Sequence[Parameter] = ()
    errors: Sequence[str] = ()
    oauth_errors: Sequence[str] = ()
    security: Sequence[Mapping[str, Sequence[str]]] | None = None


_described: dict[View, Operation] = {}


def operation(
    id: str,  # noqa: A002 - OpenAPI's own word
    *,
    tag: str,
    summary: str,
    description: str = "",
    answers: Reply | Sequence[Reply],
    request: Any = None,
    request_examples: Mapping[str, Any] | None = None,
    parameters: Sequence[Parameter] = (),
    errors: Sequence[str] = (),
    oauth_errors: Sequence[str] = (),
    security: Sequence[Mapping[str, Sequence[str]]] | None = None,
) -> Callable[[V], V]:
    """Describe a view; `request` is the type of its JSON body, or a Body where there is more to say."""
    body = request if isinstance(request, Body) or request is None else Body(model=request)
    if body is not None and request_examples:
        body = Body(model=body.model, examples=request_examples, media_types=body.media_types)
    described = Operation(
        id=id,
        tag=tag,
        summary=summary,
        description=description,
        replies=(answers,) if isinstance(answers, Reply) else tuple(answers),
        body=body,
        parameters=tuple(parameters),
        errors=tuple(errors),
        oauth_errors=tuple(oauth_errors),
        security=security,
    )

    def describe(view: V) -> V:
        _described[view] = described
        return view

    return describe


def described(view: View) -> Operation | None:
    """Return what the reference says of a view, None where it says nothing."""
    return _described.get(view)
