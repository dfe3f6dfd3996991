"""The tables of rooms, and of what is said in them."""

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Table,
    UniqueConstraint,
    text,
)

from parlour.store.tables.base import Integer, String, Text, UtcTime, metadata, only

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
    # How many of those were deleted; a trigger keeps it.
    Column("deleted_count", Integer, nullable=False, server_default="0"),
    # For how many days its messages are kept, where it has a rule of its own (0: for ever); and 1
    # where administrators made it, so that it may be longer than the server's.
    Column("retention_days", Integer),
    Column("retention_longer", Integer, nullable=False, server_default="0"),
    # Messages up to this id were taken away when their time was over; of which number the last one
    # was, and up to which number people were told.
    Column("purged_to", Integer, nullable=False, server_default="0"),
    Column("purged_number", Integer, nullable=False, server_default="0"),
    Column("purge_told", Integer, nullable=False, server_default="0"),
    # The highest version that any of them had: what changed since then is all there.
    Column("oldest_version", Integer, nullable=False, server_default="0"),
    # 1 where it was deleted and only files are left of it that a hold keeps.
    Column("emptied", Integer, nullable=False, server_default="0"),
    sqlite_autoincrement=True,
)
# Finds the room of a set of people, and refuses a second one.
Index("uq_rooms_direct_key", rooms.c.direct_key, unique=True)
# Counts the direct rooms that an account has opened.
Index(
    None,
    rooms.c.opened_by,
    **only("opened_by IS NOT NULL"),
)
# Refuses a second public room of the same name.
Index(
    "uq_rooms_public_name_key",
    rooms.c.name_key,
    unique=True,
    **only("kind = 'public' AND deleted_at IS NULL"),
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
    # JSON, as they are told; null for none.
    Column("mentions", Text),
    Column("files", Text),
    Column("forwarded", Text),
    # Never the same for two messages of a room, so that a page of pins can begin behind one.
    Column("pinned_at", UtcTime),
    # Who pinned it, as they were called then.
    Column("pinned_by", Text),
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
Index(
    None,
    messages.c.chain,
    messages.c.id,
    **only("chain IS NOT NULL"),
)
# What is pinned in a room, and how much of it.
Index(
    None,
    messages.c.room_id,
    messages.c.pinned_at,
    unique=True,
    **only("pinned_at IS NOT NULL"),
)

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

# Deleted messages that had so many reactions that some are still to be taken away.
cleared = Table(
    "cleared",
    metadata,
    Column("message_id", ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True),
)

# What accounts have put by, for themselves alone.
saved = Table(
    "saved",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("message_id", ForeignKey("messages.id", ondelete="CASCADE"), nullable=False),
    Column("saved_at", UtcTime, nullable=False),
    # Finds one, refuses a second of the same, and gives them by their messages to a search.
    UniqueConstraint("user_id", "message_id"),
    # A page of them begins behind the last one of the page before, also when that is gone.
    sqlite_autoincrement=True,
)
# A page of them, newest first; and all of one message, which go with it.
Index(None, saved.c.user_id, saved.c.id)
Index(None, saved.c.message_id)

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
    # How many messages the room had when they came to belong to it; NULL where they do not.
    Column("since", Integer),
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
