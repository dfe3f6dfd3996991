"""Messages are numbered, may answer one another, and can be reacted to."""

import sqlalchemy as sa
from alembic import op

from parlour.migrations.kinds import Integer, Text, on_sqlite, only

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds columns to messages and rooms, and numbers what was said so far."""
    op.add_column("rooms", sa.Column("message_count", Integer, nullable=False, server_default="0"))
    op.add_column("messages", sa.Column("number", Integer, nullable=False, server_default="0"))
    op.add_column("messages", sa.Column("reply_to", Integer))
    op.add_column("messages", sa.Column("chain", Integer))
    op.add_column("messages", sa.Column("reactions", Text))
    op.create_index(
        "ix_messages_chain_id",
        "messages",
        ["chain", "id"],
        **only("chain IS NOT NULL"),
    )
    on_sqlite(
        "UPDATE messages SET number = numbered.number FROM"
        " (SELECT id, row_number() OVER (PARTITION BY room_id ORDER BY id) AS number"
        "  FROM messages) AS numbered"
        " WHERE messages.id = numbered.id"
    )
    on_sqlite(
        "UPDATE rooms SET message_count = counted.count FROM"
        " (SELECT room_id, count(*) AS count FROM messages GROUP BY room_id) AS counted"
        " WHERE rooms.id = counted.room_id"
    )
