"""The emoji that Unicode recommends, each in one form, whichever way it was written."""

from functools import cache
from typing import Final

# Asks for the picture instead of the sign; it may be left out and be meant all the same.
_PICTURE: Final = "\ufe0f"
_MEANT_AS_ONE: Final = 2  # `emoji.STATUS["fully_qualified"]`
# The longest has ten characters; what is much longer is not looked at.
_LONGEST: Final = 32


def fully_qualified(text: str) -> str | None:
    """One emoji in its fully qualified form; None for what is none, or more than one.

    The first call reads the list of all, which takes some hundredths of a second: call `load` in a
    thread before, where somebody waits.
    """
    return _forms().get(text.replace(_PICTURE, "")) if len(text) <= _LONGEST else None


def is_loaded() -> bool:
    """Whether the list has been read."""
    return _forms.cache_info().currsize > 0


def load() -> None:
    """Read the list, once. Safe to run in a thread."""
    _forms()


@cache
def _forms() -> dict[str, str]:
    # Only now: most servers run for long before anybody reacts, and it takes some MB.
    from emoji import EMOJI_DATA  # noqa: PLC0415

    return {
        form.replace(_PICTURE, ""): form
        for form, known in EMOJI_DATA.items()
        if known["status"] == _MEANT_AS_ONE
    }
