"""What is known of a code that an error can carry."""

from collections.abc import Mapping
from typing import Any

from widget_host.kit.value import Value, field

REQUEST_ID = "req_01m7xp0c4gf3ht2v8wq6k9s5rd"


class Problem(Value, frozen=True):
    """One code of problem+json (RFC 9457); `detail` is the sentence of its example, `more` what stands beside it."""

    code: str
    status: int
    title: str
    when: str
    remedy: str
    detail: str
    more: Mapping[str, Any] = field(default_factory=dict)

    def example(self, base_url: str) -> dict[str, Any]:
        """Return an answer with this code as the host at that address would give it."""
        return {
            "type": address(base_url, self.code),
            "title": self.title,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
            "requestId": REQUEST_ID,
            **self.more,
        }


class OAuthProblem(Value, frozen=True):
    """One `error` of the token endpoint (RFC 6749 §5.2); `detail` is its example's description."""

    code: str
    status: int
    when: str
    remedy: str
    detail: str

    @property
    def title(self) -> str:
        """Its name is all the title it has."""
        return ""

    def example(self, _base_url: str) -> dict[str, Any]:
        """Return an answer with this error."""
        return {"error": self.code, "error_description": self.detail}


def address(base_url: str, code: str) -> str:
    """Return where a code is explained."""
    return f"{base_url}/docs/errors#{code}"
