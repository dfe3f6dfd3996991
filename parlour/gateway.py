"""The WebSocket door: who comes in, the table of commands, and how each is refused."""

import asyncio
import contextlib
import logging
import re
import secrets
import time
from typing import Final
from urllib.parse import parse_qsl

from fastapi import APIRouter, FastAPI, WebSocket
from pydantic import ValidationError
from starlette._utils import get_route_path
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocketDisconnect

from parlour.commands import ConnectQuery
from parlour.context import Client, Context
from parlour.conversation import Conversation, Handler
from parlour.errors import Refusal
from parlour.features import changes, heartbeat, messages, pins, presence, reactions, reads, typing
from parlour.fields import MAX_ID
from parlour.identity import known_login, login_by_ticket, login_of, payer_of, person_of
from parlour.models import Person
from parlour.people import Login
from parlour.protocol import ClosingEvent, encode, encode_error
from parlour.realtime.connection import Connection
from parlour.realtime.presence import EVERYWHERE, Present, everywhere
from parlour.realtime.queued import QueuedWire
from parlour.realtime.websocket import wire_of
from parlour.support.addresses import address_of, told_of
from parlour.support.counts import COUNTS
from parlour.support.origin import origin_allowed

logger = logging.getLogger(__name__)
requests = logging.getLogger("parlour.requests")
router = APIRouter()

# The protocol's table of contents: what each command does. A handler that returns a coroutine
# is waited for before the connection's next frame is read.
COMMANDS: Final[dict[str, Handler]] = {
    "message": messages.send_message,
    "edit": changes.edit_command,
    "delete": changes.delete_command,
    "react": reactions.react_command,
    "pin": pins.pin_command,
    "read": reads.read_command,
    "typing": typing.tell_typing,
    "subscribe": presence.subscribe,
    "unsubscribe": presence.unsubscribe,
    "ping": heartbeat.pong,
}

_PATH: Final = re.compile(r"/ws/chat(/(?P<room_id>[^/]+))?")
# A page's scheme, and its host and port, which a login may stand before; or a word such as `null`.
_SITE: Final = re.compile(r"([a-z][a-z0-9+.-]*://)?(?:[^@/?#\\]*@)*([^@/?#\\]*)", re.IGNORECASE)
# A client that was told `closing` comes back after this time; it adds jitter of its own. Where
# other nodes go on, it is told one within it, so that not all come to them at once.
RETRY_AFTER_MS: Final = 1_000
# What connections end with when the server goes (RFC 6455: service restart).
RESTARTING: Final = 1012
RESTARTS: Final = "the server restarts"
# Parameters of a handshake that are looked at one by one.
MAX_PARAMETERS: Final = 16
# Connections told of the end in one turn of the event loop.
SLICE: Final = 64
# Characters of what a client says of itself that are repeated in the log.
MAX_TOLD: Final = 100
# How long the shutdown waits for what was handed in before it.
DRAIN_TIMEOUT: Final = 2.0


@router.websocket("/ws/chat")
async def chat(websocket: WebSocket) -> None:
    """A connection that follows the rooms it subscribes to."""
    await _serve(websocket, None)


@router.websocket("/ws/chat/{room_id}")
async def chat_room(websocket: WebSocket, room_id: str) -> None:
    """The seed's door: a connection in one room, which may subscribe to others too."""
    await _serve(websocket, room_id)


class Door:
    """Before the application: lets a WebSocket pass by what only HTTP needs, to its endpoint.

    Half of what a handshake costs would be FastAPI's middleware, routing and dependencies.
    """

    def __init__(self, app: FastAPI) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take a WebSocket with one of the paths above; hand on everything else."""
        if scope["type"] == "websocket":
            path = _PATH.fullmatch(get_route_path(scope))
            if path is not None:
                scope["app"] = self._app
                scope.setdefault("path_params", {})
                await _serve(WebSocket(scope, receive, send), path["room_id"])
                return
        await self._app(scope, receive, send)


async def _serve(websocket: WebSocket, path_room: str | None) -> None:
    context: Context = websocket.app.state.context
    headers = websocket.headers
    allowed = context.settings.allowed_origins
    origin = headers.get("origin")
    if origin is not None and not origin_allowed(origin, headers.get("host"), allowed):
        if context.foreign_pages.due():
            logger.warning(
                "refused a WebSocket from a page of %r: PARLOUR_ALLOWED_ORIGINS does not name it",
                _site_of(origin)[:MAX_TOLD],
            )
        await websocket.close()  # before it is accepted, this is an HTTP 403
        return
    await websocket.accept()
    if context.closing:
        # Too late to be told with the others, and nothing would be served any more.
        with contextlib.suppress(RuntimeError, OSError, WebSocketDisconnect):
            await websocket.send_text(_closing(context).decode())
            await websocket.close(RESTARTING, RESTARTS)
        return
    address = address_of(_host(websocket))
    try:
        context.limits.check_connect(address)
        query, person, login, room_id = await _admit(context, websocket, path_room)
        payer = payer_of(person, address)
        # Nothing is waited for from here on to where it is left again.
        context.limits.enter(payer, address)
    except Refusal as refusal:
        COUNTS.refusals["websocket", refusal.code] += 1
        # Accepted, told, then closed: a browser cannot read a refused handshake.
        with contextlib.suppress(RuntimeError, OSError, WebSocketDisconnect):
            await websocket.send_text(encode_error(refusal).decode())
            await websocket.close(refusal.close_code, refusal.code)
        return
    wire = wire_of(websocket.scope) or QueuedWire(websocket)
    connection = Connection(
        wire,
        person_key=person.author,
        username=person.username,
        guest=person.guest,
        one_room=room_id is not None,
        aware=room_id is None or query.after is not None,
        session_id=None if login is None else login.session_id,
    )
    client = Client(connection, person, room_id, payer, address)
    commands = COMMANDS if context.traces is None else context.traces.commands(COMMANDS)
    conversation = Conversation(context, client, wire, commands)
    peers = context.peers
    logs = context.settings.log_requests == "on"
    begun = time.monotonic() if logs else 0.0
    context.manager.register(connection)
    context.registry.came(person)
    if peers is not None:
        # Who is here at all is known by the connections; other nodes have to be told.
        present = Present(person.username, person.guest)
        context.manager.presence.enter(EVERYWHERE, everywhere(person), present)
    try:
        if room_id is not None:
            conversation.begin(room_id, query.after, query.epoch)
        await wire.listen(websocket, conversation)
    finally:
        context.limits.leave(payer, address)
        context.registry.went(person)
        if peers is not None:
            context.manager.presence.leave(EVERYWHERE, everywhere(person))
        await conversation.end()
        if logs:
            _log_end(websocket, client, time.monotonic() - begun)


def _site_of(origin: str) -> str:
    """Scheme, host and port alone: whoever is no browser may send more, with secrets in it."""
    found = _SITE.match(origin)
    return "".join(found.groups("")) if found else ""


def _log_end(websocket: WebSocket, client: Client, seconds: float) -> None:
    seconds = round(seconds, 3)
    about = {"connection": client.id, "address": told_of(websocket.scope), "seconds": seconds}
    requests.info("a connection ended after %.3f s", seconds, extra=about)


def _host(websocket: WebSocket) -> str:
    client = websocket.scope.get("client")
    return client[0] if client else ""


async def _admit(
    context: Context, websocket: WebSocket, path_room: str | None
) -> tuple[ConnectQuery, Person, Login | None, int | None]:
    """With what somebody comes in, who it is by which login, and to which room. Raises Refusal."""
    # As Starlette reads it, without what else it makes of it.
    params = parse_qsl(websocket.scope["query_string"].decode("latin-1"), keep_blank_values=True)
    names = [name for name, _ in params]
    if len(names) > MAX_PARAMETERS:
        # Each would cost a look and an error of its own, and an address has room for thousands.
        raise Refusal("invalid", f"There are at most {len(ConnectQuery.model_fields)} parameters.")
    for place, name in enumerate(names):
        if name in names[:place]:
            raise Refusal.repeated(name)
    try:
        query = ConnectQuery.model_validate(dict(params))
    except ValidationError as error:
        raise Refusal.from_validation(error.errors()) from None
    if query.ticket is None and context.peers is None:
        login = login_of(context, websocket)
    elif query.ticket is None:
        login = await known_login(context, websocket)
    else:
        login = await login_by_ticket(context, query.ticket)
    person = person_of(context, websocket, login, query.username)
    return query, person, login, None if path_room is None else _room_id(path_room)


def _room_id(text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) <= 16 and 0 < int(text) <= MAX_ID:
        return int(text)
    raise Refusal("not_found", "There is no such room.")


async def say_goodbye(context: Context) -> None:
    """Before the server goes: finish what was handed in, and tell everybody when to come back.

    Each connection is closed once it has been written all that was queued for it.
    """
    context.closing = True
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(DRAIN_TIMEOUT):
            await context.database.drain()
    for position, connection in enumerate(context.manager.connections()):
        if position % SLICE == 0:
            await asyncio.sleep(0)
        connection.send(_closing(context))
        connection.end(RESTARTING, RESTARTS)


def _closing(context: Context) -> bytes:
    wait = RETRY_AFTER_MS
    if context.peers is not None and context.peers.has_others:
        wait = 1 + secrets.randbelow(RETRY_AFTER_MS)
    return encode(ClosingEvent(retry_after_ms=wait))
