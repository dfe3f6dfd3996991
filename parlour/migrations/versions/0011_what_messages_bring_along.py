"""Messages say whom they mention, which files they bring along, and what they pass on."""

import sqlalchemy as sa
from alembic import op

from parlour.migrations.kinds import String, Text

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds columns to messages; there was none of it before."""
    for name in ("mentions", "files", "forwarded"):
        op.add_column("messages", sa.Column(name, Text))
    op.add_column("messages", sa.Column("pinned_at", String(27)))
