"""The tables, each index beside the query that needs it."""

from datetime import UTC, datetime
from typing import Final

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Connection,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    event,
    text,
)

from parlour.models import format_time

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


class UtcTime(TypeDecorator[datetime]):
    """An aware time in UTC. SQLite keeps it as RFC 3339 text, which sorts as the times do."""

    impl = String(27)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> str | None:
        """Stored as it is told on the wire."""
        return None if value is None else format_time(value)

    def process_result_value(self, value: str | None, _dialect: Dialect) -> datetime | None:
        """Aware again."""
        return None if value is None else datetime.fromisoformat(value).astimezone(UTC)


# `epoch`, the name of this history; and what administrators decided: `guests`, `registration`.
meta = Table(
    "meta",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("value", Text, nullable=False),
)

rooms = Table(
    "rooms",
    metadata,
    # Never reused, so that a link to a deleted room cannot lead to another one.
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("name_key", Text, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("created_at", UtcTime, nullable=False),
    # The one durable counter of the room: the version of its newest change of any kind.
    Column("version", Integer, nullable=False),
    # The version of the last change to the room itself (its name, topic, members).
    Column("changed_version", Integer, nullable=False),
    # Set at once when the room is deleted; its messages are then taken away in small batches.
    Column("deleted_at", UtcTime),
    Column("topic", Text, nullable=False, server_default=text("''")),
    Column("archived_at", UtcTime),
    # The owner's name, as `members` has it: told with every room, so it has to be at hand.
    Column("owner", Text),
    # The ids of the people in a direct room, sorted, so that the same set finds the same room.
    Column("direct_key", Text),
    # Seconds between two messages of the same person; 0 for none.
    Column("slow_seconds", Integer, nullable=False, server_default="0"),
    # 1 where not everybody may speak at any time: whoever does is looked up first. The rooms
    # where everybody may, which are most, do not pay for it.
    Column("guarded", Integer, nullable=False, server_default="0"),
    # 1 where a guest made it, and nobody was given it since: everybody may delete it.
    Column("free", Integer, nullable=False, server_default="1"),
    # The account that opened a direct room: nobody else is to blame for how many there are.
    Column("opened_by", Integer),
    # How many messages were ever said in it: the `number` of its newest one.
    Column("message_count", Integer, nullable=False, server_default="0"),
    sqlite_autoincrement=True,
)
# Finds the room of a set of people, and refuses a second one.
Index("uq_rooms_direct_key", rooms.c.direct_key, unique=True)
# Counts the direct rooms that an account has opened.
Index(None, rooms.c.opened_by, sqlite_where=text("opened_by IS NOT NULL"))
# Refuses a second public room of the same name.
Index(
    "uq_rooms_public_name_key",
    rooms.c.name_key,
    unique=True,
    sqlite_where=text("kind = 'public' AND deleted_at IS NULL"),
)

messages = Table(
    "messages",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("room_id", ForeignKey("rooms.id", ondelete="CASCADE"), nullable=False),
    Column("username", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("timestamp", UtcTime, nullable=False),
    # The version of this message's last change.
    Column("version", Integer, nullable=False),
    Column("client_id", String(64)),
    Column("edited_at", UtcTime),
    # Set for a message that was deleted: what is left of it says that there was one.
    Column("deleted_at", UtcTime),
    # The how-manieth of its room it is: what lies between two of them need not be counted.
    Column("number", Integer, nullable=False, server_default="0"),
    # The message it answers, and the one that a chain of answers began with.
    Column("reply_to", Integer),
    Column("chain", Integer),
    # JSON, as it is told; null for none.
    Column("reactions", Text),
    # The same for how long the chain is that began with it, kept by whoever adds to it.
    Column("replies", Text),
    # Finds the message that a repeated send made the first time.
    UniqueConstraint("room_id", "author", "client_id"),
    sqlite_autoincrement=True,
)
# A page of history: by id within a room.
Index(None, messages.c.room_id, messages.c.id)
# Resume: all that changed since a version.
Index(None, messages.c.room_id, messages.c.version, unique=True)
# What was said between two times.
Index(None, messages.c.room_id, messages.c.timestamp)
# A chain of replies.
Index(None, messages.c.chain, messages.c.id, sqlite_where=text("chain IS NOT NULL"))

# What messages said before they were edited; it goes with them.
wordings = Table(
    "wordings",
    metadata,
    Column("message_id", ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True),
    # The how-manieth of its message it was; of many, some in between are forgotten.
    Column("number", Integer, primary_key=True),
    Column("content", Text, nullable=False),
    # When it was said.
    Column("timestamp", UtcTime, nullable=False),
)
# Who reacted; the messages themselves have what is told of it.
reactions = Table(
    "reactions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("message_id", ForeignKey("messages.id", ondelete="CASCADE"), nullable=False),
    Column("emoji", Text, nullable=False),
    # Who reacted, and under which name.
    Column("author", Text, nullable=False),
    Column("username", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    # Finds one's own, and refuses a second of the same.
    UniqueConstraint("message_id", "author", "emoji"),
    # A page of them begins behind the last one of the page before, also when that is gone.
    sqlite_autoincrement=True,
)
# Who reacted to a message, in the order of doing so; and who with one emoji.
Index(None, reactions.c.message_id, reactions.c.id)
Index(None, reactions.c.message_id, reactions.c.emoji, reactions.c.id)

users = Table(
    "users",
    metadata,
    # Never reused: it is the author of what somebody wrote.
    Column("id", Integer, primary_key=True),
    Column("username", Text, nullable=False),
    # Finds the account of a name that was typed.
    Column("name_key", Text, nullable=False),
    # Refuses a second name that looks like it.
    Column("identity", Text, nullable=False),
    Column("display_name", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("role", String(16), nullable=False),
    Column("about", Text, nullable=False),
    Column("time_zone", Text),
    Column("status_text", Text, nullable=False),
    Column("hue", Integer),
    Column("created_at", UtcTime, nullable=False),
    Column("password_changed_at", UtcTime, nullable=False),
    # Set for an account that may not be used any more.
    Column("disabled_at", UtcTime),
    # Whether others are told how far it has read, and it how far they have.
    Column("read_receipts", Boolean, nullable=False, server_default=text("1")),
    UniqueConstraint("name_key"),
    UniqueConstraint("identity"),
    CheckConstraint("role IN ('member', 'administrator')", name="role"),
    CheckConstraint("hue BETWEEN 0 AND 359", name="hue"),
    sqlite_autoincrement=True,
)

sessions = Table(
    "sessions",
    metadata,
    # 128 random bits.
    Column("id", String(22), primary_key=True),
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    # Which of its refresh tokens is the current one, since when, and the key it is made with.
    Column("generation", Integer, nullable=False),
    Column("rotated_at", UtcTime, nullable=False),
    Column("key_id", String(32), nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("last_seen_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("address", String(64), nullable=False),
    Column("user_agent", Text, nullable=False),
)
# The sessions of one account.
Index(None, sessions.c.user_id)
# Those that have ended by themselves.
Index(None, sessions.c.expires_at)

# What is counted against guessing, under keys that `attempts.py` makes.
login_failures = Table(
    "login_failures",
    metadata,
    Column("key", Text, primary_key=True),
    Column("count", Integer, nullable=False),
    Column("since", UtcTime, nullable=False),
    Column("blocked_until", UtcTime),
)
# Those that count no longer.
Index(None, login_failures.c.since)

invites = Table(
    "invites",
    metadata,
    Column("id", Integer, primary_key=True),
    # SHA-256 of the token, which nobody can find from it.
    Column("token_hash", String(64), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("room_id", ForeignKey("rooms.id", ondelete="CASCADE")),
    Column("created_by", ForeignKey("users.id", ondelete="SET NULL")),
    Column("created_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("uses_left", Integer, nullable=False),
    UniqueConstraint("token_hash"),
    CheckConstraint("uses_left >= 0", name="uses_left"),
    sqlite_autoincrement=True,
)
# Those of one room, and those that one account made.
Index(None, invites.c.room_id)
Index(None, invites.c.created_by)

members = Table(
    "members",
    metadata,
    Column("room_id", ForeignKey("rooms.id", ondelete="CASCADE"), primary_key=True),
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("role", String(16), nullable=False),
    Column("joined_at", UtcTime, nullable=False),
    CheckConstraint("role IN ('owner', 'moderator', 'member')", name="role"),
)
# The rooms of one person.
Index(None, members.c.user_id)
# Refuses a second owner.
Index("uq_members_owner", members.c.room_id, unique=True, sqlite_where=text("role = 'owner'"))

# How far an account has read a room. Without a row it was never there.
reads = Table(
    "reads",
    metadata,
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("room_id", ForeignKey("rooms.id", ondelete="CASCADE"), primary_key=True),
    # All up to this id is read, and of how many messages that is the last.
    Column("message_id", Integer, nullable=False),
    Column("number", Integer, nullable=False),
    # Only after one has marked something as unread: one's own messages behind the position that
    # are not deleted, up to the id to which the room went then. Who says something has read all.
    Column("own", Integer, nullable=False, server_default="0"),
    Column("until", Integer),
    # The furthest they ever read: what others are told does not go back.
    Column("seen", Integer, nullable=False, server_default="0"),
    sqlite_with_rowid=False,
)
# The positions in one room.
Index(None, reads.c.room_id)

# How many messages of a room were deleted, in runs of 1, 16, 256, ... by `number`: so that those
# behind any position are counted by a few rows, however many they are. A trigger keeps it.
deletions = Table(
    "deletions",
    metadata,
    Column("room_id", ForeignKey("rooms.id", ondelete="CASCADE"), primary_key=True),
    Column("level", Integer, primary_key=True),
    Column("slot", Integer, primary_key=True),
    Column("count", Integer, nullable=False),
    sqlite_with_rowid=False,
)

# When somebody last said something in a room that is slowed down.
spoken = Table(
    "spoken",
    metadata,
    Column("room_id", ForeignKey("rooms.id", ondelete="CASCADE"), primary_key=True),
    Column("author", Text, primary_key=True),
    Column("at", UtcTime, nullable=False),
)

# Who may not come in (`ban`) or not speak (`mute`): in a room, or without one on this server.
restrictions = Table(
    "restrictions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("room_id", ForeignKey("rooms.id", ondelete="CASCADE")),
    Column("author", Text, nullable=False),
    # The name under which they were known then.
    Column("username", Text, nullable=False),
    Column("kind", String(16), nullable=False),
    # For good when there is none.
    Column("until", UtcTime),
    Column("reason", Text, nullable=False),
    Column("created_by", ForeignKey("users.id", ondelete="SET NULL")),
    Column("created_at", UtcTime, nullable=False),
    UniqueConstraint("room_id", "author", "kind"),
    CheckConstraint("kind IN ('ban', 'mute')", name="kind"),
    sqlite_autoincrement=True,
)
# The same for those of the server, whose missing room counts as different every time.
Index(
    "uq_restrictions_server",
    restrictions.c.author,
    restrictions.c.kind,
    unique=True,
    sqlite_where=text("room_id IS NULL"),
)
# Those that end by themselves.
Index(None, restrictions.c.until)

# What somebody said about a message, with the message as it stood then: it may be gone.
reports = Table(
    "reports",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("room_id", Integer, nullable=False),
    Column("room_name", Text, nullable=False),
    Column("message_id", Integer, nullable=False),
    Column("message_username", Text, nullable=False),
    Column("message_content", Text, nullable=False),
    Column("message_timestamp", UtcTime, nullable=False),
    # Who reports, and under which name.
    Column("author", Text, nullable=False),
    Column("reporter", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("resolved_at", UtcTime),
    Column("resolved_by", Text),
    # One person reports a message once.
    UniqueConstraint("message_id", "author"),
    sqlite_autoincrement=True,
)
# Those of one room.
Index(None, reports.c.room_id, reports.c.id)
# Those of one person that nobody has seen to.
Index("ix_reports_open", reports.c.author, sqlite_where=text("resolved_at IS NULL"))
# The same of one room, and of all.
Index(
    "ix_reports_room_open",
    reports.c.room_id,
    reports.c.id,
    sqlite_where=text("resolved_at IS NULL"),
)
Index("ix_reports_all_open", reports.c.id, sqlite_where=text("resolved_at IS NULL"))

# What was done with power over others. Triggers refuse that a row is changed or taken away.
audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", UtcTime, nullable=False),
    # The author who did it and the name at that time; `cli` for the command line.
    Column("actor", Text, nullable=False),
    Column("actor_name", Text, nullable=False),
    Column("action", String(32), nullable=False),
    Column("room_id", Integer),
    Column("subject", Text, nullable=False),
    # JSON.
    Column("detail", Text, nullable=False),
    # SHA-256 of the entry before this one, and of this one.
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    sqlite_autoincrement=True,
)

# The index of what messages say: which message has which term, and no text. SQLAlchemy knows no
# tables of this kind.
SEARCH: Final = (
    "CREATE VIRTUAL TABLE search USING fts5(terms, content='', columnsize=0, detail=none,"
    " tokenize=\"ascii tokenchars '^$_#@!'\")"
)

# By itself FTS5 merges its pieces when there are many, and whoever writes waits for it, a tenth of
# a second and more; here a little is merged with each batch.
SEARCH_SETTINGS: Final = (
    "INSERT INTO search(search, rank) VALUES ('automerge', 0)",
    "INSERT INTO search(search, rank) VALUES ('crisismerge', 500)",
)


@event.listens_for(metadata, "after_create")
def _make_index(_tables: MetaData, connection: Connection, **_options: object) -> None:
    for statement in (SEARCH, *SEARCH_SETTINGS):
        connection.exec_driver_sql(statement)


# It has the messages from `lowest` to `highest`, by the rules named here.
search_state = Table(
    "search_state",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("rules", Text, nullable=False),
    Column("lowest", Integer, nullable=False),
    Column("highest", Integer, nullable=False),
    CheckConstraint("id = 1", name="one"),
)

# Messages that have changed since they were indexed, as they stood then. Triggers write them, so
# that nothing that changes a message has to think of it.
search_changes = Table(
    "search_changes",
    metadata,
    Column("message_id", Integer, primary_key=True),
    Column("room_id", Integer, nullable=False),
    Column("username", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("reacted", Integer, nullable=False),
)
