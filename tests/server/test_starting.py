"""Starting: what is said, one server to a data directory, and the other ways to start it."""

import asyncio
import re
import socket
import stat
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from parlour.server import address_of
from tests.support.people import Person, Room, checked, http_client
from tests.support.plain import Plain
from tests.support.server import Server
from tests.support.timing import SLACK, scaled


def test_it_says_where_it_is_and_where_its_data_lies(own_server: Server) -> None:
    """Lines on standard output, when it can be used, and how to become the first administrator."""
    link = own_server.process.wait_for_line("^First administrator: (.*)$")[1]
    assert own_server.log == [
        f"Parlour is ready: http://localhost:{own_server.port}",
        f"Data: {own_server.data_dir.resolve()}",
        f"First administrator: {link}",
    ]
    assert re.fullmatch(rf"http://localhost:{own_server.port}/#/setup/[\w-]{{22}}", link)


def test_what_it_makes_is_for_its_owner_only(
    own_server: Server, new_room: Callable[..., Room]
) -> None:
    """The folder and those in it are 0700, every file in it 0600."""
    new_room(own_server)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in own_server.data_dir.iterdir()}
    assert stat.S_IMODE(own_server.data_dir.stat().st_mode) == 0o700
    assert modes.pop("files") == modes.pop("uploads") == 0o700
    assert set(modes) == {"chat.db", "chat.db-wal", "chat.db-shm", "keys.json", "parlour.lock"}
    assert set(modes.values()) == {0o600}


def test_a_free_port_is_taken_when_none_is_asked_for(
    new_server: Callable[..., Server],
) -> None:
    """And told."""
    server = new_server(flags=["--port", "0"])
    process = server.launch()
    port = process.wait_for_line(r"ready: http://localhost:(\d+)$")[1]
    server.port = int(port)
    assert server.answers()


def test_the_second_start_is_quick(own_server: Server) -> None:
    """Under two seconds, with what was said before."""
    own_server.stop()
    begin = time.monotonic()
    own_server.start()
    assert time.monotonic() - begin < scaled(2 * SLACK)


def test_a_second_server_on_the_same_data_refuses_in_time_and_says_why(
    own_server: Server, tmp_path: Path, new_room: Callable[..., Room]
) -> None:
    """Within two seconds, in one line that names the first and what to do; the first goes on."""
    second = Server(tmp_path / "second", env={"PARLOUR_DATA_DIR": str(own_server.data_dir)})
    begin = time.monotonic()
    process = second.launch()
    assert process.wait(seconds=2 * SLACK) == 1
    assert time.monotonic() - begin < scaled(2 * SLACK)
    [line] = process.lines
    assert line.startswith(f"parlour: Another Parlour (process {own_server.process.pid}) runs on ")
    assert str(own_server.data_dir.resolve()) in line
    assert "--data-dir" in line
    new_room(own_server)


def test_a_killed_servers_data_can_be_opened_at_once(
    own_server: Server, new_room: Callable[..., Room]
) -> None:
    """The lock goes with the process, however it ends; what it was making is taken away."""
    room = new_room(own_server)
    own_server.kill()
    assert (own_server.data_dir / "parlour.lock").exists()
    uploads = own_server.data_dir / "uploads"
    (uploads / "tmp1" / "made").mkdir(parents=True)
    for name in ("half", "tmp1/made/archive.tar"):
        (uploads / name).write_bytes(b"everything")
    (uploads / "elsewhere").symlink_to(own_server.home)
    own_server.start()
    assert list(uploads.iterdir()) == []
    assert own_server.home.exists()
    with http_client(own_server) as http:
        assert checked(http.get("/api/chat/rooms")) == [room]


@pytest.mark.thorough
def test_two_servers_on_their_own_data_do_not_know_each_other(
    new_server: Callable[..., Server], new_room: Callable[..., Room]
) -> None:
    """Neither rooms nor epochs are the other's."""
    one, two = new_server().start(), new_server().start()
    first, second = new_room(one), new_room(two)
    assert first["epoch"] != second["epoch"]
    for server, room in ((one, first), (two, second)):
        with http_client(server) as http:
            assert checked(http.get("/api/chat/rooms")) == [room]


@pytest.mark.thorough
async def test_even_the_most_talkative_log_keeps_to_itself_who_says_what(
    new_server: Callable[..., Server],
    new_room: Callable[..., Room],
    person: Callable[[str, Server], Person],
) -> None:
    """Neither names nor messages, by whichever door they come."""
    server = new_server(env={"PARLOUR_LOG_LEVEL": "debug"})
    await asyncio.to_thread(server.start)
    room = new_room(server)
    alice = person("alice-in-the-log", server)
    client = await alice.enter(room)
    await client.send("message", content="whispered")
    await client.until("message")
    await alice.post(room, "whispered too")
    await client.until("message")
    await server.astop()
    assert server.log
    assert not [line for line in server.log if "alice-in-the-log" in line or "whispered" in line]


def test_a_start_that_fails_says_why_and_ends(
    new_server: Callable[..., Server],
) -> None:
    """Without saying that it is ready; the next start finds the data free."""
    code = (
        "import sys, parlour.main; parlour.main.Registry = lambda *_: 1 / 0;"
        "from parlour.cli import main; sys.exit(main())"
    )
    server = new_server(program=[sys.executable, "-c", code])
    server.expect_fault("Traceback|ERROR|RuntimeError|ResourceWarning")
    process = server.launch()
    assert process.wait() != 0
    assert "division by zero" in process.output
    assert "ready" not in process.output
    whole = new_server(env={"PARLOUR_DATA_DIR": str(server.data_dir)})
    whole.start()


@pytest.mark.thorough
async def test_uvicorn_alone_serves_it_too(
    tmp_path: Path, person: Callable[[str, Server], Person], new_room: Callable[..., Room]
) -> None:
    """Page, API and WebSocket; too long a frame is refused, names stay out of the log."""
    server = Plain(tmp_path)
    await asyncio.to_thread(server.start)
    room = new_room(server)
    alice = await person("alice-in-the-log", server).enter(room)
    await alice.send("message", content="hi", client_id="c")
    await alice.expect("message", version=1)
    await alice.send_text(" " * 9000)
    await alice.expect("error", code="too_large")
    assert await alice.closed() == 1009
    with http_client(server) as http:
        assert "parlour-config" in http.get("/").text
        checked(http.get(f"/api/chat/rooms/{room['id']}/messages", params={"limit": 5}))
    # Uvicorn itself ends by the signal that stopped it.
    assert await server.astop() in {0, -15}
    assert any("GET /api/chat/rooms" in line for line in server.log)
    assert not [line for line in server.log if "alice-in-the-log" in line or "?" in line]
    assert server.faults() == []


@pytest.mark.thorough
def test_uvicorn_alone_refuses_a_wrong_setting_in_one_line(tmp_path: Path) -> None:
    """As `parlour serve` does."""
    server = Plain(tmp_path, env={"PARLOUR_LOG_LEVEL": "loud"})
    process = server.launch()
    assert process.wait() != 0
    [line] = process.lines
    assert line.startswith("parlour: PARLOUR_LOG_LEVEL is wrong: ")


@pytest.mark.parametrize(
    ("host", "family", "address"),
    [
        ("127.0.0.1", socket.AF_INET, "http://localhost:{port}"),
        ("0.0.0.0", socket.AF_INET, "http://localhost:{port}"),
        ("127.0.0.2", socket.AF_INET, "http://localhost:{port}"),
        ("::1", socket.AF_INET6, "http://localhost:{port}"),
        ("::", socket.AF_INET6, "http://localhost:{port}"),
    ],
)
def test_the_address_that_is_told_can_be_opened_in_a_browser(
    host: str, family: socket.AddressFamily, address: str
) -> None:
    """This machine is called localhost, whatever of it is listened on."""
    with socket.create_server((host, 0), family=family) as listening:
        port = listening.getsockname()[1]
        assert address_of(listening) == address.format(port=port)


@pytest.mark.parametrize(
    ("host", "address"),
    [("192.0.2.7", "http://192.0.2.7:8000"), ("2001:db8::7", "http://[2001:db8::7]:8000")],
)
def test_another_machines_address_is_told_as_it_is(host: str, address: str) -> None:
    """In brackets where its colons need them."""

    class Listening(socket.socket):
        """A socket on an address that this machine has not."""

        def getsockname(self) -> tuple[str, int]:
            return host, 8000

    with Listening() as listening:
        assert re.fullmatch(r"http://\S+", address_of(listening))
        assert address_of(listening) == address
