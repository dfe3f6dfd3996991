"""docs/protocol.md tells every error code, close code and limit as the program has them."""

import re
from collections.abc import Iterator

import pytest

from parlour import (
    administration,
    attempts,
    audience,
    belonging,
    context,
    conversation,
    costs,
    crowds,
    database,
    direct,
    editing,
    fields,
    files,
    filing,
    gateway,
    joining,
    leaving,
    logins,
    membership,
    mentioning,
    models,
    moderation,
    oversight,
    paging,
    people,
    permissions,
    pinning,
    places,
    reacting,
    reading,
    receiving,
    registry,
    reporting,
    saving,
    scheduling,
    server,
)
from parlour.errors import ERROR_CODES, Refusal
from parlour.features import avatars, directory, heartbeat, news, presence
from parlour.features import files as file_routes
from parlour.news import MAX_DELETED
from parlour.realtime import connection
from parlour.realtime.websocket import WebSocketProtocol
from parlour.settings import Settings
from parlour.support import http, images, passwords, text, tickets, tokens, writer
from parlour.support.door import Door
from tests.docs.markdown import ROOT, Page, names

PAGE = Page(ROOT / "docs" / "protocol.md")

# What the WebSocket protocol and its library close with by themselves, and a client of its own.
OF_THE_WEBSOCKET = {1000, 1002, 1006, 1007, 1009, 1011, 1012}
OF_THE_CLIENT = {4000}
KIB = 1024


def test_every_error_code_is_told_with_its_status_its_close_code_and_its_meaning() -> None:
    """One table, in the order of the program's."""
    rows = PAGE.section("Error codes").table("code", "status", "close", "meaning")
    told = [
        (names(row["code"])[0], int(row["status"]), int(row["close"] or 0), row["meaning"])
        for row in rows
    ]
    real = [(code, e.status, e.close or 0, e.meaning) for code, e in ERROR_CODES.items()]
    assert told == real


def close_codes() -> dict[int, str]:
    """The page's close codes and who closes with them."""
    return {
        int(row["code"]): row["by"]
        for row in PAGE.section("Close codes").table("code", "by", "meaning")
    }


def test_every_close_code_of_the_server_is_told_and_no_other() -> None:
    """Those of its refusals, that of a deleted room, and those of the WebSocket itself."""
    of_refusals = {code.close for code in ERROR_CODES.values() if code.close is not None}
    without = [name for name, code in ERROR_CODES.items() if code.close is None]
    by_default = Refusal(without[0], "").close_code
    real = of_refusals | {by_default, audience.ROOM_GONE} | OF_THE_WEBSOCKET
    told = {code for code, by in close_codes().items() if by != "client"}
    assert told == real - {1000}


def test_the_close_codes_of_a_client_are_told_as_a_clients() -> None:
    """A browser may close with 1000, or with one of 3000 and above."""
    told = {code for code, by in close_codes().items() if by == "client"}
    assert told == OF_THE_CLIENT | {1000}


def test_the_page_closes_with_the_code_that_is_told() -> None:
    """The front end's own silence watch is the one that the page describes."""
    source = (ROOT / "frontend/js/socket.js").read_text("utf-8")
    found = re.search(r"heartbeatLost: (\d+)", source)
    assert found is not None
    assert {int(found[1])} == OF_THE_CLIENT
    assert "SILENCE_MS = 40_000" in source
    assert "heard nothing for 40 s" in PAGE.path.read_text("utf-8")


def limits() -> Iterator[tuple[str, int]]:
    """Each limit of the page, by its words, and its number."""
    for row in PAGE.section("Limits").table("limit", "value"):
        number = re.search(r"\d+", row["value"])
        assert number is not None, row
        yield row["limit"], int(number[0])


SETTINGS = Settings.model_fields
REAL_LIMITS = {
    "username": SETTINGS["max_username_length"].default,
    "message content": SETTINGS["max_message_length"].default,
    "room name": models.MAX_ROOM_NAME_LENGTH,
    "topic": models.MAX_TOPIC_LENGTH,
    "members of a room": belonging.MAX_MEMBERS,
    "rooms that one account belongs to, but for direct conversations": places.MAX_ROOMS,
    "direct conversations that one account opens": direct.MAX_OPENED,
    "people in a direct conversation": membership.MAX_OTHERS + 1,
    "rooms that one connection follows": presence.MAX_FOLLOWED,
    "marks one upon the other on one letter": text.MAX_MARKS,
    "bans of a room, mutes of a room, or bans of the server": moderation.MAX_RESTRICTIONS,
    "a mute": oversight.MAX_MUTE,
    "reason of a ban, a mute or a report": oversight.MAX_REASON,
    "reports of one person that nobody has seen to": reporting.MAX_OPEN,
    "reports of all guests in one room that nobody has seen to": reporting.MAX_OPEN_OF_GUESTS,
    "different emoji on a message": reacting.MAX_EMOJI,
    "reactions of one person, put or taken, in all rooms": costs.REACTIONS.at_once,
    "messages pinned in a room": pinning.MAX_PINS,
    "messages that one account saves": saving.MAX_SAVED,
    "saved messages looked through for one page": saving.MAX_LOOKED_AT,
    "names told with each of them": models.MAX_TOLD_REACTORS,
    "names told with all of them on one message": models.MAX_TOLD_NAMES,
    "names in one question for profiles": directory.MAX_NAMES,
    "invitations to the server at once": administration.MAX_INVITES,
    "invitations to a room at once": joining.MAX_INVITES,
    "how far back one can mark as unread, or begin to read": reading.MAX_BACK,
    "rooms marked as read at once": reading.MAX_AT_ONCE,
    "people whom one message mentions by name": mentioning.MAX_MENTIONED,
    "people whom somebody who is no moderator calls": permissions.BIG_ROOM,
    "people whom `@here` calls": permissions.MAX_HERE,
    "newest ordinary messages of one room of which one is notified at once": crowds.MAX_SAID,
    "people in a room who are told how far others have read": audience.SMALL_ROOM,
    "accounts that have been in a room whose positions are listed": reading.MAX_READERS,
    "client_id": models.MAX_CLIENT_ID_LENGTH,
    "frame or body": 4,
    "a file": SETTINGS["max_file_size"].default,
    "files of one person, and of all guests": SETTINGS["file_quota"].default,
    "files of a message": files.MAX_FILES,
    "name of a file, and words about it": file_routes.MAX_NAME,
    "files on their way in at once": receiving.MOST_EACH,
    "nothing of a file comes": receiving.STALL_SECONDS,
    "a file comes too slowly": receiving.SLOWEST,
    "pixels of an image": images.MAX_PIXELS,
    "messages that one account says later, or has kept as failed": scheduling.MAX_SCHEDULED,
    "how far ahead one can say something": scheduling.MAX_AHEAD.days,
    "an archive of one's own data": leaving.KEPT_SECONDS // 86_400,
    "a file that no message has": filing.KEPT_UNATTACHED.total_seconds() // 3600,
    "an image of oneself": avatars.MAX_BYTES,
    "usernames whose images are asked for at once": avatars.MAX_NAMES,
    "changes of one message, and of the words about its files": costs.CHANGES.at_once,
    "earlier wordings that are kept of one message": editing.MAX_EARLIER,
    "page of history": fields.MAX_PAGE,
    "messages asked for by their ids": paging.MAX_IDS,
    "replay of a resume": database.MAX_REPLAY,
    "refused frames of a connection": conversation.MAX_FAULTS,
    "frames of a connection that come too fast": conversation.MAX_HASTE,
    "connections of one person": costs.MOST_OF_PERSON,
    "connections of one address": costs.MOST_OF_ADDRESS,
    "public rooms": places.MAX_PUBLIC,
    "public rooms after which only accounts make further ones": places.MAX_PUBLIC_OF_GUESTS,
    "unanswered sends of a connection": context.MAX_IN_FLIGHT,
    "bytes waiting for a slow client": connection.OUTBOX_LIMIT // KIB,
    "a lagging client that reads nothing": connection.STALL_SECONDS,
    "fragments of one message": WebSocketProtocol.max_fragments,
    "from the first byte of a message to its last": WebSocketProtocol.message_seconds,
    "pongs waiting for a client that does not read them": (
        WebSocketProtocol.max_waiting_pongs // KIB
    ),
    "an answer to a close": WebSocketProtocol.flush_seconds,
    "writes waiting in the server": writer.MAX_WAITING,
    "WebSockets at once": SETTINGS["max_connections"].default,
    "URL": http.MAX_URL,
    "head of a request": http.MAX_HEAD // 1024,
    "headers of a request": http.MAX_HEADERS,
    "time for the head of a request, from its first byte or the connection's": Door.HEAD_SECONDS,
    "time for the body": Door.BODY_SECONDS,
    "connection without a request after the last answer": Door.IDLE_SECONDS,
    "answer that the client does not take": Door.UNSENT_SECONDS,
    "connection whose other end acknowledges nothing of what it was sent, HTTP or WebSocket": (
        server.USER_TIMEOUT_MS // 1000
    ),
    "password": passwords.MIN_LENGTH,
    "display name": people.MAX_DISPLAY_NAME,
    "about": people.MAX_ABOUT,
    "status text": people.MAX_STATUS,
    "access token": tokens.ACCESS_SECONDS,
    "login that is not renewed": logins.SESSION_LIFE.days,
    "refresh token just replaced": logins.SUCCESSOR_TIME.seconds,
    "ticket": registry.TICKET_SECONDS,
    "tickets of one login that nobody has used": tickets.MAX_OF_ONE,
    "logins of one account": logins.MAX_SESSIONS,
    "wrong passwords of one address for one account": attempts.FREE_TRIES,
    "wrong passwords of one address": attempts.TRIES_PER_ADDRESS,
    "wrong passwords for one account": attempts.TRIES_PER_ACCOUNT,
    "accounts made from one address": attempts.ACCOUNTS_PER_ADDRESS,
    "tries to register from one address": attempts.REGISTRATIONS_PER_ADDRESS,
    "passwords waiting to be looked at": passwords.MAX_WAITING,
    "heartbeat": heartbeat.HEARTBEAT_INTERVAL,
    "user lists of rooms with more than 20 people, `room_changed` of one room, `news`, the `read`"
    " of others": (context.PRESENCE_INTERVAL),
}


def test_every_limit_is_told_with_the_number_the_program_has() -> None:
    """A number that is changed in one place alone would mislead whoever writes a client."""
    assert dict(limits()) == REAL_LIMITS


@pytest.mark.parametrize(
    ("phrase", "number"),
    [
        (f"in {conversation.FAULT_WINDOW:.0f} s", conversation.FAULT_WINDOW),
        (f"{passwords.MAX_LENGTH} at most", passwords.MAX_LENGTH),
        (f"lives {tokens.ACCESS_SECONDS // 60} minutes", tokens.ACCESS_SECONDS),
        (f"ends {logins.SESSION_LIFE.days} days after", logins.SESSION_LIFE.days),
        (f"or was within {attempts.KNOWN_FOR.days} days", attempts.KNOWN_FOR.days),
        (f"doubling to {attempts.LONGEST_WAIT.seconds // 60} minutes", 15),
        (f"more than {audience.SMALL_ROOM} people", audience.SMALL_ROOM),
        (f"rooms of up to {audience.SMALL_ROOM} people", audience.SMALL_ROOM),
        (f"more than {news.FRAMES_A_SECOND:,} connections of", news.FRAMES_A_SECOND),
        (f"at most {news.MOST:,} rooms, fewer the more", news.MOST),
        (f"never fewer than {news.LEAST}:", news.LEAST),
        (f"in order, at most {MAX_DELETED}:", MAX_DELETED),
        (f"at most {reading.MAX_RECEIPTS} of them", reading.MAX_RECEIPTS),
        (f"to their ends, {reading.MAX_AT_ONCE} of them", reading.MAX_AT_ONCE),
        (f"more than {database.MAX_REPLAY:,} messages changed", database.MAX_REPLAY),
        (f"Every {heartbeat.HEARTBEAT_INTERVAL:.0f} s:", heartbeat.HEARTBEAT_INTERVAL),
        (f"1 s more for each {Door.BYTES_PER_SECOND} bytes", Door.BYTES_PER_SECOND),
        (f'"retry_after_ms": {gateway.RETRY_AFTER_MS}', gateway.RETRY_AFTER_MS),
    ],
)
def test_a_number_in_the_running_text_is_the_programs(phrase: str, number: float) -> None:
    """The sentences say the same as the table of limits."""
    assert phrase in PAGE.path.read_text("utf-8"), number


def test_the_longest_frame_is_told_as_it_is_reckoned() -> None:
    """Four bytes for each character, and room for the other fields."""
    [row] = [
        row for row in PAGE.section("Limits").table("limit") if row["limit"] == "frame or body"
    ]
    each, more = (int(number) for number in re.findall(r"\d+", row["value"]))
    settings = Settings(max_message_length=700, _env_file=None)
    assert settings.max_frame_bytes == each * 700 + more


def test_the_outbox_drops_ephemeral_frames_from_the_half_on() -> None:
    """As the row of slow clients says."""
    [row] = [
        row for row in PAGE.section("Limits").table("limit") if "waiting for a slow" in row["limit"]
    ]
    assert "from the half of it on" in row["value"]
    assert connection.OUTBOX_BUSY * 2 == connection.OUTBOX_LIMIT
