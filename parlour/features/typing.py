"""Somebody is typing."""

from datetime import UTC, datetime

from parlour.context import Client, Context
from parlour.permissions import check_speak
from parlour.protocol import Typing, TypingEvent, encode


def tell_typing(context: Context, client: Client, command: Typing) -> None:
    """Tell everybody else in the room. Raises Refusal."""
    room_id = client.room_of(command.room_id)
    check_speak(follows=context.manager.follows(client.connection, room_id))
    event = TypingEvent(
        room_id=room_id, username=client.person.username, timestamp=datetime.now(UTC)
    )
    context.manager.broadcast(room_id, encode(event), ephemeral=True, but=client.person.author)
