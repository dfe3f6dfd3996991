"""The operations on what somebody puts by for themselves, each inside one transaction."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from parlour import places
from parlour.errors import Refusal
from parlour.finding import FoundRoom
from parlour.keeping import SavedMessage, SavedPage
from parlour.models import Person
from parlour.permissions import check
from parlour.store import saved as saved_rows
from parlour.store import search as search_rows
from parlour.store.messages import message_of
from parlour.store.saved import Saved
from parlour.store.standings import standings

# Messages that one account has put by.
MAX_SAVED: Final = 10_000
# So many are looked at for one page: those of rooms that one may not enter any more are passed by.
MAX_LOOKED_AT: Final = 1_000
# Read at once, where the first so many as were asked for are not enough.
_STEP: Final = 200


@dataclass(frozen=True, slots=True)
class Kept:
    """Whether somebody has put a message by now, unless it is the `same` as before."""

    user_id: int
    message_id: int
    on: bool
    same: bool = False


def save(connection: Connection, by: Person, user_id: int, message_id: int) -> Kept:
    """Put a message by that one may read. Raises Refusal. To do it twice changes nothing."""
    message = places.find_message(connection, by.author, message_id, "enter")
    if saved_rows.is_saved(connection, user_id, message.id):
        return Kept(user_id, message.id, on=True, same=True)
    if saved_rows.count(connection, user_id) >= MAX_SAVED:
        words = f"You have saved {MAX_SAVED} messages, which is the most. Remove one of them first."
        raise Refusal("not_allowed", words)
    saved_rows.add(connection, user_id, message.id)
    return Kept(user_id, message.id, on=True)


def unsave(connection: Connection, user_id: int, message_id: int) -> Kept:
    """Put a message by no longer, wherever it is. What is not there is not taken."""
    removed = saved_rows.remove(connection, user_id, message_id)
    return Kept(user_id, message_id, on=False, same=not removed)


def list_saved(
    connection: Connection, author: str, user_id: int, before: int | None, limit: int
) -> SavedPage:
    """A page of what somebody has put by, of rooms that they may enter now.

    What is in others stays saved, and is told again when they may.
    """
    found: list[Saved] = []
    entered: dict[int, bool] = {}
    looked_at, further, step = 0, before, limit
    while looked_at < MAX_LOOKED_AT:
        rows = saved_rows.page(connection, user_id, further, step)
        messages = [message_of(row.row) for row in rows]
        _look(connection, author, {each.room_id for each in messages}, entered)
        for row, message in zip(rows, messages, strict=True):
            further = row.id
            if entered[message.room_id] and message.deleted_at is None:
                found.append(row)
                if len(found) == limit:
                    return _page(connection, found, further)
        looked_at += len(rows)
        if len(rows) < step:
            return _page(connection, found, None)
        step = min(max(limit, _STEP), MAX_LOOKED_AT - looked_at)
    return _page(connection, found, further)


def list_ids(connection: Connection, author: str, user_id: int) -> list[int]:
    """All that somebody has put by in rooms that they may enter now, the newest message first.

    Of others they must not even learn that something was deleted there.
    """
    places = saved_rows.places(connection, user_id)
    entered: dict[int, bool] = {}
    _look(connection, author, {room_id for _, room_id in places}, entered)
    return [message_id for message_id, room_id in places if entered[room_id]]


def _look(
    connection: Connection, author: str, room_ids: set[int], entered: dict[int, bool]
) -> None:
    """Ask the gate about rooms that were not asked about yet."""
    unknown = sorted(room_ids - entered.keys())
    seats = [(room_id, author) for room_id in unknown]
    for room_id, standing in zip(unknown, standings(connection, seats), strict=True):
        try:
            check(standing, "enter")
        except Refusal:
            entered[room_id] = False
        else:
            entered[room_id] = True


def _page(connection: Connection, found: list[Saved], further: int | None) -> SavedPage:
    messages = [message_of(each.row) for each in found]
    rooms = search_rows.names_of(connection, {each.room_id for each in messages})
    return SavedPage.model_construct(
        saved=tuple(
            SavedMessage.model_construct(
                id=each.id,
                saved_at=each.saved_at,
                message=message,
                room=FoundRoom.model_construct(
                    id=message.room_id,
                    name=rooms[message.room_id].name,
                    kind=rooms[message.room_id].kind,
                ),
            )
            for each, message in zip(found, messages, strict=True)
        ),
        next=further,
    )
