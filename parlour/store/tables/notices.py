"""The tables of mentions and notifications: who is addressed, and what was decided then."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Table,
)

from parlour.store.tables.base import Integer, String, Text, UtcTime, metadata, only, yes

# Who was addressed by name, by a reply, or because they were there, with what was decided about
# them at that moment: it is never changed afterwards.
addressed = Table(
    "addressed",
    metadata,
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("message_id", ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True),
    Column("room_id", Integer, nullable=False),
    Column("reason", String(8), nullable=False),
    Column("notified", Boolean, nullable=False),
    # What decided: the level, or that one did not want to be disturbed.
    Column("because", String(16), nullable=False),
    Column("level", String(8), nullable=False),
    # Whether it counts: not any more where an edit took the name away, or it was deleted.
    Column("counts", Boolean, nullable=False, server_default=yes()),
    CheckConstraint("reason IN ('mention', 'reply', 'here')", name="reason"),
    sqlite_with_rowid=False,
)
# Those whom one message addresses.
Index(None, addressed.c.message_id)

# Messages that address everybody in their room: one row, however many that are.
calls = Table(
    "calls",
    metadata,
    Column("room_id", ForeignKey("rooms.id", ondelete="CASCADE"), primary_key=True),
    Column("message_id", ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True),
    sqlite_with_rowid=False,
)
# Goes with its message.
Index(None, calls.c.message_id)

# How many messages address somebody (`user_id`; 0: everybody in the room), in runs of 1, 16, 256,
# ... by `number`, as `deletions` are counted: those behind any position are a few rows.
addressings = Table(
    "addressings",
    metadata,
    Column("room_id", ForeignKey("rooms.id", ondelete="CASCADE"), primary_key=True),
    Column("user_id", Integer, primary_key=True),
    Column("level", Integer, primary_key=True),
    Column("slot", Integer, primary_key=True),
    Column("count", Integer, nullable=False),
    sqlite_with_rowid=False,
)

# What a room was to somebody, for the messages above `after`, until the next row: whether they
# belonged to it, and of what they wanted to be notified.
attention = Table(
    "attention",
    metadata,
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("room_id", ForeignKey("rooms.id", ondelete="CASCADE"), primary_key=True),
    Column("after", Integer, primary_key=True),
    Column("member", Boolean, nullable=False),
    # NULL: what is usual in rooms of its kind.
    Column("level", String(8)),
    CheckConstraint("level IN ('all', 'mentions', 'nothing')", name="level"),
    sqlite_with_rowid=False,
)
# Who wants, or wanted once, to be notified of everything in a room.
Index(
    "ix_attention_all",
    attention.c.room_id,
    attention.c.user_id,
    **only("level = 'all'"),
)
# Goes with its room.
Index(None, attention.c.room_id)

# When somebody did not want to be disturbed, for the messages above `after`, until the next row.
quiets = Table(
    "quiets",
    metadata,
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("after", Integer, primary_key=True),
    # Until then; and every day between two times of a zone.
    Column("until", UtcTime),
    Column("start", String(5)),
    Column("end", String(5)),
    Column("time_zone", Text),
    sqlite_with_rowid=False,
)
