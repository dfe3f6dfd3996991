"""Backups of servers as their operators make and restore them."""

import gzip
import io
import sqlite3
import tarfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from parlour.support.archive import Reader, Writer
from tests.support.commands import parlour
from tests.support.server import Server

if TYPE_CHECKING:
    import subprocess


def back_up(
    server: Server, place: Path | str, *flags: str, **env: str
) -> "subprocess.CompletedProcess[str]":
    """Run `parlour backup` beside a server, or without it."""
    return parlour(
        "backup", "--to", str(place), "--data-dir", server.data_dir, *flags, cwd=server.home,
        env={**server.env, **env},
    )  # fmt: skip


def made(server: Server, place: Path, *flags: str, **env: str) -> Path:
    """Make a backup in a folder, which is whole; the archive."""
    before = set(place.iterdir()) if place.exists() else set()
    run = back_up(server, place, *flags, **env)
    assert (run.returncode, run.stderr) == (0, ""), run.stderr
    [archive] = set(place.iterdir()) - before
    assert run.stdout.startswith(f"Backed up to {archive}.\n")
    return archive


def restore(
    archive: Path | str, target: Server, *flags: str, **env: str
) -> "subprocess.CompletedProcess[str]":
    """Run `parlour restore` for a server that was never started."""
    target.home.mkdir(parents=True, exist_ok=True)
    return parlour(
        "restore", str(archive), "--data-dir", target.data_dir, *flags, cwd=target.home,
        env={**target.env, **env},
    )  # fmt: skip


def restored(archive: Path | str, target: Server, *flags: str, **env: str) -> str:
    """Restore an archive, which is taken; what is said of it."""
    run = restore(archive, target, *flags, **env)
    assert (run.returncode, run.stderr) == (0, ""), run.stderr
    return str(run.stdout)


def refused(run: "subprocess.CompletedProcess[str]", status: int = 1) -> str:
    """Assert that a command was refused with one line; return it."""
    assert (run.returncode, run.stdout) == (status, ""), run.stderr
    [line] = run.stderr.splitlines()
    return line.removeprefix("parlour: ")


def checked(archive: Path, cwd: Path) -> "subprocess.CompletedProcess[str]":
    """Run `parlour backup --check`."""
    return parlour("backup", "--check", str(archive), cwd=cwd)


def contents(archive: Path) -> dict[str, bytes]:
    """Return what is in an archive, as tar reads it."""
    with tarfile.open(archive) as tar:
        return {each.name: _read(tar, each) for each in tar.getmembers()}


def _read(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = tar.extractfile(member)
    assert file is not None
    return file.read()


def written(archive: Path, files: dict[str, bytes]) -> Path:
    """Write an archive of these files, as Parlour writes it; its path."""
    with archive.open("wb") as out:
        writer = Writer(out, 1_700_000_000)
        for name, data in files.items():
            writer.add(name, io.BytesIO(data), len(data))
        writer.end()
        writer.close()
    return archive


def parts(archive: Path) -> dict[str, bytes]:
    """Return the files of an archive, without its hashes, to be written once more."""
    with archive.open("rb") as source:
        reader = Reader(source)
        found: dict[str, bytes] = {}
        while (member := reader.next()) is not None:
            found[member.name] = member.read()
        reader.close()
    return found


def with_database(
    files: dict[str, bytes], folder: Path, change: Callable[[sqlite3.Connection], Any]
) -> bytes:
    """Return the SQLite file of an archive, after a change."""
    path = folder / "changed.db"
    path.write_bytes(gzip.decompress(files["chat.db.gz"]))
    with closing(sqlite3.connect(path)) as database, database:
        change(database)
    data = path.read_bytes()
    path.unlink()
    return data


def rows(archive: Path, folder: Path, statement: str) -> list[tuple[Any, ...]]:
    """Ask the database of an archive something."""
    path = folder / "asked.db"
    path.write_bytes(gzip.decompress(contents(archive)["chat.db.gz"]))
    try:
        with closing(sqlite3.connect(path)) as database:
            return database.execute(statement).fetchall()
    finally:
        path.unlink()
