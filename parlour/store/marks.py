"""What data directories and databases say of themselves that keeps servers off: restored, moved."""

import shutil
from pathlib import Path

from sqlalchemy import Connection

from parlour.store.backends import Backend, DatabaseUnusable
from parlour.store.meta import MOVED, RESTORING, read_values


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


def _not_restored(place: object) -> str:
    return (
        f"A restore into {place} was not finished, and nothing there counts. Do it again, with"
        " parlour restore."
    )
