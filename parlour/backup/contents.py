"""What is in an archive, and what it says of itself in its first file."""

import re
import secrets
from datetime import UTC, datetime
from typing import Any, Final, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core import from_json

from parlour import __version__
from parlour.admin import AdminError
from parlour.fields import MAX_ID, Release
from parlour.migrations import revisions
from parlour.storage import KEY
from parlour.support.archive import Member, Readable, Reader

# The files of an archive, in this order; between the keys and the end those that people sent.
HEAD: Final = "parlour.json"
DATABASE: Final = "chat.db.gz"
KEYS: Final = "keys.json"
FILES: Final = "files/"
# The form of all that; it rises with what an older program would not understand.
FORMAT: Final = 1
# Bytes that the first file has at most, and the keys.
_MOST_OF_HEAD: Final = 64 * 1024
# In so many bytes from its beginning an archive has said what it is.
BEGINNING: Final = _MOST_OF_HEAD + 4096
_MOST_OF_KEYS: Final = 1024 * 1024
# More than any disk has, and still a number that can be told.
_MOST_BYTES: Final = 1 << 63
_RELEASE: Final[TypeAdapter[str]] = TypeAdapter(Release)
# Older ones have their time alone.
_NAME: Final = re.compile(r"parlour-(\d{8}T\d{6})Z(?:-[0-9a-f]{8})?\.tar")
_TIME: Final = "%Y%m%dT%H%M%S"


class BackupError(AdminError):
    """It cannot be done; the text is the one line to show."""


class Head(BaseModel):
    """What an archive says of itself."""

    model_config = ConfigDict(strict=True, frozen=True)

    format: int = Field(ge=1)
    # Which program made it, and from what.
    parlour: Release
    database: Literal["sqlite", "postgresql"]
    # The revision that the database has, and the name of its history.
    schema_: str = Field(alias="schema", max_length=16, pattern=r"^[0-9A-Za-z]+$")
    epoch: str = Field(max_length=64)
    # Everything that was acknowledged before is in it.
    moment: str
    # The SQLite file that is packed in `chat.db.gz`.
    database_bytes: int = Field(ge=0, le=_MOST_BYTES)
    database_sha256: str = Field(pattern="^[0-9a-f]{64}$")
    rows: dict[str, int]
    # What the database names of what people sent.
    files: int = Field(ge=0, le=MAX_ID)
    files_bytes: int = Field(ge=0, le=_MOST_BYTES)

    @property
    def at(self) -> datetime:
        """The moment."""
        return datetime.fromisoformat(self.moment).astimezone(UTC)

    @property
    def total_bytes(self) -> int:
        """What it takes where it is unpacked."""
        return self.database_bytes + self.files_bytes

    def dump(self) -> bytes:
        """As it stands in the archive."""
        return self.model_dump_json(by_alias=True, indent=1).encode() + b"\n"


def name_of(at: datetime) -> str:
    """What an archive of this time is called, and no other one.

    Of two that are made in one place at a time neither knows the other's name.
    """
    return f"parlour-{at.astimezone(UTC).strftime(_TIME)}Z-{secrets.token_hex(4)}.tar"


def time_of(name: str) -> datetime | None:
    """When the archive of this name was made; None for whatever else is called so."""
    found = _NAME.fullmatch(name)
    try:
        return found and datetime.strptime(found[1], _TIME).replace(tzinfo=UTC)
    except ValueError:
        return None


class Opened(NamedTuple):
    """An archive whose first file was read."""

    head: Head
    reader: Reader


def read_head(source: Readable, shown: str) -> Opened:
    """Begin to read an archive. Raises BackupError, or Damaged."""
    reader = Reader(source)
    return Opened(head_of(reader, shown), reader)


def head_of(reader: Reader, shown: str) -> Head:
    """What an archive says of itself, which comes first. Raises BackupError, or Damaged.

    What a newer program made is refused with which one it takes.
    """
    first = reader.next()
    if first is None or first.name != HEAD or first.size > _MOST_OF_HEAD:
        raise BackupError(f"{shown} is no backup of Parlour.")
    text = first.read()
    try:
        check_form(text, "format", FORMAT, shown)
        head = Head.model_validate_json(text)
        _ = head.at
    except (ValidationError, ValueError, OverflowError):
        raise BackupError(f"{shown} is damaged: it does not say what it is.") from None
    newest = revisions()[-1]
    if head.schema_ not in revisions():
        raise BackupError(
            f"{shown} has schema {head.schema_}, and this Parlour ({__version__}) knows up to"
            f" {newest}: install Parlour {head.parlour} or a later one."
        )
    return head


def check_form(text: bytes, name: str, known: int, shown: str) -> None:
    """Refuse what a newer program made, by the number of this name, whatever else it says.

    Raises BackupError, and ValueError where it does not say what it is.
    """
    # Not by `json`, which has no end of lists in lists but that of its stack.
    said: Any = from_json(text)
    number = said.get(name) if isinstance(said, dict) else None
    if not isinstance(number, int) or number > MAX_ID:
        raise ValueError(name)
    if number > known:
        made_by = said.get("parlour")
        wanted = "a newer Parlour"
        if made_by is not None:
            wanted = f"Parlour {_RELEASE.validate_python(made_by, strict=True)} or a later one"
        words = f"{shown} has {name} {number}, and this Parlour ({__version__}) knows {known}"
        raise BackupError(f"{words}: install {wanted}.")


def key_of(member: Member) -> str | None:
    """Under which key a file of an archive lies in the storage; None for one of another kind."""
    key = member.name.removeprefix(FILES)
    return key if member.name.startswith(FILES) and KEY.fullmatch(key) else None


def read_keys(member: Member, shown: str) -> bytes:
    """What stands in the file of keys. Raises BackupError for one of any size."""
    if member.size > _MOST_OF_KEYS:
        raise BackupError(f"{shown} is no backup of Parlour: its keys are too large.")
    return member.read()
