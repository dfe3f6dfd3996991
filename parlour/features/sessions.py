"""Logins as their owner sees them: list, end one, end all, a ticket for a WebSocket."""

import asyncio
import logging
from typing import Annotated, Final

from fastapi import APIRouter, Path, Response

from parlour import logins
from parlour.context import Context
from parlour.errors import Refusal
from parlour.identity import ContextDep, LoggedIn, end_in_any_case, end_logins, ticket_of
from parlour.jobs import Task, job
from parlour.people import Login, Session, TicketAnswer
from parlour.registry import TICKET_SECONDS
from parlour.web import StrictRoute, answers

logger = logging.getLogger(__name__)
router = APIRouter(prefix="/api/auth", route_class=StrictRoute, tags=["accounts"])

# Seconds between two looks for what has ended by itself.
TIDY_INTERVAL: Final = 60.0


@router.get("/sessions", responses=answers("not_signed_in", "busy"))
async def list_sessions(context: ContextDep, login: LoggedIn) -> list[Session]:
    """Where this account is signed in, the login renewed last first."""
    sessions = await context.database.read(logins.list_sessions, login)
    return [session for session in sessions if session.id not in context.registry.unstored]


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
    own = [each for each in _live(context, login) if each == session_id]
    await end_in_any_case(context, own, logins.end_session, login.user_id, session_id)
    return Response(status_code=204)


@router.delete(
    "/sessions",
    status_code=204,
    responses=answers("not_signed_in", "cross_site", "busy", "storage_full"),
)
async def end_all_sessions(context: ContextDep, login: LoggedIn) -> Response:
    """End every login of this account, this one too."""
    await end_in_any_case(context, _live(context, login), logins.end_all, login.user_id)
    return Response(status_code=204)


def _live(context: Context, login: Login) -> list[str]:
    """The live sessions of an account, as the memory has them."""
    logins_now = context.registry.logins.values()
    return [each.session_id for each in logins_now if each.user_id == login.user_id]


@router.post("/ticket", responses=answers("not_signed_in", "cross_site"))
async def give_ticket(context: ContextDep, login: LoggedIn) -> TicketAnswer:
    """What opens one WebSocket as this login, for clients that cannot send a header there."""
    ticket = await ticket_of(context, login)
    return TicketAnswer(ticket=ticket, expires_in=TICKET_SECONDS)


async def tidy(context: Context) -> None:
    """Forget, for ever, what has come to its end by itself, and store what could not be before."""
    while True:
        end_logins(context, context.registry.expired())
        unstored = frozenset(context.registry.unstored)
        try:
            if unstored:
                await context.database.write(logins.end_sessions, unstored)
                context.registry.unstored -= unstored
        except Refusal as refusal:
            # A full disk or a foreign lock: what has ended is believed no more in any case.
            logger.warning("ended logins still take space: %s", refusal.detail)
        await asyncio.sleep(TIDY_INTERVAL)


@job("tidy_logins", every=TIDY_INTERVAL)
async def tidy_logins(context: Context, task: Task[None]) -> None:
    """Take away logins that have ended by themselves, and what counts no longer."""
    del context
    await task.end(logins.tidy)
