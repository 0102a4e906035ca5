"""What every refusal of the API looks like, checked whenever one is expected."""

from typing import Any

from werkzeug.test import TestResponse

MEMBERS = {"type", "title", "status", "code", "detail", "requestId"}


def problem(answer: TestResponse, status: int, code: str) -> dict[str, Any]:
    """Return the problem that was answered, once it has the one shape and says this."""
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json"), answer.text
    said: dict[str, Any] = answer.get_json()
    assert (said["status"], said["code"]) == (status, code), said
    assert said["type"] == f"http://localhost/docs/errors#{code}"
    assert said["requestId"] == answer.headers["X-Request-Id"]
    assert all(isinstance(said[member], str) and said[member] for member in MEMBERS - {"status"})
    assert said.keys() - MEMBERS <= {"errors", "details"}
    assert ("errors" in said) == (code == "VALIDATION_ERROR")
    return said


def wrong_fields(answer: TestResponse) -> dict[str, str]:
    """Return the code of each field that a 400 names."""
    said = problem(answer, 400, "VALIDATION_ERROR")
    for error in said["errors"]:
        assert error.keys() == {"field", "code", "message"}
        assert error["message"].endswith(".")
        assert error["field"] in said["detail"]
    return {error["field"]: error["code"] for error in said["errors"]}
