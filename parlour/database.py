"""The database: engines, the one writer with its group commit, and the operations on chat."""

import contextlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from parlour.chains import Chains
from parlour.errors import Refusal
from parlour.models import (
    Changes,
    History,
    Message,
    MessageDraft,
    Person,
    RecentChanges,
    Room,
    StoredMessage,
)
from parlour.permissions import no_room
from parlour.settings import Settings, load_settings
from parlour.speech import SpeechGate
from parlour.store import messages as message_rows
from parlour.store import reactions as reaction_rows
from parlour.store import reads as read_rows
from parlour.store import rooms as room_rows
from parlour.store.changes import newest_changes
from parlour.store.engine import DatabaseUnusable, Engine, expected
from parlour.store.meta import ensure_epoch
from parlour.support.flights import Flights
from parlour.support.writer import Job

__all__ = ["ChatDatabase", "Database", "DatabaseUnusable", "get_db", "init_db"]

# A resume over more changes than this is answered with `reset`.
MAX_REPLAY: Final = 1_000
# Messages of a deleted room taken away in one transaction.
PURGE_BATCH: Final = 200
# And reactions to them.
PURGE_REACTIONS: Final = 2_000


class ChatDatabase:
    """The operations on rooms and messages: static, on a connection that is in a transaction."""

    @staticmethod
    def create_room(connection: Connection, name: str) -> Room:
        """A new public room of nobody's. Raises Refusal `room_exists` when the name is taken."""
        try:
            return room_rows.create_room(connection, name)
        except IntegrityError:
            raise room_exists(name) from None

    @staticmethod
    def check(connection: Connection) -> None:
        """The database answers, at a cost that does not grow with it."""
        ensure_epoch(connection)

    @staticmethod
    def get_rooms(connection: Connection) -> list[Room]:
        """All rooms in order of creation."""
        return room_rows.list_rooms(connection)

    @staticmethod
    def get_room(connection: Connection, room_id: int) -> Room:
        """One room. Raises Refusal `not_found`."""
        room = room_rows.get_room(connection, room_id)
        if room is None:
            raise no_room()
        return room

    @staticmethod
    def delete_room(connection: Connection, room_id: int) -> Room:
        """Delete a room; the room it was. Raises Refusal `not_found`.

        It is gone for everybody at once. Its messages follow by `purge_deleted_rooms`, in small
        batches, because deleting a million of them at once would hold all other writes up.
        """
        room = ChatDatabase.get_room(connection, room_id)
        room_rows.mark_deleted(connection, room_id)
        return room

    @staticmethod
    def purge_deleted_rooms(connection: Connection) -> bool:
        """Take away the next batch of what deleted rooms left; whether there is more."""
        for room_id in room_rows.deleted_room_ids(connection):
            # A message may have very many reactions, which would all go with it at once.
            if (
                reaction_rows.delete_some(connection, room_id, PURGE_BATCH, PURGE_REACTIONS)
                == PURGE_REACTIONS
            ):
                return True
            if message_rows.delete_some(connection, room_id, PURGE_BATCH) == PURGE_BATCH:
                return True
            room_rows.remove_room(connection, room_id)
        return False

    @staticmethod
    def create_message(
        connection: Connection,
        room_id: int,
        username: str,
        content: str,
        client_id: str | None = None,
    ) -> Message:
        """One message, or the one that this `client_id` made before. Raises Refusal."""
        draft = MessageDraft(room_id, Person.by_name(username), content, client_id)
        [outcome] = ChatDatabase.create_messages(connection, [draft])
        if isinstance(outcome, Refusal):
            raise outcome
        return outcome.message

    @staticmethod
    def create_messages(
        connection: Connection, drafts: Sequence[MessageDraft]
    ) -> list[StoredMessage | Refusal]:
        """Store drafts in their order: a few statements, however many there are.

        Each gets the next version of its room and the next id of the database. A draft whose
        (room, author, client_id) is there already gets that message, as `repeated`; one
        whose room is gone, or whose author may not speak there now, or that answers what is
        not there, gets a Refusal. Who speaks with an account has read all before.
        """
        counters, guarded = room_rows.room_counters(connection, {draft.room_id for draft in drafts})
        gate = SpeechGate(connection, drafts, guarded) if guarded else None
        chains = Chains.of(connection, drafts)
        keys = [_client_key(draft) for draft in drafts]
        known = message_rows.messages_by_client_id(connection, {key for key in keys if key})
        next_id = message_rows.last_id(connection) + 1
        outcomes: list[StoredMessage | Refusal] = []
        rows: list[message_rows.Row] = []
        speakers: dict[tuple[int, str], tuple[int, int]] = {}
        changed: dict[int, tuple[int, int]] = {}
        now = datetime.now(UTC)
        for draft, key in zip(drafts, keys, strict=True):
            if draft.room_id not in counters:
                outcomes.append(no_room())
                continue
            refusal = None if gate is None else gate.refusal(draft)
            repeated = key is not None and key in known
            if refusal is not None and not (repeated and refusal.code in _ONLY_FROM_NOW_ON):
                outcomes.append(refusal)
                continue
            if key is not None and key in known:
                outcomes.append(StoredMessage(known[key], repeated=True))
                continue
            refusal = None if chains is None else chains.refusal(draft)
            if gate is not None and refusal is None:
                refusal = gate.too_soon(draft, now)
            if refusal is not None:
                outcomes.append(refusal)
                continue
            version, number = counters[draft.room_id]
            version, number = counters[draft.room_id] = changed[draft.room_id] = (
                version + 1,
                number + 1,
            )
            message = Message.trusted(
                {
                    "id": next_id,
                    "room_id": draft.room_id,
                    "username": draft.person.username,
                    "content": draft.content,
                    "timestamp": now,
                    "version": version,
                    "client_id": draft.client_id,
                    "guest": draft.person.guest,
                    "reply_to": draft.reply_to,
                    "chain": None if chains is None else chains.chain_of(draft),
                    **message_rows.LATER,
                }
            )
            if not draft.person.guest:
                speakers[draft.room_id, draft.person.author] = next_id, number
            next_id += 1
            rows.append(message_rows.row_of(message, draft.person.author, number))
            if chains is not None:
                chains.add(message)
            outcomes.append(StoredMessage(message))
            if key is not None:
                known[key] = message
        if rows:
            message_rows.insert_messages(connection, rows)
            room_rows.set_counters(connection, changed)
            _keep_beside(connection, speakers, gate, chains, now)
        return outcomes

    @staticmethod
    def get_room_messages(
        connection: Connection,
        room_id: int,
        *,
        limit: int = 50,
        before: int | None = None,
        after: int | None = None,
        around: int | None = None,
    ) -> History:
        """A page of history: the newest, or that beside a message id. Raises Refusal."""
        room = ChatDatabase.get_room(connection, room_id)
        if before is not None:
            page = message_rows.before(connection, room_id, before, limit)
        elif after is not None:
            page = message_rows.after(connection, room_id, after, limit)
        elif around is not None:
            page = message_rows.around(connection, room_id, around, limit)
        else:
            page = message_rows.newest(connection, room_id, limit)
        return History(room, page)

    @staticmethod
    def get_changes(
        connection: Connection, room_id: int, version: int, epoch: str | None
    ) -> Changes:
        """All that changed in a room since `version`, or that it has to be read again.

        It has to when the client's epoch is another, when it claims a version that this
        history never reached, or when there are more than MAX_REPLAY changes.
        """
        recent = ChatDatabase.get_recent_changes(connection, room_id, [version], guarded=True)
        return recent.since(version, epoch)

    @staticmethod
    def get_recent_changes(
        connection: Connection,
        room_id: int,
        afters: Collection[int | None],
        *,
        guarded: bool = False,
    ) -> RecentChanges:
        """What `get_changes` needs for any of the versions `afters`, in one reading.

        Without `guarded` nothing but the room itself is read of a room that is guarded.
        """
        oldest = min((after for after in afters if after is not None), default=None)
        if oldest is None:
            room = ChatDatabase.get_room(connection, room_id)
            is_guarded = room_rows.is_guarded(connection, room_id)
            return RecentChanges(room, [], whole_after=room.version, guarded=is_guarded)
        found = newest_changes(connection, room_id, oldest, MAX_REPLAY + 1, guarded=guarded)
        if found is None:
            raise no_room()
        room, is_guarded, changed = found
        if len(changed) > MAX_REPLAY:
            return RecentChanges(room, changed[1:], changed[0].version, is_guarded)
        return RecentChanges(room, changed, oldest, is_guarded)


# Refused for these, one does not get to say anything new; what was said before was said.
_ONLY_FROM_NOW_ON: Final = frozenset({"muted", "archived"})


def room_exists(name: str) -> Refusal:
    """For a name that another public room has."""
    return Refusal("room_exists", f"There is a room named {name} already.", field="name")


def _keep_beside(
    connection: Connection,
    speakers: Mapping[tuple[int, str], tuple[int, int]],
    gate: SpeechGate | None,
    chains: Chains | None,
    now: datetime,
) -> None:
    """What new messages change besides: how far their authors have read, and the like.

    `speakers` are accounts by room and author, each with the id and number of its newest message.
    """
    if speakers:
        read = [
            (int(author.removeprefix("user:")), room_id, message_id, number)
            for (room_id, author), (message_id, number) in speakers.items()
        ]
        read_rows.read_to(connection, read)
    if gate is not None:
        gate.note_spoken(now)
    if chains is not None:
        chains.keep(connection)


def _client_key(draft: MessageDraft) -> message_rows.ClientKey | None:
    if draft.client_id is None:
        return None
    return draft.room_id, draft.person.author, draft.client_id


class Database(Engine):
    """An open database as the features use it: messages handed over, changes asked for."""

    def __init__(self, data_dir: Path, path: Path) -> None:
        super().__init__(data_dir, path)
        self._changes = Flights(self._read_changes)

    def send(
        self, draft: MessageDraft, answer: Callable[[StoredMessage | Exception], None]
    ) -> None:
        """Hand a message to the writer without waiting for it.

        `answer` is called in the event loop once it is committed, or with the exception for
        which it is not; the answers come in the order of the versions. Raises Refusal
        `busy` when too many wait.
        """
        job = Job(
            ChatDatabase.create_messages,
            (draft,),
            bulk=True,
            answer=lambda out: answer(expected(out)),
        )
        self.submit(job)

    async def store(
        self, draft: MessageDraft, *, then: Callable[[StoredMessage], None]
    ) -> StoredMessage:
        """As `send`, but wait for the commit; `then` as in `write`. Raises a Refusal."""
        stored: StoredMessage = await self.submitted(
            ChatDatabase.create_messages, (draft,), bulk=True, then=then
        )
        return stored

    async def changes(self, room_id: int, after: int | None, epoch: str | None) -> Changes:
        """What changed in a room since `after`, as `ChatDatabase.get_changes` says.

        Of a guarded room only that it is one: `places.get_changes` looks who asks.
        Without `after` only where the room stands. However many ask at once, a room is read once
        at a time: whoever asks during one reading is served by the next. Raises Refusal.
        """
        recent = await self._changes.join(room_id, after)
        return recent.since(after, epoch)

    async def _read_changes(self, room_id: int, afters: list[int | None]) -> RecentChanges:
        return await self.read(ChatDatabase.get_recent_changes, room_id, afters)

    def release(self) -> None:
        """Close the connections and the lock, when no writer was started."""
        global _default  # noqa: PLW0603 - get_db() must not open it again without the lock
        if _default is self:
            _default = None
        super().release()


_default: Database | None = None


def init_db(settings: Settings | None = None) -> Database:
    """Open the database of `settings`, making its folder, tables and indexes where needed.

    Raises DataDirInUse, DatabaseUnusable, DatabaseTooNew, or OSError when the folder cannot be
    used.
    """
    global _default  # noqa: PLW0603 - what get_db() without an argument means
    settings = settings or load_settings()
    # An existing folder keeps the rights its owner gave it.
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    _default = Database(settings.data_dir, settings.database_path)
    return _default


@contextlib.contextmanager
def get_db(database: Database | None = None) -> Iterator[Connection]:
    """A write connection in a transaction that commits at the end, for scripts and tests.

    It is that of `database`, or of the one opened last by `init_db`. Nobody is told of what is
    written this way. It waits for the writer's
    lock like another process would; the server itself uses `Database.write` and `.read`.
    """
    database = database or _default
    if database is None:
        raise RuntimeError("call init_db() first")
    with database.write_engine.begin() as connection:
        yield connection
