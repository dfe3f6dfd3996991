"""Who a request or a connection is from: bearer, cookie, ticket, or only a name."""

import contextlib
from collections.abc import Callable, Collection
from typing import Annotated, Any, Final

from fastapi import Depends, Request
from pydantic_core import PydanticCustomError
from starlette.requests import HTTPConnection

from parlour.context import Context, check_text_length
from parlour.effects import effect
from parlour.errors import Refusal
from parlour.logins import SESSION_LIFE
from parlour.models import Person
from parlour.pacing import COST
from parlour.people import MAX_USER_AGENT, Device, Login
from parlour.protocol import encode_error
from parlour.realtime.broker import Unreachable
from parlour.realtime.connection import Connection
from parlour.registry import TICKET_SECONDS
from parlour.support.addresses import address_of
from parlour.support.cookies import Cookie, cookies
from parlour.support.names import account_forms, account_username, spoken_forms
from parlour.support.text import clean_name, name_key
from parlour.support.tokens import ACCESS_SECONDS, random_id
from parlour.web import context_of

ACCESS_COOKIE, REFRESH_COOKIE, GUEST_COOKIE = cookies(
    ACCESS_SECONDS, int(SESSION_LIFE.total_seconds())
)
# Longer than any ticket is.
MAX_TICKET: Final = 64
# A connection whose session ended is closed with the code of `not_signed_in`.
_ENDED: Final = "You have been signed out. Sign in to go on."

ContextDep = Annotated[Context, Depends(context_of)]


def is_secure(http: HTTPConnection) -> bool:
    """Whether it came over TLS, as far as a trusted proxy or the server itself says."""
    return http.scope["scheme"] in ("https", "wss")


def device_of(http: HTTPConnection) -> Device:
    """Where a request comes from, as far as a trusted proxy says."""
    host = http.client.host if http.client else None
    agent = http.headers.get("user-agent", "").encode("latin-1").decode(errors="replace")
    return Device(address_of(host), agent[:MAX_USER_AGENT])


def payer_of(person: Person, address: str) -> str:
    """For whom it is counted what somebody does.

    A bare name is everybody's who gives it: by the address they are told apart, so that nobody
    takes what others have.
    """
    return f"{person.author}|{address}" if person.author.startswith("name:") else person.author


def charge(context: Context, http: HTTPConnection, payer: str) -> None:
    """Count a request for whoever asks, once. Raises Refusal `rate_limited`."""
    cost = http.scope.pop(COST, None)
    if cost is not None:
        context.limits.check(cost, payer=payer)


def login_of(context: Context, http: HTTPConnection) -> Login | None:
    """The login that a request or handshake shows; None when it shows none.

    Raises Refusal `not_signed_in` for one that is wrong or has ended: it is never taken for a
    guest's, so that whoever was signed out does not go on under another identity unawares.
    """
    bearer = bearer_of(http)
    if bearer is not None:
        return _read(context, bearer)
    cookie = cookie_of(http, ACCESS_COOKIE)
    # Where the refresh cookie stands twice somebody else has put one there, and neither counts.
    renewing = cookie_of(http, REFRESH_COOKIE)
    if cookie is None:
        return None
    login = _read(context, cookie)
    if renewing is not None:
        # A browser loses the access cookie first: one that somebody else puts in its place is
        # found out by the refresh cookie beside it, which is of another session.
        refresh = context.tokens.read_refresh(renewing)
        if refresh is None or refresh.session_id != login.session_id:
            raise not_signed_in()
    return login


async def known_login(context: Context, http: HTTPConnection) -> Login | None:
    """As `login_of`; of a login that another node may have opened just now, that is found out."""
    try:
        return login_of(context, http)
    except Refusal:
        if context.peers is None:
            raise
    with contextlib.suppress(Refusal):
        await context.peers.catch_up()
    return login_of(context, http)


def bearer_of(http: HTTPConnection) -> str | None:
    """The token in `Authorization`, if there is such a header; of what is no bearer, none.

    Basic is passed over: a proxy before the server may ask for it and hand it on.
    """
    header = http.headers.get("authorization")
    if header is None:
        return None
    scheme, _, token = header.partition(" ")
    if scheme.lower() == "basic":
        return None
    return token.strip() if scheme.lower() == "bearer" else ""


async def ticket_of(context: Context, login: Login) -> str:
    """A ticket that opens one WebSocket as a login, on whatever node."""
    if context.peers is not None:
        ticket = random_id()
        if await context.peers.give_ticket(ticket, login.session_id, TICKET_SECONDS):
            return ticket
    # Another one than may have been kept elsewhere without a word: each is good once.
    return context.registry.tickets.give(login.session_id)


async def login_by_ticket(context: Context, ticket: str) -> Login:
    """The login that a ticket was given to, which it opens nothing for again. Raises Refusal."""
    session_id = context.registry.tickets.take(ticket)
    if session_id is None and context.peers is not None and len(ticket) <= MAX_TICKET:
        with contextlib.suppress(Unreachable):
            session_id = await context.peers.take_ticket(ticket)
        if session_id is not None and context.registry.login(session_id) is None:
            with contextlib.suppress(Refusal):
                await context.peers.catch_up()
    login = None if session_id is None else context.registry.login(session_id)
    if login is None:
        raise not_signed_in()
    return login


def not_signed_in() -> Refusal:
    """For whatever needs a login, or came with one that is worth nothing."""
    return Refusal("not_signed_in", "Sign in to do this.")


def cookie_of(http: HTTPConnection, cookie: Cookie) -> str | None:
    """A login's cookie, where the request sent it.

    Raises Refusal `not_signed_in` when it stands there twice: one of them was put there by
    somebody else (a page of a neighbouring host can), and nothing tells which.
    """
    values = _values(http, cookie)
    if len(values) > 1:
        raise not_signed_in()
    return values[0] if values else None


def shown_sessions(context: Context, http: HTTPConnection) -> frozenset[str]:
    """The sessions that a browser's cookies are of, ended or not, also where one stands twice."""
    tokens = context.tokens
    read = [tokens.read_access(value) for value in _values(http, ACCESS_COOKIE)]
    renewing = [tokens.read_refresh(value) for value in _values(http, REFRESH_COOKIE)]
    return frozenset(each.session_id for each in (*read, *renewing) if each is not None)


def _values(http: HTTPConnection, cookie: Cookie) -> list[str]:
    if "cookie" not in http.headers:
        return []
    name = cookie.name(secure=is_secure(http))
    pairs = [
        pair.partition("=")
        for header in http.headers.getlist("cookie")
        for pair in header.split(";")
    ]
    return [value.strip() for key, equals, value in pairs if equals and key.strip() == name]


def guest_of(context: Context, http: HTTPConnection) -> str | None:
    """The guest that the browser's cookie names; nobody where it stands there twice."""
    values = _values(http, GUEST_COOKIE)
    return context.tokens.read_guest(values[0]) if len(values) == 1 else None


def check_guest(context: Context, http: HTTPConnection) -> str | None:
    """The guest of a browser, if it has one's cookie.

    Raises Refusal `banned` for one that this server keeps out.
    """
    guest_id = guest_of(context, http)
    if guest_id is None:
        return None
    context.registry.check_banned(f"guest:{guest_id}")
    return f"guest:{guest_id}"


def person_of(
    context: Context, http: HTTPConnection, login: Login | None, username: str | None
) -> Person:
    """Who speaks: the account that is signed in, or a guest under this name.

    Raises Refusal `invalid` when the name is missing or not that of the login, that of a wrong
    name, `guests_off`, or `banned`.
    """
    if login is not None:
        if username is not None and name_key(username) != name_key(login.username):
            raise Refusal(
                "invalid", f"username: You are signed in as {login.username}.", field="username"
            )
        return account_of(login)
    if context.policy.guests == "off":
        if username is None:
            raise not_signed_in()
        raise Refusal("guests_off", "Only people with an account may come in here.")
    if username is None:
        raise Refusal("invalid", "username: It is required.", field="username")
    name = guest_name(context, username)
    guest_id = guest_of(context, http)
    person = Person.by_name(name) if guest_id is None else Person.by_cookie(name, guest_id)
    context.registry.check_banned(person.author)
    context.registry.check_guest(person)
    # A handshake has no cost: what comes through its connection is counted there.
    if COST in http.scope:
        charge(context, http, payer_of(person, device_of(http).address))
    return person


def author_of(context: Context, http: HTTPConnection, login: Login | None) -> str | None:
    """Who reads, as far as it is known without a name: the account, or the cookie's guest."""
    if login is not None:
        return f"user:{login.user_id}"
    guest_id = guest_of(context, http)
    return None if guest_id is None else f"guest:{guest_id}"


def account_of(login: Login) -> Person:
    """The account of a login, as the one who speaks or acts."""
    return Person.by_account(login.username, login.user_id)


def guest_name(context: Context, username: str) -> str:
    """A name as it is shown. Raises Refusal when the name cannot be."""
    try:
        name = clean_name(username)
    except PydanticCustomError as error:
        raise _named("username", error) from None
    check_text_length("username", "username", name, context.settings.max_username_length)
    return name


def account_name(context: Context, username: str) -> str:
    """A name as an account has it. Raises Refusal when no account can have it."""
    try:
        name = account_username(username)
    except PydanticCustomError as error:
        raise _named("username", error) from None
    check_text_length("username", "username", name, context.settings.max_username_length)
    return name


def _named(field: str, error: PydanticCustomError) -> Refusal:
    return Refusal(error.type, f"{field}: {error.message()}.", field=field)


# What routes depend on. Async, because FastAPI calls a plain function in a thread.


async def admitted(request: Request, context: ContextDep) -> Login | None:
    """The login of whoever asks, None for a guest where guests may come in. Raises Refusal."""
    login = await known_login(context, request)
    if login is None:
        if context.policy.guests == "off":
            raise not_signed_in()
        guest = check_guest(context, request)
        if guest is not None:
            charge(context, request, guest)
    else:
        charge(context, request, f"user:{login.user_id}")
    return login


async def signed_in(request: Request, context: ContextDep) -> Login:
    """The login of whoever asks. Raises Refusal `not_signed_in`."""
    login = await known_login(context, request)
    if login is None:
        raise not_signed_in()
    charge(context, request, f"user:{login.user_id}")
    return login


async def reader(
    request: Request, context: ContextDep, login: Annotated[Login | None, Depends(admitted)]
) -> str | None:
    """Who reads, as `author_of` says, where they are let in at all. Raises Refusal."""
    return author_of(context, request, login)


Admitted = Annotated[Login | None, Depends(admitted)]
Reader = Annotated[str | None, Depends(reader)]
LoggedIn = Annotated[Login, Depends(signed_in)]


# What ends


def end_logins(
    context: Context, session_ids: Collection[str], refusal: Refusal | None = None
) -> None:
    """Sessions have ended: their tokens are worth nothing, their connections are closed.

    `refusal` says why, where it is not that they were signed out.
    """
    refusal = refusal or Refusal("not_signed_in", _ENDED)
    for login in context.registry.drop(session_ids):
        for connection in context.manager.connections_of(f"user:{login.user_id}"):
            if connection.session_id == login.session_id:
                close(connection, refusal)


@effect("signed_out", tuple[str, ...], everywhere=True)
def logins_ended(context: Context, session_ids: tuple[str, ...]) -> None:
    """Somebody was signed out, here or everywhere."""
    end_logins(context, session_ids)


def close(connection: Connection, refusal: Refusal) -> None:
    """End a connection with the reason."""
    connection.send(encode_error(refusal))
    connection.end(refusal.close_code, refusal.code)


async def end_in_any_case(
    context: Context,
    session_ids: Collection[str],
    operation: Callable[..., Collection[str]],
    *args: Any,
) -> None:
    """Let a write end sessions, whose ids it returns; they end also where nothing can be stored.

    Then they are dead until a restart at least, and taken away when there is room again. Raises
    what the write raised; a Refusal says how it stands.
    """
    try:
        await context.database.write(operation, *args, then=logins_ended.after(context, tuple))
    except Exception as error:
        if isinstance(error, Refusal) and error.code not in ("busy", "storage_full"):
            raise
        end_unstored(context, session_ids)
        if context.peers is not None:
            context.peers.end(session_ids)
        if not isinstance(error, Refusal):
            raise
        words = f"Signed out, until the server is restarted at least. {error.detail}"
        raise Refusal(error.code, words) from None


def end_unstored(context: Context, session_ids: Collection[str]) -> None:
    """Let sessions end that the database cannot be told of."""
    registry = context.registry
    registry.unstored.update(each for each in session_ids if registry.login(each) is not None)
    end_logins(context, session_ids)


def name_registered(context: Context, username: str) -> None:
    """An account has a name now: guests who use it are sent away."""
    guests = context.registry.guests_named(username)
    context.registry.add_name(username)
    forms = account_forms(username)
    refusal = Refusal("name_taken", f"{username} is the name of an account now.", field="username")
    for author in guests:
        for connection in context.manager.connections_of(author):
            if not spoken_forms(connection.username).isdisjoint(forms):
                close(connection, refusal)


def _read(context: Context, token: str) -> Login:
    access = context.tokens.read_access(token)
    login = None if access is None else context.registry.login(access.session_id)
    if access is None or login is None or login.user_id != access.user_id:
        raise not_signed_in()
    return login
