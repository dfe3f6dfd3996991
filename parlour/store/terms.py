"""The index itself: which terms messages have.

A term is another one in each block of ids, and blocks are looked up one by one, from the newest
down, until there is enough.

On SQLite `search` is an FTS5 table without texts. Its rows are looked up by the id of their
message; to take one out, SQLite has to be handed the very terms that were put in. It merges the
list of all messages that have a term in one go, for which whoever writes waits: a block bounds it.

On PostgreSQL it is a table with a list of numbers for each message, in a GIN index. That gives
what it finds in no order, all of it at once.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Executable, Row, text

from parlour.store.dialects import is_sqlite
from parlour.store.messages import TOLD

TOLD_OF_MESSAGES: Final = ", ".join(f"messages.{column.name}" for column in TOLD)

_PUT: Final = "INSERT INTO search(rowid, terms) VALUES (?, ?)"
_TAKE: Final = "INSERT INTO search(search, rowid, terms) VALUES ('delete', ?, ?)"
# SQLite goes down the index and looks each message up: it is never the other way about.
_MATCHING: Final = text(
    f"SELECT {TOLD_OF_MESSAGES} FROM search"  # noqa: S608 - columns
    " CROSS JOIN messages ON messages.id = search.rowid"
    " WHERE search MATCH :match AND search.rowid BETWEEN :bottom AND :top"
    " ORDER BY search.rowid DESC LIMIT :limit"
).columns(*TOLD)
_MATCHING_IDS: Final = text(
    "SELECT rowid FROM search WHERE search MATCH :match AND rowid BETWEEN :bottom AND :top"
    " LIMIT :limit"
)

# Ids of one block, as bits. On SQLite so many messages are in one list, and merged in 15 ms.
_SQLITE_BLOCK: Final = 18
# On PostgreSQL so many are found at most for nothing.
_BLOCK: Final = 14
# Spreads the numbers of blocks over 32 bits (2^32 divided by the golden ratio).
_SPREAD: Final = 2_654_435_761
_PUT_NUMBERS: Final = (
    "INSERT INTO search (id, terms) VALUES (%s, %s)"
    " ON CONFLICT (id) DO UPDATE SET terms = excluded.terms"
)


class Match(NamedTuple):
    """Of each of `wanted` one term at least, of `unwanted` none."""

    wanted: tuple[tuple[str, ...], ...]
    unwanted: tuple[str, ...] = ()


def form(connection: Connection) -> str:
    """In which form terms are kept, beside what they are made of."""
    return f" in blocks of {1 << _SQLITE_BLOCK}" if is_sqlite(connection) else ""


def at_once(connection: Connection, most: int) -> int:
    """How many of a batch to bring in at once, for those who want to write meanwhile.

    PostgreSQL takes eight times as long for each.
    """
    return most if is_sqlite(connection) else most // 4


def clear(connection: Connection) -> None:
    """Take everything out, whatever it was put in with."""
    if is_sqlite(connection):
        connection.exec_driver_sql("INSERT INTO search(search) VALUES ('delete-all')")
    else:
        connection.exec_driver_sql("TRUNCATE search")


def put(connection: Connection, rows: Sequence[tuple[int, str]]) -> None:
    """Bring messages in: id, and terms with blanks between them."""
    if is_sqlite(connection):
        connection.exec_driver_sql(_PUT, _in_their_blocks(rows))
        return
    # In the order in which the index keeps them, which spares it a way for each.
    numbers = [
        (message_id, sorted({number_of(term, message_id) for term in set(words.split())}))
        for message_id, words in rows
    ]
    connection.exec_driver_sql(_PUT_NUMBERS, numbers)


def take(connection: Connection, rows: Sequence[tuple[int, str]]) -> bool:
    """Take messages out, with the terms that they are in with; whether something is left of them.

    FTS5 notes that they are out: the terms themselves go when the pieces that have them are merged.
    """
    if is_sqlite(connection):
        connection.exec_driver_sql(_TAKE, _in_their_blocks(rows))
        return True
    ids = [message_id for message_id, _ in rows]
    connection.exec_driver_sql("DELETE FROM search WHERE id = ANY(%s::bigint[])", (ids,))
    return False


def _in_their_blocks(rows: Iterable[tuple[int, str]]) -> list[tuple[int, str]]:
    """The same rows, of which each term says in which block it is, up to its first `!`."""
    found = []
    for message_id, words in rows:
        block = f"{message_id >> _SQLITE_BLOCK}!"
        found.append((message_id, block + words.replace(" ", f" {block}")))
    return found


def merge(connection: Connection, pages: int) -> None:
    """Bring the index into fewer pieces, at the cost of about so many pages.

    A negative number of them: on the way to one piece alone. PostgreSQL has only one.
    """
    if is_sqlite(connection):
        statement = "INSERT INTO search(search, rank) VALUES ('merge', ?)"
        connection.exec_driver_sql(statement, (pages,))


def is_one(connection: Connection, pages: int) -> bool:
    """Merge so many pages on the way to one piece alone; whether it was one already."""
    if not is_sqlite(connection):
        return True
    driver = connection.connection.driver_connection
    assert driver is not None  # noqa: S101 - of a connection that is in use
    before: int = driver.total_changes
    merge(connection, -pages)
    # The command itself counts as one change.
    changed: int = driver.total_changes - before
    return changed < 2


def matching(
    connection: Connection, match: Match, bottom: int, top: int, limit: int
) -> Iterable[Row[Any]]:
    """The rows of messages that have the terms, newest first, with ids from `bottom` to `top`."""
    if is_sqlite(connection):
        return _by_blocks(connection, _MATCHING, match, bottom, top, limit)
    values = {"bottom": bottom, "top": top, "limit": limit}
    statement = text(_IN_BLOCKS.format(tests=_tests(match))).columns(*TOLD)
    return connection.execute(statement, values)


def matching_ids(
    connection: Connection, match: Match, bottom: int, top: int, limit: int
) -> set[int]:
    """The ids of up to `limit` messages that have the terms, from `bottom` to `top`."""
    if is_sqlite(connection):
        rows = _by_blocks(connection, _MATCHING_IDS, match, bottom, top, limit)
        return {row[0] for row in rows}
    values = {"bottom": bottom, "top": top, "limit": limit}
    return set(connection.scalars(text(_IDS_IN_BLOCKS.format(tests=_tests(match))), values))


def _by_blocks(
    connection: Connection, statement: Executable, match: Match, bottom: int, top: int, limit: int
) -> Iterator[Row[Any]]:
    """What a statement finds in each block, from the newest down, until there is enough."""
    for block in range(top >> _SQLITE_BLOCK, (bottom >> _SQLITE_BLOCK) - 1, -1):
        values = {"bottom": bottom, "top": top, "limit": limit, "match": _expression(match, block)}
        found = connection.execute(statement, values).all()
        yield from found
        limit -= len(found)
        if limit <= 0:
            return


def _tests(match: Match) -> str:
    """What has to hold of the terms of a message that may be meant.

    What is not wanted is left to those who look at each: another term may have its number.
    """
    needed = [terms[0] for terms in match.wanted if len(terms) == 1]
    tests = [_test("@>", needed)] if needed else []
    tests += [_test("&&", terms) for terms in match.wanted if len(terms) > 1]
    return " AND ".join(tests)


def _expression(match: Match, block: int) -> str:
    """In the words of FTS5."""
    wanted = [_any_of(terms, block) for terms in match.wanted]
    both = f"({' AND '.join(wanted)})"
    return f"{both} NOT {_any_of(match.unwanted, block)}" if match.unwanted else both


def _any_of(terms: Sequence[str], block: int) -> str:
    quoted = [f'"{block}!{term}"' for term in terms]
    return quoted[0] if len(quoted) == 1 else f"({' OR '.join(quoted)})"


# The sums keep it from going by ids, all of them, until there is enough. Another term in another
# block may have the same number, so the id has its say. What is in the index is there: a trigger
# takes it out together with its message.
_IDS_IN_BLOCKS: Final = (
    "SELECT found.id FROM"  # noqa: S608 - numbers
    f" (SELECT block, CAST(block * {_SPREAD} % {1 << 32} - {1 << 31} AS INTEGER) AS mask"
    f" FROM generate_series(:top >> {_BLOCK}, :bottom >> {_BLOCK}, -1) AS each (block)) AS blocks"
    " CROSS JOIN LATERAL (SELECT id FROM search"
    f" WHERE {{tests}} AND id >> {_BLOCK} = block AND id + 0 BETWEEN :bottom AND :top"
    " ORDER BY id + 0 DESC LIMIT :limit) AS found LIMIT :limit"
)
_IN_BLOCKS: Final = (
    f"SELECT {TOLD_OF_MESSAGES} FROM ({_IDS_IN_BLOCKS}) AS newest"  # noqa: S608 - columns
    " JOIN messages ON messages.id = newest.id ORDER BY messages.id DESC"
)


def _test(operator: str, terms: Iterable[str]) -> str:
    """What has to hold of the terms of a message in a block; of numbers, so nothing is quoted."""
    numbers = ", ".join(f"({_hash(term)}) # mask" for term in terms)
    return f"terms {operator} ARRAY[{numbers}]"


def number_of(term: str, message_id: int) -> int:
    """The number of a term in the block of a message."""
    return _hash(term) ^ ((message_id >> _BLOCK) * _SPREAD % (1 << 32) - (1 << 31))


@lru_cache(maxsize=1 << 15)
def _hash(term: str) -> int:
    digest = hashlib.blake2s(term.encode(), digest_size=4).digest()
    return int.from_bytes(digest, signed=True)
