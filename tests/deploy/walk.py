"""What has to be true of a proxy before Parlour: each a step that says what it found."""

import asyncio
import hashlib
import os
import re
import ssl
import statistics
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from sqlite3 import connect as open_database

import httpx2
import pytest
from playwright.async_api import expect
from websockets.exceptions import InvalidStatus

from tests.browser.visitor import Visitor
from tests.deploy.fronts import Front, Nginx
from tests.deploy.tools import say
from tests.support.accounts import PASSWORD, try_login
from tests.support.browser import Browsers, chromium
from tests.support.files import on_their_way
from tests.support.people import Person, Room, checked, http_client
from tests.support.server import Server
from tests.support.timing import SLACK, scaled

MB = 1_000_000
# What must stand in no log: it is in query strings alone.
SECRET = "nobody-may-read-this"
MESSAGES = 300
# Seconds; longer than either proxy waits for something to come.
LONG_ENOUGH = 65
# Nagle's algorithm, or a buffer that waits to be full, would cost 40 ms and more.
MOST_DELAY = 0.004 * SLACK


def client(front: Server, address: str = "127.0.0.1", **headers: str) -> httpx2.Client:
    """Somebody who comes from another address of this machine."""
    trusted = ssl.create_default_context()
    transport = httpx2.HTTPTransport(local_address=address, verify=trusted)
    return httpx2.Client(
        base_url=front.url, transport=transport, headers=headers, timeout=scaled(60)
    )


async def page(front: Front, _: Room) -> str:
    """The page and its files, as the server gives them."""
    with client(front) as http:
        answer = http.get("/")
        assert answer.status_code == 200
        assert answer.headers["strict-transport-security"] == "max-age=31536000"
        assert answer.headers["cache-control"] == "no-cache"
        assert "default-src 'self'" in answer.headers["content-security-policy"]
        found = re.search(r'"(/assets/[^"]+\.js)"', answer.text)
        assert found is not None
        asset = await _compressed(http, found[1])
        assert asset.headers["cache-control"] == "max-age=31536000, immutable"
        plain = http.get(found[1], headers={"Accept-Encoding": "identity"})
        assert "content-encoding" not in plain.headers
    with httpx2.Client() as plain_http:
        moved = plain_http.get(f"http://127.0.0.1:{front.plain_port}/rooms?a=b")
        assert moved.status_code == 301
        assert moved.headers["location"].startswith("https://")
        assert moved.headers["location"].endswith("/rooms?a=b")
    return f"brotli, kept for a year, {len(asset.content)} bytes"


async def _compressed(http: httpx2.Client, path: str) -> httpx2.Response:
    """A file in the form that the server makes of it once somebody has asked."""
    deadline = time.monotonic() + scaled(20)
    while True:
        answer = http.get(path, headers={"Accept-Encoding": "gzip, br"})
        if answer.headers.get("content-encoding") == "br":
            return answer
        assert time.monotonic() < deadline, answer.headers
        await asyncio.sleep(0.1)


async def forms(front: Front, _: Room | None = None) -> str:
    """Each answer comes in the form that the server gave it, and the proxy makes no other of it.

    Where there are tokens in it, or it is a file, that is as it is.
    """
    asked = {"Accept-Encoding": "gzip, deflate, br"}
    with client(front, "127.0.0.5", **asked) as http:
        name = f"forms-{front.port}"
        answer = http.post("/api/auth/register", json={"username": name, "password": PASSWORD})
        token = checked(answer)["access_token"]
        http.headers["Authorization"] = f"Bearer {token}"
        checked(http.patch("/api/users/me", json={"about": "😀" * 500}))
        login = try_login(http, name, PASSWORD)
        # It took the place of the first one.
        http.headers["Authorization"] = f"Bearer {checked(login)['access_token']}"
        assert len(login.content) > 2048
        assert "content-encoding" not in login.headers
        room = checked(http.post("/api/chat/rooms", json={"name": f"Forms {front.port}"}))
        for _number in range(30):
            said = {"content": "the same again and again"}
            checked(http.post(f"/api/chat/rooms/{room['id']}/messages", json=said))
        told = http.get(f"/api/chat/rooms/{room['id']}/messages")
        assert told.headers["content-encoding"] == "gzip"
        assert len(checked(told)) == 30
        query = {"room_id": str(room["id"]), "name": "plain.txt"}
        sent = checked(http.post("/api/chat/files", params=query, content=b"plain " * 1000))
        assert "content-encoding" not in http.get(f"/api/chat/files/{sent['id']}").headers
        found = re.search(r'"(/assets/[^"]+\.js)"', http.get("/").text)
        assert found is not None
        asset = await _compressed(http, found[1])
    return (
        f"assets by brotli ({len(asset.content)} bytes), messages by gzip, tokens and files plain"
    )


async def addresses(front: Front, _: Room) -> str:
    """Who asks is known by their own address, whatever they say of it."""
    with client(front, "127.0.0.2", **{"X-Forwarded-For": "192.0.2.7"}) as http:
        said = {"username": f"at-{front.name}", "password": PASSWORD}
        answer = http.post("/api/auth/register", json=said)
        token = checked(answer)["access_token"]
        http.headers["Authorization"] = f"Bearer {token}"
        [login] = checked(http.get("/api/auth/sessions"))
        assert login["address"] == "127.0.0.2", login
        assert "__Host-parlour" in (answer.headers.get("set-cookie") or "__Host-parlour")
    statuses = []
    for number in range(12):
        spoofed = {"X-Forwarded-For": f"192.0.2.{number}", "Forwarded": f"for=192.0.2.{number}"}
        with client(front, "127.0.0.3", **spoofed) as http:
            statuses.append(try_login(http, f"at-{front.name}").status_code)
    assert statuses[:5] == [401] * 5, statuses
    assert statuses[-1] == 429, statuses
    with client(front, "127.0.0.4") as http:
        assert try_login(http, f"at-{front.name}", PASSWORD).status_code == 200
    return f"guessing from 127.0.0.3 is stopped after {statuses.index(429)}, 127.0.0.4 comes in"


async def round_trips(front: Front, room: Room) -> str:
    """A message comes back as soon as it does without the proxy."""
    medians, last = [], 0.0
    for server in (front.behind, front):
        person = Person("roundabout", server)
        one = await person.enter(room)
        spent = []
        for number in range(MESSAGES):
            begun = time.perf_counter()
            await one.send("message", content=f"{number}", client_id=f"{server.port}-{number}")
            await one.until("message", message={"content": f"{number}"})
            spent.append(time.perf_counter() - begun)
        await person.leave()
        medians.append(statistics.median(spent))
        last = sorted(spent)[int(len(spent) * 0.99)]
    direct, behind = medians
    assert behind < direct + MOST_DELAY, medians
    return (
        f"{MESSAGES} messages, median {behind * 1000:.2f} ms (p99 {last * 1000:.1f} ms);"
        f" without it {direct * 1000:.2f} ms"
    )


async def silence(front: Front, room: Room) -> str:
    """Somebody who says nothing, and is told nothing, stays."""
    quiet = await Person("quiet", front).enter(room)
    await asyncio.sleep(LONG_ENOUGH)
    await quiet.silence()
    await quiet.close()
    return f"open after {LONG_ENOUGH} s"


async def files(front: Front, room: Room) -> str:
    """A large file comes through as it is sent, and parts of it can be asked for."""
    data = os.urandom(MB) * 50
    seen: list[int] = []

    def portions() -> Iterator[bytes]:
        for at in range(0, len(data), MB):
            if at == len(data) // 2:
                seen.append(_on_disk(front.behind, at - 8 * MB))
            yield data[at : at + MB]

    def send() -> tuple[float, float]:
        with client(front) as http:
            body = {"username": f"files-{front.name}", "password": PASSWORD}
            told = checked(http.post("/api/auth/register", json=body))
            http.headers["Authorization"] = f"Bearer {told['access_token']}"
            query = {"room_id": str(room["id"]), "name": "large.bin"}
            begun = time.monotonic()
            length = {"Content-Length": str(len(data))}
            answer = http.post("/api/chat/files", params=query, content=portions(), headers=length)
            took = time.monotonic() - begun
            path = f"/api/chat/files/{checked(answer)['id']}"
            part = http.get(path, headers={"Range": f"bytes={20 * MB}-{21 * MB - 1}"})
            assert part.status_code == 206
            assert part.headers["content-range"] == f"bytes {20 * MB}-{21 * MB - 1}/{50 * MB}"
            assert part.content == data[20 * MB : 21 * MB]
            begun = time.monotonic()
            whole = http.get(path)
            assert hashlib.sha256(whole.content).digest() == hashlib.sha256(data).digest()
            back = time.monotonic() - begun
            refused = http.post("/api/chat/files", params=query, content=bytes(61 * MB))
            assert (refused.status_code, refused.json()["code"]) == (413, "too_large")
            return took, back

    took, back = await asyncio.to_thread(send)
    if isinstance(front, Nginx):
        assert front.kept() == []
    assert seen[0] >= len(data) // 2 - 8 * MB
    return (
        f"50 MB in {took:.1f} s ({seen[0] // MB} MB on Parlour's disk when 25 were sent),"
        f" back in {back:.1f} s, a part of it, 61 MB refused"
    )


def _on_disk(server: Server, least: int) -> int:
    """How much of a file is there, once it is `least`, or after a while."""
    deadline = time.monotonic() + scaled(10)
    while True:
        there = sum(path.stat().st_size for path in on_their_way(server))
        if there >= least or time.monotonic() > deadline:
            return there
        time.sleep(0.05)


async def heads(front: Front, _: Room) -> str:
    """What Parlour takes comes through; what is too large is refused, and harms nobody."""
    with client(front) as http:
        assert http.get("/healthz", headers={"X-Large": "x" * 30_000}).status_code == 200
        assert http.get(f"/healthz?q={'x' * 8_000}").status_code == 200
        long = http.get(f"/healthz?q={'x' * 9_000}")
        assert (long.status_code, long.json()["code"]) == (414, "url_too_long")
        statuses = []
        for count in (2, 8):
            pieces = {f"X-Large-{number}": "x" * 20_000 for number in range(count)}
            answer = http.get("/healthz", headers=pieces)
            statuses.append(answer.status_code)
            assert answer.status_code in (400, 431), answer.status_code
        assert http.get("/healthz").status_code == 200
    return f"30 kB pass, 40 and 160 kB are refused with {statuses[0]} and {statuses[1]}"


async def readiness(front: Front, _: Room) -> str:
    """While the database takes no work `/readyz` says so, and HAProxy asks nothing of Parlour."""
    away = front.name != "nginx"
    path = "/healthz" if away else "/readyz"
    with closing(open_database(front.behind.data_dir / "chat.db", isolation_level=None)) as held:
        held.execute("BEGIN IMMEDIATE")
        refused = await _until(front, path, 503)
        held.execute("ROLLBACK")
    back = await _until(front, path, 200)
    return f"{path} says 503 {refused:.0f} s after the lock, 200 {back:.0f} s after its end"


async def _until(front: Front, path: str, status: int) -> float:
    begun = time.monotonic()
    while time.monotonic() < begun + scaled(60):
        with client(front) as http:
            if (await asyncio.to_thread(http.get, path)).status_code == status:
                return time.monotonic() - begun
        await asyncio.sleep(0.1)
    raise AssertionError(f"{path} never said {status}")


async def restart(front: Front, room: Room) -> str:
    """Two browsers talk; the server goes and comes back, and so do they."""
    async with chromium() as browser:
        browsers = Browsers(browser)
        browsers.allow(r"WebSocket connection to .* failed|status of 50[234]|ERR_HTTP2|ERR_CONN")
        alice, bob = [
            Visitor(await browsers.open(f"{front.url}/", ignore_https_errors=True), name, front)
            for name in ("alice", "bob")
        ]
        for each in (alice, bob):
            await each.sign_in()
            await each.open_room(room["name"])
        await alice.say("before")
        await expect(bob.row("before")).to_be_visible()
        spoken = await alice.page.evaluate(
            "performance.getEntriesByType('navigation')[0].nextHopProtocol"
        )
        assert spoken == "h2"
        guest = await Person(SECRET, front).enter(room)
        await front.behind.astop()
        closing_frame = await guest.until("closing")
        assert await guest.closed() == 1012
        with client(front) as http:
            answer = await asyncio.to_thread(http.get, "/", params={"secret": SECRET})
        assert answer.status_code in (502, 503)
        assert answer.headers["retry-after"] == "5"
        assert "looks again every 5 seconds" in answer.text
        with pytest.raises(InvalidStatus, match=r"HTTP 50[23]"):
            await Person(SECRET, front).connect(room)
        await alice.say("meanwhile")
        begun = time.monotonic()
        await asyncio.to_thread(front.behind.start)
        await expect(bob.row("meanwhile")).to_be_visible(timeout=scaled(30_000))
        took = time.monotonic() - begun
        assert browsers.problems == []
        await browsers.close(keep=None)
    wait = closing_frame["retry_after_ms"]
    status = answer.status_code
    return f"closing ({wait} ms), 1012, {status} meanwhile, all there {took:.1f} s after the start"


async def logs(front: Front, _: Room) -> str:
    """They name paths, and no query string of anybody."""
    text = front.logged()
    assert "/ws/chat/" in text
    assert "/api/chat/files" in text
    assert SECRET not in text
    assert "username=" not in text
    return f"{len(text.splitlines())} lines, none with a query string"


STEPS: tuple[Callable[[Front, Room], Awaitable[str]], ...] = (
    page, forms, addresses, round_trips, files, heads, readiness, silence, restart, logs,
)  # fmt: skip


async def walk(front: Front, file: str) -> None:
    """Take every step; each says what it found."""
    os.environ["SSL_CERT_FILE"] = str(front.certificate)
    with front.serving(file):
        with http_client(front.behind) as http:
            made = [
                checked(http.post("/api/chat/rooms", json={"name": f"Before {front.name} {name}"}))
                for name in ("talk", "silence")
            ]
        for step in STEPS:
            found = await step(front, made[step is silence])
            say(f"{front.name}: {step.__name__.replace('_', ' ')}: {found}")
