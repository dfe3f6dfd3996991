"""Accounts, sessions, what is counted against guessing, and invitations."""

import sqlalchemy as sa
from alembic import op

from parlour.migrations.kinds import Integer, String, Text

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds four tables; changes none."""
    op.create_table(
        "users",
        sa.Column("id", Integer, nullable=False),
        sa.Column("username", Text, nullable=False),
        sa.Column("name_key", Text, nullable=False),
        sa.Column("identity", Text, nullable=False),
        sa.Column("display_name", Text, nullable=False),
        sa.Column("password_hash", Text, nullable=False),
        sa.Column("role", String(16), nullable=False),
        sa.Column("about", Text, nullable=False),
        sa.Column("time_zone", Text),
        sa.Column("status_text", Text, nullable=False),
        sa.Column("hue", Integer),
        sa.Column("created_at", String(27), nullable=False),
        sa.Column("password_changed_at", String(27), nullable=False),
        sa.Column("disabled_at", String(27)),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("name_key", name="uq_users_name_key"),
        sa.UniqueConstraint("identity", name="uq_users_identity"),
        sa.CheckConstraint("role IN ('member', 'administrator')", name=op.f("ck_users_role")),
        sa.CheckConstraint("hue BETWEEN 0 AND 359", name=op.f("ck_users_hue")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "sessions",
        sa.Column("id", String(22), nullable=False),
        sa.Column("user_id", Integer, nullable=False),
        sa.Column("generation", Integer, nullable=False),
        sa.Column("rotated_at", String(27), nullable=False),
        sa.Column("key_id", String(32), nullable=False),
        sa.Column("created_at", String(27), nullable=False),
        sa.Column("last_seen_at", String(27), nullable=False),
        sa.Column("expires_at", String(27), nullable=False),
        sa.Column("address", String(64), nullable=False),
        sa.Column("user_agent", Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sessions"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_sessions_user_id", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_sessions_user_id", "sessions", ["user_id"])
    op.create_index("ix_sessions_expires_at", "sessions", ["expires_at"])
    op.create_table(
        "login_failures",
        sa.Column("key", Text, nullable=False),
        sa.Column("count", Integer, nullable=False),
        sa.Column("since", String(27), nullable=False),
        sa.Column("blocked_until", String(27)),
        sa.PrimaryKeyConstraint("key", name="pk_login_failures"),
    )
    op.create_index("ix_login_failures_since", "login_failures", ["since"])
    op.create_table(
        "invites",
        sa.Column("id", Integer, nullable=False),
        sa.Column("token_hash", String(64), nullable=False),
        sa.Column("kind", String(16), nullable=False),
        sa.Column("room_id", Integer),
        sa.Column("created_by", Integer),
        sa.Column("created_at", String(27), nullable=False),
        sa.Column("expires_at", String(27), nullable=False),
        sa.Column("uses_left", Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_invites"),
        sa.UniqueConstraint("token_hash", name="uq_invites_token_hash"),
        sa.ForeignKeyConstraint(
            ["room_id"], ["rooms.id"], name="fk_invites_room_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["created_by"], ["users.id"], name="fk_invites_created_by", ondelete="SET NULL"
        ),
        sa.CheckConstraint("uses_left >= 0", name=op.f("ck_invites_uses_left")),
        sqlite_autoincrement=True,
    )
