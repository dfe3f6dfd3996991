"""The invitations' rows."""

from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Connection, and_, insert, select, update

from parlour.store.tables import invites


def create_server_invite(
    connection: Connection, token_hash: str, expires_at: datetime, uses: int
) -> None:
    """An invitation to make accounts on this server."""
    connection.execute(
        insert(invites).values(
            token_hash=token_hash,
            kind="server",
            created_at=datetime.now(UTC),
            expires_at=expires_at,
            uses_left=uses,
        )
    )


def is_server_invite(connection: Connection, token_hash: str, now: datetime) -> bool:
    """Whether an invitation is still good."""
    found = connection.scalar(select(invites.c.id).where(_good(token_hash, now)))
    return found is not None


def use_server_invite(connection: Connection, token_hash: str, now: datetime) -> bool:
    """Use an invitation once; whether it was still good."""
    used = connection.execute(
        update(invites).where(_good(token_hash, now)).values(uses_left=invites.c.uses_left - 1)
    )
    return used.rowcount == 1


def _good(token_hash: str, now: datetime) -> ColumnElement[bool]:
    return and_(
        invites.c.token_hash == token_hash,
        invites.c.kind == "server",
        invites.c.expires_at > now,
        invites.c.uses_left > 0,
    )
