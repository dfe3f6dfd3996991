"""Putting messages by for oneself: nobody else is told."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from parlour import saving
from parlour.audience import tell_saved
from parlour.fields import IdParam
from parlour.identity import ContextDep, LoggedIn, account_of
from parlour.keeping import SavedIds, SavedPage
from parlour.web import PageSize, StrictRoute, answers

router = APIRouter(prefix="/api/chat", route_class=StrictRoute, tags=["messages"])

MessagePath = Annotated[IdParam, Path(description="The message.")]
_WRITES = ("not_signed_in", "cross_site", "invalid", "busy", "storage_full")


@router.put(
    "/messages/{message_id}/save",
    status_code=204,
    responses=answers(*_WRITES, "not_found", "banned", "not_allowed"),
)
async def save_message(message_id: MessagePath, context: ContextDep, login: LoggedIn) -> Response:
    """Put a message by, for oneself. To do so twice changes nothing."""
    tell = tell_saved.after(context)
    by = account_of(login)
    await context.database.write(saving.save, by, login.user_id, message_id, then=tell)
    return Response(status_code=204)


@router.delete("/messages/{message_id}/save", status_code=204, responses=answers(*_WRITES))
async def unsave_message(message_id: MessagePath, context: ContextDep, login: LoggedIn) -> Response:
    """Put a message by no longer, also one that one may not read any more."""
    tell = tell_saved.after(context)
    await context.database.write(saving.unsave, login.user_id, message_id, then=tell)
    return Response(status_code=204)


@router.get(
    "/saved", response_model=SavedPage, responses=answers("not_signed_in", "invalid", "busy")
)
async def list_saved(
    context: ContextDep,
    login: LoggedIn,
    before: Annotated[
        IdParam | None, Query(description="Those saved earlier: the `next` of the page before.")
    ] = None,
    limit: PageSize = 50,
) -> Response:
    """A page of what one has put by, of the rooms that one may enter, saved last first."""
    author = account_of(login).author
    page = await context.database.read(saving.list_saved, author, login.user_id, before, limit)
    # Encoded here: FastAPI would validate what comes from the database a second time.
    return Response(page.model_dump_json(), media_type="application/json")


@router.get("/saved/ids", responses=answers("not_signed_in", "busy"))
async def list_saved_ids(context: ContextDep, login: LoggedIn) -> SavedIds:
    """Which messages one has put by in rooms that one may enter: to mark them there."""
    author = account_of(login).author
    ids = await context.database.read(saving.list_ids, author, login.user_id)
    return SavedIds(message_ids=tuple(ids))
