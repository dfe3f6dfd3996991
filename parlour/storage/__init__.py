"""Where the bytes of files lie: one small interface, and whatever keeps it."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final, Protocol

from parlour.settings import Settings, SettingsError

# Under what names files and their thumbnails lie there.
KEY: Final = re.compile("[0-9a-f]{32}t?")


class Missing(Exception):
    """There is nothing under this key."""


class Unavailable(Exception):
    """The storage does not answer, or not as it should; the text says how."""


class Portions(Protocol):
    """The bytes of a file as they are read: to be closed, also where none was asked for."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Itself."""

    async def __anext__(self) -> bytes:
        """The next of them, never empty. Raises Missing, OSError or Unavailable."""

    async def aclose(self) -> None:
        """Read no further."""


class Storage(Protocol):
    """Keeps files under keys of letters and digits, which are never used again."""

    async def begin(self) -> None:
        """Get ready, when the server starts. Raises OSError."""

    async def put(self, key: str, source: Path) -> None:
        """Take a file over. When this returns it is there also after a power cut.

        Raises OSError or Unavailable, as all of them may.
        """

    async def open(self, key: str, begin: int, end: int) -> Portions:
        """The bytes from `begin` up to `end`, in portions. Raises Missing."""

    async def exists(self, key: str) -> bool:
        """Whether there is something under a key."""

    async def delete(self, key: str) -> None:
        """Take away what is under a key; where there is nothing, nothing."""

    def keys(self) -> AsyncIterator[list[str]]:
        """The names of all that lies there, in portions; also what somebody else has put there."""

    async def close(self) -> None:
        """Let go of what it works with."""


def is_in_rows(settings: Settings) -> bool:
    """Whether files are in the database, as those of several nodes are that have no bucket."""
    return bool(settings.redis_url) and not settings.s3_bucket


def check_files(settings: Settings) -> None:
    """Raises SettingsError where files lie that would not be found any more."""
    folder = settings.data_dir / "files"
    if is_in_rows(settings) and any(path.is_file() for path in folder.glob("*/*/*")):
        raise SettingsError(
            f"Several nodes have their files in one place, and not in {folder}: bring them there"
            " with parlour migrate-data."
        )


def open_storage(settings: Settings) -> Storage:
    """The storage that the settings name. Raises SettingsError when there is none to be had."""
    if settings.s3_bucket:
        # Imported where it is used: it is an extra that most servers do without.
        from parlour.storage.s3 import S3Storage  # noqa: PLC0415

        return S3Storage(settings.s3_endpoint, settings.s3_bucket, settings.s3_region)
    if is_in_rows(settings):
        from parlour.storage.rows import RowStorage  # noqa: PLC0415

        return RowStorage(settings.database_url)
    from parlour.storage.disk import DiskStorage  # noqa: PLC0415

    return DiskStorage(settings.data_dir / "files")
