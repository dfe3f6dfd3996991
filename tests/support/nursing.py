"""Servers and commands from the program `nursery.py`, which are there in a moment."""

import atexit
import functools
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from parlour.support.memory import tunables
from tests.support import nursery
from tests.support.timing import scaled


class Child:
    """What `subprocess.Popen` is, for a process that the nursery forked."""

    def __init__(self, pid: int, output: int | None) -> None:
        """`output` is where to read what it writes, if anybody does."""
        self.pid = pid
        self.stdout: IO[str] | None = None
        if output is not None:
            # Whoever reads it closes it.
            self.stdout = os.fdopen(output, encoding="utf-8", errors="replace")
        self.code: int | None = None
        self.has_ended = threading.Event()

    def poll(self) -> int | None:
        """Return how it ended, or None."""
        return self.code

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end. Raises subprocess.TimeoutExpired."""
        if not self.has_ended.wait(timeout):
            raise subprocess.TimeoutExpired("parlour", timeout or 0)
        assert self.code is not None
        return self.code

    def send_signal(self, sig: int) -> None:
        """Send it a signal; none if it has ended."""
        if self.code is None:
            os.kill(self.pid, sig)


class Nursery:
    """One nursery, of which any number of servers are asked."""

    def __init__(self, env: dict[str, str]) -> None:
        self._asks, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            root = Path(nursery.__file__).parents[2]
            # What a server would begin anew for: its children cannot.
            env |= {"GLIBC_TUNABLES": tunables(env)}
            self._process = subprocess.Popen(
                [sys.executable, "-m", nursery.__name__], stdin=theirs.fileno(), cwd=root, env=env
            )
        self._one_at_a_time = threading.Lock()
        self._answers: list[int] = []
        self._answered = threading.Condition()
        self._children: dict[int, Child] = {}
        threading.Thread(target=self._listen, daemon=True).start()
        atexit.register(self.close)

    def _listen(self) -> None:
        while text := self._asks.recv(4096):
            told = json.loads(text)
            with self._answered:
                if "code" in told:
                    child = self._children.pop(told["pid"])
                    child.code = told["code"]
                    child.has_ended.set()
                else:
                    self._answers.append(told["pid"])
                    self._answered.notify()
                    # The end of a child that ends at once is told next: it has to be known.
                    self._answered.wait_for(lambda: not self._answers)

    def serve(self, arguments: Sequence[str], *, cwd: Path, env: Mapping[str, str]) -> Child:
        """Start `parlour` with these arguments, of which both outputs are read as one."""
        reads, writes = os.pipe()
        nothing = os.open(os.devnull, os.O_RDONLY)
        try:
            return self._start(arguments, cwd, env, [nothing, writes, writes], reads)
        finally:
            os.close(nothing)
            os.close(writes)

    def run(
        self, arguments: Sequence[str], *, cwd: Path, env: Mapping[str, str], given: str
    ) -> "subprocess.CompletedProcess[str]":
        """Run `parlour` with these arguments to its end, which comes soon."""
        with TemporaryFile("w+") as stdin, TemporaryFile("w+") as out, TemporaryFile("w+") as err:
            stdin.write(given)
            stdin.seek(0)
            handles = [each.fileno() for each in (stdin, out, err)]
            child = self._start(arguments, cwd, env, handles, None)
            try:
                code = child.wait(scaled(60))
            except subprocess.TimeoutExpired:
                child.send_signal(signal.SIGKILL)
                raise
            said = [each.read() for each in (out, err) if not each.seek(0)]
        return subprocess.CompletedProcess(list(arguments), code, *said)

    def _start(
        self,
        arguments: Sequence[str],
        cwd: Path,
        env: Mapping[str, str],
        handles: Sequence[int],
        read: int | None,
    ) -> Child:
        request = {"arguments": list(arguments), "cwd": str(cwd), "env": dict(env)}
        with self._one_at_a_time, self._answered:
            socket.send_fds(self._asks, [json.dumps(request).encode()], handles)
            there = self._answered.wait_for(lambda: self._answers, scaled(60))
            assert there, f"the nursery is gone: {self._process.poll()}"
            child = Child(self._answers.pop(), read)
            self._children[child.pid] = child
            self._answered.notify()
        return child

    def close(self) -> None:
        """End it, and what has not ended of its servers."""
        self._asks.shutdown(socket.SHUT_RDWR)
        self._process.wait(scaled(20))


@functools.cache
def nursery_of(coverage: str | None) -> Nursery:
    """Return this process's nursery of servers whose coverage is measured so, or not."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("PARLOUR_", "COVERAGE_"))}
    if coverage is not None:
        env["COVERAGE_PROCESS_CONFIG"] = coverage
    return Nursery(env)
