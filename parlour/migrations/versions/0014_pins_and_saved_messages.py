"""Messages are pinned, put by and passed on, and found by it."""

import sqlalchemy as sa
from alembic import op

from parlour.migrations.kinds import Integer, String, Text, on_sqlite, only

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

# As it stands in the index, where it does: what has to be taken out again.
_AS_INDEXED = """
CREATE TRIGGER {name} AFTER {event} ON messages
WHEN old.deleted_at IS NULL AND {changed}
 AND EXISTS (SELECT 1 FROM search_state WHERE old.id BETWEEN lowest AND highest)
BEGIN
 INSERT INTO search_changes
  (message_id, room_id, username, content, reacted, files, forwarded, pinned)
 VALUES (old.id, old.room_id, old.username, old.content, old.reactions IS NOT NULL,
  old.files, old.forwarded, old.pinned_at IS NOT NULL)
 ON CONFLICT (message_id) DO NOTHING;
END
"""


def upgrade() -> None:
    """Adds who pinned a message, what accounts have put by, and what a search has to notice."""
    op.add_column("messages", sa.Column("pinned_by", Text))
    op.create_index(
        "ix_messages_room_id_pinned_at",
        "messages",
        ["room_id", "pinned_at"],
        unique=True,
        **only("pinned_at IS NOT NULL"),
    )
    op.create_table(
        "saved",
        sa.Column("id", Integer, nullable=False),
        sa.Column("user_id", Integer, nullable=False),
        sa.Column("message_id", Integer, nullable=False),
        sa.Column("saved_at", String(27), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_saved_user_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name="fk_saved_message_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_saved"),
        sa.UniqueConstraint("user_id", "message_id", name="uq_saved_user_id_message_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_saved_user_id_id", "saved", ["user_id", "id"])
    op.create_index("ix_saved_message_id", "saved", ["message_id"])
    op.add_column("search_changes", sa.Column("files", Text))
    op.add_column("search_changes", sa.Column("forwarded", Text))
    op.add_column(
        "search_changes", sa.Column("pinned", Integer, nullable=False, server_default="0")
    )
    for name in ("search_changed", "search_removed"):
        on_sqlite(f"DROP TRIGGER {name}")
    changed = (
        "(new.content <> old.content OR new.deleted_at IS NOT NULL"
        " OR (new.reactions IS NULL) <> (old.reactions IS NULL)"
        " OR (new.pinned_at IS NULL) <> (old.pinned_at IS NULL)"
        " OR new.files IS NOT old.files OR new.forwarded IS NOT old.forwarded)"
    )
    on_sqlite(
        _AS_INDEXED.format(
            name="search_changed",
            event="UPDATE OF content, deleted_at, reactions, pinned_at, files, forwarded",
            changed=changed,
        )
    )
    on_sqlite(_AS_INDEXED.format(name="search_removed", event="DELETE", changed="1"))
