"""For administrators: what people take along, and those who leave for good."""

from typing import Annotated

from fastapi import APIRouter, Path, Response
from sqlalchemy import Connection

from parlour import administration, audit, removing, takeouts
from parlour.admission import PREFIX, Administrator, AdministratorRoute
from parlour.errors import Refusal
from parlour.identity import ContextDep, account_of
from parlour.leaving import Mode, OwnExport, Removal
from parlour.models import Person
from parlour.people import MAX_NAME
from parlour.removing import Removed
from parlour.store import users
from parlour.web import answers

router = APIRouter(prefix=PREFIX, route_class=AdministratorRoute, tags=["administration"])

_WRITES = ("not_found", "not_allowed", "cross_site", "too_long", "busy", "storage_full")
_BODY = ("invalid", "bad_json", "too_large", "unsupported_type")
Whom = Annotated[str, Path(max_length=MAX_NAME, description="The account, in any case.")]


@router.post("/users/{username}/export", status_code=202, responses=answers(*_WRITES))
async def export_user(username: Whom, context: ContextDep, login: Administrator) -> OwnExport:
    """Have an archive made of somebody's own data, which only they can fetch."""
    tell = takeouts.tell_due.after(context)
    return await context.database.write(_export, account_of(login), username, then=tell)


@router.post("/users/{username}/removal", status_code=204, responses=answers(*_WRITES, *_BODY))
async def remove_user(
    username: Whom, removal: Removal, context: ContextDep, login: Administrator
) -> Response:
    """Let an account be nobody's any more, and what it has written stay without a name, or go."""
    tell = removing.person_removed.after(context)
    await context.database.write(_remove, account_of(login), username, removal.mode, then=tell)
    return Response(status_code=204)


def _find(connection: Connection, by: Person, username: str) -> tuple[int, str]:
    administration.check(connection, by)
    account = users.find_account(connection, username)
    if account is None:
        raise Refusal("not_found", f"There is nobody called {username[:64]}.")
    return account.user.id, account.user.username


def _export(connection: Connection, by: Person, username: str) -> OwnExport:
    user_id, name = _find(connection, by, username)
    if users.get_user(connection, user_id) is None:
        words = f"{name} cannot sign in, so nobody could fetch it: use parlour export --person."
        raise Refusal("not_allowed", words)
    audit.note(connection, by, "user.export", name)
    return takeouts.ask(connection, user_id)


def _remove(connection: Connection, by: Person, username: str, mode: Mode) -> Removed:
    user_id, _ = _find(connection, by, username)
    if by.author == f"user:{user_id}":
        raise Refusal("not_allowed", "You leave by your own settings, with your password.")
    return removing.remove(connection, by, user_id, mode)
