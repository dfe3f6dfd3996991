"""What the database says of itself."""

import secrets

from sqlalchemy import Connection, insert, select

from parlour.store.tables import meta


def ensure_epoch(connection: Connection) -> str:
    """The name of this history, given once to a new database."""
    epoch = connection.scalar(select(meta.c.value).where(meta.c.name == "epoch"))
    if epoch is None:
        epoch = secrets.token_hex(8)
        connection.execute(insert(meta).values(name="epoch", value=epoch))
    return epoch


def epoch_of(connection: Connection) -> str:
    """The name of this history, read once for each connection to the database."""
    epoch: str | None = connection.info.get("epoch")
    if epoch is None:
        epoch = connection.info["epoch"] = ensure_epoch(connection)
    return epoch
