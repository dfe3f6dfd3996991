"""What messages said before they were edited is kept."""

import sqlalchemy as sa
from alembic import op

from parlour.migrations.kinds import Integer, String, Text

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the table of earlier wordings."""
    op.create_table(
        "wordings",
        sa.Column("message_id", Integer, nullable=False),
        sa.Column("number", Integer, nullable=False),
        sa.Column("content", Text, nullable=False),
        sa.Column("timestamp", String(27), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["messages.id"],
            name="fk_wordings_message_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("message_id", "number", name="pk_wordings"),
    )
