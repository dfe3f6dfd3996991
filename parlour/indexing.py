"""The operations that keep the index of messages: each a batch inside one transaction."""

import hashlib
import unicodedata
from functools import lru_cache
from typing import Final

from sqlalchemy import Connection

from parlour.store import search
from parlour.store.messages import last_id
from parlour.store.search import Indexed, State
from parlour.support.folding import fold, terms_of
from parlour.support.text import name_key

# Messages of one transaction: others who write wait for so many at most.
BATCH: Final = 250
# Pages of the index that are merged with each batch: about as many as keep its pieces few.
MERGED: Final = 64
# By what terms are made. Where it is another than that of the index, the index is made anew:
# with other terms than it was put in with nothing can be taken out.
RULES: Final = f"1 {unicodedata.unidata_version}"

_LINK: Final = ("http://", "https://", "mailto:")


def room_term(room_id: int) -> str:
    """What every message of a room has."""
    return f"#{room_id}"


@lru_cache(maxsize=4096)
def author_term(username: str) -> str:
    """What every message under a name has, in any case."""
    return f"@{hashlib.blake2s(name_key(username).encode(), digest_size=6).hexdigest()}"


LINK_TERM: Final = "!link"
REACTION_TERM: Final = "!reaction"


def has_link(content: str) -> bool:
    """Whether there is an address in it that the page makes a link of."""
    lowered = content.lower()
    return any(start in lowered for start in _LINK)


def _row(each: Indexed) -> tuple[int, str]:
    """The id of a message and everything it is found by."""
    terms = [room_term(each.room_id), author_term(each.username), terms_of(fold(each.content))]
    if ":" in each.content and has_link(each.content):
        terms.append(LINK_TERM)
    if each.reacted:
        terms.append(REACTION_TERM)
    return each.message_id, " ".join(terms)


def index_some(connection: Connection) -> bool:
    """Bring the next batch into the index: what has changed, or what is new, or what is old.

    Whether there may be more.
    """
    state = search.state(connection)
    if state.rules != RULES:
        search.clear(connection)
        newest = last_id(connection)
        search.set_state(connection, State(RULES, newest + 1, newest))
        return True
    before = search.to_change(connection, BATCH)
    if before:
        ids = [each.message_id for each in before]
        search.take(connection, [_row(each) for each in before])
        search.put(connection, [_row(each) for each in search.as_they_are(connection, ids)])
        search.changed(connection, ids)
        search.merge(connection, MERGED)
        return True
    found, now = search.to_index(connection, state, BATCH)
    if now == state:
        return False
    search.put(connection, [_row(each) for each in found])
    search.set_state(connection, now)
    search.merge(connection, MERGED)
    return True
