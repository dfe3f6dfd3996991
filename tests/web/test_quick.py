"""A message over HTTP: what FastAPI is spared is answered as FastAPI would have it answered."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from fastapi import FastAPI
from fastapi.dependencies.utils import solve_dependencies
from hypothesis import example, given
from hypothesis import strategies as st

from parlour.features import messages
from parlour.main import create_app
from parlour.settings import Settings

JSON = "application/json"
Answer = tuple[int, Any]


class InProcess:
    """An application without a server: requests go in as a server would pass them on."""

    def __init__(self, app: FastAPI, runner: asyncio.Runner) -> None:
        self.app, self.runner = app, runner

    def ask(
        self, method: str, address: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> Answer:
        """Return the status of an answer and what it says."""
        return self.runner.run(self._ask(method, address, body, headers or {}))

    async def _ask(self, method: str, address: str, body: bytes, headers: dict[str, str]) -> Answer:
        path, _, query = address.partition("?")
        given = {"host": "localhost", "content-length": str(len(body)), **headers}
        told: list[Any] = []
        pieces = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> Any:
            return pieces.pop() if pieces else await asyncio.Event().wait()

        async def send(message: Any) -> None:
            told.append(message)

        scope = {
            "type": "http", "method": method, "path": path, "raw_path": quote(path).encode(),
            "query_string": query.encode(), "root_path": "", "scheme": "http",
            "http_version": "1.1",
            "headers": [(name.encode(), value.encode("latin-1")) for name, value in given.items()],
            "client": ("127.0.0.1", 1), "server": ("localhost", 80),
        }  # fmt: skip
        await self.app(scope, receive, send)
        content = b"".join(message.get("body", b"") for message in told[1:])
        return told[0]["status"], json.loads(content)


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InProcess]:
    """Return a program with one room, whose guests may come in."""
    app = create_app(Settings(_env_file=None, data_dir=tmp_path_factory.mktemp("quick")))

    @asynccontextmanager
    async def running() -> Any:
        async with app.router.lifespan_context(app):
            yield

    with asyncio.Runner() as runner:
        life = running()
        runner.run(life.__aenter__())
        program = InProcess(app, runner)
        made = program.ask(
            "POST", "/api/chat/rooms?username=alice", b'{"name": "garden"}', {"content-type": JSON}
        )
        assert made[0] == 201
        yield program
        runner.run(life.__aexit__(None, None, None))


@pytest.fixture(scope="module")
def login(program: InProcess) -> str:
    """Return the header of somebody with an account."""
    wanted = json.dumps({"username": "ada", "password": "correct horse battery"}).encode()
    status, told = program.ask("POST", "/api/auth/register", wanted, {"content-type": JSON})
    assert status == 201
    return f"Bearer {told['access_token']}"


IDS = st.one_of(
    st.sampled_from(
        ["1", "01", "+1", "-1", "0", "00", "1.0", "1e0", " 1", "1_0", "x", "\u0661", "\u00b2", "2"]
    ),
    st.integers(min_value=10**16, max_value=10**20).map(str),
)
QUERIES = st.lists(
    st.tuples(
        st.sampled_from(["username", "Username", "other"]),
        st.sampled_from(
            ["alice", " alice ", "ALICE", "", " ", "x" * 60, "a\0", "ada", "\u0661", "a b"]
        ),
    ),
    max_size=3,
)
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(min_value=-1, max_value=3),
    st.just(2**63),
    st.floats(allow_nan=False, allow_infinity=False, width=16),
    st.text(max_size=5),
    st.just("x" * 1001),
    st.lists(st.sampled_from(["a" * 32, "b", 1]), max_size=2),
)
FIELDS = ("content", "client_id", "reply_to", "files", "forward", "more")
BODIES = st.one_of(
    st.fixed_dictionaries({"content": st.text(min_size=1, max_size=20)}),
    st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=4),
    VALUES,
).map(lambda value: json.dumps(value).encode()) | st.sampled_from(
    [
        b"",
        b" ",
        b"{",
        b'{"content": "a", "content": "b"}',
        b'{"content": NaN}',
        b"\xff",
        b'{"content": "\\ud800"}',
        b" " * 9000,
    ]
)
KINDS = st.sampled_from(
    [JSON, JSON, JSON, "Application/JSON; charset=utf-8", "application/ld+json", "text/plain", ""]
)
LOGINS = st.sampled_from(["", "", "", "login", "Bearer x", "Basic x", "bearer"])


def spared(answer: Answer) -> Answer:
    """Leave out what every new message has of its own."""
    status, told = answer
    if status in {200, 201}:
        own = ("id", "timestamp", "version")
        told = {name: value for name, value in told.items() if name not in own}
        status = 201
    return status, told


@given(IDS, QUERIES, BODIES, KINDS, LOGINS)
@example("1", [("username", "alice")], b'{"content": "hi"}', JSON, "")
@example("1", [], b'{"content": "hi"}', JSON, "login")
@example("1", [("username", "alice")], b'{"content": "hi", "client_id": "one"}', JSON, "")
def test_what_fastapi_is_spared_is_answered_in_the_same_words(
    program: InProcess,
    login: str,
    room: str,
    query: list[tuple[str, str]],
    body: bytes,
    kind: str,
    who: str,
) -> None:
    """Whatever stands in the address, the headers and the body."""
    address = f"/api/chat/rooms/{room}/messages?{urlencode(query)}"
    headers = {"content-type": kind} if kind else {}
    if who:
        headers["authorization"] = login if who == "login" else who
    quick = program.ask("POST", address, body, headers)

    async def never(*_: object) -> None:
        return None

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(messages.Posts, "quick", never)
        slow = program.ask("POST", address, body, headers)
    assert spared(quick) == spared(slow)


def test_what_is_plainly_right_is_not_read_by_fastapi(program: InProcess) -> None:
    """That is what makes it quick."""
    seen = []

    async def read(**options: Any) -> Any:
        seen.append(options["body"])
        return await solve_dependencies(**options)

    address, headers = "/api/chat/rooms/1/messages?username=alice", {"content-type": JSON}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("fastapi.routing.solve_dependencies", read)
        assert program.ask("POST", address, b'{"content": "hi"}', headers)[0] == 201
        assert seen == []
        assert program.ask("POST", address, b'{"contents": "hi"}', headers)[0] == 422
        assert seen == [{"contents": "hi"}]
