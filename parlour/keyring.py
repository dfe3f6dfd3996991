"""The keys that sign logins: of the data directory, or of the database that several nodes share."""

import json
from collections.abc import Sequence

from sqlalchemy import Connection

from parlour.database import Database
from parlour.settings import Settings
from parlour.store.meta import KEYS, PUBLIC_KEYS, read_values, write_value
from parlour.support.keys import (
    Key,
    KeysUnusable,
    PublicKey,
    dump_keys,
    key_set,
    load_keys,
    parse_keys,
    read_key_set,
    rotate_keys,
    with_new_key,
)


def open_keys(settings: Settings, database: Database) -> Sequence[PublicKey]:
    """The keys of a server that is about to start. Raises KeysUnusable or OSError.

    The first node of a cluster gives it those of its own directory, so that nobody has to sign in
    again; from then on they are in the database, where every node gets them. One that signs nobody
    in gets only what is public of them.
    """
    with database.write_engine.begin() as connection:
        if settings.only and settings.only != "auth":
            text = read_values(connection, [PUBLIC_KEYS]).get(PUBLIC_KEYS)
            if text is None:
                words = "There are no keys yet. Start a node that signs people in (--only auth)."
                raise KeysUnusable(words)
            return read_key_set(text)
        keys = _shared(connection) or load_keys(settings.keys_path)
        if database.node:
            # Also where only one of the two is there: by hand somebody takes one away.
            _share(connection, keys)
        return keys


def renew_keys(settings: Settings, connection: Connection) -> tuple[list[Key], list[Key]]:
    """Add a key, which signs from now on; those of before, and those of now.

    Raises KeysUnusable or OSError.
    """
    before = _shared(connection)
    if before is None:
        return load_keys(settings.keys_path), rotate_keys(settings.keys_path)
    now = with_new_key(before)
    _share(connection, now)
    return before, now


def _share(connection: Connection, keys: list[Key]) -> None:
    write_value(connection, KEYS, dump_keys(keys))
    write_value(connection, PUBLIC_KEYS, json.dumps(key_set(keys)))


def _shared(connection: Connection) -> list[Key] | None:
    text = read_values(connection, [KEYS]).get(KEYS)
    return None if text is None else parse_keys(text.encode(), "What the database has as keys")
