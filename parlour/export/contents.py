"""What an export is called, and where things lie in it."""

from datetime import UTC, datetime
from typing import Final

HEAD: Final = "export.json"
# What an account has beside what it said, in the export of one person's data.
OWN: Final = "data/account.json"
FILES: Final = "files/"
# By which the server that made it knows it again: the last file but the hashes.
SIGNATURE: Final = "SIGNATURE"
# What a browser opens from a disk without harm; all other it has to save.
_SUFFIXES: Final = {
    "image/png": "png", "image/jpeg": "jpg", "image/gif": "gif", "image/webp": "webp",
    "audio/mpeg": "mp3", "audio/ogg": "ogg", "audio/wav": "wav", "audio/flac": "flac",
    "audio/mp4": "m4a", "video/mp4": "mp4", "video/webm": "webm", "video/quicktime": "mov",
    "application/pdf": "pdf", "application/zip": "zip", "text/plain": "txt",
}  # fmt: skip


def name_of(at: datetime, scope: str) -> str:
    """What an archive of this time is called."""
    what = "person" if scope == "person" else "export"
    return f"parlour-{what}-{at.astimezone(UTC):%Y%m%dT%H%M%S.%f}Z.tar"


def path_of(key: str, kind: str) -> str:
    """Where the bytes of a file lie in an archive: nothing there is opened as a page."""
    return f"{FILES}{key}.{_SUFFIXES.get(kind, 'bin')}"


def many(count: int, one: str, several: str = "") -> str:
    """So many of something, in words."""
    return f"1 {one}" if count == 1 else f"{count} {several or f'{one}s'}"
