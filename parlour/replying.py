"""The operations that read what replies are about, each inside one transaction."""

from collections.abc import Collection

from sqlalchemy import Connection

from parlour import places
from parlour.database import ChatDatabase
from parlour.errors import Refusal
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
    if found is None:
        raise _no_message()
    message = found[0]
    try:
        places.allow(connection, author, message.room_id, "enter")
    except Refusal as refusal:
        if refusal.code == "not_found":
            # It says nothing of a room that they may not see.
            raise _no_message() from None
        raise
    if message.chain is not None:
        found = message_rows.find_message(connection, message.chain)
        assert found is not None  # noqa: S101 - a chain keeps the message that it began with
    page = reply_rows.chain_page(
        connection, found[0], limit, before=before, after=after, around=around
    )
    return History(ChatDatabase.get_room(connection, message.room_id), page)


def _no_message() -> Refusal:
    return Refusal("not_found", "There is no such message; it may have been deleted.")
