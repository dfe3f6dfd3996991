"""Background work is written down as jobs; messages are said at a later time."""

import sqlalchemy as sa
from alembic import op

from parlour.migrations.kinds import Integer, String, Text, only

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the tables, and that a message which is said later keeps its files."""
    op.create_table(
        "jobs",
        sa.Column("id", Integer, nullable=False),
        sa.Column("kind", String(32), nullable=False),
        sa.Column("key", String(64)),
        sa.Column("payload", Text, nullable=False),
        sa.Column("due_at", Integer, nullable=False),
        sa.Column("taken_by", String(32)),
        sa.Column("tries", Integer, nullable=False),
        sa.Column("failed_at", Integer),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
        sa.UniqueConstraint("kind", "key", name="uq_jobs_kind_key"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_jobs_due_at", "jobs", ["due_at", "id"], **only("failed_at IS NULL"))
    op.create_index("ix_jobs_taken_by", "jobs", ["taken_by"], **only("taken_by IS NOT NULL"))
    op.create_table(
        "scheduled",
        sa.Column("id", Integer, nullable=False),
        sa.Column("user_id", Integer, nullable=False),
        sa.Column("room_id", Integer, nullable=False),
        sa.Column("content", Text, nullable=False),
        sa.Column("client_id", String(64), nullable=False),
        sa.Column("reply_to", Integer),
        sa.Column("files", Text, nullable=False),
        sa.Column("send_at", String(27), nullable=False),
        sa.Column("error_code", String(32)),
        sa.Column("error_detail", Text),
        sa.PrimaryKeyConstraint("id", name="pk_scheduled"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_scheduled_user_id", ondelete="CASCADE"
        ),
        sa.UniqueConstraint(
            "user_id", "room_id", "client_id", name="uq_scheduled_user_id_room_id_client_id"
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_scheduled_user_id_send_at", "scheduled", ["user_id", "send_at", "id"])
    op.add_column("files", sa.Column("scheduled_id", Integer))
    op.create_index("ix_discarded_pending", "discarded", ["pending"], **only("pending IS NOT NULL"))
    op.drop_index("ix_files_waits_since", "files")
    op.create_index(
        "ix_files_waits_since",
        "files",
        ["waits_since"],
        **only("waits_since IS NOT NULL AND scheduled_id IS NULL"),
    )
    op.create_index(
        "ix_files_scheduled_id", "files", ["scheduled_id"], **only("scheduled_id IS NOT NULL")
    )
