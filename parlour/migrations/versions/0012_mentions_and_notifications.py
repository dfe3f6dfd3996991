"""Who is addressed by messages, of what people want to be notified, and what was decided."""

import sqlalchemy as sa
from alembic import op

from parlour.migrations.kinds import Integer, String, Text, is_sqlite, on_sqlite, only, yes

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def _goes_with(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{other}.id"], name=f"fk_{table}_{column}", ondelete="CASCADE"
    )


def upgrade() -> None:
    """Makes five tables and a column. Nobody was addressed before; who belongs where is noted."""
    op.add_column("reads", sa.Column("since", Integer))
    on_sqlite(
        "UPDATE reads SET since = 0 WHERE EXISTS (SELECT 1 FROM members"
        " WHERE members.room_id = reads.room_id AND members.user_id = reads.user_id)"
    )
    op.create_table(
        "addressed",
        sa.Column("user_id", Integer, nullable=False),
        sa.Column("message_id", Integer, nullable=False),
        sa.Column("room_id", Integer, nullable=False),
        sa.Column("reason", String(8), nullable=False),
        sa.Column("notified", sa.Boolean, nullable=False),
        sa.Column("because", String(16), nullable=False),
        sa.Column("level", String(8), nullable=False),
        sa.Column("counts", sa.Boolean, nullable=False, server_default=yes()),
        sa.PrimaryKeyConstraint("user_id", "message_id", name="pk_addressed"),
        _goes_with("addressed", "user_id", "users"),
        _goes_with("addressed", "message_id", "messages"),
        sa.CheckConstraint("reason IN ('mention', 'reply', 'here')", name="ck_addressed_reason"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_addressed_message_id", "addressed", ["message_id"])
    op.create_table(
        "calls",
        sa.Column("room_id", Integer, nullable=False),
        sa.Column("message_id", Integer, nullable=False),
        sa.PrimaryKeyConstraint("room_id", "message_id", name="pk_calls"),
        _goes_with("calls", "room_id", "rooms"),
        _goes_with("calls", "message_id", "messages"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_calls_message_id", "calls", ["message_id"])
    op.create_table(
        "addressings",
        sa.Column("room_id", Integer, nullable=False),
        sa.Column("user_id", Integer, nullable=False),
        sa.Column("level", Integer, nullable=False),
        sa.Column("slot", Integer, nullable=False),
        sa.Column("count", Integer, nullable=False),
        sa.PrimaryKeyConstraint("room_id", "user_id", "level", "slot", name="pk_addressings"),
        _goes_with("addressings", "room_id", "rooms"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "attention",
        sa.Column("user_id", Integer, nullable=False),
        sa.Column("room_id", Integer, nullable=False),
        sa.Column("after", Integer, nullable=False),
        sa.Column("member", sa.Boolean, nullable=False),
        sa.Column("level", String(8)),
        sa.PrimaryKeyConstraint("user_id", "room_id", "after", name="pk_attention"),
        _goes_with("attention", "user_id", "users"),
        _goes_with("attention", "room_id", "rooms"),
        sa.CheckConstraint("level IN ('all', 'mentions', 'nothing')", name="ck_attention_level"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_attention_all", "attention", ["room_id", "user_id"],
        **only("level = 'all'"),
    )  # fmt: skip
    op.create_index("ix_attention_room_id", "attention", ["room_id"])
    op.create_table(
        "quiets",
        sa.Column("user_id", Integer, nullable=False),
        sa.Column("after", Integer, nullable=False),
        sa.Column("until", String(27)),
        sa.Column("start", String(5)),
        sa.Column("end", String(5)),
        sa.Column("time_zone", Text),
        sa.PrimaryKeyConstraint("user_id", "after", name="pk_quiets"),
        _goes_with("quiets", "user_id", "users"),
        sqlite_with_rowid=False,
    )
    on_sqlite(
        "INSERT INTO attention (user_id, room_id, after, member, level)"
        " SELECT user_id, room_id, 0, 1, NULL FROM members"
    )
    # Of what was said before, nobody was notified.
    on_sqlite(
        "INSERT INTO meta (name, value) SELECT 'notified_after', coalesce(max(seq), 0)"
        " FROM sqlite_sequence WHERE name = 'messages'"
    )
    if not is_sqlite():
        op.execute("INSERT INTO meta (name, value) VALUES ('notified_after', '0')")
