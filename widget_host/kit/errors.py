"""Refusals: states with a stable code, a sentence for people and details, and no HTTP in them."""

from collections.abc import Mapping
from typing import Any, ClassVar


class Refused(Exception):
    """The host understood and says no.

    `code` is stable and public, `message` is a sentence for people, `details` holds plain JSON values.
    """

    code: ClassVar[str] = "REFUSED"

    def __init__(self, message: str, **details: Any) -> None:
        """Keep the sentence and the figures that explain it."""
        super().__init__(message)
        self.message = message
        self.details: Mapping[str, Any] = details
        self.is_replay = False


class NotFound(Refused):
    """No such thing, or it belongs to somebody else: both look the same."""

    code = "NOT_FOUND"


class InvalidToken(Refused):
    """The bearer is missing, expired, revoked or meant for somebody else."""

    code = "INVALID_TOKEN"


class FieldError(ValueError):
    """One field is wrong in a way only the rules can tell."""

    def __init__(self, field: str, code: str, message: str) -> None:
        """Name the field as the caller spelled it."""
        super().__init__(message)
        self.field = field
        self.code = code
        self.message = message


class InvalidFields(Refused):
    """One or more fields are wrong; every one of them is named."""

    code = "VALIDATION_ERROR"

    def __init__(self, errors: "list[FieldError]") -> None:
        """Carry each wrong field once, in the order they were found."""
        names = ", ".join(dict.fromkeys(error.field or "body" for error in errors))
        super().__init__(f"The request was not understood. Correct: {names}.")
        self.errors = errors
