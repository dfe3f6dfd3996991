"""What the migrations are written with: one history, which SQLite and PostgreSQL go through alike.

No database on PostgreSQL is older than 0016. So what fills in something for what was there before
is SQLite's alone; and so are triggers up to there, because PostgreSQL gets its own in one piece.
"""

from typing import Any, Final

import sqlalchemy as sa
from alembic import op

_TEXT: Final = sa.Text(collation="C")
Integer: Final[Any] = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Text: Final[Any] = sa.Text().with_variant(_TEXT, "postgresql")


def String(length: int) -> Any:  # noqa: N802 - as the type it makes
    """Text of which there is so much at most."""
    return sa.String(length).with_variant(_TEXT, "postgresql")


def is_sqlite() -> bool:
    """Whether it is SQLite that is migrated."""
    return op.get_bind().dialect.name == "sqlite"


def yes() -> sa.TextClause:
    """What a yes or no is at first: yes."""
    return sa.text("1" if is_sqlite() else "true")


def only(words: str) -> dict[str, Any]:
    """What says that an index has only the rows of which this holds."""
    return {"sqlite_where" if is_sqlite() else "postgresql_where": sa.text(words)}


def on_sqlite(*statements: str) -> None:
    """Do something on SQLite alone, see above."""
    if is_sqlite():
        for statement in statements:
            op.execute(statement)
