"""Files know the message by which they are there, and who is charged for them."""

import sqlalchemy as sa
from alembic import op

from parlour.migrations import postgresql
from parlour.migrations.kinds import Integer, String, Text, is_sqlite, on_sqlite

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

# A file takes whole blocks of the disk and an entry of a folder, so 4096 bytes at least. All guests
# are one: the owner 'guest'.
_TRIGGERS = (
    """
CREATE TRIGGER files_added AFTER INSERT ON files
BEGIN
 INSERT INTO storage_use (owner, bytes)
 VALUES (new.charged, max(new.bytes, 4096)), ('', max(new.bytes, 4096))
 ON CONFLICT (owner) DO UPDATE SET bytes = bytes + excluded.bytes;
END
""",
    """
CREATE TRIGGER files_removed AFTER DELETE ON files
BEGIN
 UPDATE storage_use SET bytes = bytes - max(old.bytes, 4096) WHERE owner IN (old.charged, '');
 INSERT INTO discarded (key, pending) VALUES (old.id, NULL)
 ON CONFLICT (key) DO UPDATE SET pending = NULL;
 INSERT INTO discarded (key, pending)
 SELECT old.id || 't', NULL WHERE old.thumbnail_width IS NOT NULL
 ON CONFLICT (key) DO UPDATE SET pending = NULL;
END
""",
    """
CREATE TRIGGER files_charged AFTER UPDATE OF charged ON files WHEN new.charged <> old.charged
BEGIN
 UPDATE storage_use SET bytes = bytes - max(old.bytes, 4096) WHERE owner = old.charged;
 INSERT INTO storage_use (owner, bytes) VALUES (new.charged, max(new.bytes, 4096))
 ON CONFLICT (owner) DO UPDATE SET bytes = bytes + excluded.bytes;
END
""",
    # Without the message that it came with, a file is there by the first that passes it on.
    """
CREATE TRIGGER attachments_handed_on AFTER DELETE ON attachments
WHEN EXISTS (SELECT 1 FROM attachments WHERE file_id = old.file_id)
BEGIN
 UPDATE files SET (message_id, charged) = (
  SELECT messages.id, CASE WHEN author LIKE 'user:%' THEN author ELSE 'guest' END
  FROM messages
  WHERE messages.id = (SELECT min(message_id) FROM attachments WHERE file_id = old.file_id)
 )
 WHERE id = old.file_id AND message_id = old.message_id;
END
""",
)


def upgrade() -> None:
    """Adds the columns, and counts anew what everybody's files take."""
    op.create_index("ix_attachments_file_id_message_id", "attachments", ["file_id", "message_id"])
    op.drop_index("ix_attachments_file_id", "attachments")
    op.add_column("files", sa.Column("message_id", Integer))
    op.add_column("files", sa.Column("described_at", String(27)))
    op.add_column("files", sa.Column("charged", Text, nullable=False, server_default="guest"))
    # The message that a file came with is older than all that pass it on.
    on_sqlite(
        "UPDATE files SET message_id ="
        " (SELECT min(message_id) FROM attachments WHERE file_id = files.id)"
    )
    on_sqlite(
        "UPDATE files SET charged = coalesce("
        "(SELECT author FROM messages WHERE id = files.message_id), author)"
    )
    on_sqlite("UPDATE files SET charged = 'guest' WHERE charged NOT LIKE 'user:%'")
    for name in ("files_added", "files_removed"):
        on_sqlite(f"DROP TRIGGER {name}")
    on_sqlite("DELETE FROM storage_use")
    on_sqlite(
        "INSERT INTO storage_use (owner, bytes)"
        " SELECT charged, sum(max(bytes, 4096)) FROM files GROUP BY charged"
        " UNION ALL SELECT '', sum(max(bytes, 4096)) FROM files HAVING count(*) > 0"
    )
    for trigger in _TRIGGERS:
        on_sqlite(trigger)
    if not is_sqlite():
        postgresql.begin()
