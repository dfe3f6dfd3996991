"""What messages have and are, as a search may ask for it; some of it by who asks."""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Final

from sqlalchemy import Connection

from parlour.errors import Refusal
from parlour.indexing import (
    FILE_TERM,
    IMAGE_TERM,
    LINK_TERM,
    PINNED_TERM,
    REACTION_TERM,
    has_link,
)
from parlour.store import saved, search
from parlour.store.search import Found
from parlour.store.spoken import has_file, has_image

HAS: Final[Mapping[str, Callable[[Found], bool]]] = {
    "link": lambda each: has_link(each.words),
    "reaction": lambda each: each.reacted,
    "file": lambda each: has_file(each.files, each.forwarded),
    "image": lambda each: has_image(each.files, each.forwarded),
    "pinned": lambda each: each.pinned,
}
# The terms by which the index knows it.
HAS_TERMS: Final[Mapping[str, str]] = {
    "link": LINK_TERM,
    "reaction": REACTION_TERM,
    "file": FILE_TERM,
    "image": IMAGE_TERM,
    "pinned": PINNED_TERM,
}


class Belongings:
    """What messages are to one account, each read once when it is first asked for."""

    def __init__(self, connection: Connection, user_id: int) -> None:
        self._connection = connection
        self._user_id = user_id
        self.tests = {"saved": self._is_saved, "unread": self._is_unread}

    @classmethod
    def of(cls, connection: Connection, user_id: int | None, what: str) -> "Belongings":
        """Those of whoever asks. Raises Refusal for a guest, who has none."""
        if user_id is None:
            words = f"q: is:{what} is for those who have an account. Sign in to use it."
            raise Refusal("invalid", words, field="q")
        return cls(connection, user_id)

    @cached_property
    def saved(self) -> list[int]:
        """The messages they have put by, newest first."""
        return saved.message_ids(self._connection, self._user_id)

    @cached_property
    def unread(self) -> dict[int, int]:
        """The rooms in which something may be unread, and the message read last in each."""
        return search.unread_behind(self._connection, self._user_id)

    @cached_property
    def _saved(self) -> frozenset[int]:
        return frozenset(self.saved)

    def _is_saved(self, each: Found) -> bool:
        return each.id in self._saved

    def _is_unread(self, each: Found) -> bool:
        after = self.unread.get(each.room_id)
        return after is not None and each.id > after and each.author != f"user:{self._user_id}"
