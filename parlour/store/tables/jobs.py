"""The tables of what is to be done, and said, at its time."""

from sqlalchemy import Column, ForeignKey, Index, Table, UniqueConstraint

from parlour.store.tables.base import Integer, String, Text, UtcTime, metadata, only

# What is done behind what people do: see `jobs.py`. Times are milliseconds since 1970 by the clock
# of the database.
jobs = Table(
    "jobs",
    metadata,
    # What is done outside of the database is told by it from what was done before.
    Column("id", Integer, primary_key=True),
    Column("kind", String(32), nullable=False),
    # Names one among those of its kind, for whoever puts it off or takes it back.
    Column("key", String(64)),
    # JSON.
    Column("payload", Text, nullable=False),
    # When it is to be run; while somebody runs it, until when it is theirs.
    Column("due_at", Integer, nullable=False),
    # The node that runs it just now.
    Column("taken_by", String(32)),
    # How often it was begun. Whoever ends it says which time that was: who lost it, ends nothing.
    Column("tries", Integer, nullable=False),
    # When it was given up.
    Column("failed_at", Integer),
    UniqueConstraint("kind", "key"),
    # An id stands for one job for ever, wherever somebody has noted that it was done.
    sqlite_autoincrement=True,
)
# What is to be run next.
Index("ix_jobs_due_at", jobs.c.due_at, jobs.c.id, **only("failed_at IS NULL"))

# What a node has that ends.
Index(None, jobs.c.taken_by, **only("taken_by IS NOT NULL"))

# What accounts want to say later. Its room may be gone by then: it is kept all the same.
scheduled = Table(
    "scheduled",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("room_id", Integer, nullable=False),
    Column("content", Text, nullable=False),
    Column("client_id", String(64), nullable=False),
    Column("reply_to", Integer),
    # The ids of its files as JSON, in their order.
    Column("files", Text, nullable=False),
    Column("send_at", UtcTime, nullable=False),
    # Why it was refused for good, where it was.
    Column("error_code", String(32)),
    Column("error_detail", Text),
    # Refuses a second of the same.
    UniqueConstraint("user_id", "room_id", "client_id"),
    sqlite_autoincrement=True,
)
# Those of one account, the next one first.
Index("ix_scheduled_user_id_send_at", scheduled.c.user_id, scheduled.c.send_at, scheduled.c.id)
