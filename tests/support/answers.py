"""What is asserted of every refusal, whichever route gives it."""

from typing import Any

from httpx2 import Response

from parlour.errors import ERROR_CODES


def assert_refused(answer: Response, code: str, field: str | None = None) -> dict[str, Any]:
    """Assert that `answer` is the refusal `code` about `field`; return its JSON."""
    assert answer.status_code == ERROR_CODES[code].status, answer.text
    assert answer.headers["content-type"] == "application/json"
    told: dict[str, Any] = answer.json()
    assert told["code"] == code
    assert told.get("field") == field
    assert told["detail"]
    assert set(told) <= {"detail", "code", "field", "id"}
    return told


def assert_deleted(answer: Response) -> None:
    """Assert that `answer` says that the thing is gone, with nothing more to say."""
    assert (answer.status_code, answer.content) == (204, b""), answer.text
