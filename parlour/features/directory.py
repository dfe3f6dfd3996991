"""The people of this server, to be found by name."""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from parlour.errors import Refusal
from parlour.identity import ContextDep, admitted, signed_in
from parlour.people import MAX_NAME, Profile, User
from parlour.store import directory
from parlour.web import AfterName, NamePart, PageSize, StrictRoute, answers

router = APIRouter(prefix="/api/users", route_class=StrictRoute, tags=["people"])

# So many of the longest names fit into an address.
MAX_NAMES = 50


@router.get("", responses=answers("not_signed_in", "banned", "invalid", "too_long", "busy"))
async def find_people(
    request: Request,
    context: ContextDep,
    query: NamePart = "",
    after: AfterName = None,
    limit: PageSize = 50,
    names: Annotated[
        list[Annotated[str, Query(max_length=MAX_NAME)]] | None,
        Query(max_length=MAX_NAMES, description="Whose profiles, instead of a search."),
    ] = None,
) -> list[Profile]:
    """Accounts by username: a page of those whose names contain `query`, for which one signs in.

    With `names`, the profiles of these, for everybody who may come in; unknown ones are left out.
    """
    for once in ("query", "after", "limit"):
        if len(request.query_params.getlist(once)) > 1:
            raise Refusal.repeated(once)
    if names is None:
        await signed_in(request, context)
        found = await context.database.read(directory.people, query, after, limit)
    else:
        await admitted(request, context)
        found = await context.database.read(directory.people_named, names)
    return [_profile(user) for user in found]


def _profile(user: User) -> Profile:
    return Profile.model_construct(**user.model_dump(exclude={"id", "role", "read_receipts"}))
