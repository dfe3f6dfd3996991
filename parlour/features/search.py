"""Looking for what was said."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from parlour import searching
from parlour.errors import Refusal
from parlour.finding import SearchPage, SearchQuery
from parlour.identity import ContextDep, Reader
from parlour.query import parse
from parlour.searching import Search
from parlour.support.addresses import address_of
from parlour.support.turns import TooMany
from parlour.web import StrictRoute, answers

router = APIRouter(prefix="/api/chat/search", route_class=StrictRoute, tags=["messages"])


@router.get(
    "",
    response_model=SearchPage,
    responses=answers(
        "not_signed_in", "not_found", "banned", "invalid", "too_long", "empty", "busy"
    ),
)
async def find_messages(
    request: Request,
    query: Annotated[SearchQuery, Query()],
    context: ContextDep,
    author: Reader,
) -> Response:
    """Messages of all rooms that whoever asks may enter, newest first."""
    asked = Search(
        parse(query.q), query.room_id, query.limit, query.before, time_zone=query.time_zone
    )
    key = author or address_of(request.client.host if request.client else None)
    try:
        async with context.searches.take(key):
            page = await context.database.read(searching.find_messages, author, asked)
    except TooMany:
        words = "Too many are looking for something just now. Try again."
        raise Refusal("busy", words) from None
    return Response(page.model_dump_json(), media_type="application/json")
