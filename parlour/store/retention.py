"""The rows whose time is over: which they are, and how a few of them are taken away."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    bindparam,
    delete,
    func,
    literal_column,
    select,
    update,
)

from parlour.store import files as file_rows
from parlour.store import leftovers, notices, wordings
from parlour.store.dialects import extent, greater
from parlour.store.notices import SHIFTS
from parlour.store.tables import (
    addressed,
    addressings,
    attachments,
    calls,
    deletions,
    messages,
    reactions,
    reads,
    reports,
    rooms,
    saved,
)
from parlour.store.tables import wordings as wording_rows
from parlour.support.portions import MAX_EXTENT

# What may be beside a message in any number, each row of which goes with it.
_BESIDE: Final[tuple[Table, ...]] = (reactions, saved, addressed, attachments, wording_rows)


class RoomRow(NamedTuple):
    """What a room says of its retention."""

    id: int
    name: str
    kind: str
    days: int | None
    longer: bool
    purged_number: int
    purge_told: int
    # Of the oldest message that is there.
    oldest: datetime | None = None


class Old(NamedTuple):
    """A message whose time is over."""

    id: int
    number: int
    version: int
    author: str
    deleted: bool
    # Rows beside it that go with it, and how long it is, without what it said before.
    beside: int
    extent: int


_ROOM: Final = (
    rooms.c.id, rooms.c.name, rooms.c.kind, rooms.c.retention_days, rooms.c.retention_longer,
    rooms.c.purged_number, rooms.c.purge_told,
)  # fmt: skip
_OLDEST: Final = (
    select(messages.c.timestamp)
    .where(messages.c.room_id == rooms.c.id)
    .order_by(messages.c.id)
    .limit(1)
    .correlate(rooms)
    .scalar_subquery()
)
_LIVE: Final = rooms.c.deleted_at.is_(None)
_ALL: Final = select(*_ROOM, _OLDEST).where(_LIVE).order_by(rooms.c.id)


def _beside() -> ColumnElement[int]:
    found: ColumnElement[int] = literal_column("0")
    for table in _BESIDE:
        counted = select(func.count()).where(table.c.message_id == messages.c.id)
        found = found + counted.correlate(messages).scalar_subquery()
    return found.label("beside")


# Made once: to make a statement costs more than to run it.
_FIRST: Final = (
    select(
        messages.c.id, messages.c.number, messages.c.version, messages.c.author,
        messages.c.deleted_at, messages.c.timestamp, _beside(),
        (extent(messages.c.content) + func.coalesce(extent(messages.c.forwarded), 0)).label(
            "extent"
        ),
    )
    .where(messages.c.room_id == bindparam("room"))
    .order_by(messages.c.id)
    .limit(bindparam("limit"))
)  # fmt: skip
_LAST_BEFORE: Final = (
    select(messages.c.number)
    .where(messages.c.room_id == bindparam("room"), messages.c.timestamp < bindparam("before"))
    .order_by(messages.c.timestamp.desc())
    .limit(1)
)
# They are those with which a room begins, so none has to be named.
_THOSE: Final = (messages.c.room_id == bindparam("room"), messages.c.id <= bindparam("last"))
_THEIRS: Final = select(messages.c.id).where(*_THOSE)
_TAKE: Final = delete(messages).where(*_THOSE)
_NAMED: Final = select(addressed.c.message_id, addressed.c.user_id).where(
    addressed.c.message_id.in_(_THEIRS), addressed.c.counts
)
_CALLING: Final = select(calls.c.message_id).where(
    calls.c.room_id == bindparam("room"), calls.c.message_id <= bindparam("last")
)
# Whoever has reported it has copied it.
_UNSAY: Final = (
    update(reports)
    .where(
        reports.c.message_id.in_(
            _THEIRS.where(messages.c.author.not_in(bindparam("held", expanding=True)))
        ),
        reports.c.message_content != "",
    )
    .values(message_content="")
)
# Behind what is gone nobody's position lies any more.
_UNCOUNT: Final = delete(deletions).where(
    deletions.c.room_id == bindparam("room"),
    deletions.c.level == bindparam("at"),
    deletions.c.slot <= bindparam("run"),
)
_BEGINS: Final = (
    update(rooms)
    .where(rooms.c.id == bindparam("room"))
    .values(
        purged_to=bindparam("last"),
        purged_number=bindparam("number"),
        oldest_version=greater(rooms.c.oldest_version, bindparam("newest")),
    )
)
_PURGED: Final = select(rooms.c.purged_number).where(rooms.c.id == bindparam("room"))


def all_rooms(connection: Connection) -> list[RoomRow]:
    """All rooms that are there, each with how old its oldest message is."""
    return [_room(row) for row in connection.execute(_ALL)]


def find_room(connection: Connection, room_id: int) -> RoomRow | None:
    """One of them, without that."""
    row = connection.execute(select(*_ROOM).where(_LIVE, rooms.c.id == room_id)).first()
    return None if row is None else _room(row)


def _room(row: Sequence[Any]) -> RoomRow:
    found = RoomRow(*row)
    return found._replace(longer=bool(found.longer))


def set_rule(connection: Connection, room_id: int, days: int | None, *, longer: bool) -> None:
    """Give a room a rule of its own, or none."""
    values = {"retention_days": days, "retention_longer": int(longer)}
    connection.execute(update(rooms).where(rooms.c.id == room_id).values(values))


def count_older(connection: Connection, room_id: int, before: datetime) -> int:
    """How many messages of a room are older than that. Each has a number, so none is looked at."""
    last: int | None = connection.scalar(_LAST_BEFORE, {"room": room_id, "before": before})
    if last is None:
        return 0
    purged: int = connection.scalar(_PURGED, {"room": room_id}) or 0
    return max(0, last - purged)


def oldest(
    connection: Connection, room_id: int, before: datetime, limit: int, most: int = MAX_EXTENT
) -> list[Old]:
    """The first messages of a room, as far as all of them are older than that.

    Behind where they are longer than `most` together it is not looked.

    A history is only ever cut off at its beginning: where a clock was set back, what stands behind
    a younger message waits for it.
    """
    found: list[Old] = []
    with connection.execute(_FIRST, {"room": room_id, "limit": limit}) as rows:
        for row in rows:
            if row.timestamp >= before or (found and most < row.extent):
                break
            most -= row.extent
            found.append(
                Old(
                    row.id, row.number, row.version, row.author, row.deleted_at is not None,
                    row.beside, row.extent,
                )
            )  # fmt: skip
    return found


def as_many(
    connection: Connection, found: Sequence[Old], rows: int, most: int = MAX_EXTENT
) -> list[Old]:
    """The first of them, beside which there are so many rows at most; perhaps none.

    With all that they said before they are no longer than `most` together, but for a single one
    that said nothing before.
    """
    before = wordings.extents(connection, [each.id for each in found], most)
    taken: list[Old] = []
    for each in found:
        rows -= each.beside
        most -= each.extent + before[each.id]
        if rows < 0 or (most < 0 and (taken or before[each.id])):
            break
        taken.append(each)
    return taken


def strip(connection: Connection, old: Old, rows: int) -> None:
    """Leave of a message that has too much beside it what a deletion leaves, or take some of that.

    People see it as deleted for the moments until all of it can go at once.
    """
    if old.deleted:
        leftovers.clear_some(connection, old.id, rows)
        return
    file_rows.release(connection, old.id)
    leftovers.leave(connection, old.id)
    gone = update(messages).where(messages.c.id == old.id)
    connection.execute(
        gone.values(
            content="", deleted_at=datetime.now(UTC), reactions=None, files=None, forwarded=None,
            pinned_at=None, pinned_by=None,
        )
    )  # fmt: skip


def take(
    connection: Connection, room_id: int, gone: Sequence[Old], held: Collection[str] = ()
) -> None:
    """Take messages away with which a room begins; from now on it begins behind them.

    Reports say no more what was in them, unless their authors are among the `held`.
    """
    last = gone[-1]
    connection.execute(_UNSAY, {"room": room_id, "last": last.id, "held": list(held)})
    _uncount_addressed(connection, room_id, gone)
    _uncount_own(connection, room_id, gone)
    connection.execute(_TAKE, {"room": room_id, "last": last.id})
    runs = [
        {"room": room_id, "at": level, "run": last.number >> shift}
        for level, shift in enumerate(SHIFTS)
    ]
    connection.execute(_UNCOUNT, runs)
    begins = {"room": room_id, "last": last.id, "number": last.number}
    connection.execute(_BEGINS, begins | {"newest": max(each.version for each in gone)})


def _uncount_addressed(connection: Connection, room_id: int, gone: Sequence[Old]) -> None:
    """Nobody has a mention unread that is gone."""
    by_id = {each.id: each for each in gone}
    those = {"room": room_id, "last": gone[-1].id}
    runs: Counter[tuple[int, int, int]] = Counter()
    for message_id, user_id in connection.execute(_NAMED, those):
        _add_runs(runs, user_id, by_id[message_id].number, -1)
    for message_id in connection.scalars(_CALLING, those):
        old = by_id[message_id]
        _add_runs(runs, 0, old.number, -1)
        # One does not call oneself, which was counted out.
        if old.author.startswith("user:"):
            _add_runs(runs, -int(old.author[5:]), old.number, 1)
    if not runs:
        return
    rows = [(room_id, *run, change) for run, change in runs.items()]
    notices.tally_runs(connection, rows)
    some = delete(addressings).where(
        addressings.c.room_id == room_id,
        addressings.c.user_id == bindparam("whose"),
        addressings.c.level == bindparam("at"),
        addressings.c.slot == bindparam("run"),
        addressings.c.count == 0,
    )
    connection.execute(some, [dict(zip(("whose", "at", "run"), run, strict=True)) for run in runs])


def _add_runs(runs: Counter[tuple[int, int, int]], user_id: int, number: int, change: int) -> None:
    for level, shift in enumerate(SHIFTS):
        runs[user_id, level, number >> shift] += change


def _uncount_own(connection: Connection, room_id: int, gone: Iterable[Old]) -> None:
    """Whoever has marked something as unread has less of their own behind that."""
    theirs: dict[int, list[int]] = {}
    for each in gone:
        if each.author.startswith("user:") and not each.deleted:
            theirs.setdefault(int(each.author[5:]), []).append(each.number)
    for user_id, number in _marked(connection, room_id, theirs):
        less = sum(own > number for own in theirs[user_id])
        if less:
            whose = update(reads).where(reads.c.user_id == user_id, reads.c.room_id == room_id)
            connection.execute(whose.values(own=reads.c.own - less))


def _marked(
    connection: Connection, room_id: int, user_ids: Collection[int]
) -> list[tuple[int, int]]:
    found = select(reads.c.user_id, reads.c.number).where(
        reads.c.user_id.in_(user_ids), reads.c.room_id == room_id, reads.c.own > 0
    )
    return [(row[0], row[1]) for row in connection.execute(found)] if user_ids else []
