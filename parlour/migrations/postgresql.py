"""What PostgreSQL has of its own, as of 0016: the index of messages, and triggers.

They do what the triggers that SQLite got one by one do there.
"""

from typing import Final, NamedTuple

from alembic import op

_SEARCH: Final = (
    # The terms of a message, each with the block of ids that it is in: see `store/search.py`.
    "CREATE TABLE search (id BIGINT CONSTRAINT pk_search PRIMARY KEY, terms INTEGER[] NOT NULL)",
    # Without a list of what is to be put in, which every search would have to look through.
    "CREATE INDEX ix_search_terms ON search USING gin (terms) WITH (fastupdate = off)",
)


class _Trigger(NamedTuple):
    name: str
    when: str
    # Its body, or the name of a function.
    does: str


_TRIGGERS: Final = (
    # What has been written down stays as it was, whoever asks.
    _Trigger(
        "audit_no_change",
        "BEFORE UPDATE OR DELETE ON audit FOR EACH ROW",
        "RAISE integrity_constraint_violation USING MESSAGE = 'the audit log only grows';",
    ),
    _Trigger(
        "audit_no_truncate",
        "BEFORE TRUNCATE ON audit FOR EACH STATEMENT",
        "RAISE integrity_constraint_violation USING MESSAGE = 'the audit log only grows';",
    ),
    # Only the next number is taken.
    _Trigger(
        "audit_only_next",
        "BEFORE INSERT ON audit FOR EACH ROW",
        """
 IF NEW.id IS DISTINCT FROM (SELECT coalesce(max(id), 0) + 1 FROM audit) THEN
  RAISE integrity_constraint_violation USING MESSAGE = 'the audit log only grows';
 END IF;
 RETURN NEW;
""",
    ),
    # The highest id that a message ever had is that of one that is there, or this. And the index
    # has nothing that is not there.
    _Trigger(
        "messages_gone",
        "AFTER DELETE ON messages REFERENCING OLD TABLE AS gone FOR EACH STATEMENT",
        """
 INSERT INTO meta (name, value)
 SELECT 'last_message', CAST(max(id) AS TEXT) FROM gone HAVING max(id) IS NOT NULL
 ON CONFLICT (name) DO UPDATE SET value =
  CAST(greatest(CAST(meta.value AS BIGINT), CAST(excluded.value AS BIGINT)) AS TEXT);
 DELETE FROM search WHERE id IN (SELECT id FROM gone);
""",
    ),
    # Whatever deletes a message, it is counted; and an own one behind a position that was marked
    # back does not count as one's own and as deleted.
    _Trigger(
        "messages_deleted",
        "AFTER UPDATE OF deleted_at ON messages FOR EACH ROW"
        " WHEN (OLD.deleted_at IS NULL AND NEW.deleted_at IS NOT NULL)",
        """
 INSERT INTO deletions (room_id, level, slot, count)
 SELECT NEW.room_id, level, NEW.number >> (4 * level), 1 FROM generate_series(0, 7) AS level
 ON CONFLICT (room_id, level, slot) DO UPDATE SET count = deletions.count + 1;
 UPDATE rooms SET deleted_count = deleted_count + 1 WHERE id = NEW.room_id;
 IF NEW.author LIKE 'user:%' THEN
  UPDATE reads SET own = own - 1
  WHERE user_id = CAST(substr(NEW.author, 6) AS BIGINT) AND room_id = NEW.room_id
   AND number < NEW.number AND own > 0;
 END IF;
""",
    ),
    # A message that is in the index stays there as it stood until the index has followed.
    _Trigger(
        "search_changed",
        "AFTER UPDATE OF content, deleted_at, reactions, pinned_at, files, forwarded ON messages"
        " FOR EACH ROW WHEN (OLD.deleted_at IS NULL"
        " AND (NEW.content <> OLD.content OR NEW.deleted_at IS NOT NULL"
        " OR (NEW.reactions IS NULL) <> (OLD.reactions IS NULL)"
        " OR (NEW.pinned_at IS NULL) <> (OLD.pinned_at IS NULL)"
        " OR NEW.files IS DISTINCT FROM OLD.files"
        " OR NEW.forwarded IS DISTINCT FROM OLD.forwarded))",
        "as_indexed",
    ),
    _Trigger(
        "search_removed",
        "AFTER DELETE ON messages FOR EACH ROW WHEN (OLD.deleted_at IS NULL)",
        "as_indexed",
    ),
    # How much everybody's files take, and all of them: the owner ''.
    _Trigger(
        "files_added",
        "AFTER INSERT ON files FOR EACH ROW",
        """
 INSERT INTO storage_use (owner, bytes)
 VALUES (NEW.charged, greatest(NEW.bytes, 4096)), ('', greatest(NEW.bytes, 4096))
 ON CONFLICT (owner) DO UPDATE SET bytes = storage_use.bytes + excluded.bytes;
""",
    ),
    # However a row goes, what it stood for is taken from the storage afterwards.
    _Trigger(
        "files_removed",
        "AFTER DELETE ON files FOR EACH ROW",
        """
 UPDATE storage_use SET bytes = bytes - greatest(OLD.bytes, 4096)
 WHERE owner IN (OLD.charged, '');
 INSERT INTO discarded (key, pending) VALUES (OLD.id, NULL)
 ON CONFLICT (key) DO UPDATE SET pending = NULL;
 IF OLD.thumbnail_width IS NOT NULL THEN
  INSERT INTO discarded (key, pending) VALUES (OLD.id || 't', NULL)
  ON CONFLICT (key) DO UPDATE SET pending = NULL;
 END IF;
""",
    ),
    _Trigger(
        "files_charged",
        "AFTER UPDATE OF charged ON files FOR EACH ROW WHEN (NEW.charged <> OLD.charged)",
        """
 UPDATE storage_use SET bytes = bytes - greatest(OLD.bytes, 4096) WHERE owner = OLD.charged;
 INSERT INTO storage_use (owner, bytes) VALUES (NEW.charged, greatest(NEW.bytes, 4096))
 ON CONFLICT (owner) DO UPDATE SET bytes = storage_use.bytes + excluded.bytes;
""",
    ),
    # A file goes with the last message that has it. Without the message that it came with, it is
    # there by the first that passes it on.
    _Trigger(
        "attachments_removed",
        "AFTER DELETE ON attachments FOR EACH ROW",
        """
 IF EXISTS (SELECT 1 FROM attachments WHERE file_id = OLD.file_id) THEN
  UPDATE files SET (message_id, charged) = (
   SELECT messages.id, CASE WHEN author LIKE 'user:%' THEN author ELSE 'guest' END
   FROM messages
   WHERE messages.id = (SELECT min(message_id) FROM attachments WHERE file_id = OLD.file_id)
  )
  WHERE id = OLD.file_id AND message_id = OLD.message_id;
 ELSE
  DELETE FROM files WHERE id = OLD.file_id;
 END IF;
""",
    ),
    _Trigger(
        "avatar_replaced",
        "AFTER UPDATE OF avatar ON users FOR EACH ROW"
        " WHEN (OLD.avatar IS NOT NULL AND OLD.avatar IS DISTINCT FROM NEW.avatar)",
        """
 INSERT INTO discarded (key, pending) VALUES (OLD.avatar, NULL)
 ON CONFLICT (key) DO UPDATE SET pending = NULL;
""",
    ),
)

_AS_INDEXED: Final = """
 INSERT INTO search_changes
  (message_id, room_id, username, content, reacted, files, forwarded, pinned)
 SELECT OLD.id, OLD.room_id, OLD.username, OLD.content, CAST(OLD.reactions IS NOT NULL AS INTEGER),
  OLD.files, OLD.forwarded, CAST(OLD.pinned_at IS NOT NULL AS INTEGER)
 FROM search_state WHERE OLD.id BETWEEN lowest AND highest
 ON CONFLICT (message_id) DO NOTHING;
"""


def begin() -> None:
    """Make all of it."""
    for statement in _SEARCH:
        op.execute(statement)
    _make_function("as_indexed", _AS_INDEXED)
    for trigger in _TRIGGERS:
        function = trigger.does
        if not function.isidentifier():
            function = trigger.name
            _make_function(function, trigger.does)
        op.execute(f"CREATE TRIGGER {trigger.name} {trigger.when} EXECUTE FUNCTION {function}()")


def _make_function(name: str, body: str) -> None:
    # What a trigger returns counts only before the row is written.
    end = "" if "RETURN NEW" in body else "RETURN NULL;"
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS"
        f" $body$ BEGIN {body} {end} END $body$"
    )
