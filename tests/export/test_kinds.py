"""Exports of PostgreSQL, and from each kind of database into the other."""

from pathlib import Path

import pytest

from tests.support.archives import made, restored
from tests.support.exports import brought_in, content, export, exported
from tests.support.files import until
from tests.support.lived import FOUND, Lived, ask, found
from tests.support.postgres import postgres
from tests.support.s3 import BUCKET, Store
from tests.support.server import NewServer, Server

# Which database it is is said by the test.
pytestmark = [pytest.mark.sqlite, pytest.mark.one_node(reason="it says itself which database")]


def test_what_postgresql_exports_comes_back_into_either(
    new_server: NewServer, archive: Path, tmp_path: Path
) -> None:
    """And what SQLite does; beside a server that runs, into ones that do not."""

    def on_postgresql() -> dict[str, str]:
        return {"PARLOUR_DATABASE_URL": postgres().new_database(empty=True)}

    there = Lived(new_server(env=on_postgresql()))
    all_of_it = ("--private", "--direct")
    first = exported(there.server, tmp_path / "first", *all_of_it)
    for number, target in enumerate((new_server(env=on_postgresql()), new_server())):
        told = brought_in(first, target)
        assert "3 people, 2 rooms, 1 file, 63 messages, 1 reaction" in told
        assert "nothing was added" in brought_in(first, target)
        assert content(exported(target, tmp_path / str(number), *all_of_it)) == content(first)
    # Beside all that is there, from the other kind.
    there.server.stop()
    told = brought_in(archive, there.server)
    assert "#Hall is #Hall (2)" in told
    there.server.start()
    until(lambda: found(there.bob) == 2 * FOUND)


@pytest.mark.thorough
def test_an_own_archive_is_known_after_a_move_and_is_of_elsewhere_after_a_restore(
    archive: Path, new_server: NewServer, tmp_path: Path
) -> None:
    """The signature is by what is moved along; what is restored has another history."""
    there, target = new_server().start(), new_server()
    there.stop()
    brought_in(archive, there)
    own = exported(there, tmp_path / "own", "--private", "--direct")
    backup = made(there, tmp_path / "backups")
    url = postgres().new_database(empty=True)
    moved = ask(there, "migrate-data", PARLOUR_DATABASE_URL=url)
    assert moved.returncode == 0, moved.stderr
    there.env["PARLOUR_DATABASE_URL"] = url
    nothing = "All of it is there already: nothing was added.\n"
    assert brought_in(own, there) == nothing
    restored(backup, target)
    told = brought_in(own, target)
    assert "66 messages" in told
    assert "made by this server" not in told
    assert brought_in(own, target) == nothing


@pytest.mark.thorough
def test_an_archive_goes_to_a_bucket_and_comes_from_there(
    archive: Path, new_server: NewServer, tmp_path: Path
) -> None:
    """Files that are in the bucket, too, are in it."""
    (tmp_path / "store").mkdir()
    store = Store(tmp_path / "store").start()
    try:
        server = Server(tmp_path / "there", env=store.settings())
        brought_in(archive, server)
        run = export(server, f"s3://{BUCKET}/kept", "--private", "--direct")
        assert (run.returncode, run.stderr) == (0, "")
        place = run.stdout.splitlines()[0].removeprefix("Exported to ").removesuffix(".")
        assert place.startswith(f"s3://{BUCKET}/kept/parlour-export-")
        target = new_server(env={**store.settings(), "PARLOUR_S3_BUCKET": ""})
        assert "2 files, 66 messages" in brought_in(place, target)
        again = exported(target, tmp_path / "again", "--private", "--direct")
        assert content(again) == content(archive)
    finally:
        store.stop()
