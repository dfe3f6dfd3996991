"""A command of the program as it is at a terminal."""

import os
import pty
import subprocess
import termios
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from tests.support.lived import ENVIRONMENT
from tests.support.server import PARLOUR
from tests.support.timing import scaled


def shown(*arguments: str | Path, cwd: Path, env: Mapping[str, str] | None = None) -> bytes:
    """Run a command to its good end; all that the terminal, on which its errors go, was told."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 80))
    with os.fdopen(ours, "rb", buffering=0) as screen:
        run = subprocess.Popen(
            [PARLOUR, *arguments], env={**ENVIRONMENT, **(env or {}), "TERM": "xterm"},
            cwd=cwd, stdout=subprocess.DEVNULL, stderr=theirs,
        )  # fmt: skip
        os.close(theirs)
        told = b""
        # The end of a terminal is an error.
        with suppress(OSError):
            while more := screen.read(4096):
                told += more
        assert run.wait(scaled(60)) == 0
    return told
