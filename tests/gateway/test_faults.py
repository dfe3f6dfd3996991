"""A fault of the server: told with an id that stands in its log, and it costs nobody else anything.

The faults are real: a table is taken away behind the server's back.
"""

import asyncio
import json
import sys
from collections.abc import Callable

import pytest

from parlour.conversation import MAX_FAULTS
from tests.support.answers import assert_refused
from tests.support.frames import TEXT, close_frame, frame
from tests.support.inside import inside
from tests.support.people import Person, Room, http_client
from tests.support.rawsocket import enter
from tests.support.server import Server


@pytest.fixture
def broken(own_server: Server, new_room: Callable[..., Room]) -> tuple[Server, Room]:
    """Return a server whose messages cannot be read or written, and a room of it."""
    own_server.expect_fault("internal error|not indexed|Traceback|Error: |OperationalError")
    room = new_room(own_server)
    with inside(own_server) as connection:
        connection.execute("ALTER TABLE messages RENAME TO hidden")
    return own_server, room


def id_in_log(server: Server, log_id: str) -> None:
    """Assert that an id stands in the log with the cause, once."""
    server.process.wait_for_line(f"ERROR parlour.context: internal error {log_id}")
    server.process.wait_for_line('no such table: messages|relation "messages" does not exist')
    assert len([line for line in server.log if log_id in line]) == 1


async def test_a_fault_in_a_handler_ends_the_connection_with_an_id(
    broken: tuple[Server, Room], person: Callable[[str, Server], Person]
) -> None:
    """`internal`, then 1011: the client comes back. The id leads to the cause."""
    server, room = broken
    watcher = await person("bob", server).enter(room)
    client = await person("alice", server).connect()
    await client.send("subscribe", room_id=room["id"], after=0)
    error = await client.expect("error", code="internal")
    assert error["id"] in error["message"]
    assert await client.closed() == 1011
    assert client.connection.close_reason == error["id"]
    id_in_log(server, error["id"])
    await watcher.silence()


async def test_a_fault_at_the_door_is_told_likewise(
    broken: tuple[Server, Room], person: Callable[[str, Server], Person]
) -> None:
    """Where the state is read that the newcomer asked for."""
    server, room = broken
    client = await person("alice", server).connect(room, after=0)
    error = await client.expect("error", code="internal")
    assert await client.closed() == 1011
    id_in_log(server, error["id"])


async def test_a_message_that_a_fault_kept_from_being_stored_is_answered_so(
    broken: tuple[Server, Room], person: Callable[[str, Server], Person]
) -> None:
    """With its `client_id`; the connection goes on, and nobody is told of the message."""
    server, room = broken
    watcher = await person("bob", server).enter(room)
    client = await person("alice", server).enter(room)
    await watcher.until("user_list", users=["bob", "alice"])
    await client.send("message", content="hi", client_id="c")
    error = await client.expect("error", code="internal", client_id="c")
    id_in_log(server, error["id"])
    await client.silence()
    await watcher.silence()


async def test_a_server_that_is_too_busy_says_so_as_often_as_it_is_asked(
    own_server: Server, new_room: Callable[..., Room], person: Callable[[str, Server], Person]
) -> None:
    """`busy` with the `client_id`, and 503; it is not the client's fault, which is not counted."""
    room = new_room(own_server)
    own_server.stop()
    # A server that can take no work at all from its start on.
    code = (
        "import sys; from parlour.support import writer; writer.MAX_WAITING = 0;"
        "from parlour.cli import main; sys.exit(main())"
    )
    own_server.program = [sys.executable, "-c", code]
    own_server.expect_fault("a background task failed|Traceback|Refusal")
    await asyncio.to_thread(own_server.start)
    client = await person("alice", own_server).enter(room)
    for number in range(MAX_FAULTS + 5):
        await client.send("message", content="hi", client_id=f"{number}")
        await client.expect("error", code="busy", client_id=f"{number}")
    await client.silence()
    with http_client(own_server) as http:
        path = f"/api/chat/rooms/{room['id']}/messages"
        answer = http.post(path, params={"username": "alice"}, json={"content": "hi"})
        assert_refused(answer, "busy")
        assert_refused(http.post("/api/chat/rooms", json={"name": "x"}), "busy")
        assert http.get(path).json() == []


def test_a_fault_over_http_is_a_500_with_an_id(broken: tuple[Server, Room]) -> None:
    """In the shape of every refusal, with every header; the next request is answered."""
    server, room = broken
    path = f"/api/chat/rooms/{room['id']}/messages"
    with http_client(server) as http:
        said = {"username": "alice"}
        for answer in (http.get(path), http.post(path, params=said, json={"content": "hi"})):
            told = assert_refused(answer, "internal")
            assert told["id"] in told["detail"]
            assert "OperationalError" not in answer.text
            assert "messages" not in answer.text
            assert "content-security-policy" in answer.headers
            id_in_log(server, told["id"])
        assert http.get("/healthz").status_code == 200


async def test_who_asks_for_a_room_and_leaves_in_one_breath_is_no_fault(
    server: Server, new_room: Callable[..., Room]
) -> None:
    """However much is told of the list of rooms meanwhile; `server` fails for a line in its log."""
    room = new_room(server)
    asking = frame(TEXT, json.dumps({"type": "subscribe", "room_id": room["id"]}).encode())

    def come_and_go() -> None:
        for number in range(100):
            with enter(server, room, f"hasty{number % 3}") as raw:
                raw.send(asking + close_frame(1000))
                assert raw.closed()[0] == 1000

    def make_rooms() -> None:
        while going:
            new_room(server)

    going = [asyncio.create_task(asyncio.to_thread(come_and_go)) for _ in range(3)]
    making = asyncio.create_task(asyncio.to_thread(make_rooms))
    await asyncio.gather(*going)
    going.clear()
    await making
    with http_client(server) as http:
        assert http.get("/healthz").status_code == 200
