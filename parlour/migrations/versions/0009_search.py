"""Messages can be searched: an index of their terms, and what is still to be brought into it."""

import sqlalchemy as sa
from alembic import op

from parlour.migrations.kinds import Integer, Text, on_sqlite

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# As it stands in the index, where it does: what has to be taken out again.
_AS_INDEXED = """
CREATE TRIGGER {name} AFTER {event} ON messages
WHEN old.deleted_at IS NULL AND {changed}
 AND EXISTS (SELECT 1 FROM search_state WHERE old.id BETWEEN lowest AND highest)
BEGIN
 INSERT INTO search_changes (message_id, room_id, username, content, reacted)
 VALUES (old.id, old.room_id, old.username, old.content, old.reactions IS NOT NULL)
 ON CONFLICT (message_id) DO NOTHING;
END
"""


def upgrade() -> None:
    """Adds an empty index: the server fills it while it runs, from the newest message down."""
    # Holds no text, only which message has which term.
    on_sqlite(
        "CREATE VIRTUAL TABLE search USING fts5(terms, content='', columnsize=0, detail=none,"
        " tokenize=\"ascii tokenchars '^$_#@!'\")"
    )
    # A little is merged with each batch, instead of much now and then.
    on_sqlite("INSERT INTO search(search, rank) VALUES ('automerge', 0)")
    on_sqlite("INSERT INTO search(search, rank) VALUES ('crisismerge', 500)")
    op.create_table(
        "search_state",
        sa.Column("id", Integer, nullable=False),
        sa.Column("rules", Text, nullable=False),
        sa.Column("lowest", Integer, nullable=False),
        sa.Column("highest", Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_search_state"),
        sa.CheckConstraint("id = 1", name="ck_search_state_one"),
    )
    op.execute("INSERT INTO search_state (id, rules, lowest, highest) VALUES (1, '', 1, 0)")
    op.create_table(
        "search_changes",
        sa.Column("message_id", Integer, nullable=False),
        sa.Column("room_id", Integer, nullable=False),
        sa.Column("username", Text, nullable=False),
        sa.Column("content", Text, nullable=False),
        sa.Column("reacted", Integer, nullable=False),
        sa.PrimaryKeyConstraint("message_id", name="pk_search_changes"),
    )
    changed = (
        "(new.content <> old.content OR new.deleted_at IS NOT NULL"
        " OR (new.reactions IS NULL) <> (old.reactions IS NULL))"
    )
    on_sqlite(
        _AS_INDEXED.format(
            name="search_changed",
            event="UPDATE OF content, deleted_at, reactions",
            changed=changed,
        )
    )
    on_sqlite(_AS_INDEXED.format(name="search_removed", event="DELETE", changed="1"))
