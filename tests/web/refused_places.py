"""The same for rooms' members, invitations, direct conversations, and changes of messages."""

from tests.web.refused import (
    HI,
    ROOM,
    ROOMS,
    Ask,
    abroad,
    ended,
    get,
    misshapen,
    post,
)

CHAT = "/api/chat"
MEMBERS, INVITES = f"{ROOM}/members", f"{ROOM}/invites"
MEMBER, INVITE = f"{MEMBERS}/{{username}}", f"{INVITES}/{{invite_id}}"
MESSAGE = f"{CHAT}/messages/{{message_id}}"
LEVEL, WHY = f"{ROOM}/notifications", f"{MESSAGE}/notification"
QUIET, MENTIONS = f"{CHAT}/do-not-disturb", f"{CHAT}/mentions"
RETENTION = f"{ROOM}/retention"
READ, READS, ALL_READ = f"{ROOM}/read", f"{ROOM}/reads", f"{CHAT}/read"
DIRECT = f"{CHAT}/direct"
PREVIEW, ACCEPT = f"{CHAT}/invites/preview", f"{CHAT}/invites/accept"
NOWHERE = f"{ROOMS}/999999"
# Names that nobody can give who has no account.
WRONG_NAMES = ("", "x" * 51, "a\u200bb", "somebody", "admin")
# What takes rooms of other kinds, ranks and bans to meet: the table of tests/permissions does.
STATEFUL = {"not_allowed", "banned", "archived", "muted", "slow_mode", "edit_window_over"}
# And a second room, to meet its name; and many at once, to meet their pace (test_reactions.py).
ELSEWHERE = {
    ("PATCH", ROOM): {"room_exists"},
    ("PUT", f"{MESSAGE}/reactions/{{emoji}}"): {"rate_limited"},
    ("DELETE", f"{MESSAGE}/reactions/{{emoji}}"): {"rate_limited"},
}
SOME_MESSAGE = f"{CHAT}/messages/987654321"
PIN, SAVE = f"{MESSAGE}/pin", f"{MESSAGE}/save"
PINS, SAVED, SAVED_IDS = f"{ROOM}/pins", f"{CHAT}/saved", f"{CHAT}/saved/ids"
SOME_PIN = f"{SOME_MESSAGE}/pin"
REACTIONS = f"{MESSAGE}/reactions"
REACTION = f"{REACTIONS}/{{emoji}}"
SOME_REACTIONS = f"{SOME_MESSAGE}/reactions"
THUMB = f"{SOME_REACTIONS}/%F0%9F%91%8D"

REFUSED: dict[tuple[str, str], list[Ask]] = {
    ("PATCH", ROOM): [ended(ROOM, "PATCH", {})],
    ("GET", MEMBERS): [
        ended(MEMBERS),
        get(f"{NOWHERE}/members"),
        get(f"{ROOMS}/abc/members"),
        get(MEMBERS, limit="1001"),
        get(MEMBERS, after="x" * 101),
    ],
    ("PUT", READ): [ended(READ, "PUT", {"message_id": 1})],
    ("PUT", ALL_READ): [ended(ALL_READ, "PUT"), abroad(ALL_READ, "PUT")],
    ("GET", READS): [ended(READS)],
    ("GET", RETENTION): [
        ended(RETENTION),
        get(f"{NOWHERE}/retention"),
        get(f"{ROOMS}/abc/retention"),
    ],
    ("PUT", RETENTION): [ended(RETENTION, "PUT", {"days": 3})],
    ("GET", LEVEL): [ended(LEVEL)],
    ("PUT", LEVEL): [ended(LEVEL, "PUT", {"level": None})],
    ("GET", WHY): [ended(f"{SOME_MESSAGE}/notification")],
    ("GET", QUIET): [ended(QUIET)],
    ("PUT", QUIET): [ended(QUIET, "PUT", {}), abroad(QUIET, "PUT")],
    ("GET", MENTIONS): [ended(MENTIONS)],
    ("PUT", MEMBER): [ended(f"{MEMBERS}/somebody", "PUT", {})],
    ("DELETE", MEMBER): [ended(f"{MEMBERS}/somebody", "DELETE")],
    ("GET", INVITES): [ended(INVITES)],
    ("POST", INVITES): [ended(INVITES, "POST", {})],
    ("DELETE", INVITE): [ended(f"{INVITES}/1", "DELETE")],
    ("POST", DIRECT): [ended(DIRECT, "POST", {"usernames": ["somebody"]})],
    ("POST", PREVIEW): [ended(PREVIEW, "POST", {"token": "x"})],
    ("POST", ACCEPT): [ended(ACCEPT, "POST", {"token": "x"})],
    ("PATCH", MESSAGE): [
        *misshapen(f"{SOME_MESSAGE}?username=alice", "PATCH"),
        get(SOME_MESSAGE, "PATCH", HI, username="alice"),
        get(SOME_MESSAGE, "PATCH", HI, username=""),
        get(SOME_MESSAGE, "PATCH", HI, username="x" * 51),
        get(SOME_MESSAGE, "PATCH", HI, username="a\u200bb"),
        get(SOME_MESSAGE, "PATCH", HI, username="somebody"),
        get(SOME_MESSAGE, "PATCH", HI, username="admin"),
        ended(SOME_MESSAGE, "PATCH", HI),
    ],
    ("GET", f"{MESSAGE}/edits"): [
        get(f"{SOME_MESSAGE}/edits"),
        get(f"{CHAT}/messages/abc/edits"),
        ended(f"{SOME_MESSAGE}/edits"),
    ],
    ("GET", f"{MESSAGE}/replies"): [
        get(f"{SOME_MESSAGE}/replies"),
        get(f"{SOME_MESSAGE}/replies", limit="0"),
        ended(f"{SOME_MESSAGE}/replies"),
    ],
    ("DELETE", MESSAGE): [
        get(SOME_MESSAGE, "DELETE", username="alice"),
        get(SOME_MESSAGE, "DELETE"),
        get(SOME_MESSAGE, "DELETE", username=""),
        get(SOME_MESSAGE, "DELETE", username="x" * 51),
        get(SOME_MESSAGE, "DELETE", username="a\u200bb"),
        get(SOME_MESSAGE, "DELETE", username="somebody"),
        get(SOME_MESSAGE, "DELETE", username="admin"),
        ended(SOME_MESSAGE, "DELETE"),
        abroad(SOME_MESSAGE, "DELETE"),
    ],
    ("PUT", PIN): [
        get(SOME_PIN, "PUT", username="alice"),
        get(SOME_PIN, "PUT"),
        *(get(SOME_PIN, "PUT", username=name) for name in WRONG_NAMES),
        ended(SOME_PIN, "PUT"),
        abroad(SOME_PIN, "PUT"),
    ],
    ("DELETE", PIN): [
        get(SOME_PIN, "DELETE", username="alice"),
        get(SOME_PIN, "DELETE"),
        *(get(SOME_PIN, "DELETE", username=name) for name in WRONG_NAMES),
        ended(SOME_PIN, "DELETE"),
        abroad(SOME_PIN, "DELETE"),
    ],
    ("GET", PINS): [
        get(f"{NOWHERE}/pins"),
        get(PINS, limit="201"),
        get(PINS, before="2026-01-31"),
        ended(PINS),
    ],
    ("PUT", SAVE): [ended(f"{SOME_MESSAGE}/save", "PUT"), abroad(f"{SOME_MESSAGE}/save", "PUT")],
    ("DELETE", SAVE): [
        ended(f"{SOME_MESSAGE}/save", "DELETE"),
        abroad(f"{SOME_MESSAGE}/save", "DELETE"),
    ],
    ("GET", SAVED): [ended(SAVED)],
    ("GET", SAVED_IDS): [ended(SAVED_IDS)],
    ("GET", REACTIONS): [
        get(SOME_REACTIONS),
        get(SOME_REACTIONS, emoji="no emoji"),
        *(get(SOME_REACTIONS, username=name) for name in WRONG_NAMES),
        ended(SOME_REACTIONS),
    ],
    ("PUT", REACTION): [
        get(THUMB, "PUT", username="alice"),
        get(f"{SOME_REACTIONS}/no", "PUT", username="alice"),
        *(get(THUMB, "PUT", username=name) for name in WRONG_NAMES),
        ended(THUMB, "PUT"),
        abroad(THUMB, "PUT"),
    ],
    ("DELETE", REACTION): [
        get(THUMB, "DELETE", username="alice"),
        get(f"{SOME_REACTIONS}/no", "DELETE", username="alice"),
        *(get(THUMB, "DELETE", username=name) for name in WRONG_NAMES),
        ended(THUMB, "DELETE"),
        abroad(THUMB, "DELETE"),
    ],
}
SIGNED_IN: dict[tuple[str, str], list[Ask]] = {
    ("PUT", SAVE): [get(f"{SOME_MESSAGE}/save", "PUT"), get(f"{CHAT}/messages/abc/save", "PUT")],
    ("DELETE", SAVE): [get(f"{CHAT}/messages/abc/save", "DELETE")],
    ("GET", SAVED): [get(SAVED, before="0")],
    ("PUT", READ): [
        *misshapen(f"{ROOMS}/1/read", "PUT"),
        get(READ, "PUT", {"message_id": 987654321}),
        get(READ, "PUT", {"message_id": 0}),
    ],
    ("GET", READS): [get(f"{NOWHERE}/reads"), get(f"{ROOMS}/abc/reads")],
    ("PUT", RETENTION): [
        *misshapen(f"{ROOMS}/1/retention", "PUT"),
        get(f"{NOWHERE}/retention", "PUT", {"days": 3}),
        get(f"{ROOMS}/1/retention", "PUT", {"days": -1}),
    ],
    ("GET", LEVEL): [get(f"{NOWHERE}/notifications"), get(f"{ROOMS}/abc/notifications")],
    ("PUT", LEVEL): [
        *misshapen(f"{ROOMS}/1/notifications", "PUT"),
        get(f"{NOWHERE}/notifications", "PUT", {"level": "all"}),
        get(LEVEL, "PUT", {"level": "some"}),
    ],
    ("GET", WHY): [
        get(f"{SOME_MESSAGE}/notification"),
        get(f"{CHAT}/messages/abc/notification"),
    ],
    ("PUT", QUIET): [
        *misshapen(QUIET, "PUT"),
        get(QUIET, "PUT", {"start": "22:00"}),
        get(QUIET, "PUT", {"start": "22:00", "end": "22:00"}),
        get(QUIET, "PUT", {"start": "24:00", "end": "22:00"}),
        get(QUIET, "PUT", {"seconds": 0}),
        get(QUIET, "PUT", {"time_zone": "Nowhere/Land"}),
    ],
    ("GET", MENTIONS): [get(MENTIONS, limit="0"), get(MENTIONS, before="abc")],
    ("PATCH", ROOM): [
        *misshapen(f"{ROOMS}/1", "PATCH"),
        get(NOWHERE, "PATCH", {"topic": "x"}),
        get(f"{ROOMS}/abc", "PATCH", {}),
        get(ROOM, "PATCH", {"name": ""}),
        get(ROOM, "PATCH", {"topic": "x" * 251}),
        get(ROOM, "PATCH", {"name": "a\u202eb"}),
    ],
    ("PUT", MEMBER): [
        *misshapen(f"{ROOMS}/1/members/somebody", "PUT"),
        get(f"{NOWHERE}/members/somebody", "PUT", {}),
        get(f"{MEMBERS}/{'x' * 101}", "PUT", {}),
    ],
    ("DELETE", MEMBER): [
        abroad(f"{ROOMS}/1/members/somebody", "DELETE"),
        get(f"{NOWHERE}/members/somebody", "DELETE"),
        get(f"{ROOMS}/abc/members/somebody", "DELETE"),
        get(f"{MEMBERS}/{'x' * 101}", "DELETE"),
    ],
    ("GET", INVITES): [get(f"{NOWHERE}/invites"), get(f"{ROOMS}/abc/invites")],
    ("POST", INVITES): [
        *misshapen(f"{ROOMS}/1/invites"),
        post(f"{NOWHERE}/invites", {}),
        post(INVITES, {"uses": 0}),
    ],
    ("DELETE", INVITE): [
        abroad(f"{ROOMS}/1/invites/1", "DELETE"),
        get(f"{NOWHERE}/invites/1", "DELETE"),
        get(f"{INVITES}/abc", "DELETE"),
    ],
    ("POST", DIRECT): [
        *misshapen(DIRECT),
        post(DIRECT, {"usernames": ["nobody-here"]}),
        post(DIRECT, {"usernames": ["somebody"]}),
        post(DIRECT, {"usernames": ["x" * 201]}),
    ],
    ("POST", PREVIEW): [
        *misshapen(PREVIEW), post(PREVIEW, {"token": "x"}), post(PREVIEW, {"token": "x" * 600})
    ],
    ("POST", ACCEPT): [
        *misshapen(ACCEPT), post(ACCEPT, {"token": "x"}), post(ACCEPT, {"token": "x" * 600})
    ],
    ("PATCH", MESSAGE): [get(SOME_MESSAGE, "PATCH", {"content": "x" * 101})],
}  # fmt: skip
