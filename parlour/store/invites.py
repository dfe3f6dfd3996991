"""The invitations' rows."""

from datetime import UTC, datetime

from sqlalchemy import Connection, insert, update

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


def use_server_invite(connection: Connection, token_hash: str, now: datetime) -> bool:
    """Use an invitation once; whether it was still good."""
    used = connection.execute(
        update(invites)
        .where(
            invites.c.token_hash == token_hash,
            invites.c.kind == "server",
            invites.c.expires_at > now,
            invites.c.uses_left > 0,
        )
        .values(uses_left=invites.c.uses_left - 1)
    )
    return used.rowcount == 1
