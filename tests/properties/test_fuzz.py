"""Raw bodies and frames, right, nearly right and wrong: taken exactly when the protocol says so."""

import contextlib
import json
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from parlour.errors import ERROR_CODES
from tests.properties import oracle
from tests.support.aside import LoopAside
from tests.support.people import Person, Room, checked, http_client
from tests.support.server import Server
from tests.support.timing import BRIEF, LONG, scaled

FUZZ = settings(
    max_examples=5_000 if LONG else 60 if BRIEF else 200,
    # The server is the same for all of them, and each is compared with what was before it.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

# Characters of which it is known whether they are to be seen, and lone surrogates, which can
# stand in JSON: escaped, they are ASCII on the wire.
known = st.characters(exclude_categories=["Cn", "Co", "Cs"])
texts = st.text(known, max_size=8) | st.just("\ud800")
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
contents = st.text(known, min_size=1, max_size=8) | st.sampled_from(
    ["hi", "é\n😀", " \u200b", "", "a\0b", "x" * 1_000, "x" * 1_001]
)
client_ids = st.sampled_from(["c", "d", "é", "x" * 64, None, "x" * 65, "", "a\nb"]) | texts


@st.composite
def spoilt(draw: st.DrawFn, objects: st.SearchStrategy[dict[str, Any]]) -> dict[str, Any]:
    """Draw an object with nothing, a value, a name or a field too many or too few in it."""
    value = dict(draw(objects))
    match draw(st.integers(0, 7)):
        case 0 if value:
            del value[draw(st.sampled_from(sorted(value)))]
        case 1 if value:
            value[draw(st.sampled_from(sorted(value)))] = draw(anything)
        case 2:
            value[draw(texts | st.sampled_from(["id", "version", "username"]))] = draw(anything)
    return value


@st.composite
def written(draw: st.DrawFn, values: st.SearchStrategy[Any]) -> str:
    """Draw the text of a JSON value, perhaps with something cut out of it, or put into it."""
    text = json.dumps(draw(values), ensure_ascii=draw(st.booleans()))
    match draw(st.integers(0, 11)):
        case 0:
            begin = draw(st.integers(0, len(text)))
            text = text[:begin] + text[begin + draw(st.integers(0, 3)) :]
        case 1:
            begin = draw(st.integers(0, len(text)))
            text = (
                text[:begin]
                + draw(st.sampled_from(list('{}[]",:\\0 \ufeff')) | texts)
                + text[begin:]
            )
        case 2:
            text = text[:-1] + "," + text[1:]
    return text


# No message has the one that is an id.
replied = st.sampled_from([None, 2**53 - 1, 2**53, 0, 1.0, "1", True])
messages = st.fixed_dictionaries(
    {}, optional={
        "content": contents, "client_id": client_ids, "reply_to": replied, "forward": replied,
    }
)  # fmt: skip
bodies = (
    written(spoilt(messages)).map(lambda text: text.encode("utf-8", "surrogatepass"))
    | written(messages).map(lambda text: text.encode("utf-8", "surrogatepass"))
    | st.binary(max_size=40)
    | written(anything).map(lambda text: text.encode("utf-16", "surrogatepass"))
)


class Poster:
    """One connection on which every body is posted, so that each answer has to leave it well."""

    def __init__(self, server: Server, room: Room) -> None:
        self.connection = HTTPConnection("127.0.0.1", server.port, timeout=scaled(10))
        self.path = f"/api/chat/rooms/{room['id']}/messages"

    def ask(self, method: str, path: str, body: bytes | None = None) -> tuple[int, Any]:
        """Send a request; the status and the JSON of its answer."""
        self.connection.request(method, path, body, {"Content-Type": "application/json"})
        answer = self.connection.getresponse()
        return answer.status, json.loads(answer.read())

    def history(self) -> list[dict[str, Any]]:
        """Return the newest message, if there is one."""
        return list(self.ask("GET", f"{self.path}?limit=1")[1])


@pytest.fixture
def poster(server: Server, room: Room) -> Iterator[Poster]:
    """Yield a connection to post into a new room with."""
    poster = Poster(server, room)
    with contextlib.closing(poster.connection):
        yield poster


@pytest.fixture
def aside() -> Iterator[LoopAside]:
    """Yield an event loop for the WebSockets."""
    with LoopAside() as aside:
        yield aside


@FUZZ
@given(body=bodies)
def test_a_body_is_taken_exactly_when_it_is_right(poster: Poster, body: bytes) -> None:
    """A right body is stored as it is; any other gets a clear refusal and changes nothing."""
    before = poster.history()
    status, told = poster.ask("POST", f"{poster.path}?username=ada", body)
    after = poster.history()
    value = oracle.strict_object(body)
    event(f"status {status}")
    right = value is not None and oracle.has_fields(value, oracle.BODY)
    if value is not None and right and oracle.says_something(value):
        about = {name for name in ("reply_to", "forward") if value.get(name) is not None}
        if about and status not in (200, 201):
            # It may have been meant for a message that is there by chance.
            assert (status, told["code"]) == (404, "not_found")
            assert told["field"] in about
            assert after == before
            return
        assert status in (200, 201), told
        if status == 201:
            assert after == [told]
            assert told["client_id"] == value.get("client_id")
            return
    else:
        assert status == ERROR_CODES[told["code"]].status
        assert status in (413, 422), told
        assert told["detail"]
    assert after == before


rooms = st.sampled_from([1, 2, 3, 0, -1, 2**53, 99, True, 1.0, "1", None])
commands = st.one_of(
    st.fixed_dictionaries(
        {"type": st.just("message"), "content": contents},
        optional={"client_id": client_ids, "room_id": rooms},
    ),
    st.fixed_dictionaries(
        {"type": st.just("message")},
        optional={
            "content": contents,
            "reply_to": replied,
            "forward": replied,
            "room_id": rooms,
        },
    ),
    st.fixed_dictionaries({"type": st.just("typing")}, optional={"room_id": rooms}),
    st.fixed_dictionaries(
        {"type": st.just("subscribe"), "room_id": rooms},
        optional={
            "after": st.sampled_from([0, 1, 99, -1, 1.0, "0", None]),
            "epoch": st.sampled_from(["", "x", "x" * 65, 5, None]),
        },
    ),
    st.fixed_dictionaries({"type": st.just("unsubscribe"), "room_id": rooms}),
    st.fixed_dictionaries({"type": st.just("ping")}),
)


def answers_nothing(frame: dict[str, Any]) -> bool:
    """Whether it is known of a frame that what it is about is not there, if it is about any."""
    return not any(
        type(about) is int and 0 < about < 2**53 - 1
        for about in (frame.get("reply_to"), frame.get("forward"))
    )


frames = st.lists(
    written(spoilt(commands).filter(answers_nothing)).map(
        lambda text: text.encode("utf-8", "replace").decode()
    ),
    min_size=1,
    max_size=8,
)


async def answers_to(ada: Person, door: int, texts: list[str]) -> dict[str, int]:
    """Send frames through the door of a room; how many frames of each kind answered them."""
    told = {"error": -1, "message": 0, "pong": 0, "sync": -1}
    async with await ada.connect(door) as client:
        for text in texts:
            await client.send_text(text)
        # To subscribe waits for the answers to all messages; the last refusal is known again.
        await client.send("subscribe", room_id=door)
        await client.send("message", content="", client_id="the end")
        frame: dict[str, Any] = {}
        while (frame.get("type"), frame.get("client_id")) != ("error", "the end"):
            frame = await client.next()
            if frame["type"] in told:
                told[frame["type"]] += 1
    return told


@FUZZ
@given(texts=frames)
def test_a_frame_is_taken_exactly_when_it_is_right(
    server: Server, room: Room, aside: LoopAside, texts: list[str]
) -> None:
    """Each right command has its effect, each other frame one error, and the connection stays."""
    with http_client(server) as http:
        existing = {each["id"] for each in checked(http.get("/api/chat/rooms"))}
    expected = oracle.answers(texts, room["id"], existing)
    event(f"{expected['error']} errors of {len(texts)}")
    ada = Person("ada", server)
    assert aside.run(answers_to(ada, room["id"], texts)) == expected
