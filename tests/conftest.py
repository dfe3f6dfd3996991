"""Fixtures that every test may ask for: servers, HTTP clients, people and browsers."""

import gc
import json
import re
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from contextlib import AsyncExitStack
from itertools import count
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from httpx2 import AsyncClient, Client
from playwright.async_api import Browser

from tests.support.accounts import OPENED, Account
from tests.support.administration import first_administrator
from tests.support.browser import ENGINE, SHORT_LIVED, Browsers, Firefoxes, chromium
from tests.support.databases import NODES, ON_SQLITE
from tests.support.nursery import REAL_HASHES
from tests.support.people import Person, Room, async_http_client, checked, http_client
from tests.support.places import give_back
from tests.support.server import Server
from tests.support.timing import BRIEF

# Time limits are pytest's business here: an example may start a server.
hypothesis.settings.register_profile("parlour", deadline=None, print_blob=True)
hypothesis.settings.load_profile("parlour")

# What files took when it was measured last (`make test-python TIMES=1`), if it was.
SECONDS = Path(__file__).with_name("seconds.json")
# Tenths of a second that a test takes where its fixtures do not tell: crowds and storms, walks.
TENTHS = {"faults": 25, "properties": 120}
FAILED = pytest.StashKey[bool]()
NUMBERS = count(1)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Let browsers be the last that a test gets, so that they go before the server they look at.

    What is about SQLite alone is left out on another database, what is about one process where
    there are two, what is thorough in a brief run. The longest files come first: a worker takes
    whole files, and at the end of a run none should wait long for another's last.
    """
    left_out = ["sqlite"] if not ON_SQLITE else []
    left_out += ["thorough"] if BRIEF else []
    left_out += ["one_node"] if NODES > 1 else []
    left_out += ["chromium"] if ENGINE != "chromium" else []
    left_out += ["webkit"] if ENGINE != "webkit" else []
    out = [item for item in items if any(map(item.get_closest_marker, left_out))]
    if out:
        config.hook.pytest_deselected(items=out)
        items[:] = [item for item in items if not any(map(item.get_closest_marker, left_out))]
    for item in items:
        names = getattr(item, "fixturenames", [])
        names.sort(key="browsers".__eq__)
    longest = Counter[Path]()
    for item in items:
        longest[item.path] += _tenths(item)
    if SECONDS.exists():
        for name, seconds in json.loads(SECONDS.read_text("utf-8")).items():
            longest[SECONDS.parents[1] / name] = 10 * int(seconds)
    items.sort(key=lambda item: -longest[item.path])


def pytest_collection_finish() -> None:
    """Let the garbage collector pass over what was loaded, which is there to the end."""
    gc.collect()
    gc.freeze()


def pytest_sessionfinish() -> None:
    """Take away what databases left, before whoever waits for this worker has it killed."""
    if (databases := sys.modules.get("tests.support.postgres")) is not None:
        databases.end_all()


def _tenths(item: pytest.Item) -> int:
    """Guess how long a test takes by what it asks for, in tenths of a second."""
    patience = item.get_closest_marker("timeout")
    if patience is not None:
        return int(patience.args[0]) * 2
    for part in item.path.parts:
        if part in TENTHS:
            return TENTHS[part]
    names = getattr(item, "fixturenames", [])
    return 25 if "browsers" in names else 5 if "new_server" in names else 1


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember for the fixtures' ends whether the test failed.

    Its time ends where it has failed: what is told of it would be the end of the whole run.
    """
    if call.excinfo is not None:
        item.config.hook.pytest_timeout_cancel_timer(item=item)
    report = yield
    if report.failed:
        item.stash[FAILED] = True
    return report


@pytest.fixture(scope="module")
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """One running server for all tests of a module; its `SERVER_ENV` holds further settings."""
    env = _hashes(request.node) | getattr(request.module, "SERVER_ENV", {})
    with Server(tmp_path_factory.mktemp("server"), env=env) as running:
        yield running


def _hashes(node: pytest.Item | pytest.Module) -> dict[str, str]:
    return {} if node.get_closest_marker("real_hashes") is None else REAL_HASHES


@pytest.fixture(autouse=True)
def _blame(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let the test fail during which a fault came into the log of its module's server."""
    shared = request.getfixturevalue("server") if "server" in request.fixturenames else None
    before = len(shared.faults()) if shared else 0
    yield
    assert not shared or shared.faults()[before:] == []


@pytest.fixture
async def partings() -> AsyncIterator[None]:
    """Close at the end every connection that an account opened; accounts are nobody's again."""
    # Tests that do without this leave theirs open.
    await _part()
    give_back()
    yield
    await _part()


async def _part() -> None:
    for client in OPENED:
        client.abort()
    for client in OPENED:
        await client.close()
    OPENED.clear()


@pytest.fixture
def new_server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Return a maker of servers of the test's own: `new_server(env=..., flags=...)`, not started.

    Those that still run at the end are stopped; the log of each is checked. The servers of modules
    run nearly all of the program; these are measured for coverage only where a test says so, which
    takes a third of the time off each of their many starts. A test of memory asks for one that
    `is_anew`: what a forked process shares with others would count as memory taken bit by bit.
    """
    servers: list[Server] = []

    def make(**options: Any) -> Server:
        options = {"is_measured": False} | options
        options["env"] = _hashes(request.node) | dict(options.get("env") or {})
        servers.append(Server(tmp_path / f"server-{len(servers)}", **options))
        return servers[-1]

    yield make
    for each in servers:
        if each.running:
            each.stop()
    for each in servers:
        assert not each.faults(), "\n".join(["faults in the server's log:", *each.log])


@pytest.fixture(scope="module")
def chief(server: Server) -> Account:
    """Return the first administrator of the module's server."""
    return first_administrator(server)


@pytest.fixture
def own_server(new_server: Callable[..., Server]) -> Server:
    """Return a running server that the test may stop, kill and restart."""
    return new_server().start()


@pytest.fixture
def http(server: Server) -> Iterator[Client]:
    """Yield a blocking HTTP client of the module's server."""
    with http_client(server) as client:
        yield client


@pytest.fixture
async def ahttp(server: Server) -> AsyncIterator[AsyncClient]:
    """Yield the same for async tests."""
    async with async_http_client(server) as client:
        yield client


@pytest.fixture
def new_room() -> Callable[..., Room]:
    """Return a maker of rooms: `new_room(server)`, with a name of its own unless one is given."""

    def make(at: Server, name: str | None = None) -> Room:
        with http_client(at) as client:
            name = name or f"room-{next(NUMBERS)}"
            return dict(checked(client.post("/api/chat/rooms", json={"name": name})))

    return make


@pytest.fixture
def room(server: Server, new_room: Callable[..., Room]) -> Room:
    """Return a new, empty room of the module's server."""
    return new_room(server)


@pytest.fixture
async def person() -> AsyncIterator[Callable[[str, Server], Person]]:
    """Return a maker of people: `person("alice", own_server)`; their connections are closed."""
    people: list[Person] = []

    def make(name: str, at: Server) -> Person:
        people.append(Person(name, at))
        return people[-1]

    yield make
    for each in people:
        await each.leave()


@pytest.fixture
def alice(person: Callable[[str, Server], Person], server: Server) -> Person:
    """Return alice, at the module's server."""
    return person("alice", server)


@pytest.fixture
def bob(person: Callable[[str, Server], Person], server: Server) -> Person:
    """Return bob, at the module's server."""
    return person("bob", server)


@pytest.fixture
def eve(person: Callable[[str, Server], Person], server: Server) -> Person:
    """Return eve, at the module's server: whoever should not see a thing."""
    return person("eve", server)


@pytest.fixture(scope="session")
async def firefoxes() -> AsyncIterator[Firefoxes | None]:
    """Start a browser for each person of a test, where one is not enough for all."""
    if ENGINE != "firefox":
        yield None
        return
    async with AsyncExitStack() as stack:
        yield Firefoxes(stack)


@pytest.fixture(scope="session")
async def browser(firefoxes: Firefoxes | None) -> AsyncIterator[Browser]:
    """Run the worker's one browser."""
    if firefoxes is not None:
        yield await firefoxes.browser(0)
        return
    async with chromium(SHORT_LIVED) as running:
        yield running


@pytest.fixture
async def browsers(
    browser: Browser, firefoxes: Firefoxes | None, request: pytest.FixtureRequest
) -> AsyncIterator[Browsers]:
    """Yield the opener of browsers; a problem on one of their pages fails the test."""
    opened = Browsers(browser, firefoxes)
    yield opened
    failed = request.node.stash.get(FAILED, False) or bool(opened.problems)
    name = re.sub(r"[^\w-]+", "-", request.node.name)
    # What a picture brings about, in Firefox a style that the page forbids, is none of them.
    problems = opened.problems
    await opened.close(keep=name if failed else None)
    problems = problems if failed else opened.problems
    assert not problems, "\n".join(["on the pages:", *problems])
