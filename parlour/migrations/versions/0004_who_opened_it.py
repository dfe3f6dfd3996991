"""Who opened a direct room; and no entry of the audit log takes another's place."""

import sqlalchemy as sa
from alembic import op

from parlour.migrations.kinds import Integer, on_sqlite, only

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds a column to rooms with its index, an index to invitations, and a trigger."""
    op.add_column("rooms", sa.Column("opened_by", Integer))
    op.create_index(
        "ix_rooms_opened_by",
        "rooms",
        ["opened_by"],
        **only("opened_by IS NOT NULL"),
    )
    op.create_index("ix_invites_created_by", "invites", ["created_by"])
    # REPLACE deletes without the triggers for that: only the next number is taken.
    on_sqlite(
        "CREATE TRIGGER audit_only_next BEFORE INSERT ON audit"
        " WHEN NEW.id IS NOT (SELECT coalesce(max(id), 0) + 1 FROM audit)"
        " BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END"
    )
