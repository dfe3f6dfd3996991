"""A process whose output is read as it comes, so that tests wait for lines and not for time."""

import re
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Protocol, Self

from tests.support.timing import scaled


class Running(Protocol):
    """What there is of a process that somebody has started; `subprocess.Popen` is one."""

    stdout: IO[str] | None

    @property
    def pid(self) -> int:
        """Its id."""

    def poll(self) -> int | None:
        """How it ended, or None."""

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end, at most so many seconds."""

    def send_signal(self, sig: int) -> None:
        """Send it a signal; none if it has ended."""


class Process:
    """One run of a program; `lines` is what it has written to stdout and stderr so far."""

    def __init__(self, command: Sequence[str | Path], *, cwd: Path, env: Mapping[str, str]) -> None:
        self._watch(
            subprocess.Popen(
                command,
                cwd=cwd,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
            )
        )

    @classmethod
    def of(cls, running: Running) -> Self:
        """One that runs already."""
        made = cls.__new__(cls)
        made._watch(running)
        return made

    def _watch(self, running: Running) -> None:
        self.lines: list[str] = []
        self._news = threading.Condition()
        self._popen = running
        assert self._popen.stdout is not None
        self._reader = threading.Thread(target=self._read, args=[self._popen.stdout], daemon=True)
        self._reader.start()

    def _read(self, stream: IO[str]) -> None:
        with stream:
            for line in stream:
                with self._news:
                    self.lines.append(line.rstrip("\n"))
                    self._news.notify_all()

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._popen.pid

    @property
    def returncode(self) -> int | None:
        """How it ended (minus the signal's number if by one), or None while it runs."""
        return self._popen.poll()

    @property
    def output(self) -> str:
        """Everything written so far."""
        with self._news:
            return "\n".join(self.lines)

    def wait_for_news(self, seen: int, seconds: float) -> None:
        """Return when more than `seen` lines are there, or after `seconds`."""
        with self._news:
            self._news.wait_for(lambda: len(self.lines) > seen, timeout=seconds)

    def wait_for_line(self, pattern: str, *, seconds: float = 30) -> re.Match[str]:
        """Return the match of the first line in which `pattern` is found, written yet or later."""
        deadline = time.monotonic() + scaled(seconds)
        seen = 0
        while True:
            ended = self.returncode is not None and not self._reader.is_alive()
            with self._news:
                fresh = self.lines[seen:]
            seen += len(fresh)
            for line in fresh:
                if found := re.search(pattern, line):
                    return found
            left = deadline - time.monotonic()
            if ended or left <= 0:
                what = "ended" if ended else "has run on"
                raise AssertionError(f"no line with {pattern!r}; it {what}:\n{self.output}")
            # An end writes no line, so it is looked for now and then.
            self.wait_for_news(seen, min(left, 0.1))

    def signal(self, number: int) -> None:
        """Send it a signal; none if it has ended."""
        self._popen.send_signal(number)

    def wait(self, *, seconds: float = 15) -> int:
        """Wait for its end and the end of its output; return its exit code."""
        try:
            code = self._popen.wait(scaled(seconds))
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still running after {seconds} s:\n{self.output}") from None
        self._reader.join(scaled(5))
        return code
