"""A program that has loaded Parlour, and becomes `parlour serve` as often as it is asked.

Loading takes a second of processor time, and the tests start hundreds of servers; to minify and
compress the page's files takes another of each that a browser looks at. What follows is what
happens in life: each server is a process with its environment, folder and output.

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
from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any, NoReturn, Protocol

from parlour import cli, pages
from parlour.support import assets
from tests.support.databases import NODES

# What `parlour serve` imports while it starts, some of it only when it comes to that.
LOADED = (
    "alembic.command",
    "alembic.ddl.sqlite",
    "parlour.main",
    "parlour.migrations",
    "parlour.server",
    "sqlalchemy.dialects.sqlite",
    "uvicorn.lifespan.on",
    "uvicorn.loops.auto",
)
# And what it imports besides where it is a node.
OF_NODES = ("parlour.realtime.broker_redis", "psycopg", "sqlalchemy.dialects.postgresql.psycopg")
MOST_BYTES = 1 << 20


class Closes(Protocol):
    """What the nursery has open."""

    def close(self) -> object:
        """Close it."""


def become(request: dict[str, Any], output: int, not_mine: Iterable[Closes]) -> NoReturn:
    """Be the server that was asked for, up to its end."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    for number in (nothing, output):
        os.close(number)
    for each in not_mine:
        each.close()
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    # As the interpreter does when it starts.
    for action in filter(None, os.environ.get("PYTHONWARNINGS", "").split(",")):
        warnings.simplefilter(action)  # type: ignore[arg-type]
    sys.argv = ["parlour", *request["arguments"]]
    sys.exit(cli.main(request["arguments"]))


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
                text, handles, _, _ = socket.recv_fds(asked, MOST_BYTES, 1)
                if not text:
                    break
                pid = os.fork()
                if pid == 0:
                    become(json.loads(text), handles[0], (asked, wakes, wake, selector))
                os.close(handles[0])
                children.add(pid)
                asked.send(json.dumps({"pid": pid}).encode())
    for pid in children:
        os.kill(pid, signal.SIGKILL)


if __name__ == "__main__":
    for name in LOADED + (() if NODES == 1 else OF_NODES):
        importlib.import_module(name)
    if NODES == 1:
        # Of several nodes none is looked at by a browser.
        prepare_the_page()
    # Or each server goes through all that was loaded, and so takes a copy of it.
    gc.collect()
    gc.freeze()
    nurse(socket.socket(fileno=os.dup(0)))
