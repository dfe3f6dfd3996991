"""The schema's history on PostgreSQL: the same one, which ends at the same tables."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, MetaData, inspect, text
from sqlalchemy.exc import IntegrityError

from parlour.database import init_db
from parlour.migrations import DatabaseTooNew, current_revision, migrate, revisions
from parlour.store.tables import metadata
from parlour.support.postgresql import open_writer
from tests.support.brief import thorough_but
from tests.support.local import local_settings
from tests.support.postgres import postgres

ENTRY = "'2026-01-01T00:00:00.000000Z', 'cli', 'cli', 'x', NULL, '', '{}', '', ''"


@pytest.fixture
def empty() -> Iterator[Engine]:
    """Yield what writes to a new, empty database."""
    engine = open_writer(postgres().new_database(empty=True))
    yield engine
    engine.dispose()


def test_migrating_from_nothing_ends_at_the_programs_tables(empty: Engine) -> None:
    """Alembic itself finds nothing that it would still have to do; nor are there other tables."""
    with empty.begin() as connection:
        assert migrate(connection)
        assert not migrate(connection)
    with empty.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                "compare_server_default": True,
                "include_name": lambda name, kind, _: (kind, name) != ("table", "search"),
            },
        )
        assert compare_metadata(context, metadata) == []
        assert current_revision(connection) == revisions()[-1]


def test_the_migrated_schema_is_the_very_one_that_the_tables_describe(empty: Engine) -> None:
    """Down to what Alembic does not compare: partial indexes, cascades, collations."""
    made = open_writer(postgres().new_database(empty=True))
    for index in (index for table in metadata.tables.values() for index in table.indexes):
        options = index.dialect_options
        options["postgresql"]["where"] = options["sqlite"]["where"]
    with made.begin() as connection:
        metadata.create_all(connection)
    with empty.begin() as connection:
        migrate(connection)
    assert schema(empty) == schema(made)
    made.dispose()


def schema(engine: Engine) -> dict[str, object]:
    """Return what PostgreSQL says of every table, Alembic's own and the index of terms aside."""
    with engine.connect() as connection:
        inspector = inspect(connection)
        found = MetaData()
        found.reflect(connection)
        names = sorted(set(found.tables) - {"alembic_version", "search"})
        indexes = connection.execute(
            text(
                "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
                " AND tablename NOT IN ('alembic_version', 'search')"
            )
        )
        columns = connection.execute(
            text(
                "SELECT table_name, column_name, data_type, is_nullable, column_default,"
                " collation_name FROM information_schema.columns WHERE table_schema = 'public'"
                " AND table_name NOT IN ('alembic_version', 'search')"
            )
        )
        return {
            "tables": names,
            "indexes": {row[0]: row[1] for row in indexes},
            "columns": sorted(tuple(row) for row in columns),
            "keys": sorted(_unnamed(inspector.get_foreign_keys(name)) for name in names),
            "checks": sorted(_unnamed(inspector.get_check_constraints(name)) for name in names),
        }


def _unnamed(found: Sequence[Mapping[str, Any]]) -> list[str]:
    """Without names, which neither database nor program asks for."""
    return sorted(str({**each, "name": None}) for each in found)


def test_every_text_sorts_by_its_characters_numbers(empty: Engine) -> None:
    """Whatever language the server speaks: pages of people go on from a name."""
    with empty.begin() as connection:
        migrate(connection)
        others = connection.execute(
            text(
                "SELECT table_name, column_name FROM information_schema.columns"
                " WHERE table_schema = 'public' AND data_type IN ('text', 'character varying')"
                " AND collation_name IS DISTINCT FROM 'C' AND table_name <> 'alembic_version'"
            )
        )
        assert others.all() == []


def test_a_migration_that_fails_half_way_leaves_nothing(empty: Engine) -> None:
    """All of it, or nothing."""
    with empty.begin() as connection:
        # What one of the last steps is to make is there already.
        connection.execute(text("CREATE TABLE search (id BIGINT)"))
    with pytest.raises(Exception, match="already exists"), empty.begin() as connection:
        migrate(connection)
    with empty.connect() as connection:
        assert inspect(connection).get_table_names() == ["search"]


def test_a_newer_database_is_refused_without_a_change(tmp_path: Path) -> None:
    """The line names both schemas."""
    url = postgres().new_database()
    engine = open_writer(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseTooNew, match=f"9999.*{revisions()[-1]}"):
        init_db(local_settings(tmp_path, database_url=url))
    with engine.connect() as connection:
        assert current_revision(connection) == "9999"
    engine.dispose()


@pytest.mark.parametrize(
    "statement",
    thorough_but(
        ["UPDATE audit SET actor = 'eve'", "TRUNCATE audit"],
        [
            "UPDATE audit SET actor = 'eve'",
            "DELETE FROM audit",
            "TRUNCATE audit",
            f"INSERT INTO audit VALUES (7, {ENTRY})",
        ],
    ),
)
def test_the_audit_log_only_grows(empty: Engine, statement: str) -> None:
    """Nothing in it is changed, taken away or put in between."""
    with empty.begin() as connection:
        migrate(connection)
        connection.execute(text(f"INSERT INTO audit VALUES (1, {ENTRY})"))
    with pytest.raises(IntegrityError, match="only grows"), empty.begin() as connection:
        connection.execute(text(statement))
