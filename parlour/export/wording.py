"""Texts of an export as they are stored here: as whoever says something may say it.

What was stored once is taken, also where somebody who sent it now would be refused.
"""

from typing import Final

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError

from parlour.carried import MAX_CALLED, MAX_TITLE, MAX_WORDS
from parlour.people import TimeZone
from parlour.settings import MAX_MESSAGE
from parlour.support.archive import Damaged
from parlour.support.text import MAX_MARKS, clean_file_name, clean_name, clean_text

# Once marks were counted before normal form, which makes two of some.
_MARKS: Final = 2 * MAX_MARKS + 4
_ZONE: Final[TypeAdapter[str]] = TypeAdapter(TimeZone)


def name_of(text: str, most: int = MAX_CALLED) -> str:
    """One line that can be shown, or nothing."""
    try:
        return clean_name(text, marks=_MARKS)[:most] if text.strip() else ""
    except PydanticCustomError:
        return ""


def zone_of(name: str | None) -> str | None:
    """A time zone, if it is one that is known here."""
    try:
        return None if name is None else _ZONE.validate_python(name)
    except ValidationError:
        return None


def text_of(text: str) -> str:
    """Some words, or nothing where they cannot be shown."""
    try:
        return clean_text(text, marks=_MARKS)[:MAX_WORDS] if text.strip() else ""
    except PydanticCustomError:
        return ""


def words_of(text: str) -> str:
    """What somebody said, as it could be said here. Raises Damaged."""
    try:
        said = clean_text(text, marks=_MARKS) if text.strip() else ""
    except PydanticCustomError as error:
        if error.type == "empty":
            return ""
        raise Damaged(f"a message has what none can have: {error.message()}") from None
    if len(said) > MAX_MESSAGE:
        raise Damaged(f"a message has more than {MAX_MESSAGE} characters")
    return said


def file_name_of(text: str) -> str:
    """What a file is called, as it may be here."""
    try:
        return clean_file_name(text, marks=_MARKS)[:MAX_TITLE]
    except PydanticCustomError:
        return "file"
