"""Rooms know how many of their messages were deleted, and the index whether it is tidied up."""

import sqlalchemy as sa
from alembic import op

from parlour.migrations.kinds import Integer, String, on_sqlite

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the count, and a trigger that keeps it beside the one that counts runs of them."""
    op.add_column("rooms", sa.Column("deleted_count", Integer, nullable=False, server_default="0"))
    # The runs of the highest level are few, and together all that were deleted.
    on_sqlite(
        "UPDATE rooms SET deleted_count = counted.count FROM"
        " (SELECT room_id, sum(count) AS count FROM deletions WHERE level = 7 GROUP BY room_id)"
        " AS counted WHERE counted.room_id = rooms.id"
    )
    trigger = (
        "CREATE TRIGGER messages_deleted_count AFTER UPDATE OF deleted_at ON messages",
        "WHEN OLD.deleted_at IS NULL AND NEW.deleted_at IS NOT NULL BEGIN",
        "UPDATE rooms SET deleted_count = deleted_count + 1 WHERE id = NEW.room_id; END",
    )
    on_sqlite("\n".join(trigger))
    # Whoever is banned from a room has nothing unread there.
    on_sqlite(
        "DELETE FROM reads WHERE EXISTS (SELECT 1 FROM restrictions"
        " WHERE restrictions.room_id = reads.room_id AND restrictions.kind = 'ban'"
        " AND restrictions.author = 'user:' || reads.user_id)"
    )
    op.create_table(
        "cleared",
        sa.Column("message_id", Integer, nullable=False),
        sa.PrimaryKeyConstraint("message_id", name="pk_cleared"),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name="fk_cleared_message_id", ondelete="CASCADE"
        ),
    )
    op.create_table(
        "removals",
        sa.Column("room_id", Integer, nullable=False),
        sa.Column("user_id", Integer, nullable=False),
        sa.Column("at", String(27), nullable=False),
        sa.PrimaryKeyConstraint("room_id", "user_id", name="pk_removals"),
        sa.ForeignKeyConstraint(
            ["room_id"], ["rooms.id"], name="fk_removals_room_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_removals_user_id", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_removals_user_id", "removals", ["user_id"])
    # What was taken out of the index before is still in its pieces.
    op.add_column("search_state", sa.Column("untidy", Integer, nullable=False, server_default="1"))
