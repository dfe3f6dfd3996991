"""The tables of files, and of what is in the storage.

Triggers (see the migration that made them) keep `storage_use`, let a file go with the last message
that has it, and note in `discarded` what is then to be taken from the storage.
"""

from sqlalchemy import Column, ForeignKey, Index, Table

from parlour.store.tables.base import Integer, String, Text, UtcTime, metadata, only

files = Table(
    "files",
    metadata,
    # 128 random bits; its bytes lie in the storage under the same key, its thumbnail's under
    # that and a `t`.
    Column("id", String(32), primary_key=True),
    # Where it was sent to.
    Column("room_id", ForeignKey("rooms.id", ondelete="CASCADE"), nullable=False),
    Column("author", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("size", Integer, nullable=False),
    # What it takes in the storage, with its thumbnail.
    Column("bytes", Integer, nullable=False),
    Column("width", Integer),
    Column("height", Integer),
    Column("thumbnail_width", Integer),
    Column("thumbnail_height", Integer),
    Column("alt", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("created_at", UtcTime, nullable=False),
    # Null once a message has it.
    Column("waits_since", UtcTime),
    # By which it is there: the one that it came with or, without that, the first of those that
    # pass it on.
    Column("message_id", Integer),
    # When it was last described anew, while a message had it.
    Column("described_at", UtcTime),
    # The owner in `storage_use` whose quota it takes of.
    Column("charged", Text, nullable=False, server_default="guest"),
    # The message that is said later which keeps it, so that it does not wait in vain.
    Column("scheduled_id", Integer),
)
# What goes with a room that is taken away.
Index(None, files.c.room_id)
# What no message has for too long.
Index(
    None,
    files.c.waits_since,
    **only("waits_since IS NOT NULL AND scheduled_id IS NULL"),
)
# Those of a message that is said later.
Index(None, files.c.scheduled_id, **only("scheduled_id IS NOT NULL"))

# Which messages have which files: a message that is passed on has those of the first.
attachments = Table(
    "attachments",
    metadata,
    Column("message_id", ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True),
    Column("file_id", ForeignKey("files.id"), primary_key=True),
)
# Who may see a file: whoever may see one of its messages; and which is the first.
Index(None, attachments.c.file_id, attachments.c.message_id)

# What may be in the storage and belongs to nothing. `pending` is when it was begun to be put there,
# in seconds, as long as it has no row yet; after a crash there is nobody who would give it one.
# (Before there were jobs it was 1.)
discarded = Table(
    "discarded",
    metadata,
    Column("key", String(33), primary_key=True),
    Column("pending", Integer),
)
# What is to be taken away next.
Index(
    None,
    discarded.c.key,
    **only("pending IS NULL"),
)
# What nobody gives a row any more.
Index(
    None,
    discarded.c.pending,
    **only("pending IS NOT NULL"),
)

storage_use = Table(
    "storage_use",
    metadata,
    # Who is charged for files: an account's author, `guest` for all guests; '' for all of them.
    Column("owner", Text, primary_key=True),
    Column("bytes", Integer, nullable=False),
)
