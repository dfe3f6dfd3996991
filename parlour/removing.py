"""People who leave for good: what they wrote stays without their name, or goes.

At once their sessions end, and nobody can come in as them; what they have left behind is
followed up by a job, a few rows at a time, as long as that takes.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection

from parlour import attempts, audience, audit, belonging, reacting, takeouts
from parlour.administration import check_last
from parlour.context import Context
from parlour.database import ChatDatabase
from parlour.editing import Edited, change, erase
from parlour.effects import effect
from parlour.errors import Refusal
from parlour.identity import end_logins
from parlour.jobs import Task, job
from parlour.leaving import Departure, Mode, Step
from parlour.models import Forwarded, Message, Person
from parlour.places import Changed, Told, describe, tell
from parlour.scheduling import forget_all
from parlour.store import files as file_rows
from parlour.store import holds, invites, removal, users
from parlour.store import members as member_rows
from parlour.store import messages as message_rows
from parlour.store import rooms as room_rows
from parlour.store import sessions as session_rows
from parlour.store.removal import FORMER, Found
from parlour.support.portions import TARGET_SECONDS, Portion, rest
from parlour.upkeep import purge

# Messages, or rooms, that are looked for at once. After each transaction others write, and for so
# many seconds at least, so that nobody is flooded with what is told.
_AT_ONCE: Final = 10
_LEAST: Final = 0.05
# One transaction changes what it can in this time; a single one of them in any case.
_SECONDS: Final = TARGET_SECONDS / 2
# Rows of other kinds that go at once.
_FEWEST: Final = 20
_ROWS: Final = 200
# When it is begun once more where it was given up: nothing of it may stay.
_AGAIN: Final = timedelta(hours=1)
# Columns of what a message says, and not only of whom it is about.
_LESSENS: Final = frozenset({"username", "reactions", "forwarded"})
# Reactions before messages: what messages tell of them is made from them anew while others react.
# Conversations after them: what of one is set aside, because it is held, says how that was called.
_STEPS: Final[tuple[Step, ...]] = ("rooms", "reactions", "messages", "conversations", "rest")


@dataclass(frozen=True, slots=True)
class Removed:
    """Whom it was, what they are called from now on, and which sessions ended."""

    user_id: int
    before: str
    username: str
    ended: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Done:
    """How many of some were gone through in one transaction, and what became otherwise."""

    count: int
    changes: tuple[Edited, ...]


@effect("removed", Removed, everywhere=True)
def person_removed(context: Context, removed: Removed) -> None:
    """Somebody has left for good: nobody is signed in as them. Their name is not free yet."""
    context.registry.add_name(removed.username)
    words = "This account was removed."
    end_logins(context, removed.ended, Refusal("not_signed_in", words))
    context.receiving.stir.set()
    context.due.set()


@effect("name_freed", str)
def name_freed(context: Context, username: str) -> None:
    """All that somebody left is followed up: somebody else may have their name."""
    context.registry.remove_name(username)


@effect("revised", tuple[Edited, ...])
def tell_revised(context: Context, changes: tuple[Edited, ...]) -> None:
    """Messages changed by what somebody left behind."""
    for edited in changes:
        audience.tell_change(context, edited)
        if edited.rest:
            context.tasks.spawn(purge(context))


@effect("conversation_renamed", Told)
def tell_renamed(context: Context, told: Told) -> None:
    """A conversation is called otherwise."""
    audience.tell_room(context, told)


def check_removable(connection: Connection, user_id: int) -> None:
    """Whether an account may go: the one place that says so. Raises Refusal.

    What is held keeps its author, or everybody; in a room that is held, what they wrote is set
    aside before it changes or goes, and so is what others passed on there.
    """
    account = users.get_account(connection, user_id)
    if account is None or removal.is_empty(connection, user_id):
        raise Refusal("not_found", "There is no such account any more.")
    check_last(connection, account, account.user.role, disabled=True)
    held = holds.scope(connection)
    if held.server or f"user:{user_id}" in held.authors:
        # Why, and that there is a hold at all, is no business of whoever wants to leave.
        words = "This account has to be kept just now. Ask whoever runs this place."
        raise Refusal("not_allowed", words)


def remove(connection: Connection, by: Person, user_id: int, mode: Mode) -> Removed:
    """Let an account be nobody's any more; the rest follows by a job. Raises Refusal."""
    check_removable(connection, user_id)
    account = users.get_account(connection, user_id)
    assert account is not None  # noqa: S101 - asked above
    before, after = account.user.username, removal.free_name(connection, user_id)
    ended = session_rows.end_sessions_of(connection, user_id)
    invites.delete_all_invites_of(connection, user_id)
    forget_all(connection, user_id)
    takeouts.forget(connection, user_id)
    attempts.forget_account(connection, before)
    removal.empty_account(connection, user_id, after)
    own = by.author == f"user:{user_id}"
    # The log keeps who it was only by number.
    actor = Person.by_account(after, user_id) if own else by
    audit.note(connection, actor, "user.remove", after, detail={"mode": mode, "own": own})
    depart.put(connection, Departure(user_id=user_id, username=before, mode=mode), key=str(user_id))
    return Removed(user_id, before, after, tuple(ended))


@job(removal.DEPART, Departure, long=True)
async def depart(context: Context, task: Task[Departure]) -> None:
    """Follow up what somebody has left behind; where it was interrupted it begins once more.

    Much of it is found by what they were called, so nobody else is called so before it has ended.
    """
    who = task.payload
    for step in _STEPS:
        await _FOLLOW[step](context, who)
    await task.end(_finish, who, then=name_freed.after(context))


@depart.when_lost
async def _try_later(_context: Context, task: Task[Departure]) -> None:
    await task.end(_follow_later, task.payload)


def _follow_later(connection: Connection, who: Departure) -> None:
    at = datetime.now(UTC) + _AGAIN
    depart.put(connection, who, key=str(who.user_id), at=at)


async def _rooms(context: Context, who: Departure) -> None:
    while found := await context.database.read(removal.rooms_of, who.user_id, _AT_ONCE):
        for room_id in found:
            tell = audience.tell_member.after(context)
            changed = await context.database.write(_leave, who.user_id, room_id, then=tell)
            if changed is not None and changed.gone:
                context.tasks.spawn(purge(context))


def _leave(connection: Connection, user_id: int, room_id: int) -> Changed | None:
    """Take somebody out of a room, which goes to whoever has been there longest."""
    account = users.get_account(connection, user_id)
    role = member_rows.role_of(connection, room_id, user_id)
    if account is None or role is None or room_rows.get_room(connection, room_id) is None:
        member_rows.remove_member(connection, room_id, user_id)
        return None
    told = describe(connection, room_id)
    # Of a private room nobody else could take care; a public one may be nobody's.
    private = told.room.kind == "private"
    heir = removal.heir_of(connection, room_id, user_id, disabled=private)
    if heir is None and private:
        # Nobody could come in again.
        ChatDatabase.delete_room(connection, room_id)
        return Changed(told.room, told.audience, account.user, None, gone=True)
    if role != "owner" or heir is None:
        return belonging.take_out(connection, room_id, account.user, role)
    belonging.take_out(connection, room_id, account.user, role)
    member_rows.set_role(connection, room_id, heir[0], "owner")
    room = room_rows.change_room(connection, room_id, owner=heir[1])
    detail = {"role": "owner", "before": "member"}
    by = Person.by_account(account.user.username, user_id)
    audit.note(connection, by, "room.owner", heir[1], room_id=room_id, detail=detail)
    others: tuple[tuple[int, Any], ...] = ((heir[0], "owner"),)
    return Changed(room, told.audience, account.user, None, others)


async def _conversations(context: Context, who: Departure) -> None:
    after = 0
    while found := await context.database.read(
        removal.conversations_of, who.user_id, after, _AT_ONCE
    ):
        for room_id in found:
            tell_all = tell_renamed.after(context)
            await context.database.write(_rename, room_id, then=tell_all)
        after = found[-1]
        await asyncio.sleep(_LEAST)


def _rename(connection: Connection, room_id: int) -> Told | None:
    name = ", ".join(removal.names_in(connection, room_id))
    room = room_rows.get_room(connection, room_id)
    if room is None or room.name == name:
        return None
    return tell(connection, room_rows.change_room(connection, room_id, name=name))


async def _messages(context: Context, who: Departure) -> None:
    def look(connection: Connection, after: int) -> Found:
        return removal.named_after(connection, who.author, who.username, after, _AT_ONCE)

    await _one_by_one(context, look, lambda c, which: revise(c, who, which))


async def _reactions(context: Context, who: Departure) -> None:
    def look(connection: Connection, after: int) -> Found:
        return removal.reacted_after(connection, who.author, after, _AT_ONCE)

    await _one_by_one(context, look, lambda c, which: _take_back(c, who, which))


async def _one_by_one(
    context: Context,
    look: Callable[[Connection, int], Found],
    act: Callable[[Connection, int], Edited | None],
) -> None:
    """Go through all there are, a few at a time."""
    after, database = 0, context.database
    while True:
        found = await database.read(look, after)
        if found.after is None:
            return
        left = found.ids
        while left:
            tell_all = tell_revised.after(context, lambda done: done.changes or None)
            done, seconds = await database.batch(in_time, act, left, then=tell_all)
            left = left[done.count :]
            await asyncio.sleep(max(_LEAST, rest(seconds, busy=True)))
        after = found.after


def in_time(
    connection: Connection, act: Callable[[Connection, int], Edited | None], ids: tuple[int, ...]
) -> _Done:
    """The first of them, as many as there is time for."""
    count, changes, until = 0, list[Edited](), time.perf_counter() + _SECONDS
    while count < len(ids) and (not count or time.perf_counter() < until):
        edited = act(connection, ids[count])
        count += 1
        if edited is not None:
            changes.append(edited)
    return _Done(count, tuple(changes))


def revise(connection: Connection, who: Departure, message_id: int) -> Edited | None:
    """A message without a name; one of whoever it was without anything, where that is meant."""
    found = message_rows.find_message(connection, message_id)
    if found is None:
        return None
    message, author = found
    values = _without_name(message, who)
    if author == who.author and message.username != FORMER:
        removal.note_indexed(connection, message_id)
        values["username"] = FORMER
    if author == who.author and who.mode == "remove" and message.deleted_at is None:
        return erase(connection, message, author, username=FORMER)
    if _LESSENS & values.keys():
        _set_aside(connection, message, author)
    if "forwarded" in values and who.mode == "remove" and message.forwarded is not None:
        own = {file.id for file in message.files}
        passed = {file.id for file in message.forwarded.files} - own
        file_rows.release_some(connection, message_id, passed)
        removal.unsay_passed(connection, message_id, message.forwarded)
    return change(connection, message, **values) if values else None


def _set_aside(connection: Connection, message: Message, author: str) -> None:
    """Keep a message as it was, where it is held and in view, before anything of it goes."""
    if message.deleted_at is None and holds.scope(connection).covers(message.room_id, author):
        holds.set_aside(connection, [message.id], "changed")


def _without_name(message: Message, who: Departure) -> dict[str, Any]:
    """What a message says otherwise where it has named somebody."""
    values: dict[str, Any] = {}
    if message.pinned_by == who.username:
        values["pinned_by"] = FORMER
    if who.username in message.mentions:
        left = tuple(name for name in message.mentions if name != who.username)
        values["mentions"] = message_rows.mentions_text(left)
    if any(who.username in each.usernames for each in message.reactions):
        told = [
            each.model_copy(
                update={
                    "usernames": tuple(
                        FORMER if name == who.username else name for name in each.usernames
                    )
                }
            )
            for each in message.reactions
        ]
        values["reactions"] = message_rows.reactions_text(told)
    passed = message.forwarded
    if passed is not None and passed.username == who.username and not passed.guest:
        gone: dict[str, Any] = {"username": FORMER}
        if who.mode == "remove":
            gone |= {"content": "", "files": ()}
        told_now: Forwarded = passed.model_copy(update=gone)
        values["forwarded"] = told_now.model_dump_json()
    return values


def _take_back(connection: Connection, who: Departure, reaction_id: int) -> Edited | None:
    """A reaction without a name, or none."""
    edited = None
    for message_id, emoji in removal.reactions_by_id(connection, [reaction_id]):
        found = message_rows.find_message(connection, message_id)
        if found is None or found[0].deleted_at is not None:
            continue
        _set_aside(connection, *found)
        if who.mode == "remove":
            by = Person.by_account(FORMER, who.user_id)
            edited = reacting.change(connection, by, found[0], emoji, on=False)
    if who.mode == "anonymise":
        removal.rename_reactions(connection, [reaction_id])
    return None if edited is None or edited.same else edited


async def _rest(context: Context, who: Departure) -> None:
    more, portion, database = True, Portion(_FEWEST, _ROWS), context.database
    while more:
        more, seconds = await database.batch(removal.forget_some, who.user_id, portion.size)
        portion.note(seconds, whole=True)
        await asyncio.sleep(max(_LEAST, portion.rest(busy=True)))
    context.receiving.stir.set()


def _finish(connection: Connection, who: Departure) -> str:
    # Who tried to come in by that name meanwhile is nothing to whoever has it next.
    attempts.forget_account(connection, who.username)
    removal.rename_noted(connection, who.user_id, with_words=who.mode == "remove")
    return who.username


_FOLLOW: Final[dict[Step, Callable[[Context, Departure], Any]]] = {
    "rooms": _rooms,
    "conversations": _conversations,
    "reactions": _reactions,
    "messages": _messages,
    "rest": _rest,
}
