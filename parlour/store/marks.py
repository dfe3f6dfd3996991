"""What data directories and databases say of themselves that keeps servers off: restored, moved."""

import shutil
from pathlib import Path

from sqlalchemy import Connection, exists, inspect, select
from sqlalchemy.exc import DBAPIError

from parlour.migrations import current_revision
from parlour.store.backends import Backend, DatabaseUnusable, File
from parlour.store.meta import MOVED, RESTORING, read_values
from parlour.store.tables import rooms, users


def refuse_half_restored(data_dir: Path, backend: Backend) -> None:
    """Raises DatabaseUnusable where a restore into the data directory was not finished."""
    stage = data_dir / RESTORING
    if not stage.exists():
        return
    if backend.shared or not backend.is_there() or (stage / "chat.db").exists():
        raise DatabaseUnusable(_not_restored(data_dir))
    # The last step took place, and only the folder is left.
    shutil.rmtree(stage)


def moved_to(connection: Connection, backend: Backend) -> str | None:
    """Where a database goes on, when it was moved away from here.

    Raises DatabaseUnusable where a restore into it was not finished.
    """
    marks = read_values(connection, [MOVED, RESTORING])
    if RESTORING in marks:
        raise DatabaseUnusable(_not_restored(backend))
    return marks.get(MOVED)


def holds_chat(connection: Connection) -> bool:
    """Whether somebody was there: an account or a room; a start makes neither.

    It may be of any schema, or of none.
    """
    if current_revision(connection) is None:
        return False
    there = inspect(connection)
    return any(
        there.has_table(table.name)
        and connection.execute(select(exists(select(1).select_from(table)))).scalar()
        for table in (users, rooms)
    )


def refuse_to_forget(connection: Connection, data_dir: Path, backend: Backend) -> None:
    """Raises DatabaseUnusable where a chat would begin elsewhere beside one in the directory."""
    here = File(data_dir / "chat.db")
    if not backend.shared or not here.is_there() or holds_chat(connection):
        return
    engine = here.open_readers(1)
    try:
        with engine.begin() as found:
            words = forgotten(found, here, backend)
    except DBAPIError as error:
        raise DatabaseUnusable(unseen(error, here, backend)) from error
    finally:
        engine.dispose()
    if words is not None:
        raise DatabaseUnusable(words)


def forgotten(found: Connection, here: File, backend: Backend) -> str | None:
    """What is to be done with a chat that was found in a file, while the database is empty."""
    if not holds_chat(found):
        return None
    place = read_values(found, [MOVED]).get(MOVED)
    anew = f"to begin anew, put {here.path.name} aside"
    if not place:
        return (
            f"{here} holds a chat, and {backend} is empty: move it with parlour migrate-data, or,"
            f" {anew}."
        )
    if place == str(backend):
        # The move was ended in its last moment, or what came of it is lost.
        return (
            f"{here} was moved to {backend}, which is empty: move it once more with parlour"
            f" migrate-data, or, {anew}."
        )
    return (
        f"{here} was moved to {place}, and {backend} is empty: set PARLOUR_DATABASE_URL to where"
        f" it was moved, or, {anew}."
    )


def unseen(error: DBAPIError, here: File, backend: Backend) -> str:
    """The same where it cannot be looked into."""
    return (
        f"{backend} is empty, and whether {here} holds a chat cannot be seen: {here.fault(error)}"
        f" To begin anew, put {here.path.name} aside."
    )


def _not_restored(place: object) -> str:
    return (
        f"A restore into {place} was not finished, and nothing there counts. Do it again, with"
        " parlour restore."
    )
