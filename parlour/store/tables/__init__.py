"""The tables, each index beside the query that needs it."""

from parlour.store.tables.base import UtcTime, metadata
from parlour.store.tables.files import attachments, discarded, files, storage_use
from parlour.store.tables.holding import held, held_files, holds
from parlour.store.tables.jobs import jobs, scheduled
from parlour.store.tables.notices import addressed, addressings, attention, calls, quiets
from parlour.store.tables.people import (
    audit,
    invites,
    login_failures,
    members,
    removals,
    reports,
    restrictions,
    sessions,
    users,
)
from parlour.store.tables.rooms import (
    cleared,
    deletions,
    messages,
    reactions,
    reads,
    rooms,
    saved,
    spoken,
    wordings,
)
from parlour.store.tables.search import SEARCH, SEARCH_SETTINGS, search_changes, search_state
from parlour.store.tables.server import blobs, journal, meta, nodes

__all__ = [
    "SEARCH",
    "SEARCH_SETTINGS",
    "UtcTime",
    "addressed",
    "addressings",
    "attachments",
    "attention",
    "audit",
    "blobs",
    "calls",
    "cleared",
    "deletions",
    "discarded",
    "files",
    "held",
    "held_files",
    "holds",
    "invites",
    "jobs",
    "journal",
    "login_failures",
    "members",
    "messages",
    "meta",
    "metadata",
    "nodes",
    "quiets",
    "reactions",
    "reads",
    "removals",
    "reports",
    "restrictions",
    "rooms",
    "saved",
    "scheduled",
    "search_changes",
    "search_state",
    "sessions",
    "spoken",
    "storage_use",
    "users",
    "wordings",
]
