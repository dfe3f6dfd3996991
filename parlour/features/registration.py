"""Making accounts: for everybody, by invitation, and the first administrator's."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Request, Response

from parlour import attempts, logins
from parlour.context import Context
from parlour.errors import Refusal
from parlour.identity import (
    ContextDep,
    account_name,
    check_guest,
    device_of,
    guest_name,
    guest_of,
    shown_sessions,
)
from parlour.logins import NewAccount
from parlour.people import (
    MAX_DISPLAY_NAME,
    AccountCreate,
    Login,
    Opened,
    Role,
    SetupCreate,
    SignedIn,
)
from parlour.signing import (
    BODY,
    WRITES,
    account_made,
    check_room,
    new_password,
    place_of,
    welcome,
)
from parlour.web import StrictRoute, answers

router = APIRouter(prefix="/api/auth", route_class=StrictRoute, tags=["accounts"])


@router.post(
    "/register",
    status_code=201,
    response_model=SignedIn,
    responses=answers(
        "registration_closed", "invite_needed", "invite_invalid", "banned", "name_taken",
        "name_reserved", "name_invalid", "empty", "password_weak", "rate_limited", *BODY, *WRITES,
    ),
)  # fmt: skip
async def register(request: Request, wanted: AccountCreate, context: ContextDep) -> Response:
    """Make an account and sign in. It says when a name is taken, and how often one may ask."""
    mode, invite = context.policy.registration, None
    if mode == "closed":
        raise Refusal("registration_closed", "This server makes no new accounts.")
    # Whoever was sent away does not come back as somebody else.
    check_guest(context, request)
    if mode == "invite":
        invite = wanted.invite
        if invite is None:
            raise Refusal("invite_needed", "A new account needs an invitation here.")
        # Whoever brings none that is good does not learn whose names are taken.
        await context.database.read(logins.check_invite, invite)
    new = _account(context, wanted.username, wanted.password, wanted.display_name)
    address = device_of(request).address
    check_room(context)
    await context.database.write(attempts.count_registration, address)
    session = await _create(
        context, request, new, wanted.password,
        lambda: context.database.write(attempts.take_registration_back, address),
        logins.register, invite,
    )  # fmt: skip
    return welcome(context, request, session, 201)


@router.post(
    "/setup",
    status_code=201,
    response_model=SignedIn,
    responses=answers(
        "invite_invalid", "name_taken", "name_reserved", "name_invalid", "empty", "password_weak",
        *BODY, *WRITES,
    ),
)  # fmt: skip
async def set_up(request: Request, wanted: SetupCreate, context: ContextDep) -> Response:
    """Make the first administrator, by the link that the server printed when it started."""
    new = _account(context, wanted.username, wanted.password, None, role="administrator")
    if not context.registry.take_setup(wanted.token):
        raise Refusal("invite_invalid", "This link is wrong, or was used.")
    try:
        session = await _create(
            context, request, new, wanted.password, _nothing_counted, logins.set_up
        )
    except BaseException:
        # Nobody was made: the link is still the one that was printed.
        context.registry.setup_token = wanted.token
        raise
    return welcome(context, request, session, 201)


def _account(
    context: Context,
    username: str,
    password: str,
    display_name: str | None,
    role: Role = "member",
) -> NewAccount:
    """What an account would be made of, but for its hash. Raises Refusal."""
    name = account_name(context, username)
    context.registry.check_reserved(name)
    new_password(password, name, "password")
    shown = display_name or guest_name(context, username)[:MAX_DISPLAY_NAME]
    return NewAccount(name, shown, "", role)


async def _nothing_counted() -> None:
    """What there is to take back of a try that nobody counts."""


async def _create(
    context: Context,
    request: Request,
    new: NewAccount,
    password: str,
    take_back: Callable[[], Awaitable[None]],
    operation: Callable[..., Opened],
    *args: Any,
) -> Opened:
    """Hash the password and make the account, with its name kept for it meanwhile."""
    replaced = shown_sessions(context, request)
    guest_id = guest_of(context, request)

    def told(session: Opened) -> tuple[str, Login, tuple[str, ...]]:
        return session.user.username, session.login, session.ended

    tell = account_made.after(context, told)
    with context.registry.registering(new.username, f"guest:{guest_id}"):
        async with place_of(context, take_back) as place:
            whole = replace(new, password_hash=await place.hash(password))
        return await context.database.write(
            operation, whole, device_of(request), context.tokens.key_id, replaced, *args, then=tell
        )
