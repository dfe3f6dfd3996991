"""Messages are kept for so long, and what is held for longer."""

import sqlalchemy as sa
from alembic import op

from parlour.migrations.kinds import Integer, String, Text, is_sqlite, on_sqlite

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_ROOMS = (
    "retention_longer",
    "purged_to",
    "purged_number",
    "purge_told",
    "oldest_version",
    "emptied",
)

# A file goes with the last message that has it, unless it is held.
_ON_SQLITE = (
    "DROP TRIGGER attachments_removed",
    """
CREATE TRIGGER attachments_removed AFTER DELETE ON attachments
WHEN NOT EXISTS (SELECT 1 FROM attachments WHERE file_id = old.file_id)
 AND NOT EXISTS (SELECT 1 FROM held_files WHERE file_id = old.file_id)
BEGIN
 DELETE FROM files WHERE id = old.file_id;
END
""",
    """
CREATE TRIGGER held_files_removed AFTER DELETE ON held_files
WHEN NOT EXISTS (SELECT 1 FROM attachments WHERE file_id = old.file_id)
 AND NOT EXISTS (SELECT 1 FROM held_files WHERE file_id = old.file_id)
BEGIN
 DELETE FROM files WHERE id = old.file_id;
END
""",
)
_ON_POSTGRESQL = (
    """
CREATE OR REPLACE FUNCTION attachments_removed() RETURNS trigger LANGUAGE plpgsql AS $body$ BEGIN
 IF EXISTS (SELECT 1 FROM attachments WHERE file_id = OLD.file_id) THEN
  UPDATE files SET (message_id, charged) = (
   SELECT messages.id, CASE WHEN author LIKE 'user:%' THEN author ELSE 'guest' END
   FROM messages
   WHERE messages.id = (SELECT min(message_id) FROM attachments WHERE file_id = OLD.file_id)
  )
  WHERE id = OLD.file_id AND message_id = OLD.message_id;
 ELSIF NOT EXISTS (SELECT 1 FROM held_files WHERE file_id = OLD.file_id) THEN
  DELETE FROM files WHERE id = OLD.file_id;
 END IF;
 RETURN NULL; END $body$
""",
    """
CREATE FUNCTION held_files_removed() RETURNS trigger LANGUAGE plpgsql AS $body$ BEGIN
 IF NOT EXISTS (SELECT 1 FROM attachments WHERE file_id = OLD.file_id)
  AND NOT EXISTS (SELECT 1 FROM held_files WHERE file_id = OLD.file_id) THEN
  DELETE FROM files WHERE id = OLD.file_id;
 END IF;
 RETURN NULL; END $body$
""",
    """
CREATE TRIGGER held_files_removed AFTER DELETE ON held_files FOR EACH ROW
EXECUTE FUNCTION held_files_removed()
""",
)


def upgrade() -> None:
    """Adds rules to rooms, where their histories begin, holds, and what these have set aside."""
    op.add_column("rooms", sa.Column("retention_days", Integer))
    for name in _ROOMS:
        op.add_column("rooms", sa.Column(name, Integer, nullable=False, server_default="0"))
    op.create_table(
        "holds",
        sa.Column("id", Integer, nullable=False),
        sa.Column("kind", String(8), nullable=False),
        sa.Column("room_id", Integer),
        sa.Column("author", Text),
        sa.Column("name", Text, nullable=False),
        sa.Column("reason", Text, nullable=False),
        sa.Column("created_by", Text, nullable=False),
        sa.Column("created_at", String(27), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_holds"),
        sa.CheckConstraint("kind IN ('server', 'room', 'person')", name="ck_holds_kind"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "held",
        sa.Column("message_id", Integer, nullable=False, autoincrement=False),
        sa.Column("room_id", Integer, nullable=False),
        sa.Column("room_name", Text, nullable=False),
        sa.Column("username", Text, nullable=False),
        sa.Column("author", Text, nullable=False),
        sa.Column("content", Text, nullable=False),
        sa.Column("timestamp", String(27), nullable=False),
        sa.Column("edited_at", String(27)),
        sa.Column("reply_to", Integer),
        sa.Column("reactions", Text),
        sa.Column("files", Text),
        sa.Column("forwarded", Text),
        sa.Column("wordings", Text),
        sa.Column("why", String(16), nullable=False),
        sa.Column("held_at", String(27), nullable=False),
        sa.PrimaryKeyConstraint("message_id", name="pk_held"),
    )
    op.create_index("ix_held_room_id_message_id", "held", ["room_id", "message_id"])
    op.create_table(
        "held_files",
        sa.Column("message_id", Integer, nullable=False),
        sa.Column("file_id", String(32), nullable=False),
        sa.PrimaryKeyConstraint("message_id", "file_id", name="pk_held_files"),
        sa.ForeignKeyConstraint(
            ["message_id"], ["held.message_id"], name="fk_held_files_message_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["file_id"], ["files.id"], name="fk_held_files_file_id"),
    )
    op.create_index("ix_held_files_file_id", "held_files", ["file_id"])
    on_sqlite(*_ON_SQLITE)
    if not is_sqlite():
        for statement in _ON_POSTGRESQL:
            op.execute(statement)
