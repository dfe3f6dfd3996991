"""Rooms and messages."""

import sqlalchemy as sa
from alembic import op

from parlour.migrations.kinds import Integer, String, Text, only

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The first schema."""
    op.create_table(
        "meta",
        sa.Column("name", String(32), nullable=False),
        sa.Column("value", Text, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_meta"),
    )
    op.create_table(
        "rooms",
        sa.Column("id", Integer, nullable=False),
        sa.Column("name", Text, nullable=False),
        sa.Column("name_key", Text, nullable=False),
        sa.Column("kind", String(16), nullable=False),
        sa.Column("created_at", String(27), nullable=False),
        sa.Column("version", Integer, nullable=False),
        sa.Column("changed_version", Integer, nullable=False),
        sa.Column("deleted_at", String(27)),
        sa.PrimaryKeyConstraint("id", name="pk_rooms"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "uq_rooms_public_name_key",
        "rooms",
        ["name_key"],
        unique=True,
        **only("kind = 'public' AND deleted_at IS NULL"),
    )
    op.create_table(
        "messages",
        sa.Column("id", Integer, nullable=False),
        sa.Column("room_id", Integer, nullable=False),
        sa.Column("username", Text, nullable=False),
        sa.Column("author", Text, nullable=False),
        sa.Column("content", Text, nullable=False),
        sa.Column("timestamp", String(27), nullable=False),
        sa.Column("version", Integer, nullable=False),
        sa.Column("client_id", String(64)),
        sa.PrimaryKeyConstraint("id", name="pk_messages"),
        sa.ForeignKeyConstraint(
            ["room_id"], ["rooms.id"], name="fk_messages_room_id", ondelete="CASCADE"
        ),
        sa.UniqueConstraint(
            "room_id", "author", "client_id", name="uq_messages_room_id_author_client_id"
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_messages_room_id_id", "messages", ["room_id", "id"])
    op.create_index("ix_messages_room_id_version", "messages", ["room_id", "version"], unique=True)
    op.create_index("ix_messages_room_id_timestamp", "messages", ["room_id", "timestamp"])
