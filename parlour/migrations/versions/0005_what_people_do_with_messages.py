"""Messages are numbered, may answer one another, and can be reacted to."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds columns to messages and rooms, and numbers what was said so far."""
    op.add_column(
        "rooms", sa.Column("message_count", sa.Integer, nullable=False, server_default="0")
    )
    op.add_column("messages", sa.Column("number", sa.Integer, nullable=False, server_default="0"))
    op.add_column("messages", sa.Column("reply_to", sa.Integer))
    op.add_column("messages", sa.Column("chain", sa.Integer))
    op.add_column("messages", sa.Column("reactions", sa.Text))
    op.create_index(
        "ix_messages_chain_id",
        "messages",
        ["chain", "id"],
        sqlite_where=sa.text("chain IS NOT NULL"),
    )
    op.execute(
        "UPDATE messages SET number = numbered.number FROM"
        " (SELECT id, row_number() OVER (PARTITION BY room_id ORDER BY id) AS number"
        "  FROM messages) AS numbered"
        " WHERE messages.id = numbered.id"
    )
    op.execute(
        "UPDATE rooms SET message_count = counted.count FROM"
        " (SELECT room_id, count(*) AS count FROM messages GROUP BY room_id) AS counted"
        " WHERE rooms.id = counted.room_id"
    )
