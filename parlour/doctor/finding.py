"""What a check is given, and what it says."""

import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from parlour.settings import Settings, Wrong

Kind: TypeAlias = Literal["ok", "warning", "fault"]


@dataclass(frozen=True, slots=True)
class Given:
    """What is examined: an installation, by its settings."""

    settings: Settings
    # Where browsers find it, if that is to be looked at, too.
    url: str
    # Whether everything is read that is stored.
    deep: bool
    # The settings that are wrong, which are at their defaults, and names that are none.
    wrong: Sequence[Wrong] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: what, what was seen, and what is to be done about it."""

    kind: Kind
    what: str
    seen: str
    mend: str = ""


Findings: TypeAlias = Iterator[Finding]
Check: TypeAlias = Callable[[Given], Findings]


def ok(what: str, seen: str) -> Finding:
    """It is as it should be."""
    return Finding("ok", what, seen)


def warning(what: str, seen: str, mend: str) -> Finding:
    """It works, and will not for ever."""
    return Finding("warning", what, seen, mend)


def fault(what: str, seen: str, mend: str) -> Finding:
    """It does not work, or loses what it should keep."""
    return Finding("fault", what, seen, mend)


def mode_of(path: Path) -> int:
    """The rights of a file or folder."""
    return stat.S_IMODE(path.stat().st_mode)


def size_of(count: float) -> str:
    """A number of bytes for people."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "bytes" else f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} TB"
