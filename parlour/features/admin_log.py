"""For administrators: what was reported, and what was done with power over others."""

from typing import Annotated

from fastapi import APIRouter, Query

from parlour import administration
from parlour.admission import PREFIX, Administrator, AdministratorRoute
from parlour.fields import MAX_PAGE, IdParam
from parlour.identity import ContextDep, account_of
from parlour.oversight import AuditEntry, Report
from parlour.web import BeforeReport, PageSize, answers

router = APIRouter(prefix=PREFIX, route_class=AdministratorRoute, tags=["administration"])


@router.get("/reports", responses=answers("not_found", "invalid", "busy"))
async def list_reports(
    context: ContextDep,
    login: Administrator,
    before: BeforeReport = None,
    limit: PageSize = MAX_PAGE,
) -> list[Report]:
    """A page of the reports of all rooms, open ones first, newest first."""
    by = account_of(login)
    return await context.database.read(administration.list_reports, by, before, limit)


@router.get("/audit", responses=answers("not_found", "invalid", "busy"))
async def read_audit(
    context: ContextDep,
    login: Administrator,
    before: Annotated[IdParam | None, Query(description="Those before this entry.")] = None,
    limit: PageSize = 50,
) -> list[AuditEntry]:
    """A page of the audit log, the newest entry first."""
    return await context.database.read(administration.read_log, account_of(login), before, limit)
