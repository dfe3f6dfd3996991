"""The operations on invitations to rooms, each inside one transaction."""

from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Connection

from parlour import belonging, places
from parlour.errors import Refusal
from parlour.logins import get_user, hash_of
from parlour.membership import Invite, InvitePreview
from parlour.models import Person
from parlour.places import Changed
from parlour.store import invites
from parlour.store import members as member_rows
from parlour.store import rooms as room_rows
from parlour.store.standings import standing_of

# Invitations to one room that are good at the same time.
MAX_INVITES: Final = 100


def create_invite(
    connection: Connection,
    by: Person,
    by_id: int,
    room_id: int,
    token: str,
    expires_at: datetime,
    uses: int,
) -> Invite:
    """An invitation with this token. Raises Refusal."""
    places.allow(connection, by.author, room_id, "invite")
    if len(invites.room_invites(connection, room_id, datetime.now(UTC))) >= MAX_INVITES:
        words = f"A room has at most {MAX_INVITES} invitations; take one back first."
        raise Refusal("not_allowed", words)
    return invites.create_room_invite(
        connection, hash_of(token), room_id, (by_id, by.username), expires_at, uses
    )


def list_invites(connection: Connection, author: str, room_id: int) -> list[Invite]:
    """Those that are still good. Raises Refusal."""
    places.allow(connection, author, room_id, "see_invites")
    return invites.room_invites(connection, room_id, datetime.now(UTC))


def delete_invite(connection: Connection, author: str, room_id: int, invite_id: int) -> None:
    """Take one back. Raises Refusal."""
    places.allow(connection, author, room_id, "see_invites")
    if not invites.delete_room_invite(connection, room_id, invite_id):
        raise Refusal("not_found", "There is no such invitation; it may have been used up.")


def preview(connection: Connection, author: str, token: str) -> InvitePreview:
    """The room of an invitation. Raises Refusal `invite_invalid`."""
    room_id, invited_by = _find(connection, author, token)
    room = room_rows.get_room(connection, room_id)
    standing = standing_of(connection, room_id, author)
    if room is None or standing is None or standing.banned:
        raise _invalid()
    members = member_rows.count_members(connection, room_id)
    return InvitePreview.model_construct(
        room_name=room.name, kind=room.kind, members=members, invited_by=invited_by
    )


def accept(connection: Connection, by: Person, by_id: int, token: str) -> Changed:
    """Make somebody a member by an invitation. Raises Refusal."""
    room_id, _ = _find(connection, by.author, token)
    standing = standing_of(connection, room_id, by.author)
    if standing is None or standing.banned:
        # Whoever was banned learns as little as one whose link is too old.
        raise _invalid()
    user = get_user(connection, by_id)
    if standing.role is not None:
        return belonging.unchanged(connection, room_id, user, standing.role)
    if standing.archived:
        raise Refusal("archived", "This room is archived: nobody joins it any more.")
    if not invites.use_room_invite(connection, hash_of(token), datetime.now(UTC)):
        raise _invalid()
    return belonging.come_in(connection, room_id, user)


def _find(connection: Connection, author: str, token: str) -> tuple[int, str | None]:
    found = invites.find_room_invite(connection, hash_of(token), datetime.now(UTC))
    if found is None:
        raise _invalid()
    room_id, invited_by, made_at = found
    # Whoever was made to leave does not come back by a link that they have had all the time.
    out = member_rows.removed_at(connection, room_id, int(author.removeprefix("user:")))
    if out is not None and made_at <= out:
        raise _invalid()
    return room_id, invited_by


def _invalid() -> Refusal:
    return Refusal("invite_invalid", "This invitation is wrong, used up or too old.")
