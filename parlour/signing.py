"""What happens when somebody signs in: the password is looked at, the answer and its cookies."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack, asynccontextmanager
from typing import Final

from fastapi import Request, Response
from fastapi.responses import JSONResponse
from pydantic_core import PydanticCustomError

from parlour import attempts, logins
from parlour.context import Context
from parlour.effects import Then, effect
from parlour.errors import Refusal
from parlour.identity import (
    ACCESS_COOKIE,
    REFRESH_COOKIE,
    device_of,
    end_logins,
    is_secure,
    name_registered,
)
from parlour.people import Login, Opened, SignedIn
from parlour.support.origin import origin_allowed
from parlour.support.passwords import Place, PoolFull, check_password
from parlour.support.tokens import ACCESS_SECONDS

# What every route with a body may say, and every route that writes.
BODY: Final = ("cross_site", "invalid", "too_long", "bad_json", "too_large", "unsupported_type")
WRITES: Final = ("busy", "storage_full")
_OWN_SITE: Final = frozenset({"same-origin", "none"})


@effect("opened", tuple[Login, tuple[str, ...]], everywhere=True)
def login_opened(context: Context, opened: tuple[Login, tuple[str, ...]]) -> None:
    """A session was opened or renewed: it is live from now on, and what it displaced is not."""
    login, ended = opened
    context.registry.add(login)
    end_logins(context, ended)


def opened(context: Context) -> Then[tuple[Login, tuple[str, ...]]]:
    """What is told once a session is opened."""
    return login_opened.after(context, lambda session: (session.login, session.ended))


@effect("renewed", tuple[Login | None, tuple[str, ...]], everywhere=True)
def login_renewed(context: Context, renewed: tuple[Login | None, tuple[str, ...]]) -> None:
    """A session was renewed, or has ended because somebody tried to with an old token."""
    login, ended = renewed
    if login is not None:
        context.registry.add(login)
    end_logins(context, ended)


@effect("registered", tuple[str, Login, tuple[str, ...]], everywhere=True)
def account_made(context: Context, made: tuple[str, Login, tuple[str, ...]]) -> None:
    """There is a new account, and its first session."""
    username, login, ended = made
    name_registered(context, username)
    if login.role == "administrator":
        context.registry.setup_token = None
    login_opened(context, (login, ended))


def welcome(context: Context, request: Request, session: Opened, status: int = 200) -> Response:
    """The answer to whoever is signed in now: cookies, and tokens for those who have none."""
    login, tokens, secure = session.login, context.tokens, is_secure(request)
    access = tokens.access(login.user_id, login.session_id)
    refresh = tokens.refresh(session.key_id, login.session_id, session.generation)
    told = SignedIn(expires_in=ACCESS_SECONDS, user=session.user)
    if not _is_own_page(request):
        told.access_token, told.token_type, told.refresh_token = access, "bearer", refresh
    answer = told.model_dump(mode="json", exclude={"user"}, exclude_none=True)
    answer["user"] = session.user.model_dump(mode="json")
    response = JSONResponse(answer, status)
    response.headers.append("Set-Cookie", ACCESS_COOKIE.set(access, secure=secure))
    response.headers.append("Set-Cookie", REFRESH_COOKIE.set(refresh, secure=secure))
    return response


def _is_own_page(request: Request) -> bool:
    """Whether the server's own page asks: its scripts need no tokens, and so cannot lose them.

    A browser says so outright only over https and on the machine itself; elsewhere its `Origin`
    tells, which programs do not send.
    """
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None:
        return site in _OWN_SITE
    return origin is not None and origin_allowed(origin, request.headers.get("host"), ())


def take_cookies(request: Request, response: Response) -> Response:
    """The same answer, which takes the cookies of a login away."""
    for cookie in (ACCESS_COOKIE, REFRESH_COOKIE):
        response.headers.append("Set-Cookie", cookie.drop(secure=is_secure(request)))
    return response


def new_password(password: str, username: str, field: str) -> str:
    """A password that may be chosen. Raises Refusal `password_weak` or `too_long`."""
    try:
        check_password(password, username)
    except PydanticCustomError as error:
        raise Refusal(error.type, f"{field}: {error.message()}.", field=field) from None
    return password


def check_room(context: Context) -> None:
    """Raises Refusal `busy` when so many passwords wait that one more would be refused.

    Asked before a try is counted, which costs a write.
    """
    if context.passwords.full:
        raise _busy()


@asynccontextmanager
async def place_of(
    context: Context, take_back: Callable[[], Awaitable[None]]
) -> AsyncIterator[Place]:
    """A place among those whose passwords are looked at, for a try that has been counted.

    It is not taken before: what is refused for too many tries would keep others out. Where there
    is none by now, `take_back` sees to it that a crowd at the door costs nobody a try. Raises
    Refusal `busy`.
    """
    with ExitStack() as stack:
        try:
            place = stack.enter_context(context.passwords.place())
        except PoolFull:
            await take_back()
            raise _busy() from None
        yield place


def _busy() -> Refusal:
    return Refusal("busy", "Too many people sign in just now. Try again.")


async def check_again(context: Context, request: Request, login: Login, password: str) -> None:
    """Ask whoever is signed in for their password once more, before something that is for good.

    A login that was left open somewhere is no licence to guess it. Raises Refusal.
    """
    address, name = device_of(request).address, login.username
    check_room(context)
    account = await context.database.write(logins.begin_login, name, address)
    take_back = lambda: context.database.write(attempts.take_back, name, address)  # noqa: E731
    async with place_of(context, take_back) as place:
        hashed = None if account is None else account.password_hash
        if not await place.verify(hashed, password) or account is None:
            raise Refusal("wrong_credentials", "The password is wrong.", field="password")
    await context.database.write(logins.end_check, account, address)
