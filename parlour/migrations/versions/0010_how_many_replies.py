"""A message that a chain of replies began with says how many there are."""

import sqlalchemy as sa
from alembic import op

from parlour.migrations.kinds import Text

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds a column to messages; nobody could reply to any before."""
    op.add_column("messages", sa.Column("replies", Text))
