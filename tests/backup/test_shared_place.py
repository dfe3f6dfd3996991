"""One place for the archives of several servers, and of one whose clock was wrong."""

import errno
import fcntl
import os
import socket
import subprocess
import threading
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from parlour.backup.contents import name_of, time_of
from parlour.backup.places import Busy, Folder
from tests.support.accounts import register
from tests.support.archives import back_up, checked, made
from tests.support.brief import thorough_but
from tests.support.clock import wrong_clock
from tests.support.commands import parlour
from tests.support.faults import CannotRunError
from tests.support.lived import ENVIRONMENT, Lived
from tests.support.places import make_room
from tests.support.rights import IS_ROOT, rights
from tests.support.server import PARLOUR, NewServer, Server
from tests.support.timing import scaled

pytestmark = [pytest.mark.sqlite, pytest.mark.one_node(reason="see test_kinds.py")]

DAY = 24 * 3600
OTHERS = ("web-1", "web", "web-1-2")
OLD = "parlour-20250101T000000Z.tar"
NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)


@pytest.mark.parametrize("keep", thorough_but(["1"], ["1", "daily=1"]))
def test_the_one_just_made_stays_where_others_are_dated_later(
    lived: Lived, place: Path, tmp_path: Path, keep: str
) -> None:
    """What a clock that was ahead has dated is not counted, and kept; a line says so."""
    try:
        ahead = wrong_clock(tmp_path, 400 * DAY)
    except CannotRunError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(error))
    later: list[Path] = []
    for number in range(3):
        if number != 1:
            later += ahead_of_time(lived.server, place, ahead)
        before = set(place.iterdir())
        run = back_up(lived.server, place, "--keep", keep)
        [archive] = set(place.iterdir()) - before
        assert run.returncode == 0
        assert run.stdout.startswith(f"Backed up to {archive}.\n")
        which = f"{later[0].name} is" if len(later) == 1 else f"2 up to {later[1].name} are"
        assert run.stderr == (
            f"parlour: {which} dated later than this one, and kept without being counted. See"
            " whether the clock is right (date); if it is, take away by hand what is dated in the"
            " future.\n"
        )
        told = run.stdout.splitlines()[3:]
        assert told == (["1 older one was taken away."] if number else [])
        assert set(place.iterdir()) == {*later, archive}


def ahead_of_time(server: Server, place: Path, ahead: dict[str, str]) -> set[Path]:
    """Make a backup whose clock is wrong; it."""
    before = set(place.iterdir()) if place.exists() else set()
    # One that comes from a program that runs already would have its clock.
    subprocess.run(
        [PARLOUR, "backup", "--to", place, "--data-dir", server.data_dir], cwd=server.home,
        env={**ENVIRONMENT, **ahead}, check=True, capture_output=True,
    )  # fmt: skip
    return set(place.iterdir()) - before


def test_two_of_one_moment_are_both_kept(tmp_path: Path) -> None:
    """As two servers name them, of which neither sees the other's yet."""
    theirs = {"a": Folder(tmp_path), "b": Folder(tmp_path)}
    names = {who: name_of(NOON) for who in theirs}
    with ExitStack() as held:
        for who, folder in theirs.items():
            held.enter_context(folder.begin())
            sink = held.enter_context(folder.create(names[who], 1))
            sink.write(who.encode())
            sink.written()
            sink.keep()
    assert {who: (tmp_path / name).read_text() for who, name in names.items()} == {
        "a": "a", "b": "b",
    }  # fmt: skip
    assert [time_of(name) for name in (*names.values(), OLD)] == [
        NOON, NOON, datetime(2025, 1, 1, tzinfo=UTC),
    ]  # fmt: skip
    assert time_of("parlour-20250101T000000Z-x.tar") is None


def test_a_backup_is_made_while_another_server_makes_one_there(lived: Lived, place: Path) -> None:
    """What that one works with stays."""
    with Folder(place).begin() as folder:
        run = back_up(lived.server, place)
        assert (run.returncode, run.stderr) == (0, "")
        assert folder.is_dir()
    [archive] = place.iterdir()
    assert time_of(archive.name)


@pytest.mark.thorough
def test_two_servers_that_begin_at_once_have_both_a_whole_one(
    lived: Lived, new_server: NewServer, place: Path, tmp_path: Path
) -> None:
    """Each keeps its newest, and none of the other's is taken away."""
    other = new_server().start()
    make_room(register(other, "ann"))
    for _ in range(2):
        runs = [
            subprocess.Popen(
                [PARLOUR, "backup", "--to", place, "--data-dir", each.data_dir, "--keep", "1"],
                cwd=tmp_path, env=ENVIRONMENT, text=True,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            )
            for each in (lived.server, other)
        ]  # fmt: skip
        for run in runs:
            told = run.communicate(timeout=scaled(60))
            assert (run.returncode, told[1]) == (0, ""), told
    archives = list(place.iterdir())
    assert len(archives) == 2
    assert all(checked(archive, tmp_path).returncode == 0 for archive in archives)
    listed = parlour("backup", "--list", "--to", place, cwd=tmp_path).stdout.splitlines()
    assert set(listed) == {archive.name for archive in archives}


@pytest.mark.thorough
def test_who_begins_at_once_takes_no_folder_of_another_away(place: Path) -> None:
    """Each has one to work in, however often they begin; nothing is left."""
    failed: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(100):
                with Folder(place).begin() as folder:
                    (folder / "chat.db").touch()
                    assert (folder / "chat.db").exists()
        except (AssertionError, Busy, OSError) as error:
            failed.append(error)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(scaled(60))
    assert failed == []
    assert list(place.iterdir()) == []


def test_where_nobody_can_lock_only_what_is_old_is_taken_away(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """NFS locks no folder: another server may work in what was written to of late."""

    def refuse(*_: object) -> None:
        raise OSError(errno.EBADF, "Bad file descriptor")

    with Folder(place).begin() as at_work:
        (at_work / "chat.db").touch()
        left = place / ".parlour-backup-left"
        left.mkdir()
        (left / "chat.db").touch()
        long_ago = (datetime.now(UTC) - timedelta(days=2)).timestamp()
        for path in (left / "chat.db", left, at_work):
            os.utime(path, (long_ago, long_ago))
        monkeypatch.setattr(fcntl, "flock", refuse)
        with Folder(place).begin() as own:
            assert set(place.iterdir()) == {at_work, own}


def test_what_another_machine_works_with_stays(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lock may hold on one machine alone: what is not locked here may be on the other."""
    monkeypatch.setattr(socket, "gethostname", lambda: "web-1")
    place.mkdir()
    own, other, more = (place / f".parlour-backup-{host}-abcd1234" for host in OTHERS)
    for folder in (own, other, more):
        folder.mkdir()
        (folder / "chat.db").touch()
    with Folder(place).begin() as at_work:
        assert set(place.iterdir()) == {at_work, other, more}
        assert at_work.name.rpartition("-")[0] == ".parlour-backup-web-1"


def test_archives_of_another_user_are_kept_and_keep_nobody_up(new_server: NewServer) -> None:
    """Whose they are cannot be seen; what is older of one's own goes all the same."""
    server = new_server().start()
    server.stop()
    with rights() as folder:
        folder.take(server)
        place = folder.home / "backups"
        place.mkdir()
        theirs, work = place / OLD, place / f".parlour-backup-{socket.gethostname()}-abcd1234"
        theirs.write_bytes(b"archive")
        work.mkdir()
        theirs.chmod(0o600 if IS_ROOT else 0)
        work.chmod(0o700 if IS_ROOT else 0)
        folder.give_back()
        if IS_ROOT:
            folder.give_away(theirs, work)
        for dropped in ([], ["1 older one was taken away."]):
            run = folder.run("backup", "--to", str(place), "--keep", "1")
            assert (run.returncode, run.stderr) == (0, "")
            words = "1 archive there is of another user, not to be read by this one, and kept."
            assert run.stdout.splitlines()[3:] == [*dropped, words]
        assert len(list(place.iterdir())) == 3
        assert {theirs, work} < set(place.iterdir())


def test_one_that_its_server_takes_away_meanwhile_keeps_nobody_up(
    lived: Lived, place: Path
) -> None:
    """It was in the list, and is not there when it is asked whose it is."""
    first = made(lived.server, place)
    (place / OLD).symlink_to(place / "gone")
    run = back_up(lived.server, place, "--keep", "1")
    assert (run.returncode, run.stderr) == (0, "")
    assert "1 older one was taken away." in run.stdout
    assert not first.exists()
