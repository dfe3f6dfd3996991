"""The tables of legal holds, and of what they have kept from being taken away."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Table

from parlour.store.tables.base import Integer, String, Text, UtcTime, metadata

# What is to be kept whatever else is said: of the whole server, of a room, of a person.
holds = Table(
    "holds",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String(8), nullable=False),
    # The one or the other, by its kind. A room may be gone by then: it is held all the same.
    Column("room_id", Integer),
    Column("author", Text),
    # As it was called then.
    Column("name", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    CheckConstraint("kind IN ('server', 'room', 'person')", name="kind"),
    sqlite_autoincrement=True,
)

# Messages as they stood when they were deleted, their time was over, or something was taken from
# them: set aside for as long as a hold asks for them.
held = Table(
    "held",
    metadata,
    Column("message_id", Integer, primary_key=True, autoincrement=False),
    Column("room_id", Integer, nullable=False),
    Column("room_name", Text, nullable=False),
    Column("username", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("timestamp", UtcTime, nullable=False),
    Column("edited_at", UtcTime),
    Column("reply_to", Integer),
    # JSON, as messages have them; and what it said before it was edited.
    Column("reactions", Text),
    Column("files", Text),
    Column("forwarded", Text),
    Column("wordings", Text),
    # `deleted` by somebody, out of time (`retention`), with its `room`, or `changed` and in view.
    Column("why", String(16), nullable=False),
    Column("held_at", UtcTime, nullable=False),
)
# What of a room that is deleted is still here.
Index(None, held.c.room_id, held.c.message_id)

# Which of them have which files: these stay in the storage.
held_files = Table(
    "held_files",
    metadata,
    Column("message_id", ForeignKey("held.message_id", ondelete="CASCADE"), primary_key=True),
    Column("file_id", ForeignKey("files.id"), primary_key=True),
)
# Whether a file is held.
Index(None, held_files.c.file_id)
