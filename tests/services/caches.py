"""What one process need work out only once, though every test has an application and a database of its own."""

from collections.abc import Callable
from functools import cache
from typing import Any

from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy import Engine, create_engine
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.util import LRUCache
from werkzeug.routing import Rule

from widget_host.kit import db
from widget_host.web.scope import HostApp

STATEMENTS: LRUCache[Any, Any] = LRUCache(5000)


def share() -> None:
    """Compile each statement and each template once for all tests of this process: a third of their time."""
    HostApp.jinja_options = {**HostApp.jinja_options, "bytecode_cache": Templates()}
    # SQLAlchemy keeps compiled statements by engine and dialect: all engines share one store, and all dialects of a
    # kind are made alike here.
    db.create_engine = _make_engine  # type: ignore[attr-defined]  # the store is no option of create_engine
    for name, method in (("__eq__", _is_alike), ("__hash__", _hash_of_kind)):
        setattr(DefaultDialect, name, method)
    # Half of what making an application takes.
    Rule._compile_builder = _when_first_used(Rule._compile_builder)  # type: ignore[assignment, method-assign]  # werkzeug has no setting for it


def _make_engine(url: Any, **options: Any) -> Engine:
    engine = create_engine(url, **options)
    engine._compiled_cache = STATEMENTS
    return engine


def _when_first_used(compile_builder: Callable[[Rule, bool], Callable[..., Any]]) -> Callable[[Rule, bool], Any]:
    """Compile what writes a route's addresses when the first is written: a test asks for few of them."""

    def later(rule: Rule, append_unknown: bool) -> Callable[..., Any]:
        compiled = cache(lambda: compile_builder(rule, append_unknown))

        def build(rule: Rule, **values: Any) -> Any:
            return compiled()(rule, **values)

        return build

    return later


def _is_alike(one: object, other: object) -> bool:
    return type(one) is type(other)


def _hash_of_kind(dialect: object) -> int:
    return hash(type(dialect))


class Templates(BytecodeCache):
    """Compiled templates, in memory; jinja2 gives a changed template a new key."""

    def __init__(self) -> None:
        self._compiled: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if code := self._compiled.get(bucket.key):
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._compiled[bucket.key] = bucket.bytecode_to_string()
