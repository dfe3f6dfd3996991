"""The operations that read what replies are about, each inside one transaction."""

from collections.abc import Collection

from sqlalchemy import Connection

from parlour import places
from parlour.database import ChatDatabase
from parlour.errors import Refusal
from parlour.models import Message
from parlour.store import messages as message_rows
from parlour.store import replies as reply_rows
from parlour.storing import History


def get_messages(
    connection: Connection, author: str | None, room_id: int, ids: Collection[int]
) -> History:
    """Some messages of a room; those that are not there are left out. Raises Refusal."""
    places.allow(connection, author, room_id, "enter")
    page = message_rows.by_ids(connection, room_id, ids)
    return History(ChatDatabase.get_room(connection, room_id), page)


def get_replies(
    connection: Connection,
    author: str | None,
    message_id: int,
    *,
    limit: int,
    before: int | None,
    after: int | None,
    around: int | None,
) -> History:
    """A page of the chain that a message belongs to. Raises Refusal.

    For whoever may enter its room; for all others there is no such message.
    """
    found = message_rows.find_message(connection, message_id)
    # A chain outlives what it began with, when the time of that is over.
    message = reply_rows.any_reply(connection, message_id) if found is None else found[0]
    if message is None:
        raise _no_message()
    try:
        places.allow(connection, author, message.room_id, "enter")
    except Refusal as refusal:
        if refusal.code == "not_found":
            # It says nothing of a room that they may not see.
            raise _no_message() from None
        raise
    page = reply_rows.chain_page(
        connection, _root_of(connection, message), message.room_id, limit,
        before=before, after=after, around=around,
    )  # fmt: skip
    return History(ChatDatabase.get_room(connection, message.room_id), page)


def _root_of(connection: Connection, message: Message) -> Message | int:
    """What the chain of a message began with; only its id where it is gone."""
    if message.chain is None:
        return message
    found = message_rows.find_message(connection, message.chain)
    if found is None or found[0].room_id != message.room_id:
        return message.chain
    return found[0]


def _no_message() -> Refusal:
    return Refusal("not_found", "There is no such message; it may have been deleted.")
