"""Who reacted to which message, and with what."""

import sqlalchemy as sa
from alembic import op

from parlour.migrations.kinds import Integer, String, Text

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds a table."""
    op.create_table(
        "reactions",
        sa.Column("id", Integer, nullable=False),
        sa.Column("message_id", Integer, nullable=False),
        sa.Column("emoji", Text, nullable=False),
        sa.Column("author", Text, nullable=False),
        sa.Column("username", Text, nullable=False),
        sa.Column("created_at", String(27), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_reactions"),
        sa.UniqueConstraint(
            "message_id", "author", "emoji", name="uq_reactions_message_id_author_emoji"
        ),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name="fk_reactions_message_id", ondelete="CASCADE"
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_reactions_message_id_id", "reactions", ["message_id", "id"])
    op.create_index("ix_reactions_message_id_emoji_id", "reactions", ["message_id", "emoji", "id"])
