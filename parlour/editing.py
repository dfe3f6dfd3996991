"""The operations on a message that was said, each inside one transaction."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Connection

from parlour import audit
from parlour.errors import Refusal
from parlour.mentioning import NOTHING, Told, edited_mentions, readdress
from parlour.models import Message, Person, Wording
from parlour.permissions import Act, Standing, check, check_in_time, too_soon
from parlour.store import files as file_rows
from parlour.store import holds, leftovers, reads, wordings
from parlour.store import messages as message_rows
from parlour.store import rooms as room_rows
from parlour.store.standings import standing_of

# Earlier wordings of one message that are kept: the first, and the newest.
MAX_EARLIER: Final = wordings.MAX_EARLIER
# Rows of a kind that everybody may add to, as reactions, that go with a message at once; whoever
# waits to write does not wait for the rest.
MAX_CLEARED: Final = 400


@dataclass(frozen=True, slots=True)
class Edited:
    """A message as it is now, unless it is the `same`.

    `deleted_count`: if it was just deleted, the how-manieth of its room that is. `rest`: of what
    it had something is left to be purged.
    """

    message: Message
    same: bool = False
    deleted_count: int | None = None
    rest: bool = False
    # Whom it is about now, and was before.
    about: Told = NOTHING


def edit_message(
    connection: Connection, by: Person, message_id: int, content: str, window: int = 0
) -> Edited:
    """Say a message in other words; what it said before is kept. Raises Refusal.

    It is for its author alone, for `window` seconds where that is not 0.
    """
    message, author = _find(connection, by.author, message_id)
    if author != by.author:
        raise Refusal("not_allowed", "Only whoever wrote a message can edit it.")
    standing = _check(connection, by.author, message, "edit_own")
    if message.deleted_at is not None:
        raise _no_message()
    if not (content or message.files or message.forwarded):
        raise Refusal("empty", "content: There is nothing to read in it.", field="content")
    if message.content == content:
        return Edited(message, same=True)
    _check_pace(standing, message, window, message.edited_at)
    # What is held is kept with all that it ever said, and is told like anything else.
    is_held = holds.scope(connection).covers(message.room_id, author)
    wordings.keep(connection, message, None if is_held else MAX_EARLIER)
    mentions, named = edited_mentions(connection, message, content)
    edited = change(
        connection, message, content=content, edited_at=datetime.now(UTC),
        mentions=message_rows.mentions_text(mentions),
    )  # fmt: skip
    if mentions or message.mentions:
        about = readdress(connection, edited.message, author, named)
        return replace(edited, about=about)
    return edited


def check_edit(
    connection: Connection, by: Person, message: Message, window: int, last: datetime | None
) -> None:
    """Raises Refusal unless somebody may change what a message of their own brings along.

    `last` is when it was last changed.
    """
    standing = _check(connection, by.author, message, "edit_own")
    _check_pace(standing, message, window, last)


def _check_pace(standing: Standing, message: Message, window: int, last: datetime | None) -> None:
    check_in_time(standing, "edit_own", message.timestamp, window)
    if standing.slowed and last is not None:
        # To correct oneself is free once; after that it would be a way round slow mode.
        passed = (datetime.now(UTC) - last).total_seconds()
        if passed < standing.slow_seconds:
            raise too_soon(standing.slow_seconds - passed)


def delete_message(connection: Connection, by: Person, message_id: int, window: int = 0) -> Edited:
    """Leave of a message only that there was one, and none of what it ever said.

    Where it is held, all of it is set aside for whoever runs the server; nobody sees it any more.
    Its author may, for `window` seconds where that is not 0, and the room's moderators. To delete
    what is deleted changes nothing. Raises Refusal.
    """
    message, author = _find(connection, by.author, message_id)
    own = author == by.author
    standing = _check(connection, by.author, message, "delete_own" if own else "delete_any")
    if message.deleted_at is not None:
        return Edited(message, same=True)
    if own:
        check_in_time(standing, "delete_own", message.timestamp, window)
    else:
        detail = {"message_id": message.id, "author": author}
        audit.note(
            connection, by, "message.delete", message.username, room_id=message.room_id,
            detail=detail,
        )  # fmt: skip
    return erase(connection, message, author)


def erase(connection: Connection, message: Message, author: str, **values: object) -> Edited:
    """Leave of a message of somebody only that there was one, without asking the gate.

    `values` are further columns of it.
    """
    if holds.scope(connection).covers(message.room_id, author):
        holds.set_aside(connection, [message.id], "deleted")
    wordings.forget(connection, message.id)
    rest = leftovers.clear(connection, message.id, MAX_CLEARED)
    if message.files or (message.forwarded is not None and message.forwarded.files):
        file_rows.release(connection, message.id)
    gone = change(
        connection, message, content="", deleted_at=datetime.now(UTC), reactions=None,
        mentions=None, files=None, forwarded=None, pinned_at=None, pinned_by=None, **values,
    )  # fmt: skip
    about = NOTHING
    if message.mentions or message.reply_to is not None:
        about = readdress(connection, gone.message, author, ())
    count = reads.count_deleted(connection, message.room_id)
    return replace(gone, deleted_count=count, rest=rest, about=about)


def get_wordings(connection: Connection, author: str | None, message_id: int) -> list[Wording]:
    """What a message said from the first time on, oldest first; the last is what it says now.

    For whoever may enter its room. Raises Refusal; one that was deleted is `not_found`.
    """
    message, _ = _find(connection, author, message_id)
    if message.deleted_at is not None:
        raise _no_message()
    before = wordings.earlier(connection, message.id)
    number = wordings.next_number(message, before[-1].number if before else None)
    now = message.edited_at or message.timestamp
    present = Wording.model_construct(number=number, content=message.content, timestamp=now)
    return [*before, present]


def _find(connection: Connection, author: str | None, message_id: int) -> tuple[Message, str]:
    found = message_rows.find_message(connection, message_id)
    if found is None:
        raise _no_message()
    _check(connection, author, found[0], "enter")
    return found


def _check(connection: Connection, author: str | None, message: Message, act: Act) -> Standing:
    standing = standing_of(connection, message.room_id, author)
    try:
        check(standing, act)
    except Refusal as refusal:
        if refusal.code == "not_found":
            # It says nothing of a room that they may not see.
            raise _no_message() from None
        raise
    assert standing is not None  # noqa: S101 - the gate lets nobody into what is not there
    return standing


def change(connection: Connection, message: Message, **values: object) -> Edited:
    """Give a message a new version, with other values in these columns."""
    version = room_rows.next_version(connection, message.room_id)
    return Edited(message_rows.change_message(connection, message.id, version, **values))


def _no_message() -> Refusal:
    return Refusal("not_found", "There is no such message; it may have been deleted.")
