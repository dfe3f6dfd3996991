"""Logins as their owner sees them: list, end one, end all, a ticket for a WebSocket."""

import asyncio
import logging
from typing import Annotated, Final

from fastapi import APIRouter, Path, Response

from parlour import logins
from parlour.context import Context
from parlour.errors import Refusal
from parlour.identity import ContextDep, LoggedIn, end_logins
from parlour.people import Session, TicketAnswer
from parlour.registry import TICKET_SECONDS
from parlour.web import StrictRoute, answers

logger = logging.getLogger(__name__)
router = APIRouter(prefix="/api/auth", route_class=StrictRoute, tags=["accounts"])

# Seconds between two looks for what has ended by itself.
TIDY_INTERVAL: Final = 60.0


@router.get("/sessions", responses=answers("not_signed_in", "busy"))
async def list_sessions(context: ContextDep, login: LoggedIn) -> list[Session]:
    """Where this account is signed in, the login renewed last first."""
    return await context.database.read(logins.list_sessions, login)


@router.delete(
    "/sessions/{session_id}",
    status_code=204,
    responses=answers(
        "not_signed_in", "cross_site", "not_found", "too_long", "busy", "storage_full"
    ),
)
async def end_session(
    session_id: Annotated[str, Path(max_length=64, description="The login's id.")],
    context: ContextDep,
    login: LoggedIn,
) -> Response:
    """End one login of this account; its connections are closed at once."""
    await context.database.write(
        logins.end_session,
        login.user_id,
        session_id,
        then=lambda ended: end_logins(context, [ended]),
    )
    return Response(status_code=204)


@router.delete(
    "/sessions",
    status_code=204,
    responses=answers("not_signed_in", "cross_site", "busy", "storage_full"),
)
async def end_all_sessions(context: ContextDep, login: LoggedIn) -> Response:
    """End every login of this account, this one too."""
    await context.database.write(
        logins.end_all, login.user_id, then=lambda ended: end_logins(context, ended)
    )
    return Response(status_code=204)


@router.post("/ticket", responses=answers("not_signed_in", "cross_site"))
async def give_ticket(context: ContextDep, login: LoggedIn) -> TicketAnswer:
    """What opens one WebSocket as this login, for clients that cannot send a header there."""
    ticket = context.registry.tickets.give(login.session_id)
    return TicketAnswer(ticket=ticket, expires_in=TICKET_SECONDS)


async def tidy(context: Context) -> None:
    """End, for ever, what has come to its end by itself, and forget what counts no longer."""
    while True:
        end_logins(context, context.registry.expired())
        try:
            await context.database.write(logins.tidy)
        except Refusal as refusal:
            # A full disk or a foreign lock: what has ended is believed no more in any case.
            logger.warning("ended logins still take space: %s", refusal.detail)
        await asyncio.sleep(TIDY_INTERVAL)
