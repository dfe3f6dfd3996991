"""The schema's history: it ends at the tables of the program, whole or not at all."""

import hashlib
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine

from parlour import migrations
from parlour.database import init_db
from parlour.migrations import DatabaseTooNew, current_revision, migrate, revisions
from parlour.store.tables import metadata
from parlour.support.sqlite import open_writer
from tests.support.brief import thorough_but
from tests.support.local import local_settings, open_database
from tests.support.timing import scaled

FTS5 = {"search", "search_data", "search_idx", "search_config"}
FOLDER = Path(migrations.__file__).parent

# Migrates the database it is given and dies, as by a power cut, before the statement it is given.
DIE_AT = """
import os, signal, sys
from pathlib import Path
from sqlalchemy import event
from parlour.migrations import migrate
from parlour.support.sqlite import open_writer
engine = open_writer(Path(sys.argv[1]))

@event.listens_for(engine, "before_cursor_execute")
def die(connection, cursor, sql, *_):
    if sys.argv[2] in sql:
        os.kill(os.getpid(), signal.SIGKILL)

with engine.begin() as connection:
    migrate(connection)
    if sys.argv[2] == "COMMIT":
        os.kill(os.getpid(), signal.SIGKILL)
"""


def schema(engine: Engine) -> dict[str, Any]:
    """Return what SQLite says of every table and index, Alembic's own table aside."""
    with engine.connect() as connection:
        ask = connection.exec_driver_sql
        tables = ask(
            "SELECT name, sql LIKE '%AUTOINCREMENT%' FROM sqlite_schema"
            " WHERE type = 'table' AND name NOT IN ('alembic_version', 'sqlite_sequence')"
        ).all()
        found: dict[str, Any] = {}
        for table, counted in tables:
            indexes = ask(f"PRAGMA index_list({table})").all()
            found[table] = {
                "counted": counted,
                "columns": ask(f"PRAGMA table_info({table})").all(),
                "foreign keys": ask(f"PRAGMA foreign_key_list({table})").all(),
                "indexes": sorted(row[1:] for row in indexes),
                "indexed": {row[1]: ask(f"PRAGMA index_xinfo({row[1]})").all() for row in indexes},
            }
        partial = ask(
            "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql LIKE '% WHERE %'"
        ).all()
        found["partial"] = {name: sql.partition(" WHERE ")[2] for name, sql in partial}
        return found


def test_migrating_from_nothing_ends_at_the_programs_tables(tmp_path: Path) -> None:
    """Alembic itself finds nothing that it would still have to do."""
    with open_database(tmp_path) as database, database.write_engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                "compare_server_default": True,
                # What FTS5 keeps its index in is its own.
                "include_name": lambda name, kind, _: kind != "table" or name not in FTS5,
            },
        )
        assert compare_metadata(context, metadata) == []
        assert current_revision(connection) == revisions()[-1]


def test_the_migrated_schema_is_the_very_one_that_the_tables_describe(tmp_path: Path) -> None:
    """Down to what Alembic does not compare: partial indexes, cascades, counted ids."""
    made = create_engine(f"sqlite:///{tmp_path / 'made.db'}")
    metadata.create_all(made)
    expected = schema(made)
    made.dispose()
    with open_database(tmp_path) as database:
        assert schema(database.write_engine) == expected
    assert expected["partial"] == {
        "ix_files_waits_since": "waits_since IS NOT NULL AND scheduled_id IS NULL",
        "ix_files_scheduled_id": "scheduled_id IS NOT NULL",
        "ix_jobs_due_at": "failed_at IS NULL",
        "ix_jobs_taken_by": "taken_by IS NOT NULL",
        "ix_discarded_key": "pending IS NULL",
        "ix_discarded_pending": "pending IS NOT NULL",
        "uq_rooms_public_name_key": "kind = 'public' AND deleted_at IS NULL",
        "uq_members_owner": "role = 'owner'",
        "ix_rooms_opened_by": "opened_by IS NOT NULL",
        "ix_messages_chain_id": "chain IS NOT NULL",
        "ix_messages_room_id_pinned_at": "pinned_at IS NOT NULL",
        "uq_restrictions_server": "room_id IS NULL",
        "ix_reports_open": "resolved_at IS NULL",
        "ix_reports_room_open": "resolved_at IS NULL",
        "ix_reports_all_open": "resolved_at IS NULL",
        "ix_attention_all": "level = 'all'",
    }
    assert expected["messages"]["foreign keys"][0][2:7] == (
        "rooms", "room_id", "id", "NO ACTION", "CASCADE",
    )  # fmt: skip
    assert expected["messages"]["counted"]
    assert expected["rooms"]["counted"]


def test_the_history_is_one_line_whose_numbers_are_the_files_names() -> None:
    """No branches; each revision follows the one before."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    walked = list(ScriptDirectory.from_config(config).walk_revisions())[::-1]
    assert [script.revision for script in walked] == revisions()
    assert [script.down_revision for script in walked] == [None, *revisions()[:-1]]


def test_a_migrated_database_is_not_migrated_again(tmp_path: Path) -> None:
    """The second start does nothing, and has not even to load Alembic."""
    engine = open_writer(tmp_path / "chat.db")
    with engine.begin() as connection:
        assert current_revision(connection) is None
        assert migrate(connection)
    with engine.begin() as connection:
        assert not migrate(connection)
    engine.dispose()


def test_a_newer_database_is_refused_without_a_change(tmp_path: Path) -> None:
    """The line names both schemas; every file of the folder stays as it was."""
    with open_database(tmp_path):
        pass
    path = tmp_path / "data" / "chat.db"
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    before = {each.name: hashes(each) for each in path.parent.iterdir() if each.suffix == ".db"}
    with pytest.raises(DatabaseTooNew) as refused:
        init_db(local_settings(tmp_path))
    words = str(refused.value)
    assert "9999" in words
    assert revisions()[-1] in words
    assert "\n" not in words
    after = {each.name: hashes(each) for each in path.parent.iterdir() if each.suffix == ".db"}
    assert after == before
    assert not path.with_name("chat.db-wal").exists()


def hashes(path: Path) -> str:
    """Return what a file holds, in short."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    "statement",
    thorough_but(
        ("ix_messages_room", "COMMIT"),
        [
            "CREATE TABLE rooms",
            "CREATE TABLE messages",
            "ix_messages_room",
            "INTO alembic",
            "COMMIT",
        ],
    ),
)
def test_a_migration_killed_half_way_leaves_nothing(tmp_path: Path, statement: str) -> None:
    """After the kill there is no table, and the next start makes them all."""
    (tmp_path / "data").mkdir()
    path = tmp_path / "data" / "chat.db"
    died = subprocess.run(
        [sys.executable, "-c", DIE_AT, path, statement], timeout=scaled(60), check=False
    )
    assert died.returncode == -signal.SIGKILL
    engine = open_writer(path)
    assert schema(engine) == {"partial": {}}
    engine.dispose()
    with open_database(tmp_path) as database, database.write_engine.connect() as connection:
        assert current_revision(connection) == revisions()[-1]
