"""Somebody is typing."""

import asyncio
from datetime import UTC, datetime
from typing import Final

from parlour import places
from parlour.commands import Typing
from parlour.context import Client, Context
from parlour.errors import Refusal
from parlour.permissions import check_speak
from parlour.protocol import TypingEvent, encode

# So long it is remembered that somebody may say nothing in a room: each look takes a reader, and
# what they are not told of they can send as often as they like.
UNHEARD_SECONDS: Final = 1.0


async def tell_typing(context: Context, client: Client, command: Typing) -> None:
    """Tell everybody else in the room, unless they may say nothing there. Raises Refusal."""
    room_id = client.room_of(command.room_id)
    check_speak(follows=context.manager.follows(client.connection, room_id))
    now = asyncio.get_running_loop().time()
    if client.unheard is not None and client.unheard.get(room_id, 0.0) > now:
        return
    try:
        await context.database.read(places.allow, client.person.author, room_id, "speak")
    except Refusal:
        # They are told when they send it.
        client.unheard = client.unheard or {}
        client.unheard[room_id] = now + UNHEARD_SECONDS
        return
    if not context.manager.follows(client.connection, room_id):
        return
    if context.limits.is_busy("typing", room_id):
        return
    event = TypingEvent(
        room_id=room_id,
        username=client.person.username,
        guest=client.person.guest,
        timestamp=datetime.now(UTC),
    )
    frame, author = encode(event), client.person.author
    context.manager.broadcast(room_id, frame, ephemeral=True, but=author)
    if context.peers is not None:
        context.peers.typing(room_id, frame, author)
