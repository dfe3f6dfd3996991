"""New messages as they are told, whoever stored them."""

from itertools import islice

from parlour.attention import Notice
from parlour.audience import tell_in_list, tell_notices
from parlour.context import Context
from parlour.effects import effect
from parlour.encoding import encode_message
from parlour.mentioning import HERE, ROOM
from parlour.models import Message, Room
from parlour.permissions import MAX_HERE
from parlour.storing import MessageDraft, StoredMessage


def accounts_in(context: Context, room_id: int) -> tuple[int, ...]:
    """The accounts that are in a room just now; of very many so many that it is known to be so."""
    accounts = (
        int(key.removeprefix("user:"))
        for key in context.manager.presence.keys(room_id)
        if key.startswith("user:")
    )
    return tuple(islice(accounts, MAX_HERE + 1))


# A new message, in whose lists its room is from now on, and whom it is about.
Said = tuple[Message, tuple[tuple[int, Room], ...], tuple[Notice, ...]]


def said_of(draft: MessageDraft, stored: StoredMessage) -> Said | None:
    """What there is to tell of a draft that was stored, unless it had been before."""
    if stored.repeated:
        return None
    return stored.message, stored.listed, tuple(draft.notices or ())


@effect("said", Said)
def publish(context: Context, said: Said) -> None:
    """Tell a room of its newest message, which has been committed, and those whom it is about."""
    message, listed, notices = said
    for user_id, room in listed:
        tell_in_list(context, (room, user_id, room.role))
    context.manager.broadcast(message.room_id, encode_message(message), version=message.version)
    context.news.said(message.room_id, message.id, None if message.guest else message.username)
    context.crowds.said(
        message.room_id, message.id, calls=ROOM in message.mentions or HERE in message.mentions
    )
    if notices:
        tell_notices(context, notices)
