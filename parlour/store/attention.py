"""The rows of what rooms are to people, and when these do not want to be disturbed: as a log.

Each row holds for the messages above `after`, up to the next row: what was decided about a message
can be told from it at any time, and does not change when somebody changes their mind.
"""

import json
from collections.abc import Collection
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, bindparam, func, select

from parlour.attention import Attention, Level, Quiet
from parlour.fields import MAX_ID
from parlour.store.dialects import Listed, upsert
from parlour.store.messages import last_id
from parlour.store.tables import attention, messages, quiets, reads

_people = Listed("people")
_seen, _known = attention.alias("seen"), quiets.alias("known")
_then = (
    select(func.max(_seen.c.after))
    .where(
        _seen.c.user_id == _people.number,
        _seen.c.room_id == bindparam("room"),
        _seen.c.after < bindparam("message"),
    )
    .correlate(_people.table)
    .scalar_subquery()
)
_quiet_then = (
    select(func.max(_known.c.after))
    .where(_known.c.user_id == _people.number, _known.c.after < bindparam("message"))
    .correlate(_people.table)
    .scalar_subquery()
)
_AT: Final = select(
    _people.number, attention.c.member, attention.c.level,
    quiets.c.until, quiets.c.start, quiets.c.end, quiets.c.time_zone,
).select_from(
    _people.table.outerjoin(
        attention,
        and_(
            attention.c.user_id == _people.number,
            attention.c.room_id == bindparam("room"),
            attention.c.after == _then,
        ),
    ).outerjoin(
        quiets, and_(quiets.c.user_id == _people.number, quiets.c.after == _quiet_then)
    )
)  # fmt: skip


def attentions(
    connection: Connection, room_id: int, user_ids: Collection[int], message_id: int = MAX_ID
) -> dict[int, Attention]:
    """What a room was to these accounts when a message was said; without one, what it is now."""
    if not user_ids:
        return {}
    asked = {"people": json.dumps(sorted(user_ids)), "room": room_id, "message": message_id}
    found = {}
    for user_id, member, level, *quiet in connection.execute(_AT, asked):
        known = _quiet(quiet) if any(quiet) else None
        found[user_id] = Attention(member=bool(member), level=level, quiet=known)
    return found


def _quiet(row: Collection[Any]) -> Quiet:
    until, start, end, time_zone = row
    return Quiet.model_construct(until=until, start=start, end=end, time_zone=time_zone)


def newest(user: Any, room: Any) -> ColumnElement[int]:
    """The `after` of the row that holds now of an account and a room, both of them columns."""
    seen = attention.alias()
    return (
        select(func.max(seen.c.after))
        .where(seen.c.user_id == user, seen.c.room_id == room)
        .correlate_except(seen)
        .scalar_subquery()
    )


def change(
    connection: Connection,
    room_id: int,
    user_ids: Collection[int],
    **values: Any,
) -> None:
    """Write down what a room is to accounts from now on: `member`, or `level`.

    What is not given stays. A row that no message of the room has come after is written anew: so
    there are no more of them than messages.
    """
    said = select(func.max(messages.c.id)).where(messages.c.room_id == room_id)
    last = connection.scalar(said) or 0
    before = {
        row.user_id: row
        for row in connection.execute(
            select(attention).where(
                attention.c.room_id == room_id,
                attention.c.user_id.in_(user_ids),
                attention.c.after == newest(attention.c.user_id, attention.c.room_id),
            )
        )
    }
    rows = []
    for user_id in user_ids:
        known = before.get(user_id)
        row = {
            "member": False if known is None else known.member,
            "level": None if known is None else known.level,
        } | values
        after = last if known is None else max(last, known.after)
        rows.append({"user_id": user_id, "room_id": room_id, "after": after, **row})
    statement = upsert(connection, attention)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=[attention.c.user_id, attention.c.room_id, attention.c.after],
            set_={name: statement.excluded[name] for name in ("member", "level")},
        ),
        rows,
    )


def set_level(connection: Connection, user_id: int, room_id: int, level: Level | None) -> None:
    """Of what somebody wants to be notified in a room from now on."""
    change(connection, room_id, [user_id], level=level)


def quiet_of(connection: Connection, user_id: int) -> Quiet:
    """When somebody does not want to be disturbed."""
    row = connection.execute(
        select(quiets.c.until, quiets.c.start, quiets.c.end, quiets.c.time_zone)
        .where(quiets.c.user_id == user_id)
        .order_by(quiets.c.after.desc())
        .limit(1)
    ).first()
    return Quiet() if row is None else _quiet(row)


def set_quiet(connection: Connection, user_id: int, quiet: Quiet) -> None:
    """The same from now on.

    A row that no message which may be about them has come after is written anew, as above.
    """
    values = {"until": quiet.until, "start": quiet.start, "end": quiet.end}
    values["time_zone"] = quiet.time_zone
    known = connection.scalar(select(func.max(quiets.c.after)).where(quiets.c.user_id == user_id))
    after = last_id(connection)
    if known is not None and not _said_since(connection, user_id, known):
        after = known
    connection.execute(
        upsert(connection, quiets)
        .values(user_id=user_id, after=after, **values)
        .on_conflict_do_update(index_elements=[quiets.c.user_id, quiets.c.after], set_=values)
    )


def _said_since(connection: Connection, user_id: int, message_id: int) -> bool:
    """Whether there are newer messages in rooms that are something to an account.

    What is decided in others does not depend on when it wants to be disturbed.
    """
    newer = (
        select(messages.c.id)
        .where(messages.c.room_id == attention.c.room_id, messages.c.id > message_id)
        .correlate(attention)
        .exists()
    )
    found = select(attention.c.room_id).where(attention.c.user_id == user_id, newer).limit(1)
    return connection.scalar(found) is not None


_LISTENERS: Final = (
    select(_people.number)
    .select_from(
        _people.table.join(
            attention,
            and_(
                attention.c.user_id == _people.number,
                attention.c.room_id == bindparam("room"),
                attention.c.level == "all",
            ),
        )
    )
    .where(attention.c.after == newest(attention.c.user_id, attention.c.room_id))
)


def listeners_among(connection: Connection, room_id: int, people: str) -> list[int]:
    """Those of some accounts (a list in JSON) who want to be notified of everything in a room."""
    return list(connection.scalars(_LISTENERS, {"people": people, "room": room_id}))


# An outer join: in another order SQLite would look at everybody who was ever in the room.
_CALLED: Final = select(_people.number, reads.c.since).select_from(
    _people.table.outerjoin(
        reads, and_(reads.c.user_id == _people.number, reads.c.room_id == bindparam("room"))
    )
)


def called_by(
    connection: Connection, room_id: int, user_ids: Collection[int], number: int
) -> set[int]:
    """Those of these accounts for whom it counts that a message calls everybody in its room."""
    if not user_ids:
        return set()
    rows = connection.execute(_CALLED, {"people": json.dumps(sorted(user_ids)), "room": room_id})
    return {user_id for user_id, since in rows if since is not None and since < number}
