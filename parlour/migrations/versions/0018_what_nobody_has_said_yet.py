"""Direct conversations in which nothing was said are listed for those who opened them alone."""

import sqlalchemy as sa
from alembic import op

from parlour.migrations.kinds import yes

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the column; who has opened a conversation that is empty is known from the first on."""
    op.add_column("members", sa.Column("listed", sa.Boolean, nullable=False, server_default=yes()))
    op.execute(
        "UPDATE members SET listed = (1 = 0) WHERE room_id IN (SELECT id FROM rooms"
        " WHERE kind = 'direct' AND message_count = 0 AND opened_by <> members.user_id)"
    )
