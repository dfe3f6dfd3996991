"""Messages that are said later: the operations on them, and the job that says each at its time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection

from parlour.attaching import Attached
from parlour.audience import tell_scheduled
from parlour.chains import Chains
from parlour.companions import first_refusal
from parlour.context import Context
from parlour.database import ChatDatabase
from parlour.effects import Several
from parlour.errors import Refusal
from parlour.jobs import Later, Task, job
from parlour.later import Scheduled, ScheduledCreate
from parlour.mentioning import HERE
from parlour.models import Person, check_said
from parlour.places import allow
from parlour.protocol import ScheduledRemovedEvent, ScheduledUpdatedEvent
from parlour.saying import Said, accounts_in, publish, said_of
from parlour.store import messages as message_rows
from parlour.store import restrictions, users
from parlour.store import scheduled as rows
from parlour.store.jobs import now_ms
from parlour.storing import MessageDraft, StoredMessage
from parlour.support.counts import COUNTS

# Of one account, those included that were refused for good.
MAX_SCHEDULED: Final = 100
# A leap year.
MAX_AHEAD: Final = timedelta(days=366)
# Refused for this it is said as soon as it may be.
_WAITED_FOR: Final = "slow_mode"

Event = ScheduledUpdatedEvent | ScheduledRemovedEvent


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of one whose time had come: a message, or what it is now that it was refused."""

    user_id: int
    draft: MessageDraft | None
    stored: StoredMessage | None
    event: Event


# What its author does


def schedule(
    connection: Connection, by: Person, user_id: int, room_id: int, new: ScheduledCreate
) -> tuple[Scheduled, bool]:
    """Say something later; whether it is new, or was made by its `client_id` before.

    Raises Refusal.
    """
    known = rows.by_client_id(connection, user_id, room_id, new.client_id)
    if known is not None:
        return known, False
    allow(connection, by.author, room_id, "speak")
    _check_time(connection, new.send_at)
    key = room_id, by.author, new.client_id
    if message_rows.messages_by_client_id(connection, [key]):
        words = "client_id: This was said already."
        raise Refusal("not_allowed", words, field="client_id")
    if rows.count(connection, user_id) >= MAX_SCHEDULED:
        words = (
            f"You have {MAX_SCHEDULED} messages that are said later or could not be, which is the"
            " most. Delete one of them first."
        )
        raise Refusal("not_allowed", words)
    content = new.content or ""
    draft = MessageDraft(room_id, by, content, new.client_id, new.reply_to, files=new.files)
    _check_companions(connection, [draft])
    scheduled_id = rows.add(
        connection, user_id, room_id, new.files, content=content, client_id=new.client_id,
        reply_to=new.reply_to, send_at=new.send_at,
    )  # fmt: skip
    rows.hold(connection, new.files, scheduled_id)
    send.put(connection, scheduled_id, at=new.send_at, key=str(scheduled_id))
    return _own(connection, user_id, scheduled_id), True


def _check_time(connection: Connection, send_at: datetime) -> None:
    now = datetime.fromtimestamp(now_ms(connection) / 1000, UTC)
    if send_at <= now:
        raise Refusal("invalid", "send_at: It has to be a time to come.", field="send_at")
    if send_at > now + MAX_AHEAD:
        words = f"send_at: It has to be within {MAX_AHEAD.days} days."
        raise Refusal("invalid", words, field="send_at")


def _check_companions(connection: Connection, drafts: Sequence[MessageDraft]) -> None:
    """What it answers and brings along has to be there now; by its time it is asked once more."""
    there = (kind.of(connection, drafts) for kind in (Chains, Attached))
    refusal = first_refusal([each for each in there if each is not None], drafts[0])
    if refusal is not None:
        raise refusal


def list_scheduled(connection: Connection, user_id: int) -> list[Scheduled]:
    """What somebody says later, the next one first."""
    return rows.of_user(connection, user_id)


def change(
    connection: Connection, user_id: int, scheduled_id: int, changes: dict[str, Any]
) -> Scheduled:
    """Say it in other words or at another time, by which it waits again. Raises Refusal."""
    _own(connection, user_id, scheduled_id)
    if "content" in changes:
        check_said(changes["content"], rows.file_ids(connection, scheduled_id), None)
    if "send_at" in changes:
        _check_time(connection, changes["send_at"])
        # Another job: whoever runs the one before just now says nothing by it.
        send.take_back(connection, str(scheduled_id))
        send.put(connection, scheduled_id, at=changes["send_at"], key=str(scheduled_id))
        changes = {**changes, "error_code": None, "error_detail": None}
    if changes:
        rows.change(connection, scheduled_id, **changes)
    return _own(connection, user_id, scheduled_id)


def delete(connection: Connection, user_id: int, scheduled_id: int) -> tuple[int, Event]:
    """Do not say it. Raises Refusal."""
    _own(connection, user_id, scheduled_id)
    _take_away(connection, scheduled_id)
    return user_id, ScheduledRemovedEvent(id=scheduled_id, message_id=None)


def send_now(
    connection: Connection, by: Person, user_id: int, scheduled_id: int, here: tuple[int, ...]
) -> Sent:
    """Say it now, as any other message. Raises Refusal, by which it stays as it is."""
    found = _own(connection, user_id, scheduled_id)
    draft = _draft(found, by, here)
    return _say(connection, user_id, found, draft)


def get(connection: Connection, user_id: int, scheduled_id: int) -> Scheduled:
    """One of one's own. Raises Refusal `not_found`."""
    return _own(connection, user_id, scheduled_id)


def _own(connection: Connection, user_id: int, scheduled_id: int) -> Scheduled:
    found = rows.find(connection, scheduled_id)
    if found is None or found[1] != user_id:
        words = "There is no such message to be said later; it may have been said by now."
        raise Refusal("not_found", words)
    return found[0]


def _take_away(connection: Connection, scheduled_id: int) -> None:
    rows.let_go(connection, scheduled_id)
    rows.remove(connection, scheduled_id)
    send.take_back(connection, str(scheduled_id))


def forget_all(connection: Connection, user_id: int) -> None:
    """An account says nothing later any more."""
    for each in rows.of_user(connection, user_id):
        _take_away(connection, each.id)


# What the job does


@job("send", int)
async def send(context: Context, task: Task[int]) -> None:
    """Say what was to be said later."""
    found = await context.database.read(rows.find, task.payload)
    here = () if found is None else here_for(context, found[0])
    count(await task.end(_send, task.payload, here, then=telling(context)))


@send.when_lost
async def _lost(context: Context, task: Task[int]) -> None:
    words = "The server could not store it; its log says why."
    refusal = Refusal("internal", words)
    await task.end(_refuse, task.payload, refusal, then=telling(context))


def count(sent: Sent | None) -> None:
    """Count what was stored here, as every message is."""
    if sent is not None and sent.stored is not None and not sent.stored.repeated:
        COUNTS.messages += 1


def here_for(context: Context, found: Scheduled) -> tuple[int, ...]:
    """Who is there just now, where it calls them."""
    return accounts_in(context, found.room_id) if HERE in found.content.casefold() else ()


def telling(context: Context) -> Several:
    """What tells, on all nodes, what became of one whose time had come."""
    return Several(publish.after(context, _said), tell_scheduled.after(context, _told))


def _said(sent: Sent | None) -> Said | None:
    if sent is None or sent.draft is None or sent.stored is None:
        return None
    return said_of(sent.draft, sent.stored)


def _told(sent: Sent | None) -> tuple[int, Event] | None:
    return None if sent is None else (sent.user_id, sent.event)


def _send(connection: Connection, scheduled_id: int, here: tuple[int, ...]) -> Sent | None:
    """Say it, as a message that comes in is said; what is refused for good is kept as failed.

    Raises Later where it may be said in a while.
    """
    found = rows.find(connection, scheduled_id)
    if found is None:
        return None
    scheduled, user_id = found
    try:
        draft = _draft(scheduled, _speaker(connection, user_id), here)
        # Whoever is not there has not read what was said meanwhile.
        draft.away = True
        return _say(connection, user_id, scheduled, draft)
    except Refusal as refusal:
        if refusal.code == _WAITED_FOR and refusal.retry_after is not None:
            raise Later(refusal.retry_after) from None
        return _refuse(connection, scheduled_id, refusal)


def _refuse(connection: Connection, scheduled_id: int, refusal: Refusal) -> Sent | None:
    found = rows.find(connection, scheduled_id)
    if found is None:
        return None
    rows.hold(connection, rows.file_ids(connection, scheduled_id), scheduled_id)
    why = {"error_code": refusal.code, "error_detail": refusal.detail}
    rows.change(connection, scheduled_id, **why)
    now = _own(connection, found[1], scheduled_id)
    return Sent(found[1], None, None, ScheduledUpdatedEvent(scheduled=now))


def _speaker(connection: Connection, user_id: int) -> Person:
    """Whoever says it, whom nobody asks for a login any more. Raises Refusal."""
    user = users.get_user(connection, user_id)
    if user is None:
        raise Refusal("not_allowed", "This account could not be used at that time.")
    person = Person.by_account(user.username, user.id)
    if restrictions.server_ban_of(connection, person.author) is not None:
        raise Refusal("banned", "You were banned from this server at that time.")
    return person


def _draft(found: Scheduled, by: Person, here: tuple[int, ...]) -> MessageDraft:
    return MessageDraft(
        found.room_id, by, found.content, found.client_id, found.reply_to, here, []
    )  # fmt: skip


def _say(connection: Connection, user_id: int, found: Scheduled, draft: MessageDraft) -> Sent:
    """Store it as a message, in whose place it was. Raises Refusal."""
    draft.files = rows.file_ids(connection, found.id)
    # So that they may be anybody's who sent them, as for every message.
    rows.let_go(connection, found.id)
    [outcome] = ChatDatabase.create_messages(connection, [draft])
    if isinstance(outcome, Refusal):
        raise outcome
    _take_away(connection, found.id)
    event = ScheduledRemovedEvent(id=found.id, message_id=outcome.message.id)
    return Sent(user_id, draft, outcome, event)
