"""What there is of words and files in a message, as its row has them: what it is found by."""

import json
from typing import Any, Final

# Between what it says and what else there is in it: nobody finds words on both sides as a phrase.
_APART: Final = "\n\ufffc\n"


def words_of(content: str, files: str | None, forwarded: str | None) -> str:
    """What it says, what it passes on, and what its files are called."""
    if files is None and forwarded is None:
        return content
    parts = [content, passed_on(forwarded)]
    for each in _files(files, forwarded):
        parts += (each["name"], each["alt"])
    return _APART.join(part for part in parts if part)


def shown_words(content: str, files: str | None, forwarded: str | None) -> str:
    """The same for people, each on a line of its own."""
    return words_of(content, files, forwarded).replace(_APART, "\n")


def passed_on(forwarded: str | None) -> str:
    """The words that it passes on of another message."""
    return "" if forwarded is None else str(json.loads(forwarded)["content"])


def has_file(files: str | None, forwarded: str | None) -> bool:
    """Whether it brings a file along, its own or one that it passes on."""
    return bool(_files(files, forwarded))


def has_image(files: str | None, forwarded: str | None) -> bool:
    """The same of images."""
    return any(each["type"].startswith("image/") for each in _files(files, forwarded))


def _files(files: str | None, forwarded: str | None) -> list[dict[str, Any]]:
    own: list[dict[str, Any]] = [] if files is None else json.loads(files)
    others: list[dict[str, Any]] = [] if forwarded is None else json.loads(forwarded)["files"]
    return [*own, *others]
