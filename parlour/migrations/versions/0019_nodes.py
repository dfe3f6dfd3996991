"""Several servers work on one database: which they are, and what each has committed."""

import sqlalchemy as sa
from alembic import op

from parlour.migrations.kinds import Integer, String, Text

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the tables, which stay empty where a server has its database for itself."""
    op.create_table(
        "nodes",
        sa.Column("id", String(32), nullable=False),
        sa.Column("host", Text, nullable=False),
        sa.Column("seen_at", Integer, nullable=False),
        sa.Column("head", Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_nodes"),
    )
    op.create_table(
        "journal",
        sa.Column("id", Integer, nullable=False),
        sa.Column("node", String(32), nullable=False),
        sa.Column("at", Integer, nullable=False),
        sa.Column("effects", Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_journal"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "blobs",
        sa.Column("key", String(33), nullable=False),
        sa.Column("part", Integer, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("key", "part", name="pk_blobs"),
    )
