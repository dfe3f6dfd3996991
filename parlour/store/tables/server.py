"""What the server keeps about itself."""

from sqlalchemy import (
    Column,
    Table,
)

from parlour.store.tables.base import String, Text, metadata

# `epoch`, the name of this history; and what administrators decided: `guests`, `registration`.
meta = Table(
    "meta",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("value", Text, nullable=False),
)
