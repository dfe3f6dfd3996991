"""Accounts: sign in, stay signed in, sign out, choose a new password."""

from fastapi import APIRouter, Request, Response

from parlour import logins
from parlour.context import Context
from parlour.errors import Refusal
from parlour.identity import (
    REFRESH_COOKIE,
    ContextDep,
    LoggedIn,
    account_name,
    bearer_of,
    cookie_of,
    device_of,
    end_logins,
    is_secure,
    login_of,
    not_signed_in,
)
from parlour.people import Credentials, Opened, PasswordChange, Renewal, SignedIn
from parlour.signing import (
    BODY,
    WRITES,
    check_room,
    hash_of,
    new_password,
    opened,
    take_cookies,
    verified,
    welcome,
)
from parlour.support.tokens import Refresh
from parlour.web import StrictRoute, answer_of, answers

router = APIRouter(prefix="/api/auth", route_class=StrictRoute, tags=["accounts"])


@router.post(
    "/login",
    response_model=SignedIn,
    responses=answers("wrong_credentials", "banned", "rate_limited", *BODY, *WRITES),
)
async def log_in(request: Request, credentials: Credentials, context: ContextDep) -> Response:
    """Sign in. Whether the name or the password was wrong is not said; it takes the same time.

    Each wrong try past a few makes the next one wait.
    """
    check_room(context)
    device = device_of(request)
    try:
        name = account_name(context, credentials.username)
    except Refusal:
        # No account has such a name: it is tried and refused like one that nobody has.
        name = credentials.username[: context.settings.max_username_length]
    account = await context.database.write(logins.begin_login, name, device.address)
    hashed = None if account is None else account.password_hash
    if not await verified(context, hashed, credentials.password) or account is None:
        raise logins.wrong_credentials()
    rehash = context.passwords.outdated(account.password_hash)
    new_hash = await hash_of(context, credentials.password) if rehash else None
    key_id = context.tokens.key_id

    def tell(session: Opened) -> None:
        opened(context, session)

    session = await context.database.write(
        logins.end_login, account, device, key_id, new_hash, then=tell
    )
    return welcome(context, request, session)


@router.post(
    "/refresh",
    response_model=SignedIn,
    responses=answers("not_signed_in", *BODY, *WRITES),
)
async def renew(request: Request, context: ContextDep, renewal: Renewal | None = None) -> Response:
    """New tokens for a refresh token, given in the body or as a cookie; each is good for one use.

    For 10 s the one just used gives the same new one again. When an older one comes back, somebody
    has a copy of it: the login ends.
    """
    token = _refresh_token(context, request, None if renewal is None else renewal.refresh_token)

    def tell(outcome: Opened | str | None) -> None:
        if isinstance(outcome, Opened):
            opened(context, outcome)
        elif outcome is not None:
            end_logins(context, [outcome])

    outcome = None
    if token is not None:
        outcome = await context.database.write(
            logins.renew, token, device_of(request), context.tokens.key_id, then=tell
        )
    if not isinstance(outcome, Opened):
        # A browser must not come again and again with what is worth nothing.
        return take_cookies(request, answer_of(not_signed_in()))
    return welcome(context, request, outcome)


@router.post("/logout", status_code=204, responses=answers("not_signed_in", "cross_site", *WRITES))
async def log_out(request: Request, context: ContextDep) -> Response:
    """End this login and take its cookies away. Without one there is nothing to do."""
    session_ids = set()
    try:
        login = login_of(context, request)
    except Refusal:
        if bearer_of(request) is not None:
            raise
        login = None
    if login is not None:
        session_ids.add(login.session_id)
    token = _refresh_token(context, request, None)
    if token is not None:
        session_ids.add(token.session_id)
    if session_ids:
        await context.database.write(
            logins.end_sessions, session_ids, then=lambda ended: end_logins(context, ended)
        )
    return take_cookies(request, Response(status_code=204))


@router.post(
    "/password",
    status_code=204,
    responses=answers(
        "not_signed_in", "wrong_credentials", "rate_limited", "password_weak", *BODY, *WRITES
    ),
)
async def change_password(
    request: Request, change: PasswordChange, context: ContextDep, login: LoggedIn
) -> Response:
    """Choose a new password. All other logins of the account end."""
    new_password(change.new_password, login.username, "new_password")
    address = device_of(request).address
    check_room(context)
    # A login that was left open somewhere is no licence to guess its password.
    account = await context.database.write(logins.begin_login, login.username, address)
    hashed = None if account is None else account.password_hash
    if not await verified(context, hashed, change.current_password) or account is None:
        raise Refusal(
            "wrong_credentials", "The current password is wrong.", field="current_password"
        )
    new_hash = await hash_of(context, change.new_password)
    await context.database.write(
        logins.change_password,
        account,
        new_hash,
        login.session_id,
        address,
        then=lambda ended: end_logins(context, ended),
    )
    return Response(status_code=204)


def _refresh_token(context: Context, request: Request, given: str | None) -> Refresh | None:
    token = given or cookie_of(request, REFRESH_COOKIE.name(secure=is_secure(request)))
    return None if token is None else context.tokens.read_refresh(token)
