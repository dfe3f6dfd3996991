"""The data directory: whose it is, who reads it, and what a restore or a backup has left there."""

import fcntl
import os
import shlex
from pathlib import Path
from typing import Final

from parlour.doctor.finding import Finding, Findings, Given, fault, mode_of, ok, size_of, warning
from parlour.doctor.reach import (
    as_owner,
    barrier,
    by_owner,
    given_back,
    is_there,
    lacking,
    may_be_written,
)
from parlour.settings import Settings
from parlour.store.meta import RESTORING
from parlour.support.lock import LOCK, holder_of
from parlour.support.owners import owner_of, user
from parlour.support.urls import S3

# What lies in it that nobody else is to read.
_SECRET: Final = ("chat.db", "chat.db-wal", "chat.db-shm", "keys.json", "files", "uploads")
# In such a folder a backup is made, which has it locked as long as it lives.
_UNFINISHED: Final = ".parlour-backup-*"


def folder(given: Given) -> Findings:
    """Whether the data directory is there, is its owner's, and is nobody else's to read."""
    path = given.settings.data_dir
    if (closed := barrier(path)) is not None:
        yield _closed(closed, path)
        return
    if not path.exists():
        yield ok("Data directory", f"{path.absolute()} is not there yet; the first start makes it.")
        return
    if not path.is_dir():
        yield fault("Data directory", f"{path.absolute()} is no folder.", "name another one")
        return
    where = path.resolve()
    if lacking(path) is not None:
        yield fault(
            "Data directory",
            f"{where} belongs to {owner_of(path)}, and {user()} may not write to it.",
            f"chown -R {user()} {where}, or run the doctor as the user that the server runs as:"
            f" {as_owner(owner_of(path), where)}",
        )
        return
    secret = [path, *(path / name for name in _SECRET if is_there(path / name))]
    lock = path / LOCK
    out_of_reach = by_owner([*secret, *([lock] if is_there(lock) else [])])
    for (owner, lack), paths in out_of_reach.items():
        belong, them = ("belongs", "it") if len(paths) == 1 else ("belong", "them")
        lost = {each.name for each in paths} & {"files", "uploads"}
        rest = ": no file can be stored, or sent out." if lost else "."
        yield fault(
            "Data directory",
            f"{_names(paths)} in {where} {belong} to {owner}, and {user()} may not {lack} {them}"
            f"{rest}",
            f"{given_back(owner, paths)}; or, if the server runs as another user, run the doctor as"
            " that one",
        )
    open_ones = [each for each in secret if mode_of(each) & 0o077]
    told = [each for paths in out_of_reach.values() for each in paths]
    foreign = [each for each in secret if each.stat().st_uid != os.geteuid() and each not in told]
    if foreign:
        yield warning(
            "Data directory",
            f"{_names(foreign)} in {where} belong to another user than {user()}.",
            f"run the doctor as the user that the server runs as; if that is {user()}: chown -R"
            f" {user()} {where}",
        )
    if open_ones:
        shown = " ".join(str(each) for each in open_ones[:8])
        words = f"Others on this machine can {_done_with(open_ones, path, where)}."
        yield fault("Data directory", words, f"chmod go= {shown}")
    if not foreign and not open_ones and not told:
        yield ok("Data directory", f"{where} is {user()}'s, and nobody else can read it.")


def _closed(closed: Path, path: Path) -> Finding:
    """It cannot be looked into at all."""
    owner, where = owner_of(closed), Path(os.path.realpath(path))
    words = f"{closed} belongs to {owner}, and the doctor runs as {user()}, who may not enter it."
    if closed != where:
        mend = f"run it as the user that the server runs as: {as_owner('USER', where)}"
        return fault("Data directory", words, mend)
    return fault(
        "Data directory",
        words,
        f"run it as that user: {as_owner(owner, where)}; if the server runs as {user()}: chown -R"
        f" {user()} {where}",
    )


def _done_with(open_ones: list[Path], path: Path, where: Path) -> str:
    """What others can do with the data directory, or what is in it, where something is open."""
    inside = _names([each for each in open_ones if each != path])
    if path not in open_ones:
        return f"read {inside} in {where}"
    verb = "enter" if mode_of(path) & 0o011 else "read"
    return f"{verb} {where}" + (f", and read {inside} in it" if inside else "")


def _names(paths: list[Path]) -> str:
    return ", ".join(path.name or str(path) for path in paths)


def is_half_restored(settings: Settings) -> bool:
    """Whether a restore has not come to its end there: what is there does not count."""
    stage = settings.data_dir / RESTORING
    if not stage.exists():
        return False
    # With the last step there is a database, and no other beside it.
    is_done = settings.database_path.exists() and not (stage / "chat.db").exists()
    return bool(settings.database_url) or not is_done


def left(given: Given) -> Findings:
    """What a restore or a backup left that was killed."""
    data_dir = given.settings.data_dir
    if barrier(data_dir) is not None:
        return
    yield from _of_restore(given.settings)
    places = [data_dir]
    to = given.settings.backup_to
    if to and not to.startswith(S3):
        places.insert(0, Path(to).expanduser())
    for place in places:
        # A bucket's are made in the data directory.
        is_used = place != data_dir or to.startswith(S3)
        # Of one that may not be entered it is said where backups go to.
        for each in sorted(place.glob(_UNFINISHED)) if barrier(place) is None else ():
            yield from _of_backup(each, is_used=is_used)


def _of_restore(settings: Settings) -> Findings:
    where, stage = settings.data_dir.resolve(), settings.data_dir / RESTORING
    if not stage.exists():
        return
    try:
        holder = holder_of(settings.data_dir)
    except OSError:
        # It was said of the data directory.
        return
    if holder is not None:
        yield ok("Restore", f"A backup is restored into {where} just now, by process {holder}.")
    elif not is_half_restored(settings):
        words = f"A restore into {where} is done, and has left {stage.name}."
        yield warning("Restore", words, "start the server: it takes that away")
    else:
        placed = any((settings.data_dir / name).exists() for name in ("keys.json", "chat.db"))
        files = settings.data_dir / "files"
        placed = placed or (files.is_dir() and any(files.iterdir()))
        again = "parlour restore ARCHIVE"
        yield fault(
            "Restore",
            f"A restore into {where} was not finished: nothing there counts, and no server starts.",
            f"take all that is in it away, and do it again: {again}"
            if placed
            else f"do it again, which takes away what was left: {again}",
        )


def _of_backup(path: Path, *, is_used: bool) -> Findings:
    try:
        if not path.is_dir() or _is_held(path):
            return
        size = sum(each.lstat().st_size for each in path.iterdir())
    except FileNotFoundError:
        # It has gone meanwhile.
        return
    except PermissionError:
        words = f"{path} belongs to {owner_of(path)}, and {user()} may not look into it"
        mend = f"if no backup is made just now: rm -r {shlex.quote(str(path))}"
        if is_used:
            yield fault("Backups", f"{words}: no backup can be made there.", mend)
        else:
            yield warning("Backups", f"{words}.", mend)
        return
    mend = f"rm -r {shlex.quote(str(path))}"
    if is_used and may_be_written(path.parent):
        mend += "; or leave it to the next backup, which takes it away"
    words = f"A backup or an export that was killed has left {path} ({size_of(size)})."
    yield warning("Backups", words, mend)


def _is_held(path: Path) -> bool:
    """Whether the one who works there lives. Raises OSError."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        # Some file systems know no locks: there it may live.
        return True
    finally:
        os.close(handle)
    return False
