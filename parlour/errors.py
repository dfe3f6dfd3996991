"""Every refusal that a client can meet: its stable code, HTTP status and close code."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.exceptions import HTTPException


@dataclass(frozen=True, slots=True)
class ErrorCode:
    """What one code means: the HTTP status, and the close code where it ends a connection."""

    status: int
    meaning: str
    close: int | None = None


ERROR_CODES: Mapping[str, ErrorCode] = {
    "bad_request": ErrorCode(400, "What came is no HTTP request; the connection is closed."),
    "upgrade_required": ErrorCode(426, "A WebSocket opened here has to be of version 13."),
    "timeout": ErrorCode(408, "The request did not come in time; the connection is closed."),
    "url_too_long": ErrorCode(414, "The address is longer than any right one would be."),
    "headers_too_large": ErrorCode(431, "The headers are larger than any right ones would be."),
    "bad_json": ErrorCode(422, "The body or frame is not JSON that Parlour reads."),
    "unknown_type": ErrorCode(422, "No command has this `type`."),
    "invalid": ErrorCode(422, "The field named by `field` has a wrong value.", 4500),
    "too_long": ErrorCode(422, "The field named by `field` is longer than allowed.", 4500),
    "empty": ErrorCode(422, "The field named by `field` has nothing to read in it.", 4500),
    "name_invalid": ErrorCode(
        422, "The name has a control, invisible or direction-changing character.", 4500
    ),
    "name_taken": ErrorCode(
        409, "An account has this name or one like it, or a guest who is here uses it.", 4500
    ),
    "name_reserved": ErrorCode(422, "Nobody may have this name.", 4500),
    "password_weak": ErrorCode(422, "The password is too short, too common or the username."),
    "not_signed_in": ErrorCode(401, "It needs a login, or the one given has ended.", 4501),
    "wrong_credentials": ErrorCode(401, "The username or the password is wrong."),
    "guests_off": ErrorCode(403, "This server lets in only those who have an account.", 4503),
    "registration_closed": ErrorCode(403, "This server makes no new accounts."),
    "invite_needed": ErrorCode(403, "A new account needs an invitation."),
    "invite_invalid": ErrorCode(403, "The invitation or link is wrong, used up or too old."),
    "cross_site": ErrorCode(403, "A page of another site may not do this."),
    "not_found": ErrorCode(404, "There is no such thing, or it is not yours to see.", 4504),
    "not_allowed": ErrorCode(403, "It may not be done from here; the text says what to do first."),
    "banned": ErrorCode(403, "One is banned from this room or server.", 4503),
    "archived": ErrorCode(409, "The room is archived: it can be read, and not be changed."),
    "muted": ErrorCode(403, "One may not write here; `retry_after_ms` says for how long."),
    "slow_mode": ErrorCode(
        429, "Messages are slowed down here; `retry_after_ms` says when the next may come."
    ),
    "edit_window_over": ErrorCode(
        409, "The message is too old to be changed by whoever wrote it; it can be read."
    ),
    "method_not_allowed": ErrorCode(405, "This path does not take this HTTP method."),
    "room_exists": ErrorCode(409, "Another public room has this name, without regard to case."),
    "too_large": ErrorCode(413, "The body is larger than any right one would be.", 1009),
    "quota_full": ErrorCode(
        409, "Files take as much space as they may: one's own, or all; the text says what to do."
    ),
    "range_invalid": ErrorCode(416, "The file has nothing where a part of it was asked for."),
    "unsupported_type": ErrorCode(415, "The body has to be `application/json`."),
    "rate_limited": ErrorCode(
        429, "Too much in a short time; `retry_after_ms` says when to come back."
    ),
    "too_many_connections": ErrorCode(
        429, "One person or address has too many open; close one, or come back later.", 1013
    ),
    "flooding": ErrorCode(429, "Too many refused frames in a short time.", 1008),
    "busy": ErrorCode(503, "The server has too much to do just now; try again.", 1013),
    "storage_full": ErrorCode(507, "The server's disk is full; nothing was stored."),
    "internal": ErrorCode(500, "A fault of the server; `id` stands in its log.", 1011),
}

# Pydantic's error types that have a code of their own; PydanticCustomError types that are
# codes already pass through, all others are `invalid`.
_PYDANTIC_CODES = {"json_invalid": "bad_json", "string_too_long": "too_long"}
_PYDANTIC_WORDS = {
    "missing": "It is required.",
    "extra_forbidden": "There is no such field.",
    "json_invalid": "It is not valid JSON.",
}
# Where FastAPI says a value came from, rather than which field it was.
_PLACES = ("body", "query", "path", "header")


class Refusal(HTTPException):
    """An expected refusal: one code of `ERROR_CODES`, words for people, perhaps the field.

    It is an `HTTPException` so that one raised while FastAPI reads a body keeps its answer.
    """

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        field: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        """`retry_after` is in seconds."""
        self.code = code
        self.field = field
        self.retry_after = retry_after
        super().__init__(status_code=ERROR_CODES[code].status, detail=detail)

    @property
    def close_code(self) -> int:
        """The WebSocket close code where this refusal ends the connection."""
        return ERROR_CODES[self.code].close or 1008

    @property
    def retry_after_ms(self) -> int | None:
        """Whole milliseconds until the next try; None where there is nothing to wait for."""
        return None if self.retry_after is None else math.ceil(self.retry_after * 1000)

    @classmethod
    def repeated(cls, name: str) -> "Refusal":
        """For a field or parameter that is given twice. Its name is the client's own text."""
        return cls("invalid", f"{name[:64]}: It is given twice.", field=name[:64])

    @classmethod
    def from_validation(cls, errors: Sequence[Mapping[str, Any]]) -> "Refusal":
        """The first of Pydantic's (or FastAPI's) `errors()` as a refusal that names its field."""
        error = errors[0]
        kind: str = error["type"]
        code = kind if kind in ERROR_CODES else _PYDANTIC_CODES.get(kind, "invalid")
        parts = [str(part) for part in error["loc"]]
        if parts and parts[0] in _PLACES:
            parts.pop(0)
        # The name of an unknown field is the client's own text: no more of it than tells which.
        field = None if kind == "json_invalid" else ".".join(parts)[:64] or None
        words = _PYDANTIC_WORDS.get(kind) or f"{error['msg'].rstrip('.')}."
        if kind == "missing" and field is None:
            words = "A JSON body is required."
        return cls(code, f"{field}: {words}" if field else words, field=field)
