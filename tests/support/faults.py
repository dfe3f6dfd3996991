"""What can happen to a server and its clients while people talk: cuts, kills, disks, locks.

Each fault is a coroutine that lasts as long as it is told and leaves everything in order. What
needs rights that this process may not have raises `CannotRunError` with the reason.
"""

import asyncio
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Final

import pytest

from tests.support.chatter import Follower
from tests.support.server import Server
from tests.support.storm import Storm

# From <linux/fs.h>, FS_IOC_SHUTDOWN; without a flush of the journal, as when the power goes.
FS_IOC_SHUTDOWN: Final = 0x8004587D
NO_LOG_FLUSH: Final = 2
# A program of its own, because only root may do it.
SHUT_DOWN: Final = (
    "import fcntl, os, struct, sys;"
    f" fcntl.ioctl(os.open(sys.argv[1], 0), {FS_IOC_SHUTDOWN}, struct.pack('I', {NO_LOG_FLUSH}))"
)
SMALL_DISK: Final = "6m"
LARGE_DISK: Final = "256m"
IMAGE_BYTES: Final = 192 * 1024 * 1024


class CannotRunError(Exception):
    """This fault cannot be made on this machine; the text says why."""


async def nothing(seconds: float) -> None:
    """Let it be."""
    await asyncio.sleep(seconds)


async def cuts(storms: Sequence[Storm], seconds: float, chance: random.Random) -> None:
    """Cut every reader each 0.1 to 3 s: by a reset, by half of a close, by silence."""

    async def cut(follower: Follower) -> None:
        while True:
            await asyncio.sleep(chance.uniform(0.1, 3))
            kind = chance.randrange(3)
            if kind == 0:
                follower.cut()
            elif kind == 1:
                follower.half_close()
            else:
                await follower.fall_silent(chance.uniform(0.1, 1))

    tasks = [asyncio.create_task(cut(each)) for storm in storms for each in storm.readers]
    await asyncio.sleep(seconds)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def kills(
    server: Server, storms: Sequence[Storm], rounds: int, chance: random.Random
) -> None:
    """Kill the server at random moments, and start it again."""
    for _ in range(rounds):
        await asyncio.sleep(chance.uniform(0.1, 1))
        await _down(server, storms)
        await _up(server, storms)


async def lock(server: Server, seconds: float) -> None:
    """Hold the database's write lock as another program would."""
    path = server.data_dir / "chat.db"
    with closing(sqlite3.connect(path, timeout=30, check_same_thread=False)) as connection:
        await asyncio.to_thread(connection.execute, "BEGIN IMMEDIATE")
        await asyncio.sleep(seconds)
        connection.rollback()


async def fill_disk(disk: Path, storms: Sequence[Storm]) -> None:
    """Fill the small disk until writers have been refused, then enlarge it."""
    with (disk / "ballast").open("wb") as file:
        _fill(file.fileno(), leave=512 * 1024)
    for storm in storms:
        await storm.scene.until(partial(_is_refused, storm))
    await asyncio.sleep(0.5)
    run("mount", "-o", f"remount,size={LARGE_DISK}", str(disk))
    for storm in storms:
        # Writing goes on by itself, without a restart.
        await storm.scene.acknowledged(storm.scene.ledger.acknowledged + 20)


async def power_cut(disk: Path, image: Path, server: Server, storms: Sequence[Storm]) -> None:
    """Let the file system lose what it had not written, as when the power goes.

    The server goes with the power, so it is stopped first: a file system that is shut down may let
    a flush succeed that it has not done, which nobody is there to believe when the power is gone.
    """
    await asyncio.sleep(0.5)
    await asyncio.to_thread(_stop_the_world, server.process.pid)
    run(sys.executable, "-c", SHUT_DOWN, str(disk))
    await _down(server, storms)
    run("umount", str(disk))
    run("mount", "-o", "loop", str(image), str(disk))
    await _up(server, storms)


@contextmanager
def or_skipped() -> Iterator[None]:
    """Skip the test where what it needs cannot be done; in CI it fails."""
    try:
        yield
    except CannotRunError as reason:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(reason))


@contextmanager
def small_disk(size: str = SMALL_DISK) -> Iterator[Path]:
    """Yield a small file system of its own that can be enlarged. Raises CannotRunError."""
    with tempfile.TemporaryDirectory() as folder:
        run("mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder)
        run("chown", str(os.getuid()), folder)
        try:
            yield Path(folder)
        finally:
            run("umount", "--lazy", folder)


@contextmanager
def disk_image() -> Iterator[tuple[Path, Path]]:
    """Yield a journaling file system in a file, and that file. Raises CannotRunError."""
    with tempfile.TemporaryDirectory() as folder:
        image, disk = Path(folder) / "image", Path(folder) / "disk"
        disk.mkdir()
        with image.open("wb") as file:
            file.truncate(IMAGE_BYTES)
        run("mkfs.ext4", "-q", "-F", str(image))
        run("mount", "-o", "loop", str(image), str(disk))
        run("chown", str(os.getuid()), str(disk))
        try:
            yield disk, image
        finally:
            run("umount", "--lazy", str(disk))


def _stop_the_world(pid: int) -> None:
    """Stop a process; return when none of its threads can do anything more in its own code."""
    os.kill(pid, signal.SIGSTOP)
    # D: in the middle of a call of the kernel, from which a stopped thread does not return.
    while any(
        task.joinpath("stat").read_text().rpartition(") ")[2][0] not in "TD"
        for task in Path(f"/proc/{pid}/task").iterdir()
    ):
        time.sleep(0.001)


def _is_refused(storm: Storm) -> bool:
    return any(writer.refused for writer in storm.writers)


async def _down(server: Server, storms: Sequence[Storm]) -> None:
    for storm in storms:
        storm.scene.up.clear()
    await server.akill()


async def _up(server: Server, storms: Sequence[Storm]) -> None:
    await asyncio.to_thread(server.start)
    for storm in storms:
        storm.scene.up.set()


def _fill(handle: int, *, leave: int) -> None:
    """Write into a file until only `leave` bytes of its file system are free."""
    state = os.fstatvfs(handle)
    os.posix_fallocate(handle, 0, max(4096, state.f_bavail * state.f_frsize - leave))


def run(*command: str) -> str:
    """Run a command as root; what it said. Raises CannotRunError."""
    if os.geteuid() != 0:
        command = ("sudo", "--non-interactive", *command)
    try:
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout
    except FileNotFoundError:
        raise CannotRunError(f"{command[0]} is not installed") from None
    except subprocess.CalledProcessError as error:
        words = error.stderr.strip().splitlines()
        raise CannotRunError(f"{command[0]}: {words[-1] if words else error}") from None
