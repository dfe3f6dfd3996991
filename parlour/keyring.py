"""The keys that sign logins: of the data directory, or of the database that several nodes share."""

from sqlalchemy import Connection

from parlour.database import Database
from parlour.settings import Settings
from parlour.store.meta import KEYS, read_values, write_value
from parlour.support.keys import Key, dump_keys, load_keys, parse_keys, rotate_keys, with_new_key


def open_keys(settings: Settings, database: Database) -> list[Key]:
    """The keys of a server that is about to start. Raises KeysUnusable or OSError.

    The first node of a cluster gives it those of its own directory, so that nobody has to sign in
    again; from then on they are in the database, where every node gets them.
    """
    with database.write_engine.begin() as connection:
        shared = _shared(connection)
        if shared is not None:
            return shared
        own = load_keys(settings.keys_path)
        if database.node:
            write_value(connection, KEYS, dump_keys(own))
        return own


def renew_keys(settings: Settings, connection: Connection) -> tuple[list[Key], list[Key]]:
    """Add a key, which signs from now on; those of before, and those of now.

    Raises KeysUnusable or OSError.
    """
    before = _shared(connection)
    if before is None:
        return load_keys(settings.keys_path), rotate_keys(settings.keys_path)
    now = with_new_key(before)
    write_value(connection, KEYS, dump_keys(now))
    return before, now


def _shared(connection: Connection) -> list[Key] | None:
    text = read_values(connection, [KEYS]).get(KEYS)
    return None if text is None else parse_keys(text.encode(), "What the database has as keys")
