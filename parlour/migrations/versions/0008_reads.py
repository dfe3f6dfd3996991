"""How far everybody has read, and how many messages were deleted where."""

import sqlalchemy as sa
from alembic import op

from parlour.migrations.kinds import Integer, on_sqlite, yes

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# Level by level: of how many bits of a message's number the slot has lost.
SHIFTS = (0, 4, 8, 12, 16, 20, 24, 28)


def upgrade() -> None:
    """Makes two tables and their trigger, fills them from what is there, and adds a column."""
    op.add_column(
        "users",
        sa.Column("read_receipts", sa.Boolean, nullable=False, server_default=yes()),
    )
    op.create_table(
        "reads",
        sa.Column("user_id", Integer, nullable=False),
        sa.Column("room_id", Integer, nullable=False),
        sa.Column("message_id", Integer, nullable=False),
        sa.Column("number", Integer, nullable=False),
        sa.Column("own", Integer, nullable=False, server_default="0"),
        sa.Column("until", Integer),
        sa.Column("seen", Integer, nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("user_id", "room_id", name="pk_reads"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_reads_user_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["room_id"], ["rooms.id"], name="fk_reads_room_id", ondelete="CASCADE"
        ),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_reads_room_id", "reads", ["room_id"])
    op.create_table(
        "deletions",
        sa.Column("room_id", Integer, nullable=False),
        sa.Column("level", Integer, nullable=False),
        sa.Column("slot", Integer, nullable=False),
        sa.Column("count", Integer, nullable=False),
        sa.PrimaryKeyConstraint("room_id", "level", "slot", name="pk_deletions"),
        sa.ForeignKeyConstraint(
            ["room_id"], ["rooms.id"], name="fk_deletions_room_id", ondelete="CASCADE"
        ),
        sqlite_with_rowid=False,
    )
    for level, shift in enumerate(SHIFTS):
        on_sqlite(
            "INSERT INTO deletions (room_id, level, slot, count)"  # noqa: S608 - two numbers
            f" SELECT room_id, {level}, number >> {shift}, count(*) FROM messages"
            " WHERE deleted_at IS NOT NULL GROUP BY 1, 3"
        )
    # Who belongs to a room begins with all of it read.
    on_sqlite(
        "INSERT INTO reads (user_id, room_id, message_id, number)"
        " SELECT members.user_id, members.room_id, coalesce((SELECT max(id) FROM messages"
        " WHERE messages.room_id = members.room_id), 0), rooms.message_count"
        " FROM members JOIN rooms ON rooms.id = members.room_id"
    )
    # Whatever deletes a message, it is counted; and an own one behind a position that was marked
    # back does not count as one's own and as deleted.
    rows = ", ".join(
        f"(NEW.room_id, {level}, NEW.number >> {shift}, 1)" for level, shift in enumerate(SHIFTS)
    )
    trigger = (
        "CREATE TRIGGER messages_deleted AFTER UPDATE OF deleted_at ON messages",
        "WHEN OLD.deleted_at IS NULL AND NEW.deleted_at IS NOT NULL BEGIN",
        "INSERT INTO deletions (room_id, level, slot, count) VALUES",
        rows,
        "ON CONFLICT (room_id, level, slot) DO UPDATE SET count = count + 1;",
        "UPDATE reads SET own = own - 1",
        "WHERE user_id = CAST(substr(NEW.author, 6) AS INTEGER) AND room_id = NEW.room_id",
        "AND NEW.author LIKE 'user:%' AND number < NEW.number AND own > 0; END",
    )
    on_sqlite("\n".join(trigger))
