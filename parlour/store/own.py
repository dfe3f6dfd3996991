"""What an account has beside what it said, for itself alone."""

import json
from typing import Any

from sqlalchemy import Connection, Select, select

from parlour.fields import format_time
from parlour.store.attention import newest
from parlour.store.tables import (
    attention,
    invites,
    members,
    messages,
    quiets,
    reads,
    reports,
    rooms,
    saved,
    scheduled,
    sessions,
    users,
)


def data_of(connection: Connection, user_id: int) -> bytes:
    """All of it as JSON, without what proves a login: no password, no token, no key."""

    def all_of(asked: Select[Any]) -> list[dict[str, Any]]:
        return [dict(row) for row in connection.execute(asked).mappings()]

    author = f"user:{user_id}"
    holds = attention.c.after == newest(attention.c.user_id, attention.c.room_id)
    data = {
        "profile": all_of(
            select(
                users.c.username, users.c.display_name, users.c.role, users.c.about,
                users.c.time_zone, users.c.status_text, users.c.hue, users.c.created_at,
                users.c.password_changed_at, users.c.read_receipts, users.c.disabled_at,
            ).where(users.c.id == user_id)
        )[0],
        "devices": all_of(
            select(
                sessions.c.created_at, sessions.c.last_seen_at, sessions.c.expires_at,
                sessions.c.address, sessions.c.user_agent,
            )
            .where(sessions.c.user_id == user_id)
            .order_by(sessions.c.created_at)
        ),
        "memberships": all_of(
            select(members.c.room_id, rooms.c.name, rooms.c.kind, members.c.role,
                   members.c.joined_at)
            .join(rooms, rooms.c.id == members.c.room_id)
            .where(members.c.user_id == user_id, rooms.c.deleted_at.is_(None))
            .order_by(members.c.room_id)
        ),
        "notifications": all_of(
            select(attention.c.room_id, attention.c.level)
            .where(attention.c.user_id == user_id, holds, attention.c.level.is_not(None))
            .order_by(attention.c.room_id)
        ),
        "do_not_disturb": all_of(
            select(quiets.c.until, quiets.c.start, quiets.c.end, quiets.c.time_zone)
            .where(quiets.c.user_id == user_id)
            .order_by(quiets.c.after.desc())
            .limit(1)
        ),
        "read": all_of(
            select(reads.c.room_id, reads.c.message_id)
            .where(reads.c.user_id == user_id)
            .order_by(reads.c.room_id)
        ),
        "saved": all_of(
            select(saved.c.message_id, messages.c.room_id, saved.c.saved_at)
            .join(messages, messages.c.id == saved.c.message_id)
            .where(saved.c.user_id == user_id)
            .order_by(saved.c.id)
        ),
        "scheduled": all_of(
            select(scheduled.c.room_id, scheduled.c.content, scheduled.c.send_at)
            .where(scheduled.c.user_id == user_id)
            .order_by(scheduled.c.id)
        ),
        "invitations": all_of(
            select(invites.c.kind, invites.c.room_id, invites.c.created_at, invites.c.expires_at)
            .where(invites.c.created_by == user_id)
            .order_by(invites.c.id)
        ),
        "reports": all_of(
            select(reports.c.room_name, reports.c.message_id, reports.c.reason,
                   reports.c.created_at)
            .where(reports.c.author == author)
            .order_by(reports.c.id)
        ),
    }  # fmt: skip
    return json.dumps(data, default=format_time, ensure_ascii=False, indent=1).encode() + b"\n"
