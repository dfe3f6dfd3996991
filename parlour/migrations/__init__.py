"""The schema's history, and how a database is brought to its newest state."""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

_VERSIONS = Path(__file__).parent / "versions"


class DatabaseTooNew(Exception):
    """The database was written by a newer Parlour; the text is the one line to show."""


def revisions() -> list[str]:
    """Every revision this program knows, oldest first: the numbers its files begin with."""
    return sorted(path.stem.split("_")[0] for path in _VERSIONS.glob("[0-9]*.py"))


def current_revision(connection: Connection) -> str | None:
    """The revision of the database, None for an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return revision


def is_behind(connection: Connection) -> bool:
    """Whether there is a schema that this program would bring up to date."""
    known = revisions()
    return current_revision(connection) in known[:-1]


def migrate(connection: Connection) -> bool:
    """Bring the schema to the newest revision inside the caller's transaction.

    Returns whether there was something to do. Raises DatabaseTooNew without a change when the
    database's revision is unknown.
    """
    known = revisions()
    current = current_revision(connection)
    if current == known[-1]:
        return False
    if current is not None and current not in known:
        raise DatabaseTooNew(
            f"The database has schema {current}, this Parlour knows up to {known[-1]}:"
            " it was written by a newer version. Install that version or a later one."
        )
    # Alembic is slow to import and needed only here, which is at most once an upgrade.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    return True
