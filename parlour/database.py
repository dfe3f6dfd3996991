"""The database: engines, the one writer with its group commit, and the operations on chat."""

import contextlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from parlour.attaching import Attached
from parlour.chains import Chains
from parlour.companions import Companion, first_refusal
from parlour.errors import Refusal
from parlour.forwards import Forwards
from parlour.mentioning import Mentions, weight_of
from parlour.models import Message, Person, Room
from parlour.permissions import no_room
from parlour.settings import Settings, load_settings
from parlour.speech import SpeechGate
from parlour.store import leftovers
from parlour.store import messages as message_rows
from parlour.store import reads as read_rows
from parlour.store import rooms as room_rows
from parlour.store.backends import Backend, DatabaseUnusable, backend_of, note_place
from parlour.store.changes import newest_changes
from parlour.store.dialects import attempt
from parlour.store.engine import Engine, expected
from parlour.store.meta import ensure_epoch, try_to_write
from parlour.storing import Changes, History, MessageDraft, RecentChanges, StoredMessage
from parlour.support.flights import Flights
from parlour.support.writer import Job

__all__ = ["ChatDatabase", "Database", "DatabaseUnusable", "get_db", "init_db"]

# A resume over more changes than this is answered with `reset`.
MAX_REPLAY: Final = 1_000
# Messages of a deleted room taken away in one transaction, and rows of other kinds.
PURGE_BATCH: Final = 200
PURGE_ROWS: Final = 400
# What may come along with new messages: whatever is to be decided about a message together
# with storing it has one of these.
COMPANIONS: Final[tuple[type[Companion], ...]] = (Chains, Mentions, Attached, Forwards)


class ChatDatabase:
    """The operations on rooms and messages: static, on a connection that is in a transaction."""

    @staticmethod
    def create_room(connection: Connection, name: str) -> Room:
        """A new public room of nobody's. Raises Refusal `room_exists` when the name is taken."""
        try:
            with attempt(connection):
                return room_rows.create_room(connection, name)
        except IntegrityError:
            raise room_exists(name) from None

    @staticmethod
    def check(connection: Connection, *, writing: bool) -> None:
        """The database answers, at a cost that does not grow with it; and takes what is written."""
        (try_to_write if writing else ensure_epoch)(connection)

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
        """Take away the next batch of what was deleted; whether there may be more."""
        return leftovers.take_some(connection, PURGE_BATCH, PURGE_ROWS)

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
        companions = [
            made for kind in COMPANIONS if (made := kind.of(connection, drafts)) is not None
        ]
        keys = [_client_key(draft) for draft in drafts]
        known = message_rows.messages_by_client_id(connection, {key for key in keys if key})
        next_id = message_rows.last_id(connection) + 1
        outcomes: list[StoredMessage | Refusal] = []
        rows: list[message_rows.Row] = []
        speakers: dict[tuple[int, str], tuple[int, int, bool]] = {}
        changed: dict[int, tuple[int, int]] = {}
        unsaid = {room_id for room_id in guarded if not counters[room_id][1]}
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
            refusal = first_refusal(companions, draft)
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
            fields = {
                "id": next_id,
                "room_id": draft.room_id,
                "username": draft.person.username,
                "content": draft.content,
                "timestamp": now,
                "version": version,
                "client_id": draft.client_id,
                "guest": draft.person.guest,
                "reply_to": draft.reply_to,
                **message_rows.LATER,
            }
            for companion in companions:
                fields.update(companion.fields(draft))
            message = Message.trusted(fields)
            if not draft.person.guest:
                speakers[draft.room_id, draft.person.author] = next_id, number, draft.away
            next_id += 1
            rows.append(message_rows.row_of(message, draft.person.author, number))
            for companion in companions:
                companion.add(draft, message)
            outcomes.append(StoredMessage(message))
            if key is not None:
                known[key] = message
        if rows:
            message_rows.insert_messages(connection, rows)
            room_rows.set_counters(connection, changed)
            _keep_beside(connection, speakers, gate, companions, now)
            _list_rooms(connection, outcomes, unsaid)
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
        history never reached, when some of what changed was taken away because its time was over,
        or when there are more than MAX_REPLAY changes.
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
            there = room_rows.find_room(connection, room_id)
            if there is None:
                raise no_room()
            room, is_guarded = there
            return RecentChanges(room, [], whole_after=room.version, guarded=is_guarded)
        found = newest_changes(connection, room_id, oldest, MAX_REPLAY, guarded=guarded)
        if found is None:
            raise no_room()
        room, is_guarded, begins, bound, changed = found
        if bound is None:
            return RecentChanges(room, changed, max(oldest, begins), is_guarded)
        # Whoever is further back than that is told to read anew, for which nothing is read.
        nearer = [after for after in afters if after is not None and after >= bound]
        if not nearer:
            return RecentChanges(room, [], room.version, is_guarded)
        return ChatDatabase.get_recent_changes(connection, room_id, nearer, guarded=guarded)


# Refused for these, one does not get to say anything new; what was said before was said.
_ONLY_FROM_NOW_ON: Final = frozenset({"muted", "archived"})


def room_exists(name: str) -> Refusal:
    """For a name that another public room has."""
    return Refusal("room_exists", f"There is a room named {name} already.", field="name")


def _keep_beside(
    connection: Connection,
    speakers: Mapping[tuple[int, str], tuple[int, int, bool]],
    gate: SpeechGate | None,
    companions: Sequence[Companion],
    now: datetime,
) -> None:
    """What new messages change besides: how far their authors have read, and the like.

    `speakers` are accounts by room and author, each with the id and number of its newest message,
    and whether it was away.
    """
    if speakers:
        said = [(int(who[5:]), room_id, *last) for (room_id, who), last in speakers.items()]
        read_rows.read_to(connection, [row for *row, away in said if not away])
        read_rows.spoke_away(connection, [row for *row, away in said if away])
    if gate is not None:
        gate.note_spoken(now)
    for companion in companions:
        companion.keep(connection)


def _list_rooms(
    connection: Connection, outcomes: list[StoredMessage | Refusal], unsaid: set[int]
) -> None:
    """With the first message of a room goes in whose lists that is from now on."""
    for place, outcome in enumerate(outcomes if unsaid else ()):
        if isinstance(outcome, StoredMessage) and outcome.message.room_id in unsaid:
            unsaid.remove(outcome.message.room_id)
            listed = room_rows.newly_listed(connection, outcome.message.room_id)
            outcomes[place] = StoredMessage(outcome.message, listed=listed)


def _client_key(draft: MessageDraft) -> message_rows.ClientKey | None:
    key = draft.client_id
    return None if key is None else (draft.room_id, draft.person.author, key)


class Database(Engine):
    """An open database as the features use it: messages handed over, changes asked for."""

    def __init__(self, data_dir: Path, backend: Backend) -> None:
        super().__init__(data_dir, backend)
        self._changes = Flights(self._read_changes)

    def send(
        self,
        draft: MessageDraft,
        answer: Callable[[StoredMessage | Exception], None],
        record: Callable[[StoredMessage], str | None] | None = None,
    ) -> None:
        """Hand a message to the writer without waiting for it.

        `record` gives the words by which other nodes know it; `answer` is called in the event loop
        when it is committed or is not, in the order of the versions. Raises Refusal `busy`.
        """
        job = Job(
            ChatDatabase.create_messages,
            (draft,),
            bulk=True,
            answer=lambda out: answer(expected(out)),
            weight=weight_of(draft),
            record=record,
        )
        self.submit(job)

    async def store(
        self, draft: MessageDraft, *, then: Callable[[StoredMessage], None]
    ) -> StoredMessage:
        """As `send`, but wait for the commit; `then` as in `write`. Raises a Refusal."""
        stored: StoredMessage = await self.submitted(
            ChatDatabase.create_messages,
            (draft,),
            bulk=True,
            then=then,
            weight=weight_of(draft),
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


def init_db(
    settings: Settings | None = None, kind: Callable[[Path, Backend], Database] = Database
) -> Database:
    """Open the database of `settings`, making its folder, tables and indexes where needed.

    Raises DataDirInUse, DatabaseUnusable (also for one that was moved to another place),
    DatabaseTooNew, or OSError when the folder cannot be used.
    """
    global _default  # noqa: PLW0603 - what get_db() without an argument means
    settings = settings or load_settings()
    # An existing folder keeps the rights its owner gave it.
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    database = kind(settings.data_dir, backend := backend_of(settings))
    if database.moved_to:
        database.release()
        raise DatabaseUnusable(
            f"{settings.database_path} was moved to {database.moved_to}: set PARLOUR_DATABASE_URL."
            " What is written here would be missing there; see Moving in docs/operations.md."
        )
    note_place(settings, backend)
    _default = database
    return _default


@contextlib.contextmanager
def get_db(database: Database | None = None) -> Iterator[Connection]:
    """A write connection in a transaction that commits at the end, for scripts and tests.

    It is that of `database`, or of the one opened last by `init_db`. Nobody is told of what is
    written this way. It waits like another process; the server uses `Database.write` and `.read`.
    """
    if (database := database or _default) is None:
        raise RuntimeError("call init_db() first")
    with database.write_engine.begin() as connection:
        yield connection
