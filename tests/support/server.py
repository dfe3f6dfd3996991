"""A real `parlour serve`: its own process, port and data, stopped and killed like in life."""

import asyncio
import http.client
import os
import re
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self, cast

from tests.support.databases import NODES, database_url
from tests.support.nursing import nursery_of
from tests.support.ports import free_port
from tests.support.process import Process
from tests.support.timing import scaled

PARLOUR = Path(sys.executable).with_name("parlour")

# What a healthy server never writes: a bug is logged once, as ERROR or with its traceback.
FAULT = re.compile(r"\b(ERROR|CRITICAL)\b|^Traceback \(most recent call last\)|\w+Warning: ")


# What tells a program that its coverage is to be measured.
COVERAGE = "COVERAGE_PROCESS_CONFIG"

# Tests ask from one address, and as few people, what crowds would: many times as much as usual is
# let through. What is about limits takes those that everybody has.
FLOODS = {"PARLOUR_RATE_LIMITS": "1000"}
USUAL = {"PARLOUR_RATE_LIMITS": "1"}
# Its log is for people, as on a terminal.
TOLD = {"PARLOUR_LOG_FORMAT": "text"}

# The fixture `new_server`.
NewServer = Callable[..., "Server"]


class Server:
    """`parlour serve` on one port and data directory, over any number of starts.

    Leaving its `with` block stops it and asserts that its log shows no fault which
    `expect_fault` did not announce.
    """

    # The program that there is of one which has loaded already.
    loaded: tuple[str | Path, ...] = (PARLOUR,)

    def __init__(
        self,
        home: Path,
        *,
        env: Mapping[str, str] | None = None,
        flags: Sequence[str] = (),
        program: Sequence[str | Path] = (PARLOUR,),
        is_measured: bool = True,
        is_anew: bool = False,
    ) -> None:
        """`env` and `flags` are settings beyond host, port and data; `program` runs Parlour.

        One that is not measured for coverage is as quick as in life: for tests of time, memory
        and sudden ends, which leave no measurement behind anyway. One that starts anew is
        loaded as in life; the others come from a program that has loaded already, which takes
        a second off each start.
        """
        self.home = home
        self.data_dir = home / "data"
        self.host = "127.0.0.1"
        self.port = free_port()
        self.given = {**FLOODS, **TOLD}
        self.env = dict(env or {})
        self.flags = list(flags)
        self.program = list(program)
        self.is_measured = is_measured
        self.is_anew = is_anew
        self.processes: list[Process] = []
        self._expected: list[re.Pattern[str]] = []

    @property
    def url(self) -> str:
        """The address of its pages and its REST API, without a slash at the end."""
        return f"http://{self.host}:{self.port}"

    @property
    def websocket_url(self) -> str:
        """The same for WebSockets."""
        return f"ws://{self.host}:{self.port}"

    @property
    def process(self) -> Process:
        """The process of the last start."""
        return self.processes[-1]

    @property
    def running(self) -> bool:
        """Whether that process has not ended."""
        return bool(self.processes) and self.process.returncode is None

    @property
    def log(self) -> list[str]:
        """Every line that every start wrote."""
        return [line for process in self.processes for line in process.lines]

    def expect_fault(self, pattern: str) -> None:
        """Let lines in which `pattern` is found stand in the log although they tell of a fault."""
        self._expected.append(re.compile(pattern))

    def __new__(cls, *_: Any, **__: Any) -> Self:
        """Be several nodes behind one address where the tests run on these."""
        if NODES > 1:
            # Imported here: most runs of tests need none of it.
            from tests.support.nodes import nodes_of  # noqa: PLC0415

            return cast("Self", super().__new__(nodes_of(cls)))
        return super().__new__(cls)

    def launch(self) -> Process:
        """Start the process without waiting until it answers."""
        process = self._run({})
        self.processes.append(process)
        return process

    def _run(self, given: Mapping[str, str]) -> Process:
        """Start a process with settings beyond those of this server."""
        self.home.mkdir(parents=True, exist_ok=True)
        # No setting of whoever runs the tests, and no `.env` file of theirs, reaches it.
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("PARLOUR_")}
        settings = {
            "PARLOUR_HOST": self.host,
            "PARLOUR_PORT": str(self.port),
            "PARLOUR_DATA_DIR": str(self.data_dir),
            "PARLOUR_DATABASE_URL": database_url(self.home),
            **self.given,
            # Each warning is written to the log, where it counts as a fault.
            "PYTHONWARNINGS": "default",
        }
        if not self.is_measured:
            inherited.pop(COVERAGE, None)
        env = {**inherited, **settings, **self.env, **given}
        arguments = ["serve", *self.flags]
        if tuple(self.program) == self.loaded and not self.is_anew:
            child = nursery_of(inherited.get(COVERAGE)).serve(arguments, cwd=self.home, env=env)
            return Process.of(child)
        return Process([*self.program, *arguments], cwd=self.home, env=env)

    def start(self, *, seconds: float = 20) -> Self:
        """Start it and return when it answers `/healthz`."""
        process = self.launch()
        deadline = time.monotonic() + scaled(seconds)
        try:
            while not self.answers():
                assert process.returncode is None, f"the server ended:\n{process.output}"
                assert time.monotonic() < deadline, f"no answer yet:\n{process.output}"
                process.wait_for_news(len(process.lines), 0.02)
        except BaseException:
            # Whoever asked for it has not got it, and so nobody would stop it.
            self.kill()
            raise
        return self

    def answers(self) -> bool:
        """Whether `/healthz` says 200."""
        return self._answers(self.port)

    def _answers(self, port: int) -> bool:
        connection = http.client.HTTPConnection(self.host, port, timeout=scaled(5))
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == http.client.OK
        except OSError:
            return False
        finally:
            connection.close()

    def stop(self, *, seconds: float = 15) -> int:
        """Stop it as a service manager does (SIGTERM); return the exit code."""
        self.process.signal(signal.SIGTERM)
        return self.process.wait(seconds=seconds)

    def kill(self) -> None:
        """End it as a crash or a power cut does: at once, with nothing said or flushed."""
        self.process.signal(signal.SIGKILL)
        self.process.wait()

    def restart(self) -> Self:
        """Start it again on the same port and data, after stopping it if it runs."""
        if self.running:
            self.stop()
        return self.start()

    # A test whose clients live in its event loop must not block that loop while the server waits
    # for them to answer its close.
    async def astop(self) -> int:
        """`stop` beside the running event loop."""
        return await asyncio.to_thread(self.stop)

    async def settled(self) -> None:
        """Wait until all that was done anywhere is told to everybody: here it is at once."""

    async def akill(self) -> None:
        """`kill` beside the running event loop."""
        await asyncio.to_thread(self.kill)

    async def arestart(self) -> Self:
        """`restart` beside the running event loop."""
        return await asyncio.to_thread(self.restart)

    def faults(self) -> list[str]:
        """Return the lines of the log that tell of a fault no test expected."""
        return [
            line
            for line in self.log
            if FAULT.search(line) and not any(known.search(line) for known in self._expected)
        ]

    def __enter__(self) -> Self:
        """Start it."""
        return self.start()

    def __exit__(self, kind: object, *_: object) -> None:
        """Stop it, and assert that it had no trouble unless the test has failed already."""
        if self.running:
            self.stop()
        if kind is None:
            assert not self.faults(), "\n".join(["faults in the server's log:", *self.log])
