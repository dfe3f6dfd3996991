"""The operations of those who run the server, each inside one transaction.

Each looks first whether whoever asks runs it still: what is kept in memory may be a moment old.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection

from parlour import audit, belonging, places
from parlour.database import ChatDatabase
from parlour.errors import ERROR_CODES, Refusal
from parlour.logins import hash_of
from parlour.membership import Invite
from parlour.models import Person
from parlour.moderation import MAX_RESTRICTIONS, Named, find_targets
from parlour.oversight import DECIDED, AdminRoom, AdminUser, AuditEntry, Policy, Report, ServerBan
from parlour.people import Account, Role
from parlour.permissions import no_room
from parlour.places import Changed, Told
from parlour.store import audit as audit_rows
from parlour.store import directory, invites, meta, reports, restrictions, users
from parlour.store import rooms as room_rows
from parlour.store import sessions as session_rows

# Invitations to the server that are good at the same time.
MAX_INVITES: Final = 100


@dataclass(frozen=True, slots=True)
class Banned:
    """A ban from the server: of which authors, and the sessions that ended by it.

    Of several guests of one name, `ban` is that of the first.
    """

    ban: ServerBan
    authors: tuple[str, ...]
    ended: list[str]


@dataclass(frozen=True, slots=True)
class ChangedUser:
    """An account as it is now, and the sessions that ended when it was disabled."""

    user: AdminUser
    ended: list[str]


def check(connection: Connection, by: Person) -> int:
    """The id of an administrator. Raises Refusal as an unknown path does for everybody else."""
    user_id = int(by.author.removeprefix("user:"))
    user = users.get_user(connection, user_id)
    if user is None or user.role != "administrator":
        raise Refusal("not_found", ERROR_CODES["not_found"].meaning)
    return user_id


# Bans from the server


def list_bans(connection: Connection, by: Person) -> list[ServerBan]:
    """Those that hold, newest first."""
    check(connection, by)
    return restrictions.server_bans(connection)


def ban(
    connection: Connection, by: Person, named: Named, until: datetime | None, reason: str
) -> Banned:
    """Keep an account, or a guest who is online, out of the server. Raises Refusal.

    A ban that was there is replaced. It holds for all guests who have the name.
    """
    by_id = check(connection, by)
    targets = find_targets(connection, named, None)
    user = targets[0].user
    if user is not None and user.role == "administrator":
        words = f"{user.username} is an administrator: take that away first."
        raise Refusal("not_allowed", words)
    there = restrictions.count_restrictions(connection, None, "ban")
    if there + len(targets) > MAX_RESTRICTIONS:
        words = f"A server has at most {MAX_RESTRICTIONS} bans; lift one first."
        raise Refusal("not_allowed", words)
    made = []
    for target in targets:
        whom = target.author, target.username
        one = restrictions.restrict(connection, None, "ban", whom, until, reason, by_id)
        seconds = None if until is None else round((until - one.created_at).total_seconds())
        detail = {"author": target.author, "reason": reason, "seconds": seconds}
        audit.note(connection, by, "server.ban", target.username, detail=detail)
        made.append(one)
    ended = []
    if user is not None:
        ended = session_rows.end_sessions_of(connection, user.id)
        invites.delete_all_invites_of(connection, user.id)
    return Banned(made[0], tuple(target.author for target in targets), ended)


def lift_ban(connection: Connection, by: Person, ban_id: int) -> str:
    """Let somebody in again; the author it was. Raises Refusal `not_found`."""
    check(connection, by)
    found = restrictions.get_server_ban(connection, ban_id)
    if found is None:
        raise Refusal("not_found", "There is no such ban; it may have ended.")
    author, username = found
    restrictions.lift(connection, [ban_id])
    audit.note(connection, by, "server.unban", username, detail={"author": author})
    return author


# Accounts


def list_users(
    connection: Connection, by: Person, query: str, after: str | None, limit: int
) -> list[AdminUser]:
    """A page of all accounts, by username."""
    check(connection, by)
    return directory.accounts(connection, query, after, limit, datetime.now(UTC))


def change_user(
    connection: Connection, by: Person, username: str, changes: dict[str, Any]
) -> ChangedUser:
    """Give an account another role, or let it not be used any more. Raises Refusal.

    Somebody who runs the server is always left.
    """
    check(connection, by)
    account = users.find_account(connection, username)
    if account is None:
        raise Refusal("not_found", f"There is nobody called {username[:64]}.")
    user = account.user
    role: Role = changes.get("role", user.role)
    disabled: bool = changes.get("disabled", account.disabled)
    check_last(connection, account, role, disabled=disabled)
    if role != user.role:
        if role == "administrator" and _is_banned(connection, user.id):
            raise Refusal("not_allowed", f"{user.username} is banned: lift that first.")
        users.set_role(connection, user.id, role)
        if role != "administrator":
            invites.delete_server_invites_of(connection, user.id)
        detail = {"role": role, "before": user.role}
        audit.note(connection, by, "user.role", user.username, detail=detail)
    ended = []
    if disabled != account.disabled:
        if not disabled and not account.password_hash:
            raise Refusal("not_allowed", "Whoever had this account has left for good.")
        users.set_disabled(connection, user.id, disabled=disabled)
        if disabled:
            ended = session_rows.end_sessions_of(connection, user.id)
            invites.delete_all_invites_of(connection, user.id)
        audit.note(connection, by, "user.disable" if disabled else "user.enable", user.username)
    return ChangedUser(directory.account(connection, user.id, datetime.now(UTC)), ended)


def check_last(connection: Connection, account: Account, role: Role, *, disabled: bool) -> None:
    """Somebody who runs the server is always left. Raises Refusal."""
    runs = account.user.role == "administrator" and not account.disabled
    if runs and (role != "administrator" or disabled):
        if users.other_administrators(connection, account.user.id):
            return
        words = "This is the last administrator; make somebody else one first."
        raise Refusal("not_allowed", words)


def _is_banned(connection: Connection, user_id: int) -> bool:
    return restrictions.server_ban_of(connection, f"user:{user_id}") is not None


# Rooms


def list_rooms(
    connection: Connection, by: Person, after: int | None, limit: int
) -> list[AdminRoom]:
    """A page of the public and private rooms, in order of creation."""
    check(connection, by)
    return directory.all_rooms(connection, after, limit)


def get_room(connection: Connection, by: Person, room_id: int) -> AdminRoom:
    """One of them. To count what it has takes time: it is for readers. Raises Refusal."""
    check(connection, by)
    room = directory.find_room(connection, room_id)
    if room is None:
        raise no_room()
    return room


def delete_room(connection: Connection, by: Person, room_id: int) -> Told:
    """Delete a public or private room; the room it was. Raises Refusal."""
    check(connection, by)
    _check_room(connection, room_id)
    told = places.describe(connection, room_id)
    ChatDatabase.delete_room(connection, room_id)
    audit.note(connection, by, "room.delete", told.room.name, room_id=room_id)
    return told


def give_owner(connection: Connection, by: Person, room_id: int, username: str) -> Changed:
    """Make somebody the owner of a public or private room. Raises Refusal."""
    check(connection, by)
    _check_room(connection, room_id)
    return belonging.give_owner(connection, by, room_id, username)


def _check_room(connection: Connection, room_id: int) -> None:
    room = room_rows.get_room(connection, room_id)
    if room is None or room.kind == "direct":
        raise no_room()


# Who may come in


def create_invite(
    connection: Connection, by: Person, token: str, expires_at: datetime, uses: int
) -> Invite:
    """An invitation to make accounts. Raises Refusal."""
    by_id = check(connection, by)
    if len(invites.server_invites(connection, datetime.now(UTC))) >= MAX_INVITES:
        words = f"A server has at most {MAX_INVITES} invitations; take one back first."
        raise Refusal("not_allowed", words)
    whose = by_id, by.username
    return invites.create_server_invite(connection, hash_of(token), expires_at, uses, whose)


def list_invites(connection: Connection, by: Person) -> list[Invite]:
    """Those that are still good, newest first."""
    check(connection, by)
    return invites.server_invites(connection, datetime.now(UTC))


def delete_invite(connection: Connection, by: Person, invite_id: int) -> None:
    """Take one back. Raises Refusal `not_found`."""
    check(connection, by)
    if not invites.delete_server_invite(connection, invite_id):
        raise Refusal("not_found", "There is no such invitation; it may have been used up.")


def load_policy(connection: Connection, given: Policy) -> Policy:
    """What was decided while the server ran, but for what is fixed where it was started."""
    return given.with_decided(meta.read_values(connection, DECIDED))


def get_policy(connection: Connection, by: Person, given: Policy) -> Policy:
    """The same for an administrator."""
    check(connection, by)
    return load_policy(connection, given)


def change_policy(
    connection: Connection, by: Person, given: Policy, changes: dict[str, str | int]
) -> Policy:
    """Decide it anew; what holds now. Raises Refusal for what is fixed."""
    check(connection, by)
    before = load_policy(connection, given)
    for name, value in changes.items():
        former = getattr(before, name)
        if former == value:
            continue
        if name in given.fixed:
            words = f"{name}: It was set where the server is started, and is changed there."
            raise Refusal("not_allowed", words, field=name)
        meta.write_value(connection, name, str(value))
        detail = {"value": value, "before": former}
        audit.note(connection, by, "policy.change", name, detail=detail)
    return load_policy(connection, given)


# What was reported and done


def list_reports(
    connection: Connection, by: Person, before: int | None, limit: int
) -> list[Report]:
    """A page of the reports of all rooms, open ones first, newest first."""
    check(connection, by)
    return reports.list_reports(connection, None, before, limit)


def read_log(
    connection: Connection, by: Person, before: int | None, limit: int
) -> list[AuditEntry]:
    """A page of the audit log, newest first."""
    check(connection, by)
    return [audit.told(entry) for entry in audit_rows.entries_before(connection, before, limit)]
