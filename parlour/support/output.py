"""Standard output: lines that a terminal takes, and the end where it takes no more of them."""

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

# As a shell tells of a program that was ended by SIGPIPE.
READER_GONE: Final = 141


def printable(text: str) -> str:
    """A text as one line of a terminal: what is not to be seen stands there by its number.

    So nothing that is told of what others wrote moves the cursor, or begins a line of its own.
    """
    if text.isprintable():
        return text
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode() for each in text
    )


class Lost(BaseException):
    """Standard output takes no more.

    No command means that by an `except OSError`, which is about its files: so it is no Exception.
    """

    def __init__(self, error: OSError) -> None:
        super().__init__(str(error))
        self.status = READER_GONE if isinstance(error, BrokenPipeError) else 1
        # What is to be said of it, if anything: whoever has stopped reading has enough.
        self.words = (
            f"What it says cannot be written: {error.strerror}." if self.status == 1 else ""
        )


class _Output(io.TextIOWrapper):
    def write(self, text: str, /) -> int:
        try:
            return super().write(text)
        except OSError as error:
            raise Lost(error) from None

    def flush(self) -> None:
        try:
            super().flush()
        except OSError as error:
            raise Lost(error) from None


@contextmanager
def watched() -> Iterator[None]:
    """Raise Lost where something is said meanwhile that cannot be written, also at the end."""
    plain: Any = sys.stdout
    if plain is None:
        # It was closed by whoever started the program.
        with Path(os.devnull).open("w") as sys.stdout:
            yield
        sys.stdout = plain
        return
    if plain is not sys.__stdout__ or not isinstance(plain, io.TextIOWrapper):
        # Of whoever calls from Python, who has put something else there.
        yield
        return
    plain.flush()
    handle = io.FileIO(plain.fileno(), "w", closefd=False)
    watching = sys.stdout = _Output(
        io.BufferedWriter(handle), plain.encoding, plain.errors,
        line_buffering=plain.line_buffering,
    )  # fmt: skip
    try:
        try:
            yield
        finally:
            watching.flush()
    except Lost:
        # What is still kept for it goes nowhere.
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, plain.fileno())
        os.close(nothing)
        raise
    finally:
        sys.stdout = plain
        watching.close()
