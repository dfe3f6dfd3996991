"""The commands `parlour backup` and `parlour restore`: what they say, and how they end."""

import errno
import os
import signal
import sys
from argparse import Namespace
from collections.abc import Callable, Iterable
from types import FrameType
from typing import Final, NoReturn

from sqlalchemy.exc import DBAPIError

from parlour.admin import AdminError
from parlour.backup.checking import check
from parlour.backup.claim import NotYet
from parlour.backup.contents import BackupError, time_of
from parlour.backup.making import Order, make
from parlour.backup.places import Busy, place_of
from parlour.backup.restoring import restore
from parlour.database import DatabaseUnusable
from parlour.migrations import DatabaseTooNew
from parlour.settings import Settings, SettingsError
from parlour.storage import Unavailable
from parlour.support import rotation
from parlour.support.archive import Damaged
from parlour.support.bars import bars
from parlour.support.lock import DataDirInUse
from parlour.support.output import printable
from parlour.support.tied import tie

# How it ends where another backup is being made, or none is due: that is no failure.
LATER: Final = os.EX_TEMPFAIL
# And where it was told to end.
ENDED: Final = 130
_ENDS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# And where flags do not go together.
WRONG_FLAGS: Final = 2


class _Stopped(BaseException):
    """It was told to end."""


class WrongFlags(BackupError):
    """Flags that do not go together; the text says which."""


# What says by itself what is wrong, in one line.
_TOLD: Final = (AdminError, DataDirInUse, DatabaseTooNew, DatabaseUnusable, SettingsError)


def run(
    settings: Settings,
    options: Namespace,
    do: Callable[[Settings, Namespace], Iterable[str]] | None = None,
) -> int:
    """Do what is asked, or another thing of this kind; the exit status.

    Whatever is wrong costs one line.
    """
    os.umask(0o077)
    # Who has it go on without a terminal (nohup) does not mean it to end with that.
    ends = [each for each in _ENDS if signal.getsignal(each) is not signal.SIG_IGN]
    try:
        for number in ends:
            # Nothing half-made is left over by whoever is told to end.
            signal.signal(number, _stop)
        if getattr(options, "tied", False):
            tie()
        lines = (do or _do)(settings, options)
    except _Stopped:
        return _fail("It was ended before it was done. Nothing of it is left.", ENDED)
    except (*_TOLD, Unavailable, Damaged, DBAPIError, OSError) as error:
        if isinstance(error, WrongFlags):
            return _fail(error, WRONG_FLAGS)
        is_later = isinstance(error, Busy | NotYet)
        return _fail(_in_one_line(error), LATER if is_later else 1)
    finally:
        for number in ends:
            signal.signal(number, signal.SIG_DFL)
    print("\n".join(map(printable, lines)))  # noqa: T201
    return 0


def _do(settings: Settings, options: Namespace) -> list[str]:
    if options.command == "restore":
        return restore(settings, options.archive, sign_out=options.sign_out_everybody, show=bars)
    if options.check:
        if options.to:
            raise WrongFlags("Where --check looks is said behind it: leave out --to.")
        return check(settings, options.check, bars)
    if options.list:
        names = place_of(settings, _where(settings, options)).names()
        return sorted(names, key=lambda name: str(time_of(name))) or ["There is none yet."]
    outcome = make(settings, _order(settings, options), bars)
    warn(outcome.warnings)
    return outcome.lines


def warn(warnings: Iterable[str]) -> None:
    """Say what is not as it should be, and keeps nobody from going on."""
    for warning in warnings:
        print(f"parlour: {printable(warning)}", file=sys.stderr)  # noqa: T201


def _stop(_number: int, _frame: FrameType | None) -> NoReturn:
    # Once is enough.
    for number in _ENDS:
        signal.signal(number, signal.SIG_IGN)
    raise _Stopped


def _where(settings: Settings, options: Namespace) -> str:
    where: str = options.to or settings.backup_to
    if not where:
        raise BackupError("Say where to: --to FOLDER or --to s3://BUCKET, or PARLOUR_BACKUP_TO.")
    return where


def _order(settings: Settings, options: Namespace) -> Order:
    kept = options.keep
    if kept is None:
        # What is made somewhere by hand takes nothing away there.
        kept = "" if options.to else settings.backup_keep
    return Order(_where(settings, options), rotation.parse(kept), options.if_older)


def _in_one_line(error: Exception) -> object:
    if isinstance(error, Unavailable):
        return f"The storage does not do it: {error}."
    if isinstance(error, Damaged):
        return f"A file of the storage changed meanwhile: {error}."
    if isinstance(error, DBAPIError):
        return f"The database does not do it: {' '.join(str(error.orig).split())}."
    if not isinstance(error, OSError):
        return error
    place = f" ({error.filename})" if error.filename else ""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"The disk is full{place}. Nothing of it is left."
    return f"It cannot be done: {error.strerror or error}{place}."


def _fail(error: object, status: int = 1) -> int:
    print(f"parlour: {printable(str(error))}", file=sys.stderr)  # noqa: T201
    return status
