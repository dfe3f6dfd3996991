"""The operations on reports about messages, each inside one transaction."""

from typing import Final

from sqlalchemy import Connection

from parlour import audit, places
from parlour.errors import Refusal
from parlour.models import Person
from parlour.oversight import Report
from parlour.permissions import check
from parlour.store import messages as message_rows
from parlour.store import reports, users
from parlour.store import rooms as room_rows
from parlour.store.standings import standing_of

# Reports of one person that nobody has seen to yet; a further one waits for that.
MAX_OPEN: Final = 50
# The same of all guests together in one room: a guest is quickly somebody else.
MAX_OPEN_OF_GUESTS: Final = 100


def report(connection: Connection, by: Person, message_id: int, reason: str) -> tuple[int, bool]:
    """Tell those who have more to say of a message; the report's id, and whether it is new.

    One person reports a message once. Raises Refusal; a message that one may not see is
    `not_found` like one that is not there.
    """
    found = message_rows.find_message(connection, message_id)
    if found is None or found[0].deleted_at is not None:
        raise _no_message()
    message = found[0]
    try:
        check(standing_of(connection, message.room_id, by.author), "report")
    except Refusal as refusal:
        if refusal.code == "not_found":
            # It says nothing of a room that they may not see.
            raise _no_message() from None
        raise
    known = reports.find_report(connection, message_id, by.author)
    if known is not None:
        return known, False
    if reports.count_open(connection, by.author) >= MAX_OPEN:
        words = f"You have reported {MAX_OPEN} messages that nobody has seen to yet."
        raise Refusal("rate_limited", words)
    most = MAX_OPEN_OF_GUESTS
    if by.guest and reports.count_open_of_guests(connection, message.room_id, most) >= most:
        words = f"Guests have reported {most} messages of this room that nobody has seen to yet."
        raise Refusal("rate_limited", words)
    room = room_rows.get_room(connection, message.room_id)
    assert room is not None  # noqa: S101 - the message was found with its room
    return reports.create_report(connection, room, found, by, reason), True


def list_room_reports(
    connection: Connection, author: str, room_id: int, before: int | None, limit: int
) -> list[Report]:
    """A page of the reports about a room's messages, as `list_reports`. Raises Refusal."""
    places.allow(connection, author, room_id, "see_reports")
    return reports.list_reports(connection, room_id, before, limit)


def resolve(connection: Connection, by: Person, report_id: int) -> Report:
    """Say that one has seen to a report: who moderates its room, or runs the server.

    Raises Refusal `not_found` for everybody else.
    """
    found = reports.get_report(connection, report_id)
    if found is None or not _may_see(connection, by, found):
        raise Refusal("not_found", "There is no such report.")
    if found.resolved_at is not None:
        return found
    reports.resolve(connection, report_id, by.username)
    author = reports.message_author(connection, report_id)
    detail = {"report_id": report_id, "message_id": found.message_id, "author": author}
    audit.note(
        connection, by, "report.resolve", found.message_username, room_id=found.room_id,
        detail=detail,
    )  # fmt: skip
    return reports.get_report(connection, report_id) or found


def _may_see(connection: Connection, by: Person, found: Report) -> bool:
    user = users.get_user(connection, int(by.author.removeprefix("user:")))
    if user is not None and user.role == "administrator":
        return True
    try:
        check(standing_of(connection, found.room_id, by.author), "see_reports")
    except Refusal:
        return False
    return True


def _no_message() -> Refusal:
    return Refusal("not_found", "There is no such message; it may have been deleted.")
