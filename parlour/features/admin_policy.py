"""For administrators: who may come in, for how long messages are kept, and invitations."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Path, Response
from sqlalchemy import Connection

from parlour import administration, purging
from parlour.admission import PREFIX, Administrator, AdministratorRoute, page_policy
from parlour.context import Context
from parlour.effects import effect
from parlour.errors import Refusal
from parlour.fields import IdParam
from parlour.identity import ContextDep, account_of, close
from parlour.membership import Invite, NewInvite, RoomInviteCreate
from parlour.models import Person
from parlour.oversight import Policy, PolicyChange
from parlour.support.tokens import random_id
from parlour.web import answers

router = APIRouter(prefix=PREFIX, route_class=AdministratorRoute, tags=["administration"])

_WRITES = ("not_found", "cross_site", "invalid", "busy", "storage_full")
_BODY = ("not_allowed", "bad_json", "too_large", "unsupported_type")
# Connections that are looked at in one turn of the event loop.
SLICE: Final = 256


@router.get("/policy", responses=answers("not_found", "busy"))
async def get_policy(context: ContextDep, login: Administrator) -> Policy:
    """What administrators decide; `fixed` names what is set where the server starts."""
    given = Policy.of(context.settings)
    return await context.database.read(administration.get_policy, account_of(login), given)


@router.patch("/policy", responses=answers(*_WRITES, *_BODY))
async def change_policy(change: PolicyChange, context: ContextDep, login: Administrator) -> Policy:
    """Decide it anew; it holds at once. Without guests, those who are here are sent away."""
    tell = policy_changed.after(context)
    given = Policy.of(context.settings)
    return await context.database.write(
        _change_policy, account_of(login), given, change.changes(), then=tell
    )


def _change_policy(
    connection: Connection, by: Person, given: Policy, changes: dict[str, str | int]
) -> Policy:
    policy = administration.change_policy(connection, by, given, changes)
    if "retention_days" in changes:
        purging.begin(connection)
    return policy


@effect("policy", Policy, everywhere=True)
def policy_changed(context: Context, policy: Policy) -> None:
    """Another policy holds, here with what is fixed here."""
    closed = policy.guests == "off" and context.policy.guests == "on"
    context.policy = policy.model_copy(update={"fixed": context.policy.fixed})
    context.configure_page(page_policy(context.policy))
    # What is over by a new rule goes soon.
    context.due.set()
    if closed:
        context.tasks.spawn(_send_guests_away(context))


async def _send_guests_away(context: Context) -> None:
    refusal = Refusal("guests_off", "Only people with an account may come in here now.")
    for position, connection in enumerate(context.manager.connections()):
        if position % SLICE == 0:
            await asyncio.sleep(0)
        if connection.guest:
            close(connection, refusal)


@router.get("/invites", responses=answers("not_found", "busy"))
async def list_invites(context: ContextDep, login: Administrator) -> list[Invite]:
    """The invitations to make accounts that are still good; their tokens are not told again."""
    return await context.database.read(administration.list_invites, account_of(login))


@router.post("/invites", status_code=201, responses=answers(*_WRITES, *_BODY))
async def create_invite(
    invite: RoomInviteCreate, context: ContextDep, login: Administrator
) -> NewInvite:
    """A new invitation. Whoever has its token makes an account with it, as often as it says."""
    token = random_id()
    ends = datetime.now(UTC) + timedelta(days=invite.days)
    made = await context.database.write(
        administration.create_invite, account_of(login), token, ends, invite.uses
    )
    return NewInvite.model_construct(**made.model_dump(), token=token)


@router.delete("/invites/{invite_id}", status_code=204, responses=answers(*_WRITES))
async def delete_invite(
    invite_id: Annotated[IdParam, Path(description="The invitation.")],
    context: ContextDep,
    login: Administrator,
) -> Response:
    """Take an invitation back: nobody makes an account with it any more."""
    await context.database.write(administration.delete_invite, account_of(login), invite_id)
    return Response(status_code=204)
