"""The shapes of search: what is asked, and what is found."""

from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from parlour.fields import Id, IdParam, LimitParam, Shape
from parlour.models import Message
from parlour.people import TimeZone
from parlour.permissions import RoomKind
from parlour.query import MAX_QUERY

_RESULT_EXAMPLE: Final[dict[str, Any]] = {
    "message": {
        "id": 42,
        "room_id": 1,
        "username": "alice",
        "content": "The budget is done.",
        "timestamp": "2026-01-31T12:00:05.123456Z",
        "version": 7,
        "client_id": None,
        "guest": False,
        "reply_to": None,
        "edited_at": None,
        "deleted_at": None,
        "reactions": [],
        "files": [],
        "pinned_at": None,
    },
    "room": {"id": 1, "name": "General", "kind": "public"},
    "hits": [{"start": 4, "end": 10}],
    "forwarded_hits": [],
}


class SearchQuery(BaseModel):
    """What somebody looks for, and where."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    q: str = Field(
        max_length=MAX_QUERY,
        description='Words, "exact phrases", operators, and what is not wanted with a - before it.',
        examples=["budget from:alice -draft"],
    )
    room_id: IdParam | None = Field(None, description="In this room only.")
    limit: LimitParam = Field(20, description="At most so many results.")
    before: IdParam | None = Field(
        None, description="Only messages below this id: the `next` of the page before."
    )
    time_zone: TimeZone = Field(
        "UTC",
        description="Whose days are meant by `before:`, `after:` and `on:`: a name of the IANA.",
        examples=["Europe/Berlin"],
    )


class FoundRoom(Shape):
    """The room of a result."""

    id: Id
    name: str
    kind: RoomKind


class Hit(Shape):
    """A piece of a message's content, in code points."""

    start: int = Field(description="The first one of it.")
    end: int = Field(description="The first one after it.")


class SearchResult(Shape):
    """A message that was meant, and where in it."""

    model_config = ConfigDict(json_schema_extra={"examples": [_RESULT_EXAMPLE]})

    message: Message
    room: FoundRoom
    hits: tuple[Hit, ...] = Field(description="Where it was found, in order; none overlap.")
    forwarded_hits: tuple[Hit, ...] = Field(
        (), description="The same in the words that it passes on."
    )


class SearchPage(Shape):
    """Some results, newest first."""

    results: tuple[SearchResult, ...]
    next: Id | None = Field(
        description="Hand it in as `before` to look further back; null when all was looked through."
    )
