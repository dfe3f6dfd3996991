"""The machine that a server runs on: program, clock, disk, handles, certificate."""

import ctypes
import os
import platform
import resource
import shutil
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from parlour import __version__
from parlour.doctor.finding import (
    Finding,
    Findings,
    Given,
    fault,
    mode_of,
    ok,
    size_of,
    warning,
)
from parlour.doctor.reach import barrier, is_read_only, may_be_written
from parlour.support.door import FILES, HTTP_SHARE
from parlour.support.tls import Certificate, CertificateUnusable

# Bytes that should be free, and those without which nothing goes on for long.
_LITTLE: Final = 2_000_000_000
_NEARLY_NONE: Final = 100_000_000
# Seconds that a small write may take to be on the disk.
_SLOW_SYNC: Final = 0.1
# SQLite locks its file; what these say of locks is not always so.
_OVER_A_NETWORK: Final = frozenset({"nfs", "nfs4", "cifs", "smb3", "fuse.sshfs", "9p", "afs"})
_DAYS_LEFT: Final = 14
_HELD_UP: Final = "see what holds it up: mount | grep ro, dmesg"
# Of adjtimex(2): the clock is not synchronised.
_TIME_ERROR: Final = 5
_OLD: Final = datetime(2026, 1, 1, tzinfo=UTC)


def program(_: Given) -> Findings:
    """Which it is."""
    python = f"{platform.python_implementation()} {platform.python_version()}"
    yield ok("Program", f"Parlour {__version__} on {python}, {platform.system()}.")


def clock(_: Given) -> Findings:
    """Whether it goes right."""
    now = datetime.now(UTC)
    said = f"{now:%Y-%m-%d %H:%M:%S} UTC"
    mend = "let the system set it from the network: timedatectl set-ntp true"
    if now < _OLD:
        yield fault("Clock", f"It is {said}, before there was this version.", mend)
    elif _is_adrift():
        yield warning("Clock", f"It is {said}, and nothing keeps it right.", mend)
    else:
        yield ok("Clock", f"It is {said}.")


def _is_adrift() -> bool:
    # Linux alone knows; it is asked without setting anything (modes = 0).
    if sys.platform != "linux":
        return False
    try:
        return bool(ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(512)) == _TIME_ERROR)
    except (OSError, AttributeError):
        return False


def disk(given: Given) -> Findings:
    """Whether there is room, and whether what is written is soon there to stay."""
    path = given.settings.data_dir
    if barrier(path) is not None or not path.is_dir():
        # It was said of the data directory.
        return
    usage, files = shutil.disk_usage(path), os.statvfs(path)
    free = f"{size_of(usage.free)} of {size_of(usage.total)} are free"
    room = "make room, or move the data directory to a larger disk"
    if usage.free < _NEARLY_NONE:
        yield fault("Disk", f"{free}: soon nothing can be said any more.", room)
    elif usage.free < _LITTLE:
        yield warning("Disk", f"{free}.", room)
    elif files.f_files and files.f_favail < 10_000:
        yield warning("Disk", f"{files.f_favail} more files fit on it ({free}).", room)
    else:
        yield ok("Disk", f"{free}.")
    kind = _file_system(path)
    if kind in _OVER_A_NETWORK and not given.settings.database_url:
        yield warning(
            "Disk",
            f"{path.resolve()} is on {kind}. SQLite needs locks that hold, and over a network not"
            " all do: the database may be damaged.",
            "put the data directory on a disk of this machine, or use PostgreSQL",
        )
    if is_read_only(path):
        words = f"The file system of {path.resolve()} can only be read: nothing can be said."
        yield fault("Disk", words, f"{_HELD_UP}; it is put so after a fault of the disk itself")
        return
    if not may_be_written(path):
        # It was said of the data directory.
        return
    try:
        seconds = _sync_seconds(path)
    except OSError as error:
        yield fault("Disk", f"Nothing can be written to it: {error.strerror}.", _HELD_UP)
        return
    took = f"A small write is on it after {1000 * seconds:.1f} ms"
    if seconds > _SLOW_SYNC:
        yield warning("Disk", f"{took}: each message waits for that.", "take a quicker disk")
    else:
        yield ok("Disk", f"{took}.")


def _sync_seconds(path: Path) -> float:
    """The middle one of several writes, as a message makes one."""
    taken = []
    with tempfile.TemporaryFile(dir=path) as file:
        for _ in range(5):
            begun = time.perf_counter()
            file.write(b"x" * 4096)
            file.flush()
            os.fdatasync(file.fileno()) if hasattr(os, "fdatasync") else os.fsync(file.fileno())
            taken.append(time.perf_counter() - begun)
    return sorted(taken)[2]


def _file_system(path: Path) -> str:
    """The kind of file system, where the system tells it; the longest place that fits is it."""
    where, best, kind = str(path.resolve()), "", ""
    try:
        lines = Path("/proc/mounts").read_text().splitlines()
    except OSError:
        return ""
    for line in lines:
        _, place, found, *_ = line.split()
        # Signs that would end a word are written as numbers.
        place = place.encode().decode("unicode_escape")
        if (where + "/").startswith(place.rstrip("/") + "/") and len(place) >= len(best):
            best, kind = place, found
    return kind


def handles(given: Given) -> Findings:
    """Whether as many can come as the settings say."""
    wanted = given.settings.max_connections
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard in (resource.RLIM_INFINITY, -1) or hard >= wanted + FILES + HTTP_SHARE:
        yield ok("File handles", f"Enough for {wanted} connections.")
        return
    yield warning(
        "File handles",
        f"The limit is {hard}, and {wanted} connections take {wanted + FILES + HTTP_SHARE} (it is"
        " this shell's; a service may have another).",
        f"LimitNOFILE={wanted + FILES + HTTP_SHARE} in the service, or a smaller"
        " PARLOUR_MAX_CONNECTIONS",
    )


def certificate(given: Given) -> Findings:
    """Whether it can be used, and for how long; and whether its key is nobody else's to read."""
    files = given.settings.tls_files
    if files is None:
        return
    key = files[1]
    # The group may: of many systems that of keys is one that the server's user belongs to.
    if key.is_file() and mode_of(key) & 0o006:
        words = f"Others on this machine can read or change the key {key}."
        yield warning("Certificate", words, f"chmod o= {key}, and then have a new one certified")
    try:
        ends = Certificate(*files).ends
    except CertificateUnusable as error:
        mend = "name a chain and its key in PEM, which the server's user can read"
        yield fault("Certificate", str(error), mend)
        return
    yield valid_until("Certificate", ends)


def valid_until(what: str, ends: datetime) -> Finding:
    """How long a certificate lasts."""
    left = (ends - datetime.now(UTC)).days
    until = f"{ends:%Y-%m-%d %H:%M} UTC"
    if left < 0:
        return fault(what, f"It ended at {until}: browsers let nobody in.", "renew it")
    if left < _DAYS_LEFT:
        return warning(what, f"It ends at {until}, in {left} days.", "see why it was not renewed")
    return ok(what, f"It is good until {until}.")
