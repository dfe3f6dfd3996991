"""What accounts that go have left, found and taken away a bounded number of rows at a time."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    Connection,
    Integer,
    cast,
    delete,
    func,
    literal,
    or_,
    select,
    update,
)

from parlour.leaving import Mode
from parlour.models import Forwarded
from parlour.store.dialects import upsert
from parlour.store.leftovers import some_of
from parlour.store.tables import (
    addressed,
    attention,
    audit,
    files,
    jobs,
    members,
    messages,
    quiets,
    reactions,
    reads,
    reports,
    restrictions,
    rooms,
    saved,
    search_changes,
    search_state,
    spoken,
    users,
)
from parlour.support.names import name_identity
from parlour.support.text import name_key

# What whoever has gone is called where they spoke; nobody else can be.
FORMER: Final = "Former member"
# The job that follows up what somebody has left behind.
DEPART: Final = "depart"
# Messages that are looked at in one reading.
_WINDOW: Final = 5_000


class Found(NamedTuple):
    """Ids behind a place, and how far was looked; None at the end."""

    ids: tuple[int, ...]
    after: int | None


def free_name(connection: Connection, user_id: int) -> str:
    """What the account of somebody who has gone is called: never what they were called before.

    That is given back later, and nobody may speak by a name that an account has.
    """
    name, number = f"former-member-{user_id}", 2
    while True:
        taken = or_(users.c.name_key == name_key(name), users.c.identity == name_identity(name))
        if connection.scalar(select(users.c.id).where(taken)) is None:
            return name
        name, number = f"former-member-{user_id}-{number}", number + 1


def names_left(connection: Connection) -> list[str]:
    """Names of those who have left, and whose leaving is still followed up by these names."""
    asked = select(jobs.c.payload).where(jobs.c.kind == DEPART)
    return [json.loads(payload)["username"] for payload in connection.scalars(asked)]


def is_left(connection: Connection, username: str) -> bool:
    """Whether this name, or one that looks like it, is one of those: it is not free yet."""
    identity = name_identity(username)
    return any(name_identity(name) == identity for name in names_left(connection))


def is_empty(connection: Connection, user_id: int) -> bool:
    """Whether nobody can come back to an account: it has gone."""
    hashed = connection.scalar(select(users.c.password_hash).where(users.c.id == user_id))
    return hashed == ""


def modes_left(connection: Connection) -> dict[int, Mode]:
    """All accounts that have gone, and how: as the log of what was done says, which keeps it.

    Where it did not, nothing of them comes back.
    """
    acts = select(audit.c.subject, audit.c.detail).where(audit.c.action == "user.remove")
    said = {row.subject: json.loads(row.detail)["mode"] for row in connection.execute(acts)}
    gone = select(users.c.id, users.c.username).where(users.c.password_hash == "")
    return {row.id: said.get(row.username, "remove") for row in connection.execute(gone)}


def empty_account(connection: Connection, user_id: int, username: str) -> None:
    """Leave of an account only that messages are of the same author."""
    now = datetime.now(UTC)
    connection.execute(
        update(users)
        .where(users.c.id == user_id)
        .values(
            username=username, name_key=name_key(username), identity=name_identity(username),
            display_name=FORMER, password_hash="", role="member", about="", time_zone=None,
            status_text="", hue=None, password_changed_at=now, disabled_at=now, avatar=None,
            avatar_size=None, read_receipts=True,
        )
    )  # fmt: skip


def rooms_of(connection: Connection, user_id: int, limit: int) -> list[int]:
    """Rooms that an account belongs to, conversations aside."""
    asked = (
        select(members.c.room_id)
        .join(rooms, rooms.c.id == members.c.room_id)
        .where(members.c.user_id == user_id, rooms.c.kind != "direct", rooms.c.deleted_at.is_(None))
        .order_by(members.c.room_id)
        .limit(limit)
    )
    return list(connection.scalars(asked))


def conversations_of(connection: Connection, user_id: int, after: int, limit: int) -> list[int]:
    """Conversations that an account belongs to, behind one of them."""
    asked = (
        select(members.c.room_id)
        .join(rooms, rooms.c.id == members.c.room_id)
        .where(members.c.user_id == user_id, rooms.c.kind == "direct", rooms.c.id > after)
        .order_by(rooms.c.id)
        .limit(limit)
    )
    return list(connection.scalars(asked))


def names_in(connection: Connection, room_id: int) -> list[str]:
    """What those are called who belong to a conversation."""
    shown = select(users.c.username, users.c.password_hash)
    found = connection.execute(shown.join(members).where(members.c.room_id == room_id))
    return sorted(FORMER if row.password_hash == "" else row.username for row in found)


def heir_of(
    connection: Connection, room_id: int, user_id: int, *, disabled: bool
) -> tuple[int, str] | None:
    """Who owns a room after somebody: the moderator, or else member, who was there longest.

    With `disabled` it may be one whose account is, where there is nobody else: they may come back.
    """
    is_disabled = users.c.disabled_at.is_not(None)
    # Who has left for good does not.
    able = users.c.password_hash != "" if disabled else ~is_disabled
    asked = (
        select(users.c.id, users.c.username)
        .join(members, members.c.user_id == users.c.id)
        .where(members.c.room_id == room_id, users.c.id != user_id, able)
        .order_by(is_disabled, (members.c.role != "moderator"), members.c.joined_at, users.c.id)
        .limit(1)
    )
    row = connection.execute(asked).first()
    return None if row is None else (row[0], row[1])


# What they wrote, and where they are named


def named_after(
    connection: Connection, author: str, username: str, after: int, limit: int
) -> Found:
    """Messages behind one that are somebody's, or say their name: of all there are, in turn."""
    newest = connection.scalar(select(func.max(messages.c.id))) or 0
    if after >= newest:
        return Found((), None)
    until = after + _WINDOW
    # As JSON has it, between quotes, with what has to be escaped in a pattern.
    quoted = '%"' + username.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + '"%'
    said = [
        column.like(quoted, escape="\\")
        for column in (messages.c.mentions, messages.c.reactions, messages.c.forwarded)
    ]
    asked = (
        select(messages.c.id)
        .where(
            messages.c.id > after,
            messages.c.id <= until,
            or_(messages.c.author == author, messages.c.pinned_by == username, *said),
        )
        .order_by(messages.c.id)
        .limit(limit)
    )
    ids = tuple(connection.scalars(asked))
    return Found(ids, ids[-1] if len(ids) == limit else until)


def reacted_after(connection: Connection, author: str, after: int, limit: int) -> Found:
    """Reactions of somebody behind one."""
    newest = connection.scalar(select(func.max(reactions.c.id))) or 0
    if after >= newest:
        return Found((), None)
    until = after + _WINDOW
    asked = (
        select(reactions.c.id)
        .where(reactions.c.id > after, reactions.c.id <= until, reactions.c.author == author)
        .order_by(reactions.c.id)
        .limit(limit)
    )
    ids = tuple(connection.scalars(asked))
    return Found(ids, ids[-1] if len(ids) == limit else until)


def reactions_by_id(connection: Connection, ids: Sequence[int]) -> list[tuple[int, str]]:
    """The messages and emoji of reactions."""
    asked = select(reactions.c.message_id, reactions.c.emoji).where(reactions.c.id.in_(ids))
    return [(row[0], row[1]) for row in connection.execute(asked.order_by(reactions.c.id))]


def rename_reactions(connection: Connection, ids: Sequence[int]) -> None:
    """They are of somebody who has gone."""
    connection.execute(update(reactions).where(reactions.c.id.in_(ids)).values(username=FORMER))


def note_indexed(connection: Connection, message_id: int) -> None:
    """A message gets another author's name: what the search's index has of it is to be made anew.

    Triggers note all other changes that it has to follow, and not this one, which there was not.
    """
    source = select(
        messages.c.id, messages.c.room_id, messages.c.username, messages.c.content,
        cast(messages.c.reactions.is_not(None), Integer), messages.c.files, messages.c.forwarded,
        cast(messages.c.pinned_at.is_not(None), Integer),
    ).where(
        messages.c.id == message_id,
        messages.c.deleted_at.is_(None),
        select(search_state.c.id)
        .where(literal(message_id).between(search_state.c.lowest, search_state.c.highest))
        .exists(),
    )  # fmt: skip
    names = [
        "message_id", "room_id", "username", "content", "reacted", "files", "forwarded", "pinned",
    ]  # fmt: skip
    statement = upsert(connection, search_changes).from_select(names, source)
    connection.execute(statement.on_conflict_do_nothing())


# The rest


def forget_some(connection: Connection, user_id: int, limit: int) -> bool:
    """Take away some of what is an account's alone; whether there may be more."""
    author = f"user:{user_id}"
    own: tuple[tuple[Any, Any], ...] = (
        (saved, saved.c.user_id == user_id),
        (addressed, addressed.c.user_id == user_id),
        (attention, attention.c.user_id == user_id),
        (quiets, quiets.c.user_id == user_id),
        (reads, reads.c.user_id == user_id),
        (files, (files.c.author == author) & files.c.waits_since.is_not(None)),
    )
    return any(some_of(connection, table, where, limit) for table, where in own)


def unsay_passed(connection: Connection, message_id: int, passed: Forwarded) -> None:
    """Reports of a message that has passed something on say no more what that was.

    What else stood in it they keep, as it was when it was reported.
    """
    gone = [passed.content, *(text for file in passed.files for text in (file.name, file.alt))]
    asked = select(reports.c.id, reports.c.message_content)
    for row in connection.execute(asked.where(reports.c.message_id == message_id)).all():
        left = _without(row.message_content, gone)
        one = update(reports).where(reports.c.id == row.id)
        connection.execute(one.values(message_content=left))


def _without(text: str, parts: Sequence[str]) -> str:
    """A text without these lines of it; nothing where they cannot be told from the rest."""
    for part in filter(None, parts):
        before, found, after = f"\n{text}\n".rpartition(f"\n{part}\n")
        if not found:
            return ""
        text = f"{before}\n{after}".strip("\n")
    return text


def rename_noted(connection: Connection, user_id: int, *, with_words: bool) -> None:
    """What others have noted of somebody names them no more, or says no more what they said."""
    author = f"user:{user_id}"
    said = {"message_username": FORMER} | ({"message_content": ""} if with_words else {})
    connection.execute(update(reports).where(reports.c.message_author == author).values(said))
    connection.execute(update(reports).where(reports.c.author == author).values(reporter=FORMER))
    connection.execute(
        update(restrictions).where(restrictions.c.author == author).values(username=FORMER)
    )
    connection.execute(delete(spoken).where(spoken.c.author == author))
