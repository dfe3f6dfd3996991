"""Whether the server lives, and whether it can do its work."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from parlour.context import Context
from parlour.database import ChatDatabase
from parlour.errors import Refusal
from parlour.web import StrictRoute, answers, context_of

router = APIRouter(route_class=StrictRoute, tags=["health"])


class Health(BaseModel):
    """The answer of a server that is well."""

    status: Literal["ok"] = "ok"


@router.get("/healthz", summary="Liveness")
async def healthz() -> Health:
    """The process answers."""
    return Health()


@router.get("/readyz", summary="Readiness", responses=answers("busy"))
async def readyz(context: Annotated[Context, Depends(context_of)]) -> Health:
    """The server takes work: it is not shutting down, and its database reads and can be locked."""
    if context.closing:
        raise Refusal("busy", "The server is shutting down.")
    await context.database.write(ChatDatabase.check)
    return Health()
