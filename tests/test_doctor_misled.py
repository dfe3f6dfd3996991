"""`parlour doctor`: what looks well, and is not."""

import os
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection, serve

from tests.support.accounts import register
from tests.support.archives import made
from tests.support.commands import parlour
from tests.support.doctor import Said, Seen, seen, seen_at
from tests.support.places import make_room
from tests.support.ports import free_port
from tests.support.server import Server

pytestmark = [pytest.mark.sqlite, pytest.mark.one_node("it is told of one installation")]


def said_of(told: Seen, what: str) -> Said:
    """The one thing that it says of it."""
    [found] = [each for each in told.said if each.what == what]
    return found


def test_a_server_at_another_port_is_not_taken_for_none(server: Server) -> None:
    """Its data directory is locked, by a process that is named; with its port it is found."""
    env = {**server.env, "PARLOUR_PORT": "1"}
    told = said_of(seen_at(server.home, env=env), "Server")
    assert told.kind == "warning"
    holder = (server.data_dir / "parlour.lock").read_text().strip()
    assert f"process {holder} of Parlour has {server.data_dir.resolve()}" in told.seen
    assert "--port" in told.mend
    found = said_of(seen_at(server.home, "--port", str(server.port), env=env), "Server")
    assert (found.kind, found.seen) == (
        "ok",
        f"It takes work at http://127.0.0.1:{server.port}.",
    )


class Fickle(BaseHTTPRequestHandler):
    """A proxy that lets one see that the server lives, and hangs up on all else."""

    def do_GET(self) -> None:
        """Answer."""
        if self.path == "/healthz":
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"status":"ok"}')

    def do_POST(self) -> None:
        """Say nothing, and hang up."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_a_proxy_that_hangs_up_on_most_is_told_as_that(tmp_path: Path) -> None:
    """It is no fault of the program, and what was seen before it is told all the same."""
    with HTTPServer(("127.0.0.1", 0), Fickle) as proxy:
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{proxy.server_port}"
        told = seen_at(tmp_path, "--url", url)
        proxy.shutdown()
    assert f"{url} answers after " in told.output
    faults = {each.what: each for each in told.of("FAULT")}
    assert faults.keys() == {"WebSocket", "Address"}
    assert faults["Address"].seen.startswith(f"{url} answered, and then did not: ")
    assert "fault of Parlour" not in told.output


def test_a_proxy_that_lets_one_in_and_hangs_up_is_told_as_that(tmp_path: Path) -> None:
    """The upgrade is answered, and then nothing is said."""

    def answer(connection: ServerConnection, request: Request) -> Response | None:
        lives = connection.respond(200, '{"status":"ok"}')
        return lives if request.path == "/healthz" else None

    with serve(lambda _: None, "127.0.0.1", 0, process_request=answer) as proxy:
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        told = seen_at(tmp_path, "--url", f"http://127.0.0.1:{proxy.socket.getsockname()[1]}")
        proxy.shutdown()
    faults = {each.what: each for each in told.of("FAULT")}
    assert faults["WebSocket"].seen.startswith("There is none: ")
    assert "fault of Parlour" not in told.output


def test_a_server_that_does_not_run_is_told_as_that(tmp_path: Path) -> None:
    """Where there is no lock, and where one was left; looking takes none."""
    (tmp_path / "data").mkdir(mode=0o700)
    words = "None answers at http://127.0.0.1:1; it does not run."
    for there in (False, True):
        if there:
            (tmp_path / "data" / "parlour.lock").write_text("1\n")
        told = seen_at(tmp_path, env={"PARLOUR_PORT": "1"})
        assert said_of(told, "Server") == Said("ok", "Server", words)
    assert (tmp_path / "data" / "parlour.lock").read_text() == "1\n"


def test_where_backups_go_to_is_looked_at(own_server: Server, tmp_path: Path) -> None:
    """Whether the last one is there still, and the place takes more and shows them to nobody."""
    make_room(register(own_server, "ann"))
    place = tmp_path / "backups"
    own_server.env["PARLOUR_BACKUP_TO"] = str(place)

    def told(what: str) -> Said:
        return said_of(seen(own_server), what)

    assert told("Backups").seen == f"{place} is not there yet; the first backup makes it."
    archive = made(own_server, place)
    assert told("Backup").seen.endswith(f"kB; it is in {place}.")
    assert told("Backups").kind == "ok"
    archive.chmod(0o640)
    assert told("Backups").mend == f"chmod go= {archive}"
    archive.chmod(0o600)
    for mode, kind in ((0o755, "warning"), (0o733, "FAULT")):
        place.chmod(mode)
        open_to = told("Backups")
        assert (open_to.kind, open_to.mend) == (kind, f"chmod go= {place}")
    place.chmod(0o700)
    archive.rename(tmp_path / archive.name)
    lost = told("Backup")
    assert (lost.kind, f"it is not in {place}, nor is any other." in lost.seen) == ("warning", True)
    for where, words in (
        (own_server.data_dir / "backups", "is in the data directory"),
        (tmp_path / "disk" / "backups", "is not there, and cannot be made by a backup."),
        (tmp_path / archive.name, "is no folder."),
        (Path("/proc"), "cannot write to /proc: "),
    ):
        own_server.env["PARLOUR_BACKUP_TO"] = str(where)
        wrong = told("Backups")
        assert (wrong.kind, words in wrong.seen, bool(wrong.mend)) == ("FAULT", True, True)
    own_server.env["PARLOUR_BACKUP_TO"] = ""
    assert "Backups" not in seen(own_server).output


def test_a_file_of_settings_that_others_can_read_is_a_fault_if_it_has_secrets(
    tmp_path: Path,
) -> None:
    """Which are named, and not said; the rest of the machine's own is as it was."""
    home = tmp_path / "home"
    home.mkdir()
    path = home / ".env"
    path.write_text("PARLOUR_METRICS_TOKEN=one-that-nobody-guesses\nPARLOUR_EDIT_WINDOW=60\n")
    path.chmod(0o644)
    told = seen_at(home)
    assert told.only_fault() == Said(
        "FAULT",
        "Settings",
        f"Others on this machine can read PARLOUR_METRICS_TOKEN in {path}.",
        f"chmod go= {path}, and then set new ones",
    )
    assert "nobody-guesses" not in told.output
    path.chmod(0o600)
    assert seen_at(home).of("FAULT") == []
    path.write_text("PARLOUR_EDIT_WINDOW=60\n# Without a password\nSHOP=http://shop.example.org\n")
    path.chmod(0o644)
    assert seen_at(home).of("FAULT") == []


def test_all_settings_that_are_wrong_are_told_and_the_rest_is_looked_at(server: Server) -> None:
    """But for what would then be looked at somewhere else."""
    wrong = {
        "PARLOUR_PROT": "1", "PARLOUR_LOG_LEVEL": "loud", "PARLOUR_MAX_FILE_SIZE": "many",
        "PARLOUR_DATABASE_URL": "postgresql://me:hid#den@db/x", "PARLOUR_REDIS_URL": "redis://r",
        "PARLOUR_TLS_CERTIFICATE": "alone.pem",
    }  # fmt: skip
    told = seen_at(server.home, env={"PARLOUR_PORT": str(server.port), **wrong})
    assert told.status == 1
    assert "hid#den" not in told.output
    assert [each.seen.split()[0] for each in told.of("FAULT")] == [
        "PARLOUR_PROT", "PARLOUR_DATABASE_URL", "PARLOUR_TLS_KEY", "PARLOUR_MAX_FILE_SIZE",
        "PARLOUR_LOG_LEVEL",
    ]  # fmt: skip
    assert {"Data directory", "Disk"} <= set(told.about("ok"))
    # Each of them would be looked for somewhere else.
    assert {"Database", "Server"}.isdisjoint(each.what for each in told.said)
    (server.home / ".env").write_bytes(b"PARLOUR_HOST=\xff")
    unread = seen(server).only_fault()
    (server.home / ".env").unlink()
    assert unread.seen.startswith(".env is not UTF-8 text.")


def test_a_wrong_address_is_refused_and_one_where_none_listens_is_told(tmp_path: Path) -> None:
    """The first ends as wrong flags do."""
    for address in ("ftp://chat.example.org", "https://", "https://chat.example.org:many"):
        run = parlour("doctor", "--url", address, cwd=tmp_path)
        assert (run.returncode, run.stdout) == (2, "")
        assert "--url: it has to be an address such as https://chat.example.org" in run.stderr
    told = seen_at(tmp_path, "--url", f"https://127.0.0.1:{free_port()}").only_fault()
    assert told.mend.endswith("run, and listen at that address and port")
    assert os.listdir(tmp_path) == []  # noqa: PTH208
