"""A server whose deadlines are short, and which tells what it has to do."""

import json
import signal
import sys
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from tests.support import hurried
from tests.support.server import Server
from tests.support.timing import scaled


class HurriedServer(Server):
    """The program `hurried.py` on one port and data directory."""

    loaded = (sys.executable, hurried.__file__)

    def __init__(
        self,
        home: Path,
        *,
        hurry: Collection[str] = ("door",),
        limit: int | None = None,
        **options: Any,
    ) -> None:
        """Let any of what `hurried.py` names hurry; `limit` bounds its files."""
        program = list(self.loaded)
        if limit is not None:
            # The shell's own limit is that of the program it becomes.
            program = ["sh", "-c", f'ulimit -n {limit} && exec "$@"', "sh", *program]
        super().__init__(home, program=program, **options)
        self.env["TEST_HURRY"] = " ".join(hurry)
        self._reports = 0

    def doing(self) -> dict[str, Any]:
        """Return what it has to do at this moment."""
        self._reports += 1
        self.process.signal(signal.SIGUSR1)
        line = self.process.wait_for_line(rf"^door {self._reports}: (.*)")
        return dict(json.loads(line[1]))

    def until(self, reached: Callable[[dict[str, Any]], bool], *, seconds: float = 30) -> None:
        """Ask until what it has to do is so."""
        deadline = time.monotonic() + scaled(seconds)
        while not reached(doing := self.doing()):
            assert time.monotonic() < deadline, doing
            self.process.wait_for_news(len(self.process.lines), 0.05)
