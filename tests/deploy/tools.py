"""The programs that `make deploy-check` asks: which are here, and what they said."""

import shutil
import subprocess
import sys
from pathlib import Path


class Missing(Exception):
    """Something cannot be looked at here; the text says for want of what."""


def say(text: str) -> None:
    """Tell whoever looks on."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def need(*names: str) -> None:
    """Raises Missing unless these programs are here."""
    absent = [name for name in names if shutil.which(name) is None]
    if absent:
        raise Missing(f"{' and '.join(absent)}: not installed")


def ask(*command: str | Path, seconds: float = 60, fails: bool = False) -> str:
    """Run a program; what it wrote. It has to succeed, or to fail."""
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
        text=True, check=False, timeout=seconds,
    )  # fmt: skip
    told = f"{' '.join(map(str, command))}: status {done.returncode}\n{done.stdout}"
    assert (done.returncode != 0) == fails, told
    return done.stdout.strip()
