"""The operations that keep the index of messages: each a batch inside one transaction."""

import hashlib
import unicodedata
from functools import lru_cache
from typing import Final, NamedTuple

from sqlalchemy import Connection

from parlour.store import search, terms
from parlour.store.messages import last_id
from parlour.store.search import Indexed, State
from parlour.store.spoken import has_file, has_image
from parlour.support.folding import fold, terms_of
from parlour.support.text import name_key


class Batch(NamedTuple):
    """How much is done in one transaction, behind which others who write wait."""

    messages: int
    # Pages of the index that are merged with them: about as many as keep its pieces few.
    merged: int


# Eight milliseconds, several times that beside a busy event loop; a message costs 35 microseconds.
BATCH: Final = Batch(250, 64)
# Two milliseconds, where others do write; a message costs nearly three times as much.
SMALL_BATCH: Final = Batch(25, 10)
# Pages that are merged at once where nothing else is to do: it keeps the writer a few milliseconds.
TIDIED: Final = 8
# By what terms are made. Where it is another than that of the index, the index is made anew:
# with other terms than it was put in with nothing can be taken out.
RULES: Final = f"1 {unicodedata.unidata_version}"

_LINK: Final = ("http://", "https://", "mailto:")


def rules_of(connection: Connection) -> str:
    """The rules by which a database has its terms."""
    return RULES + terms.form(connection)


def room_term(room_id: int) -> str:
    """What every message of a room has."""
    return f"#{room_id}"


@lru_cache(maxsize=4096)
def author_term(username: str) -> str:
    """What every message under a name has, in any case."""
    return f"@{hashlib.blake2s(name_key(username).encode(), digest_size=6).hexdigest()}"


LINK_TERM: Final = "!link"
REACTION_TERM: Final = "!reaction"
FILE_TERM, IMAGE_TERM, PINNED_TERM = "!file", "!image", "!pinned"


def has_link(content: str) -> bool:
    """Whether there is an address in it that the page makes a link of."""
    lowered = content.lower()
    return any(start in lowered for start in _LINK)


def _row(each: Indexed) -> tuple[int, str]:
    """The id of a message and everything it is found by."""
    words = each.words
    terms = [room_term(each.room_id), author_term(each.username), terms_of(fold(words))]
    if ":" in words and has_link(words):
        terms.append(LINK_TERM)
    if each.reacted:
        terms.append(REACTION_TERM)
    if has_file(each.files, each.forwarded):
        terms.append(FILE_TERM)
    if has_image(each.files, each.forwarded):
        terms.append(IMAGE_TERM)
    if each.pinned:
        terms.append(PINNED_TERM)
    return each.message_id, " ".join(filter(None, terms))


def index_some(connection: Connection, size: Batch = BATCH) -> bool:
    """Bring the next batch into the index: what has changed, or what is new, or what is old.

    Whether there may be more.
    """
    state = search.state(connection)
    rules = rules_of(connection)
    if state.rules != rules:
        search.clear(connection)
        newest = last_id(connection)
        search.set_state(connection, State(rules, newest + 1, newest))
        return True
    batch = terms.at_once(connection, size.messages)
    before = search.to_change(connection, batch)
    if before:
        ids = [each.message_id for each in before]
        search.take(connection, [_row(each) for each in before])
        search.put(connection, [_row(each) for each in search.as_they_are(connection, ids)])
        search.changed(connection, ids)
        terms.merge(connection, size.merged)
        return True
    found, now = search.to_index(connection, state, batch)
    if now == state:
        return False
    search.put(connection, [_row(each) for each in found])
    search.set_state(connection, now)
    terms.merge(connection, size.merged)
    return True


def tidy_some(connection: Connection) -> bool:
    """Go on merging until no piece has terms of what was taken out; whether there is more to do.

    It writes the whole index anew, piece by piece, so it is for quiet hours. How far it is stands
    in the index itself: it goes on after a restart.
    """
    if not search.is_untidy(connection):
        return False
    if terms.is_one(connection, TIDIED):
        search.set_untidy(connection, untidy=False)
        return False
    return True
