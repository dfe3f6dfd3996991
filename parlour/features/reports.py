"""Telling those who moderate of a message, and what became of that."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

from parlour import reporting
from parlour.fields import MAX_PAGE, IdParam
from parlour.identity import Admitted, ContextDep, LoggedIn, account_of, person_of
from parlour.oversight import Report, ReportChange, ReportCreate, ReportMade
from parlour.web import BeforeReport, PageSize, StrictRoute, answers

router = APIRouter(prefix="/api/chat", route_class=StrictRoute, tags=["moderation"])

_BODY = ("bad_json", "too_large", "unsupported_type")
_MADE: dict[int | str, dict[str, Any]] = {
    200: {"model": ReportMade, "description": "One had reported it before."}
}


@router.post(
    "/messages/{message_id}/report",
    status_code=201,
    responses=_MADE
    | answers(
        "not_signed_in", "cross_site", "not_found", "banned", "invalid", "empty", "too_long",
        "name_invalid", "name_taken", "name_reserved", "rate_limited", "busy", "storage_full",
        *_BODY,
    ),
)  # fmt: skip
async def report_message(
    request: Request,
    response: Response,
    message_id: Annotated[IdParam, Path(description="The message.")],
    report: ReportCreate,
    context: ContextDep,
    login: Admitted,
    username: Annotated[
        str | None, Query(description="Who reports it; not needed with a login.")
    ] = None,
) -> ReportMade:
    """Tell the room's moderators and the administrators of a message, which is kept as it stands.

    One person reports a message once; to do it again answers 200 with the first report.
    """
    person = person_of(context, request, login, username)
    report_id, new = await context.database.write(
        reporting.report, person, message_id, report.reason
    )
    if not new:
        response.status_code = 200
    return ReportMade(id=report_id)


@router.get(
    "/rooms/{room_id}/reports",
    responses=answers("not_signed_in", "not_found", "not_allowed", "banned", "invalid", "busy"),
)
async def list_room_reports(
    room_id: Annotated[IdParam, Path(description="The room.")],
    context: ContextDep,
    login: LoggedIn,
    before: BeforeReport = None,
    limit: PageSize = MAX_PAGE,
) -> list[Report]:
    """A page of the reports about a room's messages, open ones first, newest first."""
    author = account_of(login).author
    return await context.database.read(reporting.list_room_reports, author, room_id, before, limit)


@router.patch(
    "/reports/{report_id}",
    responses=answers(
        "not_signed_in", "cross_site", "not_found", "invalid", "busy", "storage_full", *_BODY
    ),
)
async def resolve_report(
    report_id: Annotated[IdParam, Path(description="The report.")],
    _change: ReportChange,
    context: ContextDep,
    login: LoggedIn,
) -> Report:
    """Say that a report has been seen to. It stays."""
    return await context.database.write(reporting.resolve, account_of(login), report_id)
