"""`parlour doctor`: what belongs to somebody else, and what can only be read."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support import faults
from tests.support.accounts import register
from tests.support.brief import thorough_but
from tests.support.doctor import Said, Seen, seen
from tests.support.files import said, sent
from tests.support.places import make_room
from tests.support.rights import IS_ROOT, NAME, Rights, rights
from tests.support.server import NewServer, Server

pytestmark = [pytest.mark.sqlite, pytest.mark.one_node("it is told of one installation")]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Server:
    """Return a server with a file, which does not run any more."""
    with Server(tmp_path_factory.mktemp("filled")) as server:
        ann = register(server, "ann")
        room = make_room(ann).room
        said(ann, room, sent(ann, room))
    return server


@pytest.fixture(scope="module")
def sound(filled: Server) -> Server:
    """Return it: where it is of whom the program is run as, nothing is wrong."""
    with rights() as made:
        made.take(filled)
        assert made.seen().of("FAULT") == []
    return filled


@pytest.fixture
def theirs(sound: Server) -> Iterator[Rights]:
    """Yield such an installation, of whom the program is run as."""
    with rights() as made:
        made.take(sound)
        yield made


@pytest.fixture
def disk() -> Iterator[Path]:
    """Yield a disk that can be made one that can only be read."""
    with faults.or_skipped(), faults.small_disk("3g") as small:
        yield small


def nothing_of_parlour(told: Seen) -> None:
    """Assert that it takes nothing for a fault of its own, and has no backup put anywhere."""
    assert "fault of Parlour" not in told.output
    assert "restore a backup" not in told.output


def killed(server: Server) -> None:
    """Leave a log, in which are the newest changes."""
    make_room(register(server, "bob"))
    server.kill()
    assert (server.data_dir / "chat.db-wal").stat().st_size


def without_index(server: Server) -> None:
    """Leave the log, and not what SQLite reads it by."""
    killed(server)
    (server.data_dir / "chat.db-shm").unlink()


@pytest.mark.parametrize("end", thorough_but([killed], [Server.stop, killed, without_index]))
def test_a_disk_that_can_only_be_read_is_told_as_that(
    new_server: NewServer, disk: Path, end: Callable[[Server], None]
) -> None:
    """And a sound database on it as sound, also one with a log; or as one not to be looked at."""
    server = new_server()
    server.data_dir = disk / "data"
    server.start()
    make_room(register(server, "ann"))
    end(server)
    env = {"PARLOUR_DATA_DIR": str(server.data_dir)}
    server.env |= env
    faults.run("mount", "-o", "remount,ro", str(disk))
    told = seen(server, "--deep")
    faults.run("mount", "-o", "remount,rw", str(disk))
    found = told.only_fault()
    assert (found.what, found.seen) == (
        "Disk",
        f"The file system of {server.data_dir} can only be read: nothing can be said.",
    )
    assert "mount | grep ro" in found.mend
    nothing_of_parlour(told)
    assert "chown" not in told.output
    databases = [each for each in told.said if each.what == "Database"]
    sound = "is sound, of schema" in databases[0].seen
    assert sound or databases == [
        Said(
            "warning",
            "Database",
            f"{server.data_dir}/chat.db cannot be looked at: for that SQLite has to write beside"
            " it.",
            "let it be written again, and ask once more",
        )
    ]
    assert sound or end is without_index
    # A server that is there again takes it as it is.
    server.start()


@pytest.mark.thorough
def test_a_damaged_database_on_a_disk_that_can_only_be_read_is_told(
    new_server: NewServer, disk: Path
) -> None:
    """Such a disk is often the cause of both."""
    server = new_server()
    server.data_dir = disk / "data"
    server.env["PARLOUR_DATA_DIR"] = str(server.data_dir)
    server.start()
    server.stop()
    (server.data_dir / "chat.db").write_bytes(b"not a database" * 1000)
    faults.run("mount", "-o", "remount,ro", str(disk))
    told = {each.what: each for each in seen(server).of("FAULT")}
    faults.run("mount", "-o", "remount,rw", str(disk))
    assert set(told) == {"Disk", "Database"}
    assert "restore a backup" in told["Database"].mend


def test_the_directory_of_another_user_is_one_fault(theirs: Rights) -> None:
    """It says whose it is, as whom the doctor runs, and how to run it as that user."""
    Rights.give_away(theirs.data_dir)
    told = theirs.seen()
    assert told.only_fault() == Said(
        "FAULT",
        "Data directory",
        f"{theirs.data_dir} belongs to root, and the doctor runs as {NAME}, who may not enter it.",
        f"run it as that user: sudo -u root parlour doctor --data-dir {theirs.data_dir}; if the"
        f" server runs as {NAME}: chown -R {NAME} {theirs.data_dir}",
    )
    nothing_of_parlour(told)
    # Where it is in a folder that is closed nobody can tell whose it is.
    above = theirs.home / "closed"
    above.mkdir(mode=0o700)
    Rights.give_away(above)
    inside = str(above / "data")
    found = theirs.seen(PARLOUR_DATA_DIR=inside).only_fault()
    assert found.seen.startswith(f"{above} belongs to root, and the doctor runs as {NAME}")
    assert found.mend.endswith(f"sudo -u USER parlour doctor --data-dir {inside}")


@pytest.mark.thorough
def test_a_directory_that_another_user_lets_be_read_is_one_fault(theirs: Rights) -> None:
    """It cannot be written, and its database not be read there."""
    theirs.data_dir.chmod(0o755)
    Rights.give_away(theirs.data_dir)
    told = theirs.seen()
    found = told.only_fault()
    assert found.seen == f"{theirs.data_dir} belongs to root, and {NAME} may not write to it."
    assert f"sudo -u root parlour doctor --data-dir {theirs.data_dir}" in found.mend
    nothing_of_parlour(told)


@pytest.mark.thorough
def test_files_of_another_user_are_named_with_whose_they_are(theirs: Rights) -> None:
    """And how to have them back; of no other file anything is said."""
    database, keys = theirs.data_dir / "chat.db", theirs.data_dir / "keys.json"
    Rights.give_away(database)
    told = theirs.seen()
    assert told.only_fault().seen == (
        f"chat.db in {theirs.data_dir} belongs to root, and {NAME} may not read it."
    )
    assert told.only_fault().mend.startswith(f"chown {NAME} {database}; or,")
    Rights.give_away(keys)
    both = theirs.seen()
    assert both.only_fault().seen == (
        f"chat.db, keys.json in {theirs.data_dir} belong to root, and {NAME} may not read them."
    )
    assert both.only_fault().mend.startswith(f"chown {NAME} {database} {keys}; or,")
    nothing_of_parlour(both)
    assert "do what it says" not in both.output
    theirs.give_back()
    assert theirs.seen().of("FAULT") == []
    # One's own may be closed as well.
    keys.chmod(0)
    closed = theirs.seen().only_fault()
    assert closed.seen.endswith(f" belongs to {NAME}, and {NAME} may not read it.")
    assert closed.mend.startswith(f"chmod u+rwX {keys}; or,")


@pytest.mark.parametrize("name", thorough_but(["chat.db-shm"], ["parlour.lock", "chat.db-shm"]))
def test_what_keeps_a_server_from_starting_is_found(theirs: Rights, name: str) -> None:
    """The lock, and what somebody has left who looked into the database as root."""
    path = theirs.data_dir / name
    path.touch(mode=0o600)
    Rights.give_away(path)
    found = theirs.seen().only_fault()
    assert found.seen.startswith(f"{name} in {theirs.data_dir} belongs to root, and {NAME} may not")
    assert found.mend.startswith(f"chown {NAME} {path}; or,")


@pytest.mark.parametrize("name", thorough_but(["chat.db"], ["chat.db", "chat.db-shm"]))
def test_a_server_that_may_not_open_its_database_says_whose_it_is(
    theirs: Rights, name: str
) -> None:
    """As is left where it ran once as root; it does not ask for the doctor to be told that."""
    path = theirs.data_dir / name
    path.touch(mode=0o600)
    Rights.give_away(path)
    refused = theirs.run("serve")
    assert refused.returncode == 1
    *_, last = refused.stderr.splitlines()
    assert last.endswith(f" {path} belongs to root, and this runs as {NAME}.")


@pytest.mark.parametrize("name", thorough_but(["files"], ["files", "uploads"]))
def test_a_folder_of_files_of_another_user_is_a_fault(theirs: Rights, name: str) -> None:
    """No file can be stored there, or be sent out."""
    Rights.give_away(theirs.data_dir / name)
    found = theirs.seen().only_fault()
    assert found.seen == (
        f"{name} in {theirs.data_dir} belongs to root, and {NAME} may not read it: no file can be"
        " stored, or sent out."
    )
    assert found.mend.startswith(f"chown {NAME} {theirs.data_dir / name}; or,")


@pytest.mark.parametrize("depth", thorough_but([2], [1, 2, 3]))
def test_what_belongs_to_another_user_among_the_files_is_found(theirs: Rights, depth: int) -> None:
    """A first folder, one in that, a file; what another may use as well is no fault."""
    files = theirs.data_dir / "files"
    [file] = [each for each in files.rglob("*") if each.is_file()]
    name = "/".join(file.relative_to(files).parts[:depth])
    Rights.give_away(files / name)
    found = theirs.seen().only_fault()
    assert found.what == "Files"
    assert f"may not read or write: {name} of root." in found.seen
    assert found.mend == f"chown -R {NAME} {files} && chmod -R u+rwX {files}"
    (files / name).chmod(0o777)
    told = theirs.seen()
    assert told.status == 0
    [warned] = [each for each in told.of("warning") if each.what == "Files"]
    assert f"is not {NAME}'s, whose the data directory is: {name} of root." in warned.seen


def test_root_tells_what_is_not_whose_the_data_directory_is(theirs: Rights) -> None:
    """Root may read all of it, and the server's user not."""
    [file] = [each for each in (theirs.data_dir / "files").rglob("*") if each.is_file()]
    Rights.give_away(file)
    told = theirs.seen_by_root()
    [warned] = [each for each in told.of("warning") if each.what == "Files"]
    assert f"{file.relative_to(theirs.data_dir / 'files')} of root" in warned.seen


def test_a_deep_look_finds_what_a_short_one_leaves_out(theirs: Rights) -> None:
    """In a folder beyond the first, where the database names nothing."""
    for second in ("00", "01"):
        (theirs.data_dir / "files" / "00" / second).mkdir(mode=0o700, parents=True)
    theirs.give_back()
    Rights.give_away(theirs.data_dir / "files" / "00" / "01")
    assert theirs.seen().of("FAULT") == []
    assert "00/01 of root" in theirs.seen("--deep").only_fault().seen


@pytest.mark.thorough
def test_a_backup_that_root_has_left_keeps_others_from_being_made(theirs: Rights) -> None:
    """It is told, with how to be rid of it."""
    place = theirs.home / "backups"
    left = place / ".parlour-backup-left"
    left.mkdir(parents=True, mode=0o700)
    place.chmod(0o700)
    theirs.give_back()
    Rights.give_away(left)
    [found] = theirs.seen(PARLOUR_BACKUP_TO=str(place)).of("FAULT")
    assert found.seen == (
        f"{left} belongs to root, and {NAME} may not look into it: no backup can be made there."
    )
    assert found.mend == f"if no backup is made just now: rm -r {left}"
    refused = theirs.run("backup", "--to", str(place))
    assert (refused.returncode, "Permission denied" in refused.stderr) == (1, True)


@pytest.mark.thorough
def test_a_place_of_backups_in_a_closed_folder_is_a_fault(theirs: Rights) -> None:
    """It says whose that is."""
    above = theirs.home / "closed"
    above.mkdir(mode=0o700)
    Rights.give_away(above)
    told = theirs.seen(PARLOUR_BACKUP_TO=str(above / "backups"))
    [found] = told.of("FAULT")
    assert found.seen == (
        f"{above} belongs to root, and {NAME} may not enter it: no backup can be put there."
    )
    nothing_of_parlour(told)


def test_where_whoever_runs_it_may_not_look_there_is_no_env(theirs: Rights) -> None:
    """As with `sudo -u` in a folder of root's: what is asked for is done."""
    closed = theirs.home / "closed"
    closed.mkdir(mode=0o700)
    # Only root can bring somebody else to where they may not go.
    if IS_ROOT:
        (closed / ".env").write_text("PARLOUR_PORT=none\n")
        Rights.give_away(closed)
    done = theirs.run("retention", "preview", "--days", "90", cwd=closed)
    assert (done.returncode, done.stderr) == (0, "")
