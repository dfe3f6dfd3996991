"""The same for bans, mutes, reports, the people of a server, and those who run it."""

from tests.support.administration import ADMIN
from tests.web.refused import ROOM, ROOMS, USERS, Ask, abroad, ended, get, misshapen, post
from tests.web.refused_places import CHAT, NOWHERE, SOME_MESSAGE

BANS, MUTES, REPORTS = f"{ROOM}/bans", f"{ROOM}/mutes", f"{ROOM}/reports"
REPORTING, REPORT = f"{CHAT}/messages/{{message_id}}/report", f"{CHAT}/reports/{{report_id}}"
NAMED = "{username}"
RUDE = {"reason": "rude"}
LONG_NAME = "x" * 101
HOLDS = f"{ADMIN}/holds"
SERVER_BANS, SERVER_INVITES = f"{ADMIN}/bans", f"{ADMIN}/invites"
REFUSED: dict[tuple[str, str], list[Ask]] = {}
SIGNED_IN: dict[tuple[str, str], list[Ask]] = {}
# What those meet who run the server; everybody else meets `not_found`.
RUNNING: dict[tuple[str, str], list[Ask]] = {}
ELSEWHERE: dict[tuple[str, str], set[str]] = {
    ("POST", REPORTING): {"rate_limited"},
    # Past a thousand of them.
    ("POST", HOLDS): {"not_allowed"},
}

for path, name in ((BANS, "bans"), (MUTES, "mutes")):
    one, some = f"{path}/somebody", {"seconds": 600}
    REFUSED |= {
        ("GET", path): [ended(path)],
        ("PUT", f"{path}/{NAMED}"): [ended(one, "PUT", some)],
        ("DELETE", f"{path}/{NAMED}"): [ended(one, "DELETE")],
    }
    SIGNED_IN |= {
        ("GET", path): [get(f"{NOWHERE}/{name}"), get(f"{ROOMS}/abc/{name}")],
        ("PUT", f"{path}/{NAMED}"): [
            *misshapen(f"{ROOMS}/1/{name}/somebody", "PUT"),
            get(f"{NOWHERE}/{name}/somebody", "PUT", some),
            get(f"{path}/{LONG_NAME}", "PUT", some),
            get(one, "PUT", {**some, "reason": "a\u202eb"}),
        ],
        ("DELETE", f"{path}/{NAMED}"): [
            abroad(f"{ROOMS}/1/{name}/somebody", "DELETE"),
            get(f"{NOWHERE}/{name}/somebody", "DELETE"),
            get(f"{ROOMS}/abc/{name}/somebody", "DELETE"),
            get(f"{path}/{LONG_NAME}", "DELETE"),
        ],
    }

REFUSED |= {
    ("POST", REPORTING): [
        *misshapen(f"{SOME_MESSAGE}/report?username=alice"),
        *(
            post(f"{SOME_MESSAGE}/report", RUDE, username=name)
            for name in ("alice", "", "x" * 51, "a\u200bb", "somebody", "admin")
        ),
        ended(f"{SOME_MESSAGE}/report", "POST", RUDE),
    ],
    ("GET", REPORTS): [ended(REPORTS)],
    ("PATCH", REPORT): [ended(f"{CHAT}/reports/1", "PATCH", {"resolved": True})],
    ("GET", USERS): [get(USERS)],
}
SIGNED_IN |= {
    ("GET", REPORTS): [
        get(f"{NOWHERE}/reports"),
        get(f"{ROOMS}/abc/reports"),
        get(REPORTS, limit="201"),
    ],
    ("PATCH", REPORT): [
        *misshapen(f"{CHAT}/reports/1", "PATCH"),
        get(f"{CHAT}/reports/999999", "PATCH", {"resolved": True}),
    ],
    ("GET", USERS): [get(USERS, query=LONG_NAME), get(USERS, limit="0")],
}
for method, path in (
    ("GET", "users"), ("PATCH", f"users/{NAMED}"), ("GET", "bans"), ("POST", "bans"),
    ("DELETE", "bans/{ban_id}"), ("GET", "rooms"), ("DELETE", "rooms/{room_id}"),
    ("PUT", "rooms/{room_id}/owner"), ("GET", "policy"), ("PATCH", "policy"), ("GET", "invites"),
    ("POST", "invites"), ("DELETE", "invites/{invite_id}"), ("GET", "reports"), ("GET", "audit"),
    ("GET", "status"), ("PUT", "rooms/{room_id}/retention"), ("GET", "retention"), ("GET", "holds"),
    ("POST", "holds"), ("DELETE", "holds/{hold_id}"),
):  # fmt: skip
    real = path.format(username="somebody", ban_id=1, room_id="1", invite_id=1, hold_id=1)
    REFUSED[method, f"{ADMIN}/{path}"] = [get(f"{ADMIN}/{real}", method)]
OWNER = f"{ADMIN}/rooms/1/owner"
RUNNING |= {
    ("GET", f"{ADMIN}/users"): [
        get(f"{ADMIN}/users", query=LONG_NAME), get(f"{ADMIN}/users", limit="0"),
    ],
    ("PATCH", f"{ADMIN}/users/{NAMED}"): [
        *misshapen(f"{ADMIN}/users/somebody", "PATCH"),
        get(f"{ADMIN}/users/{LONG_NAME}", "PATCH", {}),
    ],
    ("POST", SERVER_BANS): [
        *misshapen(SERVER_BANS),
        post(SERVER_BANS, {"username": LONG_NAME}),
        post(SERVER_BANS, {"username": "somebody", "reason": "a\u202eb"}),
    ],
    ("DELETE", f"{SERVER_BANS}/{{ban_id}}"): [
        get(f"{SERVER_BANS}/abc", "DELETE"), abroad(f"{SERVER_BANS}/1", "DELETE"),
    ],
    ("DELETE", f"{ADMIN}/rooms/{{room_id}}"): [
        get(f"{ADMIN}/rooms/abc", "DELETE"), abroad(f"{ADMIN}/rooms/1", "DELETE"),
    ],
    ("PUT", f"{OWNER.replace('1', '{room_id}')}"): [
        *misshapen(OWNER, "PUT"), get(OWNER, "PUT", {"username": LONG_NAME}),
    ],
    ("PUT", f"{ADMIN}/rooms/{{room_id}}/retention"): [
        *misshapen(f"{ADMIN}/rooms/1/retention", "PUT"),
        get(f"{ADMIN}/rooms/1/retention", "PUT", {"days": -1}),
    ],
    ("GET", f"{ADMIN}/retention"): [get(f"{ADMIN}/retention", days="-1")],
    ("POST", HOLDS): [
        *misshapen(HOLDS), post(HOLDS, {"kind": "server", "reason": ""}),
        post(HOLDS, {"kind": "server", "reason": "x" * 501}),
        post(HOLDS, {"kind": "room", "reason": "x"}),
    ],
    ("DELETE", f"{HOLDS}/{{hold_id}}"): [
        get(f"{HOLDS}/abc", "DELETE"), abroad(f"{HOLDS}/1", "DELETE"),
        get(f"{HOLDS}/1", "DELETE", reason="x" * 501),
    ],
    ("PATCH", f"{ADMIN}/policy"): misshapen(f"{ADMIN}/policy", "PATCH"),
    ("POST", SERVER_INVITES): misshapen(SERVER_INVITES),
    ("DELETE", f"{SERVER_INVITES}/{{invite_id}}"): [
        get(f"{SERVER_INVITES}/abc", "DELETE"), abroad(f"{SERVER_INVITES}/1", "DELETE"),
    ],
    ("GET", f"{ADMIN}/audit"): [get(f"{ADMIN}/audit", limit="0")],
    ("GET", f"{ADMIN}/rooms"): [get(f"{ADMIN}/rooms", after="0")],
    ("GET", f"{ADMIN}/reports"): [get(f"{ADMIN}/reports", limit="201")],
}  # fmt: skip
