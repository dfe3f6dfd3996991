"""The rows of legal holds, and of the messages that these have set aside."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Select, bindparam, delete, func, insert, select, update

from parlour.fields import format_time
from parlour.lasting import HoldKind
from parlour.store.dialects import extent, upsert
from parlour.store.tables import (
    attachments,
    files,
    held,
    held_files,
    holds,
    messages,
    reports,
    rooms,
    users,
    wordings,
)
from parlour.support.portions import MAX_EXTENT

# As they are kept; the columns of both tables have the same names.
_SAME: Final = tuple(
    messages.c[name]
    for name in (
        "room_id", "username", "author", "content", "timestamp", "edited_at", "reply_to",
        "reactions", "files", "forwarded",
    )
)  # fmt: skip
_STANDING: Final = select(
    messages.c.id.label("message_id"), rooms.c.name.label("room_name"), *_SAME
).join(rooms, rooms.c.id == messages.c.room_id)
# Rows that are fetched at once.
_PORTION: Final = 500


class Scope(NamedTuple):
    """What is held, by all holds there are together."""

    server: bool
    rooms: frozenset[int]
    authors: frozenset[str]

    def all_of(self, room_id: int) -> bool:
        """Whether everything in a room is."""
        return self.server or room_id in self.rooms

    def covers(self, room_id: int, author: str) -> bool:
        """Whether what somebody says in a room is."""
        return self.all_of(room_id) or author in self.authors


class HoldRow(NamedTuple):
    """A hold, with what the account is called now."""

    id: int
    kind: HoldKind
    room_id: int | None
    author: str | None
    name: str
    reason: str
    created_by: str
    created_at: datetime
    username: str | None


def scope(connection: Connection) -> Scope:
    """What is held just now."""
    rows = connection.execute(select(holds.c.kind, holds.c.room_id, holds.c.author)).all()
    return Scope(
        any(row.kind == "server" for row in rows),
        frozenset(row.room_id for row in rows if row.kind == "room"),
        frozenset(row.author for row in rows if row.kind == "person"),
    )


def list_holds(connection: Connection) -> list[HoldRow]:
    """All of them, newest first."""
    rows = connection.execute(select(holds).order_by(holds.c.id.desc())).all()
    accounts = [int(row.author[5:]) for row in rows if row.author is not None]
    named = select(users.c.id, users.c.username).where(users.c.id.in_(accounts))
    names = {f"user:{row.id}": row.username for row in connection.execute(named)}
    return [HoldRow._make((*row, names.get(row.author))) for row in rows]


def name_of(connection: Connection, room_id: int) -> str | None:
    """What a room is or was called that is there, though it may be deleted."""
    return connection.scalar(select(rooms.c.name).where(rooms.c.id == room_id))


def add(connection: Connection, **values: Any) -> int:
    """One more; its id."""
    made = insert(holds).values(created_at=datetime.now(UTC), **values).returning(holds.c.id)
    return int(connection.execute(made).scalar_one())


def find(connection: Connection, hold_id: int) -> HoldRow | None:
    """One of them."""
    return next((row for row in list_holds(connection) if row.id == hold_id), None)


def lift(connection: Connection, hold_id: int) -> None:
    """It holds no longer. What it alone has set aside is taken away by `release_some`."""
    connection.execute(delete(holds).where(holds.c.id == hold_id))


# What is set aside


def set_aside(connection: Connection, ids: Collection[int], why: str) -> None:
    """Keep messages, as they stand, with all they ever said and their files.

    Of one that is set aside already everything is kept that it was before (`_together`).
    """
    if not ids:
        return
    more = {"why": why, "held_at": datetime.now(UTC)}
    found = connection.execute(_STANDING.where(messages.c.id.in_(ids)))
    standing: Sequence[Any] = found.mappings().all()
    rows = [row | more for row in _with_wordings(connection, standing)]
    before = _set_aside_before(connection, ids)
    new = [row for row in rows if row["message_id"] not in before]
    if new:
        connection.execute(insert(held), new)
    for row in rows:
        if (former := before.get(row["message_id"])) is not None:
            whole = _together(former, row)
            which = held.c.message_id == row["message_id"]
            connection.execute(update(held).where(which).values(whole))
    theirs = select(attachments.c.message_id, attachments.c.file_id).where(
        attachments.c.message_id.in_(ids)
    )
    pairs = upsert(connection, held_files).from_select(["message_id", "file_id"], theirs)
    connection.execute(pairs.on_conflict_do_nothing())


def _set_aside_before(connection: Connection, ids: Collection[int]) -> dict[int, Any]:
    found = connection.execute(select(held).where(held.c.message_id.in_(ids)))
    return {row.message_id: row for row in found}


def _together(former: Any, row: dict[str, Any]) -> dict[str, Any]:
    """What is kept of a message that was set aside before and has changed since.

    Who said it, what the room was called by those in it, and what it passed on, only ever become
    less. Of what becomes otherwise the row has what there was last, and `wordings` all that there
    was before.
    """
    earlier: list[dict[str, Any]] = json.loads(former.wordings or "[]")
    at = format_time(former.held_at)
    earlier += [
        {name: json.loads(was), "timestamp": at}
        for name in ("files", "reactions")
        if (was := getattr(former, name)) not in (None, row[name])
    ]
    if former.content != row["content"]:
        said = format_time(former.edited_at or former.timestamp)
        earlier.append({"content": former.content, "timestamp": said})
    now = json.loads(row["wordings"] or "[]")
    # Texts, since there may be thousands of each.
    known = {json.dumps(each, sort_keys=True) for each in now}
    all_of_it = [each for each in earlier if json.dumps(each, sort_keys=True) not in known]
    all_of_it += now
    all_of_it.sort(key=lambda each: str(each["timestamp"]))
    return row | {
        "username": former.username,
        "room_name": former.room_name,
        "forwarded": former.forwarded or row["forwarded"],
        "wordings": json.dumps(all_of_it, ensure_ascii=False) if all_of_it else None,
    }


def _with_wordings(
    connection: Connection, rows: Iterable[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Rows of messages, with what these said before, as JSON."""
    found = [dict(row) for row in rows]
    said: dict[int, list[dict[str, Any]]] = {}
    before = select(wordings).where(wordings.c.message_id.in_([row["message_id"] for row in found]))
    for row in connection.execute(before.order_by(wordings.c.message_id, wordings.c.number)):
        wording = {"content": row.content, "timestamp": format_time(row.timestamp)}
        said.setdefault(row.message_id, []).append(wording)
    for each in found:
        all_of_it = said.get(each["message_id"])
        each["wordings"] = None if all_of_it is None else json.dumps(all_of_it, ensure_ascii=False)
    return found


_NEXT: Final = (
    select(
        held.c.message_id, held.c.room_id, held.c.author, held.c.why,
        (
            extent(held.c.content)
            + func.coalesce(extent(held.c.wordings), 0)
            + func.coalesce(extent(held.c.forwarded), 0)
        ).label("extent"),
    )
    .where(held.c.message_id > bindparam("after"))
    .order_by(held.c.message_id)
    .limit(bindparam("limit"))
)  # fmt: skip


def release_some(
    connection: Connection, after: int, limit: int, most: int = MAX_EXTENT
) -> tuple[int, int | None]:
    """Take away what is set aside behind an id and no hold asks for any more: of `limit` rows.

    And of fewer where they are longer than `most` together. How many went, and up to which id it
    was looked; None where there was nothing left to look at.
    """
    now, rows = scope(connection), list[Any]()
    with connection.execute(_NEXT, {"after": after, "limit": limit}) as found:
        for row in found:
            most -= row.extent
            if rows and most < 0:
                break
            rows.append(row)
    if not rows:
        more = _unsay_over(connection, now, limit)
        return 0, after if more else None
    gone = [row for row in rows if not now.covers(row.room_id, row.author)]
    ids = [row.message_id for row in gone]
    if ids:
        connection.execute(delete(held_files).where(held_files.c.message_id.in_(ids)))
        connection.execute(delete(held).where(held.c.message_id.in_(ids)))
        # What its time was over for is in no report any more, either.
        over = [row.message_id for row in gone if row.why != "room"]
        there = select(messages.c.id).where(messages.c.id == reports.c.message_id).exists()
        copied = update(reports).where(reports.c.message_id.in_(over), ~there)
        connection.execute(copied.values(message_content=""))
        # What is left of a deleted room for their sake can go now.
        emptied = update(rooms).where(rooms.c.id.in_({row.room_id for row in gone}))
        connection.execute(emptied.where(rooms.c.emptied == 1).values(emptied=0))
    return len(ids), rows[-1].message_id


def _unsay_over(connection: Connection, now: Scope, limit: int) -> bool:
    """No report says what is in no room and set aside for nobody, because its time was over.

    That of `limit` reports; whether there may be more. As long as its author was held they did,
    also of what had been deleted before: that is never set aside, so that no row of it tells when
    to stop.
    """
    if now.server:
        return False
    purged = select(rooms.c.id).where(
        rooms.c.id == reports.c.room_id, rooms.c.purged_to >= reports.c.message_id
    )
    kept = select(held.c.message_id).where(held.c.message_id == reports.c.message_id)
    some = select(reports.c.id).where(
        reports.c.message_content != "",
        reports.c.room_id.not_in(now.rooms),
        func.coalesce(reports.c.message_author, "").not_in(now.authors),
        purged.exists(),
        ~kept.exists(),
    )
    over = update(reports).where(reports.c.id.in_(some.limit(limit)))
    return connection.execute(over.values(message_content="")).rowcount == limit


def count_held(connection: Connection) -> int:
    """How many messages are set aside."""
    return connection.scalar(select(func.count()).select_from(held)) or 0


def has_files(connection: Connection, room_id: int) -> bool:
    """Whether files that were sent to a room are held."""
    found = select(files.c.id).join(held_files, held_files.c.file_id == files.c.id)
    return connection.scalar(found.where(files.c.room_id == room_id).limit(1)) is not None


def all_held(
    connection: Connection, room_id: int | None, author: str | None
) -> Iterator[dict[str, Any]]:
    """What is set aside, by id: of one room, of one author; without what `of_deleted_rooms` has."""
    standing = _of_deleted_rooms(connection).where(messages.c.id == held.c.message_id)
    aside = select(held).where(~standing.exists())
    for found in _portions(connection, aside, held.c.message_id, room_id, author):
        yield from map(dict, found)


def _of_deleted_rooms(connection: Connection) -> Select[Any]:
    now = scope(connection)
    standing = _STANDING.add_columns(rooms.c.deleted_at.label("held_at")).where(
        rooms.c.deleted_at.is_not(None), messages.c.deleted_at.is_(None)
    )
    return standing if now.server else standing.where(rooms.c.id.in_(now.rooms))


def of_deleted_rooms(
    connection: Connection, room_id: int | None, author: str | None
) -> Iterator[dict[str, Any]]:
    """What rooms still have that somebody deleted and a hold of them keeps, in the same form.

    Each message once, with what was set aside of it before: as it is kept when the room goes.
    """
    standing = _of_deleted_rooms(connection)
    for found in _portions(connection, standing, messages.c.id, room_id, author):
        before = _set_aside_before(connection, [row["message_id"] for row in found])
        for row in _with_wordings(connection, found):
            former, whole = before.get(row["message_id"]), row | {"why": "room"}
            yield whole if former is None else _together(former, whole)


def _portions(
    connection: Connection,
    statement: Select[Any],
    key: Any,
    room_id: int | None,
    author: str | None,
) -> Iterator[Sequence[Mapping[str, Any]]]:
    """The rows of messages of one room, of one author, so many at once, in the order of a key."""
    table, after = key.table, 0
    if room_id is not None:
        statement = statement.where(table.c.room_id == room_id)
    if author is not None:
        statement = statement.where(table.c.author == author)
    while True:
        some = statement.where(key > after).order_by(key).limit(_PORTION)
        rows: Sequence[Any] = connection.execute(some).mappings().all()
        yield rows
        if len(rows) < _PORTION:
            return
        after = rows[-1]["message_id"]
