"""The tables of the search."""

from typing import Final

from sqlalchemy import (
    CheckConstraint,
    Column,
    Connection,
    MetaData,
    Table,
    event,
)

from parlour.store.tables.base import Integer, Text, metadata

# The index of what messages say: which message has which term, and no text. SQLAlchemy knows no
# tables of this kind.
SEARCH: Final = (
    "CREATE VIRTUAL TABLE search USING fts5(terms, content='', columnsize=0, detail=none,"
    " tokenize=\"ascii tokenchars '^$_#@!'\")"
)

# By itself FTS5 merges its pieces when there are many, and whoever writes waits for it, a tenth of
# a second and more; here a little is merged with each batch.
SEARCH_SETTINGS: Final = (
    "INSERT INTO search(search, rank) VALUES ('automerge', 0)",
    "INSERT INTO search(search, rank) VALUES ('crisismerge', 500)",
)


@event.listens_for(metadata, "after_create")
def _make_index(_tables: MetaData, connection: Connection, **_options: object) -> None:
    # On PostgreSQL it is a table like others, which only the migrations make.
    if connection.dialect.name != "sqlite":
        return
    for statement in (SEARCH, *SEARCH_SETTINGS):
        connection.exec_driver_sql(statement)


# It has the messages from `lowest` to `highest`, by the rules named here.
search_state = Table(
    "search_state",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("rules", Text, nullable=False),
    Column("lowest", Integer, nullable=False),
    Column("highest", Integer, nullable=False),
    # 1 while its pieces may still have terms of what was taken out.
    Column("untidy", Integer, nullable=False, server_default="1"),
    CheckConstraint("id = 1", name="one"),
)

# Messages that have changed since they were indexed, as they stood then. Triggers write them, so
# that nothing that changes a message has to think of it.
search_changes = Table(
    "search_changes",
    metadata,
    Column("message_id", Integer, primary_key=True),
    Column("room_id", Integer, nullable=False),
    Column("username", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("reacted", Integer, nullable=False),
    # JSON, as messages have it; and whether it was pinned.
    Column("files", Text),
    Column("forwarded", Text),
    Column("pinned", Integer, nullable=False, server_default="0"),
)
