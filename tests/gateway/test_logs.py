"""What stands in the log, however much is logged: nothing of what people say to one another."""

import asyncio
import json

import pytest

from tests.support import files
from tests.support.accounts import Account
from tests.support.brief import thorough_but
from tests.support.databases import ON_SQLITE
from tests.support.frames import BINARY, PING, TEXT, close_frame, frame
from tests.support.inside import inside
from tests.support.people import checked
from tests.support.places import Place, make_room, name_of, new_account, say
from tests.support.rawhttp import HOST, RawHTTP
from tests.support.rawsocket import RawSocket
from tests.support.scheduling import later
from tests.support.server import NewServer, Server

# It stands in all that is said, and nobody else says it.
WORD = "plumbago"
MESSAGES = "/api/chat/messages"
# What is no command.
BAD_FRAMES: tuple[bytes, ...] = (
    frame(TEXT, WORD.encode()),
    frame(TEXT, b'{"type": "message", "content": "plumbago'),
    frame(TEXT, b'{"type": "plumbago", "plumbago": "plumbago"}'),
    frame(TEXT, b'{"type": "message", "content": ["plumbago"]}'),
    frame(TEXT, b'{"type": "message", "content": "plumbago", "plumbago": 1}'),
    frame(TEXT, b'{"type": "message", "content": "plumbago", "room_id": "plumbago"}'),
    frame(TEXT, b'{"type": "edit", "message_id": 987654321, "content": "plumbago"}'),
    frame(TEXT, b'{"type": "message", "content": "' + 900 * b"plumbago " + b'"}'),
    frame(BINARY, b'{"type": "message", "content": "plumbago"}'),
    frame(PING, b"plumbago"),
    # What ends a connection by itself.
    frame(TEXT, b"plumbago\xff"),
    frame(TEXT, 50_000 * b"plumbago"),
    frame(3, b"plumbago"),
    b"plumbago " * 100,
    close_frame(1000, b"plumbago"),
    close_frame(1005, b"plumbago"),
)
BAD_REQUESTS: tuple[bytes, ...] = (
    b"plumbago\r\n\r\n",
    b"PLUMBAGO /plumbago?plumbago HTTP/1.1\r\n" + HOST + b"Plumbago: plumbago\r\n\r\n",
    b"GET /plumbago?q=plumbago HTTP/1.1\r\nplumbago\r\n\r\n",
    b"POST /api/chat/rooms HTTP/1.1\r\n" + HOST + b"Content-Length: plumbago\r\n\r\n",
)


@pytest.fixture(params=thorough_but(["json"], ["text", "json"]))
def chatty(request: pytest.FixtureRequest, new_server: NewServer) -> Server:
    """Return a server that logs all it can, for people or for programs."""
    env = {"PARLOUR_LOG_LEVEL": "debug", "PARLOUR_LOG_REQUESTS": "on"}
    return new_server(env={**env, "PARLOUR_LOG_FORMAT": request.param}).start()


def talk_over_http(ann: Account, bob: Account, place: Place) -> None:
    """Say it by every way that HTTP has, rightly and wrongly."""
    said = checked(say(place, ann, f"{WORD} one"))
    path, one = f"{place.path}/messages", f"{MESSAGES}/{said['id']}"
    checked(ann.call("POST", path, json={"content": WORD, "reply_to": said["id"]}))
    checked(ann.call("PATCH", one, json={"content": f"{WORD} two"}))
    checked(ann.call("GET", f"{one}/edits"))
    checked(bob.call("POST", path, json={"content": WORD, "forward": said["id"]}))
    assert bob.call("POST", f"{one}/report", json={"reason": WORD}).is_success
    file = files.sent(ann, place.room, WORD.encode(), name=f"{WORD}.txt", alt=WORD)
    files.said(ann, place.room, file, content=WORD)
    assert WORD in files.get(ann, file).text
    later(place, ann, WORD)
    about = {"params": {"q": WORD}}
    files.until(lambda: checked(bob.call("GET", "/api/chat/search", **about))["results"])
    for query in (f'"{WORD}', f"from:{WORD} {WORD}", f"{WORD}:{WORD}", 400 * f"{WORD} "):
        bob.call("GET", "/api/chat/search", params={"q": query, WORD: WORD})
    for body in ({"content": [WORD]}, {WORD: WORD}, {"content": 2_000 * WORD}, WORD):
        assert ann.call("POST", path, json=body).is_error
    assert ann.call("POST", path, content=b'{"content": "plumbago').is_error
    checked(ann.call("PATCH", place.path, json={"name": f"{WORD} hall", "topic": WORD}))
    checked(ann.call("PATCH", "/api/users/me", json={"display_name": WORD, "about": WORD}))
    assert ann.call("GET", f"/api/users/{WORD}?{WORD}").is_error
    assert ann.call("GET", f"/api/chat/rooms/{WORD}?{WORD}").is_error
    assert ann.call("DELETE", one).is_success


async def talk_on_connections(ann: Account, bob: Account, place: Place) -> None:
    """Say it by every command that has words, and be told of it."""
    speaker, hearer = await ann.connect(place.room), await bob.connect(place.room)
    for client in (speaker, hearer):
        await client.until("user_list")
    await speaker.send("message", content=WORD, client_id=WORD)
    told = await hearer.until("message", message={"content": WORD})
    about = {"message_id": told["message"]["id"]}
    await speaker.send("edit", content=f"{WORD} anew", **about)
    await speaker.send("react", emoji=WORD, **about)
    await speaker.send("react", emoji="🌲", **about)
    await speaker.send("typing")
    await speaker.send("pin", **about)
    await speaker.send("message", content=f"@{name_of(bob)} {WORD}", reply_to=about["message_id"])
    await hearer.until("message", message={"reply_to": about["message_id"]})
    await speaker.send("delete", **about)
    await hearer.until("message_updated", message={"id": about["message_id"], "content": ""})
    for client in (speaker, hearer):
        await client.close()


def send_what_is_wrong(server: Server) -> None:
    """Send what is no request and no frame; each end is waited for."""
    for bad in BAD_REQUESTS:
        with RawHTTP(server) as raw:
            raw.send(bad)
            raw.until_end(seconds=10)
    for bad in BAD_FRAMES:
        with RawSocket(server, f"/ws/chat?username={WORD}") as talker:
            talker.send(bad + close_frame(1000))
            talker.closed()
    for query in (f"username={WORD}&{WORD}=1", f"ticket={WORD}", f"username={WORD}%00"):
        with RawSocket(server, f"/ws/chat/{WORD}?{query}") as talker:
            talker.send(close_frame(1000))
            talker.closed()


def refuse_to_store(server: Server) -> None:
    """Let the database refuse what is said, by a rule that it has got from elsewhere."""
    rule = "ALTER TABLE messages ADD CONSTRAINT odd CHECK (length(content) > 9999) NOT VALID"
    if ON_SQLITE:
        rule = (
            "CREATE TRIGGER odd BEFORE INSERT ON messages"
            " BEGIN SELECT raise(ABORT, 'it is against a rule'); END"
        )
    with inside(server) as database:
        database.execute(rule)


def assert_untold(server: Server) -> None:
    """Assert that what was said stands nowhere in the log."""
    assert [line for line in server.log if WORD in line.casefold()] == []


async def test_nothing_that_is_said_stands_in_the_log(chatty: Server) -> None:
    """By HTTP and WebSocket, rightly and wrongly."""
    ann, bob = new_account(chatty, "ann"), new_account(chatty, "bob")
    place = await asyncio.to_thread(make_room, ann, "public", name=f"{WORD} room")
    await asyncio.to_thread(talk_over_http, ann, bob, place)
    await talk_on_connections(ann, bob, place)
    await asyncio.to_thread(send_what_is_wrong, chatty)
    await chatty.astop()
    # It was looked for where there is something.
    told = "\n".join(chatty.log)
    assert "POST /api/chat/rooms/{room_id}/messages: 201" in told
    assert "a connection ended" in told
    assert_untold(chatty)


async def test_nothing_that_is_said_stands_in_what_is_told_of_a_fault(chatty: Server) -> None:
    """There is a traceback: behind its line for people, and in it for programs."""
    chatty.expect_fault("internal error|Traceback|Error: ")
    ann = new_account(chatty, "ann")
    place = await asyncio.to_thread(make_room, ann)
    refuse_to_store(chatty)
    client = await ann.connect(place.room)
    await client.send("message", content=WORD, client_id=WORD)
    await client.until("error", code="internal")
    await client.close()
    assert say(place, ann, WORD).status_code == 500
    await chatty.astop()
    events = [number for number, line in enumerate(chatty.log) if "internal error" in line]
    assert len(events) == 2
    for number in events:
        line, *behind = chatty.log[number:]
        begins = "Traceback (most recent call last)"
        if line.startswith("{"):
            assert json.loads(line)["error"].startswith(begins)
            assert not any(each.startswith(begins) for each in behind)
        else:
            assert behind[0].startswith(begins)
    assert_untold(chatty)


async def test_a_websocket_that_is_refused_has_no_line_and_one_that_came_in_has_one(
    chatty: Server,
) -> None:
    """Whoever is refused could fill a disk by it; `/metrics` counts them."""
    for query in ("", "?username=", "/nowhere?username=ada", "?ticket=none"):
        with RawSocket(chatty, f"/ws/chat{query}") as refused:
            refused.until(TEXT, b'"error"')
            refused.send(close_frame(1000))
            refused.closed()
    before = list(chatty.log)
    with RawSocket(chatty, "/ws/chat?username=ada") as opened:
        opened.send(close_frame(1000))
        opened.closed()
    chatty.process.wait_for_line("a connection ended after")
    await chatty.astop()
    assert not [line for line in before if "connection" in line]
    assert len([line for line in chatty.log if "a connection ended" in line]) == 1
