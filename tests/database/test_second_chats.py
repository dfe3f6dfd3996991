"""One data directory has one chat: no setting that is given or forgotten begins a second one."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Connection

from parlour.admin import AdminError
from parlour.database import ChatDatabase, DatabaseUnusable, get_db, init_db
from parlour.moving import move
from parlour.store.backends import ELSEWHERE
from tests.docs.markdown import ROOT, Page
from tests.support.doctor import seen_at
from tests.support.lived import ask
from tests.support.local import local_settings, open_database
from tests.support.postgres import postgres
from tests.support.server import NewServer

# What is passed by lies in a SQLite file; where to is said by each test.
pytestmark = [pytest.mark.sqlite, pytest.mark.one_node("what is told is one server's")]

BACK = "DELETE FROM meta WHERE name IN ('moved', 'epoch')"
PAGE = Page(ROOT / "docs" / "operations.md")


def begin(folder: Path, url: str = "", *rooms: str) -> None:
    """Start on a database as a server does; make rooms there."""
    if not url:
        with open_database(folder) as database, get_db(database) as connection:
            make(connection, rooms)
        return
    database = init_db(local_settings(folder, database_url=url))
    try:
        with get_db(database) as connection:
            make(connection, rooms)
    finally:
        database.release()


def make(connection: Connection, rooms: Sequence[str]) -> None:
    """Make them."""
    for name in rooms:
        ChatDatabase.create_room(connection, name)


def refused(folder: Path, url: str = "") -> str:
    """Assert that no server starts, and that the doctor says why, in the same words; these."""
    with pytest.raises(DatabaseUnusable) as refusal:
        begin(folder, url)
    told = seen_at(folder, env={"PARLOUR_DATABASE_URL": url}).only_fault()
    assert (told.what, told.seen) == ("Database", str(refusal.value))
    return told.seen


def rooms_at(url: str) -> list[str]:
    """The rooms of a database."""
    with psycopg.connect(url) as connection:
        return [name for (name,) in connection.execute("SELECT name FROM rooms ORDER BY id")]


def tables_at(url: str) -> int:
    """How many tables a database has."""
    with psycopg.connect(url) as connection:
        asked = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        [(count,)] = connection.execute(asked)
    return int(count)


def change(path: Path, statement: str, *values: str) -> None:
    """Change a file as somebody does by hand."""
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(statement, values)


@pytest.fixture
def url() -> str:
    """Return the address of an empty database."""
    return postgres().new_database(empty=True)


def test_a_server_that_is_given_an_empty_database_does_not_forget_its_chat(
    new_server: NewServer, url: str
) -> None:
    """One line says to move it; nothing is made there, and once it has moved it goes on."""
    server = new_server()
    made = ask(server, "admin", "create", "ada", "--password-stdin")
    assert made.returncode == 0, made.stderr
    path = server.data_dir / "chat.db"
    words = (
        f"{path} holds a chat, and {url} is empty: move it with parlour migrate-data, or, to begin"
        " anew, put chat.db aside."
    )
    documented = next(each.text for each in PAGE.section("Moving").blocks if each.info == "text")
    shown = documented.replace("data/chat.db", str(path))
    assert shown.replace("postgresql://chat@127.0.0.1/chat", url) == f"parlour: {words}"
    server.env["PARLOUR_DATABASE_URL"] = url
    process = server.launch()
    assert process.wait() == 1
    assert process.lines == [f"parlour: {words}"]
    again = ask(server, "admin", "create", "bob", "--password-stdin", **server.env)
    assert (again.returncode, again.stderr) == (1, f"parlour: {words}\n")
    assert tables_at(url) == 0
    assert not (server.data_dir / ELSEWHERE).exists()
    assert seen_at(server.home, env=server.env).only_fault().seen == words
    moved = ask(server, "migrate-data", **server.env)
    assert moved.returncode == 0, moved.stderr
    server.start()
    assert not [line for line in server.log if "First administrator" in line]


@pytest.mark.thorough
def test_it_does_not_where_a_server_only_started_there_either(tmp_path: Path, url: str) -> None:
    """Its tables are no chat. Where chat.db is put aside one begins."""
    begin(tmp_path / "other", url)
    begin(tmp_path, "", "Hall")
    assert refused(tmp_path, url).startswith(f"{tmp_path}/data/chat.db holds a chat, and {url} is")
    (tmp_path / "data" / "chat.db").rename(tmp_path / "aside.db")
    begin(tmp_path, url, "New")
    assert rooms_at(url) == ["New"]


def test_a_file_in_which_nobody_was_keeps_no_server_away(tmp_path: Path, url: str) -> None:
    """As of a first try, or an empty one."""
    begin(tmp_path)
    begin(tmp_path, url)
    (tmp_path / "two" / "data").mkdir(parents=True)
    (tmp_path / "two" / "data" / "chat.db").touch()
    begin(tmp_path / "two", postgres().new_database())


@pytest.mark.thorough
def test_nor_does_any_where_people_are_in_the_other_one(tmp_path: Path) -> None:
    """A node may have been something else before; and it is not looked into, whatever it is."""
    url = postgres().new_database()
    begin(tmp_path / "first", url, "Hall")
    begin(tmp_path, "", "Old")
    begin(tmp_path, url)
    assert seen_at(tmp_path, env={"PARLOUR_DATABASE_URL": url}).about("ok").count("Database")
    (tmp_path / "data" / "chat.db").write_bytes(b"not a database" * 1000)
    begin(tmp_path, url)
    assert rooms_at(url) == ["Hall"]


@pytest.mark.thorough
def test_one_that_cannot_be_looked_into_may_hold_a_chat(tmp_path: Path, url: str) -> None:
    """A damaged one is said to be, and nothing begins."""
    (tmp_path / "data").mkdir(mode=0o700)
    path = tmp_path / "data" / "chat.db"
    path.write_bytes(b"not a database" * 1000)
    path.chmod(0o600)
    said = refused(tmp_path, url)
    assert said.startswith(f"{url} is empty, and whether {path} holds a chat cannot be seen: ")
    assert "file is not a database" in said
    assert tables_at(url) == 0


def test_a_chat_that_was_moved_is_not_begun_anew_elsewhere(tmp_path: Path, url: str) -> None:
    """Neither in another database, by a slip, nor where a move ended in its last moment."""
    begin(tmp_path, "", "Hall")
    path = tmp_path / "data" / "chat.db"
    change(path, "INSERT INTO meta (name, value) VALUES ('moved', ?)", url)
    other = postgres().new_database(empty=True)
    assert refused(tmp_path, other) == (
        f"{path} was moved to {url}, and {other} is empty: set PARLOUR_DATABASE_URL to where it was"
        " moved, or, to begin anew, put chat.db aside."
    )
    assert refused(tmp_path, url) == (
        f"{path} was moved to {url}, which is empty: move it once more with parlour migrate-data,"
        " or, to begin anew, put chat.db aside."
    )
    move(local_settings(tmp_path, database_url=url))
    begin(tmp_path, url)
    assert rooms_at(url) == ["Hall"]


def test_a_file_beside_a_database_elsewhere_is_not_served_because_a_setting_was_forgotten(
    tmp_path: Path,
) -> None:
    """What is said there would be missing here; whoever means it takes the note away."""
    begin(tmp_path, "", "Old")
    url = postgres().new_database()
    begin(tmp_path / "first", url, "Hall")
    begin(tmp_path, url)
    note = tmp_path / "data" / ELSEWHERE
    assert refused(tmp_path) == (
        f"The database of {tmp_path}/data is {url}: set PARLOUR_DATABASE_URL, as the server has it."
        f" To go on with chat.db, which lies there, on SQLite, take {note} away."
    )
    note.unlink()
    begin(tmp_path)


def test_a_second_move_to_another_database_is_refused(tmp_path: Path, url: str) -> None:
    """It would be without what was said since the first; the first is still the one named."""
    begin(tmp_path, "", "Hall")
    move(local_settings(tmp_path, database_url=url))
    begin(tmp_path, url, "Since")
    other = postgres().new_database(empty=True)
    with pytest.raises(AdminError) as refusal:
        move(local_settings(tmp_path, database_url=other))
    path = tmp_path / "data" / "chat.db"
    assert str(refusal.value) == (
        f"{path} was moved to {url} before: what was said since is there alone. Set"
        " PARLOUR_DATABASE_URL to that; to move to another one all the same, see Moving in"
        " docs/operations.md. Nothing was changed."
    )
    assert tables_at(other) == 0
    with pytest.raises(AdminError, match="is used already"):
        move(local_settings(tmp_path, database_url=url))
    assert rooms_at(url) == ["Hall", "Since"]
    # As the documentation says, where the first is lost.
    change(path, BACK)
    move(local_settings(tmp_path, database_url=other))
    assert rooms_at(other) == ["Hall"]


def test_the_way_back_is_as_documented(tmp_path: Path, url: str) -> None:
    """Without the mark and the note it is served as it was at the time of the move."""
    begin(tmp_path, "", "Hall")
    move(local_settings(tmp_path, database_url=url))
    begin(tmp_path, url, "Since")
    documented = PAGE.section("Moving").blocks[-1].text
    assert documented == f'sqlite3 data/chat.db "{BACK}"\nrm --force data/{ELSEWHERE}'
    change(tmp_path / "data" / "chat.db", BACK)
    with pytest.raises(DatabaseUnusable, match=r"take .* away"):
        begin(tmp_path)
    (tmp_path / "data" / ELSEWHERE).unlink()
    begin(tmp_path, "", "Since")


def test_another_database_than_before_is_told_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Which it was and which it is, once, and without a password."""
    url, other = postgres().new_database(), postgres().new_database()
    begin(tmp_path, url)
    begin(tmp_path, url)
    assert caplog.messages == []
    for _ in range(2):
        begin(tmp_path, other)
    data = tmp_path / "data"
    assert caplog.messages == [f"the database of {data} was {url}, and is {other} from now on"]
    assert (data / ELSEWHERE).read_text() == f"{other}\n"
