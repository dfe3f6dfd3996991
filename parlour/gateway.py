"""The WebSocket door: who comes in, the table of commands, and how each is refused."""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from itertools import count
from typing import Any, Final

from fastapi import APIRouter, WebSocket
from pydantic import ValidationError
from starlette.websockets import WebSocketDisconnect

from parlour.context import Client, Context, internal_error
from parlour.errors import Refusal
from parlour.features import heartbeat, messages, presence, typing
from parlour.models import MAX_ID
from parlour.protocol import (
    BadFrame,
    ClosingEvent,
    ConnectQuery,
    encode,
    encode_error,
    parse,
)
from parlour.realtime.connection import Connection, run_beside
from parlour.realtime.websocket import drop_of
from parlour.support.origin import origin_allowed

logger = logging.getLogger(__name__)
router = APIRouter()

# The protocol's table of contents: what each command does. A handler that returns an
# awaitable is waited for before the connection's next frame is read.
COMMANDS: Final[dict[str, Callable[[Context, Client, Any], Awaitable[None] | None]]] = {
    "message": messages.send_message,
    "typing": typing.tell_typing,
    "subscribe": presence.subscribe,
    "unsubscribe": presence.unsubscribe,
    "ping": heartbeat.pong,
}

# So many refused frames in so many seconds end a connection.
MAX_FAULTS: Final = 20
FAULT_WINDOW: Final = 10.0
# Frames of one connection that are read in one turn of the event loop.
TURN: Final = 8
# A client that was told `closing` comes back after this time; it adds jitter of its own.
RETRY_AFTER_MS: Final = 1_000
# What connections end with when the server goes (RFC 6455: service restart).
RESTARTING: Final = 1012
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


async def _serve(websocket: WebSocket, path_room: str | None) -> None:
    context: Context = websocket.app.state.context
    headers = websocket.headers
    allowed = context.settings.allowed_origins
    if not origin_allowed(headers.get("origin"), headers.get("host"), allowed):
        logger.warning(
            "refused a WebSocket from a page of %r: PARLOUR_ALLOWED_ORIGINS does not name it",
            headers.get("origin"),
        )
        await websocket.close()  # before it is accepted, this is an HTTP 403
        return
    await websocket.accept()
    try:
        query, client = _admit(context, websocket, path_room)
    except Refusal as refusal:
        # Accepted, told, then closed: a browser cannot read a refused handshake.
        with contextlib.suppress(RuntimeError, OSError, WebSocketDisconnect):
            await websocket.send_text(encode_error(refusal))
            await websocket.close(refusal.close_code, refusal.code)
        return
    context.manager.register(client.connection)
    try:
        await run_beside(client.connection, _converse(context, websocket, client, query))
    finally:
        for room_id in list(context.manager.rooms_of(client.connection)):
            presence.depart(context, client, room_id)
        context.manager.forget(client.connection)


def _admit(
    context: Context, websocket: WebSocket, path_room: str | None
) -> tuple[ConnectQuery, Client]:
    """Who comes in, and with what. Raises Refusal."""
    params = websocket.query_params
    for name in params:
        if len(params.getlist(name)) > 1:
            raise Refusal.repeated(name)
    try:
        query = ConnectQuery.model_validate(dict(params))
    except ValidationError as error:
        raise Refusal.from_validation(error.errors()) from None
    person = context.person(query.username)
    room_id = None if path_room is None else _room_id(path_room)

    async def close(code: int, reason: str) -> None:
        await websocket.close(code, reason)

    connection = Connection(
        send_text=websocket.send_text,
        close=close,
        person_key=person.author,
        username=person.username,
        guest=person.guest,
        one_room=room_id is not None,
        aware=room_id is None or query.after is not None,
        drop=drop_of(websocket.scope),
    )
    return query, Client(connection, person, room_id)


def _room_id(text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) <= 16 and 0 < int(text) <= MAX_ID:
        return int(text)
    raise Refusal("not_found", "There is no such room.")


async def _converse(
    context: Context, websocket: WebSocket, client: Client, query: ConnectQuery
) -> None:
    """Everything from the first join to the disconnect."""
    connection = client.connection
    try:
        if client.room_id is not None:
            await presence.follow(
                context, client, client.room_id, query.after, query.epoch,
                sync=query.after is not None,
            )  # fmt: skip
        await _read_frames(context, websocket, client)
    except Refusal as refusal:
        client.refuse(refusal)
        connection.end(refusal.close_code, refusal.code)
    except WebSocketDisconnect:
        pass
    except Exception as error:  # noqa: BLE001 - logged there, and told with its id
        fault, log_id = internal_error(error)
        connection.send(encode_error(fault, log_id=log_id))
        connection.end(fault.close_code, log_id)


async def _read_frames(context: Context, websocket: WebSocket, client: Client) -> None:
    """Read and do one command after the other. Raises WebSocketDisconnect at the end."""
    loop = asyncio.get_running_loop()
    faults: deque[float] = deque(maxlen=MAX_FAULTS)
    for number in count(1):
        await client.ready()
        if number % TURN == 0:
            # Nothing here waits while frames of this client are there to be read: it would have
            # the event loop for itself until they are all done.
            await asyncio.sleep(0)
        frame = await websocket.receive()
        # What comes after the end has been decided is acknowledged to nobody, and sent again.
        if frame["type"] == "websocket.disconnect" or client.connection.ending:
            return
        text: str | None = frame.get("text")
        if text is not None and len(text) > context.settings.max_frame_bytes:
            # `parlour serve` lets Uvicorn see to it; other ways of starting may allow more.
            raise Refusal("too_large", "The frame is longer than any right one would be.")
        try:
            await _do(context, client, text)
        except BadFrame as bad:
            client.refuse(bad.refusal, bad.frame)
            if bad.refusal.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
                continue  # the server's fault, such as `busy`: it says nothing of the client
        else:
            continue
        now = loop.time()
        if len(faults) == MAX_FAULTS and now - faults[0] < FAULT_WINDOW:
            raise Refusal("flooding", "Too many frames had to be refused in a short time.")
        faults.append(now)


async def _do(context: Context, client: Client, text: str | None) -> None:
    """Do what one frame asks. Raises BadFrame with the refusal."""
    if text is None:
        raise BadFrame(Refusal("bad_json", "Send text frames; this was a binary one."), None)
    command = parse(text)
    try:
        doing = COMMANDS[command.type](context, client, command)
        if doing is not None:
            await doing
    except Refusal as refusal:
        echo = command.model_dump(include={"client_id", "room_id"})
        raise BadFrame(refusal, echo) from None


async def say_goodbye(context: Context) -> None:
    """Before the server goes: finish what was handed in, and tell everybody when to come back.

    Each connection is closed once it has been written all that was queued for it.
    """
    context.closing = True
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(DRAIN_TIMEOUT):
            await context.database.drain()
    frame = encode(ClosingEvent(retry_after_ms=RETRY_AFTER_MS))
    for connection in context.manager.connections():
        connection.send(frame)
        connection.end(RESTARTING, "the server restarts")
