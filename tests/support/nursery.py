"""A program that has loaded Parlour, and becomes `parlour` as often as it is asked.

Loading takes a second of processor time, and the tests start hundreds of servers; to minify and
compress the page's files takes another of each that a browser looks at. What follows is what
happens in life: each is a process with its arguments, environment, folder, input and output.

It is asked over the socket on its standard input, see `tests.support.nursing`.
"""

import functools
import gc
import importlib
import json
import os
import selectors
import signal
import socket
import sys
import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any, Final, NoReturn, Protocol

from argon2 import PasswordHasher
from fastapi import routing

from parlour import cli, migrations, pages
from parlour.settings import Settings
from parlour.support import assets, passwords, sqlite
from tests.support.databases import NODES, ON_SQLITE

# What `parlour serve` imports while it starts, some of it only when it comes to that, and what
# there is besides it.
LOADED = (
    "alembic.command",
    "alembic.ddl.sqlite",
    "parlour.admin",
    "parlour.main",
    "parlour.moving",
    "parlour.server",
    "sqlalchemy.dialects.sqlite",
    "uvicorn.lifespan.on",
    "uvicorn.loops.auto",
)
# And what it imports besides on PostgreSQL, and where it is a node.
OF_POSTGRESQL = ("psycopg", "sqlalchemy.dialects.postgresql.psycopg")
OF_NODES = ("parlour.realtime.broker_redis",)
MOST_BYTES = 1 << 20
# What a test says that wants passwords to cost what they cost in life.
REAL_HASHES: Final = {"TEST_HASHES": "real"}


class Closes(Protocol):
    """What the nursery has open."""

    def close(self) -> object:
        """Close it."""


def become(request: dict[str, Any], handles: Sequence[int], not_mine: Iterable[Closes]) -> NoReturn:
    """Be what was asked for, with its input, output and errors, up to its end."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for number, handle in enumerate(handles):
        os.dup2(handle, number)
        os.close(handle)
    for each in not_mine:
        each.close()
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    if not REAL_HASHES.items() <= request["env"].items():
        hash_quickly()
    # As the interpreter does when it starts.
    for action in filter(None, os.environ.get("PYTHONWARNINGS", "").split(",")):
        warnings.simplefilter(action)  # type: ignore[arg-type]
    sys.argv = ["parlour", *request["arguments"]]
    if "TEST_HURRY" in os.environ:
        # Imported here: it has looked by then for what hurries.
        from tests.support import hurried  # noqa: PLC0415

        sys.exit(hurried.run())
    # As the program does: with arguments of its own it would not end it where a library hinders it.
    sys.exit(cli.main())


def hash_quickly() -> None:
    """Let passwords be hashed in the least time that Argon2 takes: accounts are made by hundreds.

    In life it takes a twentieth of a second of a processor. Whoever looks at that says so.
    """
    cheap = functools.partial(PasswordHasher, time_cost=1, memory_cost=8, parallelism=1)
    setattr(passwords, "PasswordHasher", lambda **_: cheap())  # noqa: B010


def prepare_the_database() -> None:
    """Let every new database on SQLite be a copy of one that was migrated, and has no epoch yet.

    That is fifteen times quicker, and there is one for nearly every server. Those that start anew
    go through all migrations, and so do the tests of these.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder) / "chat.db"
        engine = sqlite.open_writer(path)
        with engine.begin() as connection:
            migrations.migrate(connection)
        engine.dispose()
        migrated = path.read_bytes()
    make = sqlite.create_private

    def create_private(path: Path) -> None:
        is_new = not path.exists()
        make(path)
        if is_new:
            path.write_bytes(migrated)

    setattr(sqlite, "create_private", create_private)  # noqa: B010


def prepare_the_page() -> None:
    """Let every server take from here what makes the page's files smaller, as often as it asks."""
    once = functools.lru_cache(maxsize=512)
    for name in ("jsmin", "cssmin"):
        setattr(assets, name, once(getattr(assets, name)))
    for name in ("brotli", "gzip"):
        setattr(assets, name, SimpleNamespace(compress=once(getattr(assets, name).compress)))
    made = pages.load_assets({})
    made.compress()
    made.compress(others=True)


def prepare_the_routes() -> None:
    """Let every server take from here how its routes are asked, which depends on no setting.

    FastAPI makes that out anew for each program, which takes most of the time of a start.
    """
    make = routing._IncludedRouter._build_effective_context
    made: dict[tuple[int, str], Any] = {}

    def once(self: Any, route: Any) -> Any:
        # They belong to the modules, and so are there to the end.
        which = id(route), self.include_context.prefix
        if which not in made:
            made[which] = make(self, route)
        return made[which]

    setattr(routing._IncludedRouter, "_build_effective_context", once)  # noqa: B010
    # Imported here: what asks for servers imports this module, too.
    from parlour.main import create_app  # noqa: PLC0415

    for route in create_app(Settings(_env_file=None)).router.routes:
        route.matches({"type": "http", "method": "GET", "path": "", "headers": []})


def nurse(asked: socket.socket) -> None:
    """Fork for every request, and tell the end of each child, until nobody asks any more."""
    wakes, wake = socket.socketpair()
    for each in (wakes, wake):
        each.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake.fileno())
    children: set[int] = set()
    with selectors.DefaultSelector() as selector:
        selector.register(asked, selectors.EVENT_READ)
        selector.register(wakes, selectors.EVENT_READ)
        while True:
            ready = {key.fileobj for key, _ in selector.select()}
            if wakes in ready:
                wakes.recv(4096)
                for pid in list(children):
                    done, status = os.waitpid(pid, os.WNOHANG)
                    if done:
                        children.discard(pid)
                        ended = {"pid": pid, "code": os.waitstatus_to_exitcode(status)}
                        asked.send(json.dumps(ended).encode())
            if asked in ready:
                text, handles, _, _ = socket.recv_fds(asked, MOST_BYTES, 3)
                if not text:
                    break
                pid = os.fork()
                if pid == 0:
                    become(json.loads(text), handles, (asked, wakes, wake, selector))
                for handle in handles:
                    os.close(handle)
                children.add(pid)
                asked.send(json.dumps({"pid": pid}).encode())
    for pid in children:
        os.kill(pid, signal.SIGKILL)


if __name__ == "__main__":
    for name in LOADED + OF_POSTGRESQL + (() if NODES == 1 else OF_NODES):
        importlib.import_module(name)
    # Read when somebody chooses a password first.
    passwords.common_passwords()
    # A child that began anew would be this program.
    setattr(cli, "keep_memory_small", lambda: None)  # noqa: B010
    prepare_the_database()
    prepare_the_routes()
    if NODES == 1 and ON_SQLITE:
        # Of others none is looked at by a browser.
        prepare_the_page()
    # Or each server goes through all that was loaded, and so takes a copy of it.
    gc.collect()
    gc.freeze()
    nurse(socket.socket(fileno=os.dup(0)))
