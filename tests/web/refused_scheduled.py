"""The same for messages that are said later."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.web.refused import ROOM, Ask, abroad, ended, get, misshapen
from tests.web.refused_places import CHAT, NOWHERE

LATER, ALL = f"{ROOM}/scheduled", f"{CHAT}/scheduled"
ONE, SOME = f"{ALL}/{{scheduled_id}}", f"{ALL}/987654321"
NEW: dict[str, Any] = {
    "content": "later",
    "client_id": "a",
    "send_at": (datetime.now(UTC) + timedelta(hours=1)).isoformat(),
}

REFUSED: dict[tuple[str, str], list[Ask]] = {
    ("POST", LATER): [ended(LATER, "POST", NEW), abroad(LATER)],
    ("GET", ALL): [ended(ALL)],
    ("PATCH", ONE): [ended(SOME, "PATCH", {}), abroad(SOME, "PATCH")],
    ("DELETE", ONE): [ended(SOME, "DELETE"), abroad(SOME, "DELETE")],
    ("POST", f"{ONE}/now"): [ended(f"{SOME}/now", "POST"), abroad(f"{SOME}/now")],
}
SIGNED_IN: dict[tuple[str, str], list[Ask]] = {
    ("POST", LATER): [
        *misshapen(LATER),
        get(LATER, "POST", {}),
        get(LATER, "POST", {**NEW, "content": ""}),
        get(LATER, "POST", {**NEW, "content": "x" * 101}),
        get(f"{NOWHERE}/scheduled", "POST", NEW),
    ],
    ("PATCH", ONE): [
        *misshapen(SOME, "PATCH"),
        get(SOME, "PATCH", {"send_at": "soon"}),
        get(SOME, "PATCH", {"content": ""}),
        get(SOME, "PATCH", {"content": "x" * 101}),
        get(SOME, "PATCH", {"content": "words"}),
    ],
    ("DELETE", ONE): [get(SOME, "DELETE"), get(f"{ALL}/abc", "DELETE")],
    ("POST", f"{ONE}/now"): [get(f"{SOME}/now", "POST"), get(f"{ALL}/abc/now", "POST")],
}
# It takes one of one's own: tests/features/test_scheduled_refusals.py has one.
ELSEWHERE: dict[tuple[str, str], set[str]] = {("PATCH", ONE): {"empty"}}
