"""The tables, each index beside the query that needs it."""

from datetime import UTC, datetime

from sqlalchemy import (
    Column,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)

from parlour.models import format_time

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)


class UtcTime(TypeDecorator[datetime]):
    """An aware time in UTC. SQLite keeps it as RFC 3339 text, which sorts as the times do."""

    impl = String(27)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> str | None:
        """Stored as it is told on the wire."""
        return None if value is None else format_time(value)

    def process_result_value(self, value: str | None, _dialect: Dialect) -> datetime | None:
        """Aware again."""
        return None if value is None else datetime.fromisoformat(value).astimezone(UTC)


# One row: `epoch`, the name of this history.
meta = Table(
    "meta",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("value", Text, nullable=False),
)

rooms = Table(
    "rooms",
    metadata,
    # Never reused, so that a link to a deleted room cannot lead to another one.
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("name_key", Text, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("created_at", UtcTime, nullable=False),
    # The one durable counter of the room: the version of its newest change of any kind.
    Column("version", Integer, nullable=False),
    # The version of the last change to the room itself (its name, topic, members).
    Column("changed_version", Integer, nullable=False),
    # Set at once when the room is deleted; its messages are then taken away in small batches.
    Column("deleted_at", UtcTime),
    sqlite_autoincrement=True,
)
# Refuses a second public room of the same name.
Index(
    "uq_rooms_public_name_key",
    rooms.c.name_key,
    unique=True,
    sqlite_where=text("kind = 'public' AND deleted_at IS NULL"),
)

messages = Table(
    "messages",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("room_id", ForeignKey("rooms.id", ondelete="CASCADE"), nullable=False),
    Column("username", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("timestamp", UtcTime, nullable=False),
    # The version of this message's last change.
    Column("version", Integer, nullable=False),
    Column("client_id", String(64)),
    # Finds the message that a repeated send made the first time.
    UniqueConstraint("room_id", "author", "client_id"),
    sqlite_autoincrement=True,
)
# A page of history: by id within a room.
Index(None, messages.c.room_id, messages.c.id)
# Resume: all that changed since a version.
Index(None, messages.c.room_id, messages.c.version, unique=True)
# What was said between two times.
Index(None, messages.c.room_id, messages.c.timestamp)
