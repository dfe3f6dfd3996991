"""What all tables have in common."""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy
from sqlalchemy import (
    BigInteger,
    Dialect,
    MetaData,
    TextClause,
    TypeDecorator,
    text,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.types import TypeEngine

from parlour.fields import format_time

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

# As SQLite has them, so that PostgreSQL behaves the same: whole numbers of 64 bits, and texts of
# any length that sort by their characters' numbers, whatever language the server speaks.
Integer: TypeEngine[int] = BigInteger().with_variant(sqlalchemy.Integer(), "sqlite")
_C: TypeEngine[str] = sqlalchemy.Text(collation="C")
Text: TypeEngine[str] = sqlalchemy.Text().with_variant(_C, "postgresql")


def String(length: int) -> TypeEngine[str]:  # noqa: N802 - as the type it makes
    """Text of which there is so much at most."""
    return sqlalchemy.String(length).with_variant(_C, "postgresql")


def only(words: str) -> dict[str, Any]:
    """What says that an index has only the rows of which this holds.

    In SQLite's form: with another's, its dialect would be loaded wherever tables are.
    """
    return {"sqlite_where": text(words)}


class yes(TextClause):  # noqa: N801 - a word of SQL
    """What a yes or no is at first: yes, in SQLite's word for it."""

    inherit_cache = False

    def __init__(self) -> None:
        super().__init__("1")


@compiles(yes, "postgresql")
def _true(_element: yes, _compiler: Any, **_options: Any) -> str:
    return "true"


class UtcTime(TypeDecorator[datetime]):
    """An aware time in UTC. It is kept as RFC 3339 text, which sorts as the times do."""

    impl = String(27)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> str | None:
        """Stored as it is told on the wire."""
        return None if value is None else format_time(value)

    def process_result_value(self, value: str | None, _dialect: Dialect) -> datetime | None:
        """Aware again."""
        return None if value is None else datetime.fromisoformat(value).astimezone(UTC)
