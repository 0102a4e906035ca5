"""Values: made once, never changed, equal where they say the same.

An order makes two dozen of them. A frozen dataclass of four fields takes 0.4 to 0.5 µs to make, for it sets each field
past its own lock; a Struct of msgspec is made in C, in 0.05.
"""

from msgspec import Struct, field
from msgspec.structs import asdict, replace

__all__ = ["Value", "asdict", "field", "replace"]


class Value(Struct, frozen=True):
    """The base of every value: a class says `frozen=True` again, so that type checkers know it too."""
