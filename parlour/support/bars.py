"""How far something long is: a bar on standard error, where that is a terminal."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import BinaryIO, Protocol


class Bar(Protocol):
    """Shows how far something is."""

    def update(self, n: float, /) -> object:
        """So much more is done."""


# Makes one: of what, how much of it there is, and in which unit.
Bars = Callable[[str, int, str], AbstractContextManager[Bar]]


def bars(words: str, total: int, unit: str) -> AbstractContextManager[Bar]:
    """A bar on standard error, where that is a terminal."""
    from tqdm import tqdm  # noqa: PLC0415 - what a server does without

    bar: AbstractContextManager[Bar] = tqdm(
        desc=words, total=total, unit=unit, unit_scale=True, dynamic_ncols=True, disable=None
    )
    return bar


class Watched:
    """A source of bytes that tells a bar of each portion."""

    def __init__(self, source: BinaryIO, bar: Bar) -> None:
        self._source = source
        self._bar = bar

    def read(self, size: int, /) -> bytes:
        """So many bytes."""
        data = self._source.read(size)
        self._bar.update(len(data))
        return data
