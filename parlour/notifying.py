"""The operations on notifications: of what people want to hear, and why they did or did not."""

import json
from collections.abc import Collection, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from parlour import places
from parlour.attention import (
    USUAL,
    Attention,
    Because,
    Decision,
    Level,
    Mention,
    Mentions,
    Notice,
    Quiet,
    QuietChange,
    Reason,
    RoomLevel,
    decide,
)
from parlour.crowds import Said
from parlour.errors import Refusal
from parlour.mentioning import HERE, ROOM
from parlour.models import Message, Person
from parlour.permissions import RoomKind, Standing
from parlour.store import attention as attention_rows
from parlour.store import messages as message_rows
from parlour.store import notices, reads, users
from parlour.store.attention import attentions
from parlour.store.mentions import mentions_of
from parlour.store.meta import read_values
from parlour.store.reads import ReadState
from parlour.store.standings import standings


@dataclass(frozen=True, slots=True)
class Crowd:
    """What people are to be told of several rooms; where some stand whom nothing calls any more."""

    notices: list[Notice]
    states: list[ReadState]


# Levels


def get_level(connection: Connection, by: Person, user_id: int, room_id: int) -> RoomLevel:
    """Of what somebody is notified in a room that they may enter. Raises Refusal."""
    standing = places.allow(connection, by.author, room_id, "enter")
    return _level(connection, user_id, room_id, standing)


def set_level(
    connection: Connection, by: Person, user_id: int, room_id: int, level: Level | None
) -> RoomLevel:
    """The same from now on. Raises Refusal."""
    standing = places.allow(connection, by.author, room_id, "enter")
    if attentions(connection, room_id, [user_id])[user_id].level != level:
        attention_rows.set_level(connection, user_id, room_id, level)
    return _level(connection, user_id, room_id, standing)


def _level(connection: Connection, user_id: int, room_id: int, standing: Standing) -> RoomLevel:
    level = attentions(connection, room_id, [user_id])[user_id].level
    return RoomLevel(room_id=room_id, level=level, usual=USUAL[standing.kind])


# Do not disturb


def get_quiet(connection: Connection, user_id: int) -> Quiet:
    """When somebody does not want to be disturbed."""
    return attention_rows.quiet_of(connection, user_id)


def set_quiet(connection: Connection, user_id: int, change: QuietChange) -> Quiet:
    """The same from now on."""
    until = None
    if change.seconds is not None:
        until = datetime.now(UTC) + timedelta(seconds=change.seconds)
    zone = change.time_zone
    if change.start is None:
        zone = None
    elif zone is None:
        user = users.get_user(connection, user_id)
        zone = (None if user is None else user.time_zone) or "UTC"
    quiet = Quiet(until=until, start=change.start, end=change.end, time_zone=zone)
    attention_rows.set_quiet(connection, user_id, quiet)
    return quiet


# Why


def get_decision(connection: Connection, by: Person, user_id: int, message_id: int) -> Decision:
    """Why somebody was, or was not, notified of a message that they may read. Raises Refusal."""
    found = message_rows.find_message(connection, message_id)
    if found is None:
        raise _no_message()
    message, author = found
    try:
        standing = places.allow(connection, by.author, message.room_id, "enter")
    except Refusal as refusal:
        # It says nothing of a room that they may not see.
        raise _no_message() if refusal.code == "not_found" else refusal from None
    if message.deleted_at is not None:
        raise _no_message()
    stored = notices.about(connection, user_id, message_id)
    if stored is not None:
        return Decision(
            message_id=message_id, notified=stored.notified, reason=stored.reason,
            because=stored.because, level=stored.level,
        )  # fmt: skip
    then = attentions(connection, message.room_id, [user_id], message_id)[user_id]
    called = notices.is_call(connection, message.room_id, message_id) and then.member
    reason = _reason(standing.kind, called=called)
    because = _no_question(connection, user_id, message, author == by.author, standing, then)
    if because is not None:
        return Decision(
            message_id=message_id, notified=False, reason=reason, because=because, level=None
        )
    verdict = decide(standing.kind, reason, then, message.timestamp)
    return Decision(
        message_id=message_id, notified=verdict.notified, reason=reason, because=verdict.because,
        level=verdict.level,
    )  # fmt: skip


def _reason(kind: RoomKind, *, called: bool) -> Reason:
    if called:
        return "room"
    return "direct" if kind == "direct" else "message"


def _no_question(
    connection: Connection,
    user_id: int,
    message: Message,
    own: bool,  # noqa: FBT001 - asked once, above
    standing: Standing,
    then: Attention,
) -> Because | None:
    """What decided where no level was looked at."""
    if own:
        return "own"
    kept = int(read_values(connection, ["notified_after"]).get("notified_after", 0))
    if message.id <= kept:
        return "not_kept"
    user = users.get_user(connection, user_id)
    new = user is not None and user.created_at > message.timestamp
    if new or (standing.kind != "public" and not then.member):
        return "absent"
    return None


def get_mentions(
    connection: Connection, by: Person, user_id: int, before: int | None, limit: int
) -> Mentions:
    """Messages about somebody, newest first, in rooms that they may enter."""
    found = notices.page(connection, user_id, before, limit)
    page = found[:limit]
    rooms = sorted({message.room_id for message, _ in page})
    seats = [(room_id, by.author) for room_id in rooms]
    may = {
        room_id
        for room_id, standing in zip(rooms, standings(connection, seats), strict=True)
        if standing is not None
        and not standing.banned
        and (standing.kind == "public" or standing.role is not None)
    } if rooms else set()  # fmt: skip
    return Mentions.model_construct(
        mentions=tuple(
            Mention.model_construct(message=message, reason=reason)
            for message, reason in page
            if message.room_id in may
        ),
        before=page[-1][0].id if len(found) > limit else None,
    )


# Many at once


def crowd(connection: Connection, said: Mapping[int, Said], people: AbstractSet[int]) -> Crowd:
    """What the accounts `people` are to be told of what was said, but for what they were told.

    It is read at one moment, some rows for each of them and each message: of many people it is to
    be asked a part at a time.
    """
    told: list[Notice] = []
    states: list[ReadState] = []
    among = json.dumps(sorted(people))
    for room_id, lately in said.items():
        [standing] = standings(connection, [(room_id, None)])
        if standing is None:
            continue
        left = lately.left & people
        if lately.uncalled:
            left.update(notices.members_among(connection, room_id, among))
        states += reads.states_among(connection, room_id, left)
        ids = [*lately.calls, *lately.ids]
        kept = {each.id: each for each in message_rows.by_ids(connection, room_id, ids)}
        for message_id in sorted(kept):
            message = kept[message_id]
            if message.deleted_at is None:
                told += _heard(connection, message, standing.kind, among, people)
    return Crowd(told, states)


def _heard(
    connection: Connection,
    message: Message,
    kind: RoomKind,
    among: str,
    people: AbstractSet[int],
) -> list[Notice]:
    """Who hears of one message beside those who were told at once; `among` are `people` in JSON."""
    room_id = message.room_id
    own = notices.places_of(connection, [message.id])[message.id][0]
    known = {each.user_id: each for each in notices.whom(connection, message.id)}
    here = []
    if HERE in message.mentions:
        here = [u for u, e in known.items() if u in people and e.reason == "here" and e.counts]
    # Who was there when it was said may have been put out since.
    found = [
        Notice(user_id, message, "here", known[user_id].notified, 0)
        for user_id in _let_in(connection, room_id, here)
    ]
    called = ROOM in message.mentions
    if called or kind == "direct":
        reason: Reason = "room" if called else "direct"
        listeners = notices.members_among(connection, room_id, among)
    else:
        reason = "message"
        listeners = attention_rows.listeners_among(connection, room_id, among)
        listeners = _let_in(connection, room_id, listeners)
    listeners = [each for each in listeners if each not in known and f"user:{each}" != own]
    heeded = attentions(connection, room_id, listeners, message.id)
    for user_id in listeners:
        verdict = decide(kind, reason, heeded[user_id], message.timestamp)
        # Who is called has one more unread mention, notified or not.
        if verdict.notified or called:
            found.append(Notice(user_id, message, reason, verdict.notified, 0))
    counts = mentions_of(connection, room_id, [each.user_id for each in found])
    return [
        Notice(each.user_id, message, each.reason, each.notified, counts.get(each.user_id, 0))
        for each in found
    ]


def _let_in(connection: Connection, room_id: int, user_ids: Collection[int]) -> list[int]:
    """Those who may still enter: who left a room may have wanted to hear everything in it."""
    if not user_ids:
        return []
    seats = [(room_id, f"user:{user_id}") for user_id in user_ids]
    return [
        user_id
        for user_id, standing in zip(user_ids, standings(connection, seats), strict=True)
        if standing is not None
        and not standing.banned
        and (standing.kind == "public" or standing.role is not None)
    ]


def _no_message() -> Refusal:
    return Refusal("not_found", "There is no such message; it may have been deleted.")
