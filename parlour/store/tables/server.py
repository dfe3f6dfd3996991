"""What the server keeps about itself."""

from sqlalchemy import Column, LargeBinary, Table

from parlour.store.tables.base import Integer, String, Text, metadata

# `epoch`, the name of this history; and what administrators decided: `guests`, `registration`.
meta = Table(
    "meta",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("value", Text, nullable=False),
)

# The nodes of a cluster: `seen_at` is when each said last that it lives, in seconds by the
# database's clock; `head` the entry of the journal up to which it knew all then.
nodes = Table(
    "nodes",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("host", Text, nullable=False),
    Column("seen_at", Integer, nullable=False),
    Column("head", Integer, nullable=False),
)

# What nodes have committed and the others are to tell, an entry for each transaction: ids rise in
# the order of the commits, because one lock is held for both. `effects`: see `effects.py`.
journal = Table(
    "journal",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("node", String(32), nullable=False),
    Column("at", Integer, nullable=False),
    Column("effects", Text, nullable=False),
    sqlite_autoincrement=True,
)

# Files of a cluster that has no other place for them in common (`storage/rows.py`), in parts.
blobs = Table(
    "blobs",
    metadata,
    Column("key", String(33), primary_key=True),
    Column("part", Integer, primary_key=True),
    Column("data", LargeBinary, nullable=False),
)
