"""Files that messages bring along, what is to be taken from the storage, and avatars."""

import sqlalchemy as sa
from alembic import op

from parlour.migrations.kinds import Integer, String, Text, on_sqlite, only

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_TRIGGERS = (
    # How much everybody's files take, and all of them: the owner ''.
    """
CREATE TRIGGER files_added AFTER INSERT ON files
BEGIN
 INSERT INTO storage_use (owner, bytes) VALUES (new.author, new.bytes), ('', new.bytes)
 ON CONFLICT (owner) DO UPDATE SET bytes = bytes + excluded.bytes;
END
""",
    # However a row goes, what it stood for is taken from the storage afterwards.
    """
CREATE TRIGGER files_removed AFTER DELETE ON files
BEGIN
 UPDATE storage_use SET bytes = bytes - old.bytes WHERE owner IN (old.author, '');
 INSERT INTO discarded (key, pending) VALUES (old.id, NULL)
 ON CONFLICT (key) DO UPDATE SET pending = NULL;
 INSERT INTO discarded (key, pending)
 SELECT old.id || 't', NULL WHERE old.thumbnail_width IS NOT NULL
 ON CONFLICT (key) DO UPDATE SET pending = NULL;
END
""",
    # A file goes with the last message that has it: deleted, or purged with its room.
    """
CREATE TRIGGER attachments_removed AFTER DELETE ON attachments
WHEN NOT EXISTS (SELECT 1 FROM attachments WHERE file_id = old.file_id)
BEGIN
 DELETE FROM files WHERE id = old.file_id;
END
""",
    """
CREATE TRIGGER avatar_replaced AFTER UPDATE OF avatar ON users
WHEN old.avatar IS NOT NULL AND old.avatar IS NOT new.avatar
BEGIN
 INSERT INTO discarded (key, pending) VALUES (old.avatar, NULL)
 ON CONFLICT (key) DO UPDATE SET pending = NULL;
END
""",
)


def upgrade() -> None:
    """Adds tables; nobody has a file or an avatar yet."""
    op.create_table(
        "files",
        sa.Column("id", String(32), nullable=False),
        sa.Column("room_id", Integer, nullable=False),
        sa.Column("author", Text, nullable=False),
        sa.Column("name", Text, nullable=False),
        sa.Column("type", Text, nullable=False),
        sa.Column("size", Integer, nullable=False),
        sa.Column("bytes", Integer, nullable=False),
        sa.Column("width", Integer),
        sa.Column("height", Integer),
        sa.Column("thumbnail_width", Integer),
        sa.Column("thumbnail_height", Integer),
        sa.Column("alt", Text, nullable=False),
        sa.Column("sha256", String(64), nullable=False),
        sa.Column("created_at", String(27), nullable=False),
        sa.Column("waits_since", String(27)),
        sa.PrimaryKeyConstraint("id", name="pk_files"),
        sa.ForeignKeyConstraint(
            ["room_id"], ["rooms.id"], name="fk_files_room_id_rooms", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_files_room_id", "files", ["room_id"])
    op.create_index(
        "ix_files_waits_since",
        "files",
        ["waits_since"],
        **only("waits_since IS NOT NULL"),
    )
    op.create_table(
        "attachments",
        sa.Column("message_id", Integer, nullable=False),
        sa.Column("file_id", String(32), nullable=False),
        sa.PrimaryKeyConstraint("message_id", "file_id", name="pk_attachments"),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name="fk_attachments_message_id_messages",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["file_id"], ["files.id"], name="fk_attachments_file_id_files"),
    )  # fmt: skip
    op.create_index("ix_attachments_file_id", "attachments", ["file_id"])
    op.create_table(
        "discarded",
        sa.Column("key", String(33), nullable=False),
        sa.Column("pending", Integer),
        sa.PrimaryKeyConstraint("key", name="pk_discarded"),
    )
    op.create_index("ix_discarded_key", "discarded", ["key"], **only("pending IS NULL"))
    op.create_table(
        "storage_use",
        sa.Column("owner", Text, nullable=False),
        sa.Column("bytes", Integer, nullable=False),
        sa.PrimaryKeyConstraint("owner", name="pk_storage_use"),
    )
    op.add_column("users", sa.Column("avatar", String(32)))
    op.add_column("users", sa.Column("avatar_size", Integer))
    for trigger in _TRIGGERS:
        on_sqlite(trigger)
