"""Which messages answer which: the parents of new ones, and chains of replies."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, bindparam, case, false, func, select, true, update

from parlour.models import Message, Replies
from parlour.store.dialects import Listed
from parlour.store.messages import TOLD, message_of, middle
from parlour.store.tables import messages


@dataclass(frozen=True, slots=True)
class Parent:
    """What has to be known of a message that is to be answered."""

    room_id: int
    # The message that its chain began with, perhaps itself, and how long that is.
    root: int
    replies: Replies | None = None
    deleted: bool = False


# One statement for any number of parents, each found by its key.
_wanted = Listed("ids", name="wanted")
_parent, _root = messages.alias("parent"), messages.alias("root")
_PARENTS = select(
    _parent.c.id,
    _parent.c.room_id,
    _parent.c.deleted_at,
    # It stays the chain's name when it was taken away because its time was over.
    func.coalesce(_parent.c.chain, _parent.c.id),
    _root.c.replies,
).select_from(
    _wanted.table.join(_parent, _parent.c.id == _wanted.number).outerjoin(
        _root, _root.c.id == func.coalesce(_parent.c.chain, _parent.c.id)
    )
)
_SET_REPLIES = (
    update(messages)
    .where(messages.c.id == bindparam("root"))
    .values(replies=bindparam("told", type_=messages.c.replies.type))
)


def parents(connection: Connection, ids: Collection[int]) -> dict[int, Parent]:
    """Those of these messages that there are."""
    rows = connection.execute(_PARENTS, {"ids": json.dumps(list(ids))})
    return {
        parent: Parent(
            room_id,
            root,
            None if replies is None else Replies.model_validate_json(replies),
            deleted_at is not None,
        )
        for parent, room_id, deleted_at, root, replies in rows
    }


def set_replies(connection: Connection, replies: Mapping[int, Replies]) -> None:
    """Say of the messages that chains began with how long these are now.

    It is no change of the message: its version stays.
    """
    values = [{"root": root, "told": told.model_dump_json()} for root, told in replies.items()]
    connection.execute(_SET_REPLIES, values)


def chain_page(
    connection: Connection,
    root: Message | int,
    room_id: int,
    limit: int,
    *,
    before: int | None,
    after: int | None,
    around: int | None,
) -> list[Message]:
    """A page of a chain of a room, oldest first: the newest, or that beside a message id.

    What it began with is its oldest message, unless that is gone and only its id is known.
    """
    if after is not None:
        return _above(connection, root, room_id, after, limit)
    if around is None:
        return _below(connection, root, room_id, before, limit)
    older = _below(connection, root, room_id, around + 1, limit)
    return middle(older, _above(connection, root, room_id, around, limit), limit)


def _below(
    connection: Connection, root: Message | int, room_id: int, bound: int | None, limit: int
) -> list[Message]:
    lower = None if bound is None else messages.c.id < bound
    page = _replies(connection, root, room_id, lower, limit, up=False)[::-1]
    if isinstance(root, Message) and len(page) < limit and (bound is None or root.id < bound):
        page.insert(0, root)
    return page


def _above(
    connection: Connection, root: Message | int, room_id: int, bound: int, limit: int
) -> list[Message]:
    if isinstance(root, int) or root.id <= bound:
        return _replies(connection, root, room_id, messages.c.id > bound, limit, up=True)
    return [root, *_replies(connection, root, room_id, None, limit - 1, up=True)]


def _replies(
    connection: Connection,
    root: Message | int,
    room_id: int | None,
    bound: ColumnElement[bool] | None,
    limit: int,
    *,
    up: bool,
) -> list[Message]:
    root_id = root if isinstance(root, int) else root.id
    statement = select(*TOLD).where(messages.c.chain == root_id)
    if room_id is not None:
        # A chain is of one room. Where a row says otherwise, it is not read with them: said so
        # that PostgreSQL does not think it of most of them, and read and sort all of the chain.
        of_room = case((messages.c.room_id == room_id, true()), else_=false())
        statement = statement.where(of_room)
    if bound is not None:
        statement = statement.where(bound)
    order = messages.c.id.asc() if up else messages.c.id.desc()
    return [message_of(row) for row in connection.execute(statement.order_by(order).limit(limit))]


def any_reply(connection: Connection, root_id: int) -> Message | None:
    """A message of the chain that began with one that is gone."""
    found = _replies(connection, root_id, None, None, 1, up=True)
    return found[0] if found else None
