"""Profiles: one's own, and what others may see of it."""

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic_core import PydanticCustomError

from parlour import logins
from parlour.context import Context
from parlour.effects import effect
from parlour.errors import Refusal
from parlour.identity import Admitted, ContextDep, LoggedIn
from parlour.people import MAX_NAME, Profile, ProfileChange, User
from parlour.support.names import account_username
from parlour.web import StrictRoute, answers

router = APIRouter(prefix="/api/users", route_class=StrictRoute, tags=["people"])


@effect("shares", tuple[int, bool])
def share(context: Context, change: tuple[int, bool]) -> None:
    """Somebody lets others know how far they have read, or does not."""
    user_id, shares = change
    context.news.share(user_id, shares=shares)


@router.get("/me", responses=answers("not_signed_in", "busy"))
async def get_me(context: ContextDep, login: LoggedIn) -> User:
    """The account that is signed in."""
    return await context.database.read(logins.get_user, login.user_id)


@router.patch(
    "/me",
    responses=answers(
        "not_signed_in", "cross_site", "invalid", "empty", "too_long", "name_invalid",
        "bad_json", "too_large", "unsupported_type", "busy", "storage_full",
    ),
)  # fmt: skip
async def change_me(change: ProfileChange, context: ContextDep, login: LoggedIn) -> User:
    """Change one's profile; what is left out stays, null takes away."""
    tell = share.after(context, lambda user: (user.id, user.read_receipts))
    return await context.database.write(
        logins.change_profile, login.user_id, change.changes(), then=tell
    )


@router.get(
    "/{username}", responses=answers("not_signed_in", "banned", "not_found", "too_long", "busy")
)
async def get_profile(
    username: Annotated[str, Path(max_length=MAX_NAME, description="Whose, in any case.")],
    context: ContextDep,
    _login: Admitted,
) -> Profile:
    """What everybody may see of an account."""
    try:
        name = account_username(username)
    except PydanticCustomError:
        raise Refusal("not_found", "There is nobody with this name.") from None
    user = await context.database.read(logins.find_user, name)
    return Profile.model_construct(**user.model_dump(exclude={"id", "role", "read_receipts"}))
