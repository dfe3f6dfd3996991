"""The kinds of field that shapes are made of, and how what comes in them is checked."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer
from pydantic_core import PydanticCustomError

from parlour.support.text import clean_name

MAX_PAGE: Final = 200

# JavaScript reads every integer below this exactly.
MAX_ID: Final = 2**53 - 1

_DIGITS: Final = re.compile("[0-9]{1,16}")
# RFC 3339, section 5.6.
_TIME: Final = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)

# Which Parlour made something, as whoever else made it may say.
Release = Annotated[str, Field(max_length=64, pattern=r"^[0-9A-Za-z.+-]+$")]

# The last time that was formatted: messages that are stored together have the same, and it is
# needed for the row and for the frame of each.
_last_time: tuple[datetime | None, str] = (None, "")


def format_time(time: datetime) -> str:
    """RFC 3339 in UTC with microseconds and `Z`: the one form in which times are told."""
    global _last_time  # noqa: PLW0603 - one assignment, whole from any thread
    last, text = _last_time
    if time is last:
        return text
    told = time
    if time.tzinfo is not UTC:
        time = time.astimezone(UTC)
    text = time.isoformat(timespec="microseconds")[:-6] + "Z"  # in the place of "+00:00"
    _last_time = told, text
    return text


def bounded(text: str, limit: int) -> str:
    """A text of at most `limit` characters. Raises PydanticCustomError `too_long`."""
    if len(text) > limit:
        raise PydanticCustomError(
            "too_long",
            "It has at most {limit} characters; this has {length}",
            {"limit": limit, "length": len(text)},
        )
    return text


def clean_line(value: str, limit: int) -> str:
    """One line of at most `limit` characters, which may be empty."""
    return bounded(clean_name(value), limit) if value.strip() else ""


def whole(value: object) -> object:
    """Take 78.0 for 78: JSON makes no difference, and its schema takes both as whole numbers."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def check_digits(value: object) -> object:
    """A number of a path or a query as it came. Raises PydanticCustomError `invalid`."""
    # Pydantic would also read " 5", "5.0" and "1_0" as numbers.
    if isinstance(value, str) and not _DIGITS.fullmatch(value):
        raise PydanticCustomError("invalid", "It has to be a whole number in digits")
    return value


Id = Annotated[int, Field(ge=1, le=MAX_ID)]

Version = Annotated[int, Field(ge=0, le=MAX_ID)]

# How many; and a place among messages, before all of them at 0.
Count = Annotated[int, Field(ge=0)]

# The same as they stand in a path or a query.
IdParam = Annotated[int, Field(ge=1, le=MAX_ID), BeforeValidator(check_digits)]

VersionParam = Annotated[int, Field(ge=0, le=MAX_ID), BeforeValidator(check_digits)]

LimitParam = Annotated[int, Field(ge=1, le=MAX_PAGE), BeforeValidator(check_digits)]


def check_time(value: object) -> object:
    """A time of a query as it came, such as it was told. Raises PydanticCustomError `invalid`."""
    try:
        # Pydantic would also read numbers, and days without a time.
        return datetime.fromisoformat(_TIME.fullmatch(str(value))[0].upper()).astimezone(UTC)  # type: ignore[index]
    except (TypeError, ValueError, OverflowError):
        words = "It has to be a time such as 2026-01-31T12:00:00.000000Z"
        raise PydanticCustomError("invalid", words) from None


TimeParam = Annotated[datetime, BeforeValidator(check_time)]

Time = Annotated[
    datetime,
    PlainSerializer(format_time, when_used="json"),
    Field(description="RFC 3339, UTC, microseconds", examples=["2026-01-31T12:00:00.000000Z"]),
]


# What a model is made of (pydantic, `BaseModel.__slots__`), set past its `__setattr__`.
_set_values, _set_names, _set_extra, _set_private = (
    BaseModel.__dict__[slot].__set__
    for slot in (
        "__dict__", "__pydantic_fields_set__", "__pydantic_extra__", "__pydantic_private__",
    )
)  # fmt: skip


class Shape(BaseModel):
    """Strict: no unknown fields, no conversions between types, immutable."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    @classmethod
    def trusted(cls, fields: dict[str, Any], names: set[str] | None = None) -> Self:
        """A shape of `fields` that are all given, right and nobody else's to change.

        What `model_construct` does for those, at a tenth of its cost. With the set of their
        `names` it can be copied.
        """
        made = cls.__new__(cls)
        _set_values(made, fields)
        _set_names(made, fields.keys() if names is None else names)
        _set_extra(made, None)
        _set_private(made, None)
        return made
