"""The tables of people: who they are, where they belong, and what is done to keep peace."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Table,
    UniqueConstraint,
)

from parlour.store.tables.base import Integer, String, Text, UtcTime, metadata, only, yes

users = Table(
    "users",
    metadata,
    # Never reused: it is the author of what somebody wrote.
    Column("id", Integer, primary_key=True),
    Column("username", Text, nullable=False),
    # Finds the account of a name that was typed.
    Column("name_key", Text, nullable=False),
    # Refuses a second name that looks like it.
    Column("identity", Text, nullable=False),
    Column("display_name", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("role", String(16), nullable=False),
    Column("about", Text, nullable=False),
    Column("time_zone", Text),
    Column("status_text", Text, nullable=False),
    Column("hue", Integer),
    Column("created_at", UtcTime, nullable=False),
    Column("password_changed_at", UtcTime, nullable=False),
    # Set for an account that may not be used any more.
    Column("disabled_at", UtcTime),
    # Whether others are told how far it has read, and it how far they have.
    Column("read_receipts", Boolean, nullable=False, server_default=yes()),
    # Where its image lies in the storage; a new one for each image.
    Column("avatar", String(32)),
    Column("avatar_size", Integer),
    UniqueConstraint("name_key"),
    UniqueConstraint("identity"),
    CheckConstraint("role IN ('member', 'administrator')", name="role"),
    CheckConstraint("hue BETWEEN 0 AND 359", name="hue"),
    sqlite_autoincrement=True,
)

sessions = Table(
    "sessions",
    metadata,
    # 128 random bits.
    Column("id", String(22), primary_key=True),
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    # Which of its refresh tokens is the current one, since when, and the key it is made with.
    Column("generation", Integer, nullable=False),
    Column("rotated_at", UtcTime, nullable=False),
    Column("key_id", String(32), nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("last_seen_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("address", String(64), nullable=False),
    Column("user_agent", Text, nullable=False),
)
# The sessions of one account.
Index(None, sessions.c.user_id)
# Those that have ended by themselves.
Index(None, sessions.c.expires_at)

# What is counted against guessing, under keys that `attempts.py` makes.
login_failures = Table(
    "login_failures",
    metadata,
    Column("key", Text, primary_key=True),
    Column("count", Integer, nullable=False),
    Column("since", UtcTime, nullable=False),
    Column("blocked_until", UtcTime),
)
# Those that count no longer.
Index(None, login_failures.c.since)

invites = Table(
    "invites",
    metadata,
    Column("id", Integer, primary_key=True),
    # SHA-256 of the token, which nobody can find from it.
    Column("token_hash", String(64), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("room_id", ForeignKey("rooms.id", ondelete="CASCADE")),
    Column("created_by", ForeignKey("users.id", ondelete="SET NULL")),
    Column("created_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("uses_left", Integer, nullable=False),
    UniqueConstraint("token_hash"),
    CheckConstraint("uses_left >= 0", name="uses_left"),
    sqlite_autoincrement=True,
)
# Those of one room, and those that one account made.
Index(None, invites.c.room_id)
Index(None, invites.c.created_by)

members = Table(
    "members",
    metadata,
    Column("room_id", ForeignKey("rooms.id", ondelete="CASCADE"), primary_key=True),
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("role", String(16), nullable=False),
    Column("joined_at", UtcTime, nullable=False),
    # Whether the room is in their list before anything is said in it: a direct conversation is
    # only in those of the people who have opened it.
    Column("listed", Boolean, nullable=False, server_default=yes()),
    CheckConstraint("role IN ('owner', 'moderator', 'member')", name="role"),
)
# The rooms of one person.
Index(None, members.c.user_id)
# Refuses a second owner.
Index(
    "uq_members_owner",
    members.c.room_id,
    unique=True,
    **only("role = 'owner'"),
)

# Who was made to leave a room, and when: links that were made before are nothing to them.
removals = Table(
    "removals",
    metadata,
    Column("room_id", ForeignKey("rooms.id", ondelete="CASCADE"), primary_key=True),
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("at", UtcTime, nullable=False),
)
# Those of an account that is taken away.
Index(None, removals.c.user_id)

# Who may not come in (`ban`) or not speak (`mute`): in a room, or without one on this server.
restrictions = Table(
    "restrictions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("room_id", ForeignKey("rooms.id", ondelete="CASCADE")),
    Column("author", Text, nullable=False),
    # The name under which they were known then.
    Column("username", Text, nullable=False),
    Column("kind", String(16), nullable=False),
    # For good when there is none.
    Column("until", UtcTime),
    Column("reason", Text, nullable=False),
    Column("created_by", ForeignKey("users.id", ondelete="SET NULL")),
    Column("created_at", UtcTime, nullable=False),
    UniqueConstraint("room_id", "author", "kind"),
    CheckConstraint("kind IN ('ban', 'mute')", name="kind"),
    sqlite_autoincrement=True,
)
# The same for those of the server, whose missing room counts as different every time.
Index(
    "uq_restrictions_server",
    restrictions.c.author,
    restrictions.c.kind,
    unique=True,
    **only("room_id IS NULL"),
)
# Those that end by themselves.
Index(None, restrictions.c.until)

# What somebody said about a message, with the message as it stood then: it may be gone.
reports = Table(
    "reports",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("room_id", Integer, nullable=False),
    Column("room_name", Text, nullable=False),
    Column("message_id", Integer, nullable=False),
    Column("message_username", Text, nullable=False),
    Column("message_content", Text, nullable=False),
    Column("message_timestamp", UtcTime, nullable=False),
    # Who reports, and under which name.
    Column("author", Text, nullable=False),
    Column("reporter", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("resolved_at", UtcTime),
    Column("resolved_by", Text),
    # Who said it; not known where the message was gone when this was noted first.
    Column("message_author", Text),
    # One person reports a message once.
    UniqueConstraint("message_id", "author"),
    sqlite_autoincrement=True,
)
# Those of one room.
Index(None, reports.c.room_id, reports.c.id)
# Those of one person that nobody has seen to.
Index(
    "ix_reports_open",
    reports.c.author,
    **only("resolved_at IS NULL"),
)
# The same of one room, and of all.
Index(
    "ix_reports_room_open",
    reports.c.room_id,
    reports.c.id,
    **only("resolved_at IS NULL"),
)
Index(
    "ix_reports_all_open",
    reports.c.id,
    **only("resolved_at IS NULL"),
)

# What was done with power over others. Triggers refuse that a row is changed or taken away.
audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", UtcTime, nullable=False),
    # The author who did it and the name at that time; `cli` for the command line.
    Column("actor", Text, nullable=False),
    Column("actor_name", Text, nullable=False),
    Column("action", String(32), nullable=False),
    Column("room_id", Integer),
    Column("subject", Text, nullable=False),
    # JSON.
    Column("detail", Text, nullable=False),
    # SHA-256 of the entry before this one, and of this one.
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    sqlite_autoincrement=True,
)
