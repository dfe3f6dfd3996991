"""Reports know the author of their message, so that guests are told apart from accounts."""

import sqlalchemy as sa
from alembic import op

from parlour.migrations.kinds import Text

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the column, filled where the message is still there."""
    op.add_column("reports", sa.Column("message_author", Text))
    op.execute(
        "UPDATE reports SET message_author ="
        " (SELECT author FROM messages WHERE messages.id = reports.message_id)"
    )
