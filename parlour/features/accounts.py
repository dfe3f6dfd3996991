"""Accounts: sign in, stay signed in, sign out, choose a new password."""

import contextlib
from datetime import UTC, datetime

from fastapi import APIRouter, Request, Response
from pydantic_core import PydanticCustomError

from parlour import attempts, logins
from parlour.context import Context
from parlour.errors import Refusal
from parlour.identity import (
    REFRESH_COOKIE,
    ContextDep,
    LoggedIn,
    bearer_of,
    cookie_of,
    device_of,
    end_in_any_case,
    known_login,
    not_signed_in,
    shown_sessions,
)
from parlour.people import Credentials, Login, Opened, PasswordChange, Renewal, SignedIn
from parlour.signing import (
    BODY,
    WRITES,
    check_room,
    login_renewed,
    new_password,
    opened,
    place_of,
    take_cookies,
    welcome,
)
from parlour.support.names import MAX_ACCOUNT_USERNAME, account_username
from parlour.support.passwords import Place
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

    Each wrong try past a few makes the next one wait. The login that the browser had ends.
    """
    check_room(context)
    device, name = device_of(request), _name_tried(credentials.username)
    account = await context.database.write(logins.begin_login, name, device.address)
    async with _place_of(context, name, device.address) as place:
        hashed = None if account is None else account.password_hash
        if not await place.verify(hashed, credentials.password) or account is None:
            raise logins.wrong_credentials()
        rehash = context.passwords.outdated(account.password_hash)
        new_hash = await place.hash(credentials.password) if rehash else None
    session = await context.database.write(
        logins.end_login,
        account,
        device,
        context.tokens.key_id,
        new_hash,
        shown_sessions(context, request),
        then=opened(context),
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
    has a copy of it: the login ends. Cookies stay as they are when it is refused: the browser may
    have got new ones meanwhile.
    """
    asked_at = datetime.now(UTC)
    token = _refresh_token(context, request, None if renewal is None else renewal.refresh_token)

    def told(outcome: Opened | str | None) -> tuple[Login | None, tuple[str, ...]] | None:
        if isinstance(outcome, Opened):
            return outcome.login, outcome.ended
        return None if outcome is None else (None, (outcome,))

    tell = login_renewed.after(context, told)
    outcome = None
    if token is not None and token.session_id not in context.registry.unstored:
        outcome = await context.database.write(
            logins.renew, token, device_of(request), context.tokens.key_id, asked_at, then=tell
        )
    if not isinstance(outcome, Opened):
        raise not_signed_in()
    return welcome(context, request, outcome)


@router.post("/logout", status_code=204, responses=answers("not_signed_in", "cross_site", *WRITES))
async def log_out(request: Request, context: ContextDep) -> Response:
    """End this login and take its cookies away. Without one there is nothing to do.

    Where nothing can be stored, the login ends all the same, until a restart at least; the answer
    says so, and takes the cookies away.
    """
    session_ids = set(shown_sessions(context, request))
    if bearer_of(request) is not None:
        login = await known_login(context, request)
        session_ids |= set() if login is None else {login.session_id}
    answer = Response(status_code=204)
    if session_ids:
        try:
            await end_in_any_case(context, session_ids, logins.end_sessions, session_ids)
        except Refusal as refusal:
            answer = answer_of(refusal)
    return take_cookies(request, answer)


@router.post(
    "/password",
    response_model=SignedIn,
    responses=answers(
        "not_signed_in", "wrong_credentials", "rate_limited", "password_weak", *BODY, *WRITES
    ),
)
async def change_password(
    request: Request, change: PasswordChange, context: ContextDep, login: LoggedIn
) -> Response:
    """Choose a new password. All logins of the account end, and a new one begins, as by signing in.

    A token that somebody has copied is worth nothing any more.
    """
    new_password(change.new_password, login.username, "new_password")
    device = device_of(request)
    check_room(context)
    # A login that was left open somewhere is no licence to guess its password.
    account = await context.database.write(logins.begin_login, login.username, device.address)
    async with _place_of(context, login.username, device.address) as place:
        hashed = None if account is None else account.password_hash
        if not await place.verify(hashed, change.current_password) or account is None:
            raise Refusal(
                "wrong_credentials", "The current password is wrong.", field="current_password"
            )
        new_hash = await place.hash(change.new_password)
    session = await context.database.write(
        logins.change_password,
        account,
        new_hash,
        device,
        context.tokens.key_id,
        then=opened(context),
    )
    return welcome(context, request, session)


def _place_of(
    context: Context, username: str, address: str
) -> contextlib.AbstractAsyncContextManager[Place]:
    return place_of(context, lambda: context.database.write(attempts.take_back, username, address))


def _name_tried(username: str) -> str:
    """The name under which an account is looked for, and tries are counted.

    However long new names may be by today's setting: those that are there keep theirs.
    """
    # What no account can be called is tried and refused like a name that nobody has.
    with contextlib.suppress(PydanticCustomError):
        username = account_username(username)
    return username[:MAX_ACCOUNT_USERNAME]


def _refresh_token(context: Context, request: Request, given: str | None) -> Refresh | None:
    token = given or cookie_of(request, REFRESH_COOKIE)
    return None if token is None else context.tokens.read_refresh(token)
