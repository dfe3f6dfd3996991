"""For administrators: how the server fares."""

from fastapi import APIRouter, Request

from parlour.admission import PREFIX, Administrator, AdministratorRoute
from parlour.identity import ContextDep
from parlour.status import Look, ServerStatus
from parlour.web import answers

router = APIRouter(prefix=PREFIX, route_class=AdministratorRoute, tags=["administration"])


@router.get("/status", responses=answers("not_found"))
async def read_status(request: Request, context: ContextDep, _login: Administrator) -> ServerStatus:
    """What the node that answers has to do, how quickly it does it, and what it takes.

    Also while the database does not answer: who asks is known by heart.
    """
    state = request.app.state
    # One for all who ask.
    look: Look | None = getattr(state, "look", None)
    if look is None:
        look = state.look = Look(context)
    return await look.status()
