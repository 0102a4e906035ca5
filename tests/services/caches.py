"""What one process need work out only once, though every test has an application and a database of its own."""

from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy.engine.default import DefaultDialect

from widget_host.web.scope import HostApp


def share() -> None:
    """Compile each statement and each template once for all tests of this process: a third of their time."""
    HostApp.jinja_options = {**HostApp.jinja_options, "bytecode_cache": Templates()}
    # SQLAlchemy keeps compiled statements by dialect, and each engine has its own; all of a kind are made alike here.
    for name, method in (("__eq__", _is_alike), ("__hash__", _hash_of_kind)):
        setattr(DefaultDialect, name, method)


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
