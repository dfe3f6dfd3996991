"""What the doctor may look into as whom it runs, and how it reads what it may not write."""

import os
import shlex
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Literal
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import NullPool

from parlour.store.backends import Backend, File
from parlour.support.lock import holder_of
from parlour.support.owners import owner_of, user
from parlour.support.volume import space_of

Lacking = Literal["read", "write to"]

# What SQLite needs of a database to read it.
_PARTS: Final = ("", "-wal", "-shm")
# Seconds that a lock of somebody else is waited for.
_PATIENCE: Final = 5.0


class OutOfReach(Exception):
    """What is looked for may not be read; whose it is was said of the data directory."""


def as_owner(owner: str, data_dir: Path) -> str:
    """The command by which somebody else asks the doctor."""
    whom = shlex.quote(f"#{owner}") if owner.isdigit() else owner
    return f"sudo -u {whom} parlour doctor --data-dir {shlex.quote(str(data_dir))}"


def barrier(path: Path) -> Path | None:
    """The first folder on the way to a path, or itself, that may not be entered; None without."""
    # Links are followed as far as they can be.
    there = Path(os.path.realpath(path))
    for each in (*reversed(there.parents), there):
        if not each.is_dir():
            return None
        if not os.access(each, os.X_OK):
            return each
    return None


def is_read_only(path: Path) -> bool:
    """Whether the file system of what is there can only be read, by whomever."""
    return not os.access(path, os.W_OK) and space_of(path).read_only


def is_there(path: Path) -> bool:
    """Whether there is something, which may be known of it."""
    try:
        return path.exists()
    except PermissionError:
        # A link leads into a folder that may not be entered.
        return False


def lacking(path: Path) -> Lacking | None:
    """What may not be done with a file or folder that is there; None where all may."""
    needed = os.R_OK | os.X_OK if path.is_dir() else os.R_OK
    if not os.access(path, needed):
        return "read"
    # A disk that nobody can write is another matter than whose the file is.
    return None if os.access(path, os.W_OK) or is_read_only(path) else "write to"


def may_be_written(folder: Path) -> bool:
    """Whether files can be made in a folder."""
    return os.access(folder, os.W_OK)


def out_of_reach(backend: Backend) -> bool:
    """Whether a database is in files that may not be read."""
    if not isinstance(backend, File):
        return False
    return barrier(backend.path.parent) is not None or any(
        lacking(each) for each in _parts(backend.path)
    )


def _parts(path: Path) -> list[Path]:
    parts = (path.with_name(f"{path.name}{end}") for end in _PARTS)
    return [each for each in parts if each.exists()]


@contextmanager
def reading(backend: Backend) -> Iterator[Connection]:
    """To read it, also beside a server. Raises as SQLAlchemy does, DatabaseUnusable, OutOfReach."""
    if out_of_reach(backend):
        raise OutOfReach
    if isinstance(backend, File) and not may_be_written(backend.path.parent):
        engine = _only_reading(backend.path)
    else:
        engine = backend.open_readers(1)
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def _only_reading(path: Path) -> Engine:
    """What reads a file beside which SQLite can put none of its own."""
    how = "mode=ro" if _may_change(path) else "immutable=1"
    address = f"file:{quote(str(path.absolute()))}?{how}"

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(
            address, timeout=_PATIENCE, isolation_level=None, check_same_thread=False, uri=True
        )
        connection.execute("PRAGMA trusted_schema = OFF")
        return connection

    engine = create_engine("sqlite://", creator=connect, poolclass=NullPool, hide_parameters=True)

    @event.listens_for(engine, "begin")
    def start(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    return engine


def _may_change(path: Path) -> bool:
    """Whether somebody may write it while it is read, or has left what is to be read with it.

    What is in the log would be passed over otherwise, and the rest be taken for damaged.
    """
    log = path.with_name(f"{path.name}-wal")
    if log.exists() and log.stat().st_size:
        return True
    try:
        return holder_of(path.parent) is not None
    except OSError:
        return True


def by_owner(paths: list[Path]) -> dict[tuple[str, Lacking], list[Path]]:
    """Those with which something may not be done that has to be, by whose they are, and what."""
    found: dict[tuple[str, Lacking], list[Path]] = {}
    for each in paths:
        if (lack := lacking(each)) is not None:
            found.setdefault((owner_of(each), lack), []).append(each)
    return found


def given_back(owner: str, paths: list[Path]) -> str:
    """The command that lets whoever looks have these, whosever they are."""
    shown = " ".join(shlex.quote(str(each)) for each in paths)
    return f"chmod u+rwX {shown}" if owner == user() else f"chown {user()} {shown}"
