"""For administrators: accounts, their roles, and who is kept out of the server."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Response

from parlour import administration
from parlour.administration import Banned, ChangedUser
from parlour.admission import PREFIX, Administrator, AdministratorRoute
from parlour.context import Context
from parlour.effects import effect
from parlour.errors import Refusal
from parlour.fields import IdParam
from parlour.identity import ContextDep, account_of, close, end_logins
from parlour.logins import banned
from parlour.moderation import Named
from parlour.oversight import AdminUser, AdminUserChange, ServerBan, ServerBanCreate, is_guest
from parlour.people import MAX_NAME
from parlour.realtime.presence import EVERYWHERE, author_everywhere
from parlour.support.text import name_key
from parlour.web import AfterName, NamePart, PageSize, answers

router = APIRouter(prefix=PREFIX, route_class=AdministratorRoute, tags=["administration"])

_WRITES = ("not_found", "not_allowed", "cross_site", "invalid", "busy", "storage_full")
_BODY = ("bad_json", "too_large", "unsupported_type", "too_long")
_DISABLED = "This account was disabled by an administrator."


@effect("account_changed", ChangedUser, everywhere=True)
def account_changed(context: Context, changed: ChangedUser) -> None:
    """An account has another role, or was disabled: then its logins have ended."""
    context.registry.set_role(changed.user.id, changed.user.role)
    end_logins(context, changed.ended, Refusal("not_signed_in", _DISABLED))


@effect("kept_out", Banned, everywhere=True)
def put_out(context: Context, done: Banned) -> None:
    """Somebody may not come in any more."""
    for author in filter(is_guest, done.authors):
        context.registry.ban(author, done.ban.until)
        for connection in context.manager.connections_of(author):
            close(connection, banned())
    end_logins(context, done.ended, banned())


@effect("let_in", str, everywhere=True)
def let_in(context: Context, author: str) -> None:
    """Somebody may come in again."""
    context.registry.unban(author)


@router.get("/users", responses=answers("not_found", "invalid", "too_long", "busy"))
async def list_users(
    context: ContextDep,
    login: Administrator,
    query: NamePart = "",
    after: AfterName = None,
    limit: PageSize = 50,
) -> list[AdminUser]:
    """A page of all accounts by username, those included that may not be used."""
    return await context.database.read(
        administration.list_users, account_of(login), query, after, limit
    )


@router.patch("/users/{username}", responses=answers(*_WRITES, *_BODY))
async def change_user(
    username: Annotated[str, Path(max_length=MAX_NAME, description="The account, in any case.")],
    change: AdminUserChange,
    context: ContextDep,
    login: Administrator,
) -> AdminUser:
    """Give an account another role, or let it not be used any more; both hold at once.

    Disabling it ends its logins and connections. There is always an administrator left.
    """
    tell = account_changed.after(context)
    changed = await context.database.write(
        administration.change_user, account_of(login), username, change.changes(), then=tell
    )
    return changed.user


@router.get("/bans", responses=answers("not_found", "busy"))
async def list_bans(context: ContextDep, login: Administrator) -> list[ServerBan]:
    """Who is kept out of the server, the newest ban first."""
    return await context.database.read(administration.list_bans, account_of(login))


@router.post("/bans", status_code=201, responses=answers(*_WRITES, *_BODY, "name_invalid"))
async def ban(ban: ServerBanCreate, context: ContextDep, login: Administrator) -> ServerBan:
    """Keep an account, or a guest who is online, out of the server.

    Their logins and connections end at once.
    """
    tell = put_out.after(context)
    until = None if ban.seconds is None else datetime.now(UTC) + timedelta(seconds=ban.seconds)
    named = Named(ban.username, await _online(context, ban.username))
    done = await context.database.write(
        administration.ban, account_of(login), named, until, ban.reason, then=tell
    )
    return done.ban


async def _online(context: Context, username: str) -> list[tuple[str, str]]:
    """The guests who are online under this very name, in any case."""
    called = name_key(username)
    if context.peers is None:
        found = {
            (author, connection.username)
            for author in context.registry.guests_called(username)
            for connection in context.manager.connections_of(author)
            if name_key(connection.username) == called
        }
    else:
        await context.peers.listen()
        found = {
            (author_everywhere(key), name)
            for key, name in context.manager.presence.named(EVERYWHERE, username)
        }
    return sorted(each for each in found if is_guest(each[0]))


@router.delete(
    "/bans/{ban_id}",
    status_code=204,
    responses=answers("not_found", "cross_site", "invalid", "busy", "storage_full"),
)
async def lift_ban(
    ban_id: Annotated[IdParam, Path(description="The ban.")],
    context: ContextDep,
    login: Administrator,
) -> Response:
    """Let somebody in again."""
    await context.database.write(
        administration.lift_ban, account_of(login), ban_id, then=let_in.after(context)
    )
    return Response(status_code=204)
