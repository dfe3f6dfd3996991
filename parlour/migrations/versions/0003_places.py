"""Rooms of three kinds with members and roles; moderation, reports, and the audit log."""

import sqlalchemy as sa
from alembic import op

from parlour.migrations.kinds import Integer, String, Text, on_sqlite, only

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# What has been written down stays as it was, whoever asks.
_APPEND_ONLY = (
    "CREATE TRIGGER audit_no_{verb} BEFORE {verb} ON audit"
    " BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END"
)


def upgrade() -> None:
    """Adds columns to rooms and messages, and four tables."""
    op.add_column("rooms", sa.Column("topic", Text, nullable=False, server_default=sa.text("''")))
    op.add_column("rooms", sa.Column("archived_at", String(27)))
    op.add_column("rooms", sa.Column("owner", Text))
    op.add_column("rooms", sa.Column("direct_key", Text))
    op.add_column("rooms", sa.Column("slow_seconds", Integer, nullable=False, server_default="0"))
    op.add_column("rooms", sa.Column("guarded", Integer, nullable=False, server_default="0"))
    # The rooms there were so far belong to nobody.
    op.add_column("rooms", sa.Column("free", Integer, nullable=False, server_default="1"))
    op.create_index("uq_rooms_direct_key", "rooms", ["direct_key"], unique=True)
    op.add_column("messages", sa.Column("edited_at", String(27)))
    op.add_column("messages", sa.Column("deleted_at", String(27)))
    op.create_index("ix_invites_room_id", "invites", ["room_id"])
    op.create_table(
        "members",
        sa.Column("room_id", Integer, nullable=False),
        sa.Column("user_id", Integer, nullable=False),
        sa.Column("role", String(16), nullable=False),
        sa.Column("joined_at", String(27), nullable=False),
        sa.PrimaryKeyConstraint("room_id", "user_id", name="pk_members"),
        sa.ForeignKeyConstraint(
            ["room_id"], ["rooms.id"], name="fk_members_room_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_members_user_id", ondelete="CASCADE"
        ),
        sa.CheckConstraint("role IN ('owner', 'moderator', 'member')", name="ck_members_role"),
    )
    op.create_index("ix_members_user_id", "members", ["user_id"])
    op.create_index(
        "uq_members_owner",
        "members",
        ["room_id"],
        unique=True,
        **only("role = 'owner'"),
    )
    op.create_table(
        "spoken",
        sa.Column("room_id", Integer, nullable=False),
        sa.Column("author", Text, nullable=False),
        sa.Column("at", String(27), nullable=False),
        sa.PrimaryKeyConstraint("room_id", "author", name="pk_spoken"),
        sa.ForeignKeyConstraint(
            ["room_id"], ["rooms.id"], name="fk_spoken_room_id", ondelete="CASCADE"
        ),
    )
    op.create_table(
        "restrictions",
        sa.Column("id", Integer, nullable=False),
        sa.Column("room_id", Integer),
        sa.Column("author", Text, nullable=False),
        sa.Column("username", Text, nullable=False),
        sa.Column("kind", String(16), nullable=False),
        sa.Column("until", String(27)),
        sa.Column("reason", Text, nullable=False),
        sa.Column("created_by", Integer),
        sa.Column("created_at", String(27), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_restrictions"),
        sa.ForeignKeyConstraint(
            ["room_id"], ["rooms.id"], name="fk_restrictions_room_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["created_by"], ["users.id"], name="fk_restrictions_created_by", ondelete="SET NULL"
        ),
        sa.UniqueConstraint(
            "room_id", "author", "kind", name="uq_restrictions_room_id_author_kind"
        ),
        sa.CheckConstraint("kind IN ('ban', 'mute')", name="ck_restrictions_kind"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "uq_restrictions_server",
        "restrictions",
        ["author", "kind"],
        unique=True,
        **only("room_id IS NULL"),
    )
    op.create_index("ix_restrictions_until", "restrictions", ["until"])
    op.create_table(
        "reports",
        sa.Column("id", Integer, nullable=False),
        sa.Column("room_id", Integer, nullable=False),
        sa.Column("room_name", Text, nullable=False),
        sa.Column("message_id", Integer, nullable=False),
        sa.Column("message_username", Text, nullable=False),
        sa.Column("message_content", Text, nullable=False),
        sa.Column("message_timestamp", String(27), nullable=False),
        sa.Column("author", Text, nullable=False),
        sa.Column("reporter", Text, nullable=False),
        sa.Column("reason", Text, nullable=False),
        sa.Column("created_at", String(27), nullable=False),
        sa.Column("resolved_at", String(27)),
        sa.Column("resolved_by", Text),
        sa.PrimaryKeyConstraint("id", name="pk_reports"),
        sa.UniqueConstraint("message_id", "author", name="uq_reports_message_id_author"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_reports_room_id_id", "reports", ["room_id", "id"])
    op.create_index("ix_reports_open", "reports", ["author"], **only("resolved_at IS NULL"))
    op.create_index(
        "ix_reports_room_open",
        "reports",
        ["room_id", "id"],
        **only("resolved_at IS NULL"),
    )
    op.create_index("ix_reports_all_open", "reports", ["id"], **only("resolved_at IS NULL"))
    op.create_table(
        "audit",
        sa.Column("id", Integer, nullable=False),
        sa.Column("at", String(27), nullable=False),
        sa.Column("actor", Text, nullable=False),
        sa.Column("actor_name", Text, nullable=False),
        sa.Column("action", String(32), nullable=False),
        sa.Column("room_id", Integer),
        sa.Column("subject", Text, nullable=False),
        sa.Column("detail", Text, nullable=False),
        sa.Column("previous", String(64), nullable=False),
        sa.Column("hash", String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
        sqlite_autoincrement=True,
    )
    for verb in ("update", "delete"):
        on_sqlite(_APPEND_ONLY.format(verb=verb))
