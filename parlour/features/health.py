"""Whether the server lives, and whether it can do its work."""

import asyncio
from functools import partial
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict

from parlour.context import Context
from parlour.database import ChatDatabase
from parlour.errors import Refusal
from parlour.status import Broker, broker_of
from parlour.support.counts import COUNTS
from parlour.web import StrictRoute, answers, context_of

router = APIRouter(route_class=StrictRoute, tags=["health"])

# SQLite's log grows by so many bytes (1,000 pages) before it is written back: where the disk has
# less, the messages of the next minute may not fit.
LEAST_FREE: Final = 4_194_304
# Whoever asks gives up soon (the image's own check after 5 s) and then knows nothing of why.
DATABASE_SECONDS: Final = 4.0

_READY: Final[dict[str, Any]] = {"status": "ok", "database": "ok", "disk": "ok", "broker": "none"}


class Health(BaseModel):
    """The answer of a server that is well."""

    status: Literal["ok"] = "ok"


class Ready(Health):
    """The answer of a server that takes work: what it looked at."""

    model_config = ConfigDict(json_schema_extra={"examples": [_READY]})

    database: Literal["ok"] = "ok"
    disk: Literal["ok"] = "ok"
    # Without Redis a node goes on, by looking for what others did.
    broker: Broker


@router.get("/healthz", summary="Liveness")
async def healthz() -> Health:
    """The process answers."""
    return Health()


@router.get("/readyz", summary="Readiness", responses=answers("busy", "storage_full"))
async def readyz(context: Annotated[Context, Depends(context_of)]) -> Ready:
    """The server takes work: it is not shutting down, its disk has room, its database can write."""
    if context.closing:
        raise Refusal("busy", "The server is shutting down.")
    await _check_disk(context)
    if context.database.unfit == "damaged":
        # Not all of it has to be: what is written here to try may lie elsewhere.
        raise Refusal("busy", "The database is damaged.")
    try:
        async with asyncio.timeout(DATABASE_SECONDS):
            # Whether it can be written is tried only where something could not be done.
            faults = sum(COUNTS.database_faults.values())
            writing = faults > context.faults_known
            await context.database.write(partial(ChatDatabase.check, writing=writing))
            context.faults_known = faults
    except TimeoutError:
        raise Refusal("busy", "The database does not answer.") from None
    return Ready(broker=broker_of(context))


async def _check_disk(context: Context) -> None:
    try:
        space = await context.volume.space()
    except TimeoutError:
        raise Refusal("busy", "The disk of the data directory does not answer.") from None
    except OSError as error:
        words = f"The data directory cannot be looked at: {error.strerror}."
        raise Refusal("storage_full", words) from None
    if space.read_only:
        raise Refusal("storage_full", "The disk of the data directory can only be read.")
    if space.free < LEAST_FREE:
        raise Refusal("storage_full", "The disk of the data directory is full.")
