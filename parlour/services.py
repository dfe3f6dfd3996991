"""Which routes and tasks each service has: a node does all of them, or one (`PARLOUR_ONLY`)."""

from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Final

from fastapi import APIRouter

from parlour import admission, backing, gateway, jobs, pages, purging, upkeep
from parlour.context import Context
from parlour.features import (
    accounts,
    admin_data,
    admin_log,
    admin_people,
    admin_policy,
    admin_retention,
    admin_rooms,
    admin_status,
    avatars,
    changes,
    directory,
    files,
    guests,
    health,
    heartbeat,
    members,
    messages,
    metrics,
    moderation,
    news,
    notifications,
    own_data,
    pins,
    public_keys,
    reactions,
    reads,
    registration,
    reports,
    retention,
    room_invites,
    rooms,
    saved,
    scheduled,
    search,
    sessions,
    users,
)

Task = Callable[[Context], Coroutine[Any, Any, None]]

# A request is held against one route after the other, so what is asked for most comes first.
_API: Final = (
    messages.router, rooms.router, members.router, room_invites.router, changes.router,
    reactions.router, pins.router, saved.router, scheduled.router, reads.router,
    notifications.router, search.router, moderation.router, reports.router,
)  # fmt: skip
_AUTH: Final = (guests.router, registration.router, accounts.router, sessions.router)
# Profiles, files, and what administrators do.
_MORE: Final = (
    own_data.router, avatars.router, users.router, files.router, directory.router,
    retention.router, admin_people.router, admin_data.router, admin_rooms.router,
    admin_policy.router, admin_retention.router,
    admin_log.router, admin_status.router, admission.router,
)  # fmt: skip
_ALWAYS: Final = (health.router, metrics.router)

ROUTERS: Final[Mapping[str, tuple[APIRouter, ...]]] = {
    "": (*_API, *_AUTH, public_keys.router, *_MORE, *_ALWAYS, gateway.router, pages.router),
    "auth": (*_AUTH, public_keys.router, *_ALWAYS),
    "api": (*_API, *_MORE, *_ALWAYS),
    "realtime": (*_ALWAYS, gateway.router),
    "web": (*_ALWAYS, pages.router),
    "worker": _ALWAYS,
}

_WORK: Final[tuple[Task, ...]] = (
    upkeep.purge, upkeep.keep_index, upkeep.discard_files, jobs.work, backing.back_up,
    purging.look_at_start,
)  # fmt: skip
# What every node has to do for itself. All of them note what there is to tell, so all of them tell
# it: with nobody to be told it costs nothing, and what nobody takes would become ever more.
_OWN: Final[tuple[Task, ...]] = (
    lambda context: upkeep.hold_database(context.database),
    lambda context: context.database.look_through(),
    sessions.tidy,
    news.tell_news,
    notifications.tell_crowds,
    lambda _context: upkeep.watch_lag(),
)

TASKS: Final[Mapping[str, tuple[Task, ...]]] = {
    "": (*_OWN, heartbeat.beat, *_WORK),
    "auth": _OWN,
    "api": _OWN,
    "realtime": (*_OWN, heartbeat.beat),
    "web": _OWN,
    "worker": (*_OWN, *_WORK),
}
