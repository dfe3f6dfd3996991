"""How each act of the table is done: a request of a route, or a command on a connection.

Of a route that does several things there are several acts, told apart by what is in brackets.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from httpx2 import Response

from tests.permissions.scene import CHAT, GUEST, ROOMS, Scene
from tests.support.accounts import PASSWORD

Ask = Callable[[Scene, str], tuple[str, Any]]


@dataclass(frozen=True)
class Act:
    """What is asked for. `lasting` acts change what the next one would find."""

    ask: Ask
    named: bool = False
    lasting: bool = False


def room(rest: str = "", body: Any = None, *, named: bool = False, lasting: bool = False) -> Act:
    """Return an act on the room itself."""
    return Act(lambda scene, _who: (scene.path(rest), body), named, lasting)


def member(who: str | None, part: str = "members", body: Any = None) -> Act:
    """Return an act on somebody in the room; None: on oneself."""
    return Act(
        lambda scene, asks: (
            scene.path(f"/{part}/{scene.cast.name(who or _account(asks))}"),
            body,
        ),
        lasting=True,
    )


def _account(who: str) -> str:
    # Who has no account has no name of their own here: they ask for somebody else's.
    return "target" if who in ("nobody", "guest") else who


def message(whose: str | None, rest: str = "", body: Any = None, *, named: bool = True) -> Act:
    """Return an act on a message; None: on one's own, or a member's for who has none there."""

    def ask(scene: Scene, who: str) -> tuple[str, Any]:
        wanted = scene.messages.get(whose or who, scene.messages["member"])
        return f"{CHAT}/messages/{wanted}{rest}", body

    return Act(ask, named, lasting=True)


def file(rest: str = "", body: Any = None, *, lasting: bool = False) -> Act:
    """Return an act on a file of the owner's, which a message has."""
    return Act(lambda scene, _who: (f"{FILES}/{scene.file_id}{rest}", body), lasting, lasting)


def fixed(path: str, body: Any = None, *, lasting: bool = False) -> Act:
    """Return an act that has nothing to do with the room."""
    return Act(lambda _scene, _who: (path, body), lasting=lasting)


def _invite(path: str) -> Act:
    return Act(lambda scene, _who: (path, {"token": scene.invite_token or "none"}), lasting=True)


def with_file(scene: Scene, who: str) -> dict[str, Any]:
    """What is said with a file of somebody's that no message has, and without words."""
    return {"content": "", "files": [scene.file_of(who, said=False)]}


def in_an_hour() -> dict[str, Any]:
    """What is to be said then."""
    then = datetime.now(UTC) + timedelta(hours=1)
    return {"content": "later", "client_id": str(uuid4()), "send_at": then.isoformat()}


FILES: Final = f"{CHAT}/files"
WORDS: Final = {"content": "other words"}
# The acts in rooms, each for every kind.
IN_ROOMS: Final[dict[str, Act]] = {
    "GET /api/chat/rooms/{room_id}": room(),
    "PATCH /api/chat/rooms/{room_id} (topic)": room(body={"topic": "new"}, lasting=True),
    "PATCH /api/chat/rooms/{room_id} (name)": Act(
        lambda scene, _who: (scene.path(), {"name": f"anew {scene.room_id}"}), lasting=True
    ),
    "PATCH /api/chat/rooms/{room_id} (bring back)": room(body={"archived": False}, lasting=True),
    "DELETE /api/chat/rooms/{room_id}": room(lasting=True),
    "GET /api/chat/rooms/{room_id}/messages": room("/messages"),
    "GET /api/chat/search (the room)": Act(
        lambda scene, _who: (f"{CHAT}/search?q=-nothing&room_id={scene.room_id}", None)
    ),
    "GET /api/chat/search (does it find its messages)": Act(
        lambda scene, _who: (f"{CHAT}/search?q=-nothing&limit=200", None)
    ),
    "POST /api/chat/rooms/{room_id}/messages": room("/messages", WORDS, named=True),
    "POST /api/chat/rooms/{room_id}/messages (a reply)": Act(
        lambda scene, _who: (
            scene.path("/messages"),
            {**WORDS, "reply_to": scene.messages["owner"]},
        ),
        named=True,
    ),
    "POST /api/chat/rooms/{room_id}/messages (with a file of one's own)": Act(
        lambda scene, who: (scene.path("/messages"), with_file(scene, who)),
        named=True,
        lasting=True,
    ),
    "POST /api/chat/rooms/{room_id}/messages (with a file of the owner's)": Act(
        lambda scene, _who: (scene.path("/messages"), with_file(scene, "owner")),
        named=True,
        lasting=True,
    ),
    "GET /api/chat/rooms/{room_id}/messages (one of them)": Act(
        lambda scene, _who: (scene.path(f"/messages?ids={scene.messages['owner']}"), None)
    ),
    "GET /api/chat/messages/{message_id}/replies": Act(
        lambda scene, _who: (f"{CHAT}/messages/{scene.messages['owner']}/replies", None)
    ),
    "PATCH /api/chat/messages/{message_id} (one's own)": message(None, body=WORDS),
    "PATCH /api/chat/messages/{message_id} (the owner's)": message("owner", body=WORDS),
    "DELETE /api/chat/messages/{message_id} (one's own)": message(None),
    "DELETE /api/chat/messages/{message_id} (the owner's)": message("owner"),
    "GET /api/chat/messages/{message_id}/edits": Act(
        lambda scene, _who: (f"{CHAT}/messages/{scene.messages['owner']}/edits", None)
    ),
    "GET /api/chat/messages/{message_id}/reactions": message("owner", "/reactions"),
    "PUT /api/chat/messages/{message_id}/reactions/{emoji}": message(
        "owner", "/reactions/%F0%9F%91%8D"
    ),
    "DELETE /api/chat/messages/{message_id}/reactions/{emoji}": message(
        "owner", "/reactions/%F0%9F%91%8D"
    ),
    "POST /api/chat/rooms/{room_id}/messages (passing on one of its own)": Act(
        lambda scene, _who: (scene.path("/messages"), {"forward": scene.messages["owner"]}),
        named=True,
    ),
    "POST /api/chat/rooms/{room_id}/messages (passing on one of it elsewhere)": Act(
        lambda scene, _who: (
            f"{ROOMS}/{scene.elsewhere}/messages",
            {"forward": scene.messages["owner"]},
        ),
        named=True,
    ),
    "PUT /api/chat/messages/{message_id}/pin": message("owner", "/pin"),
    "DELETE /api/chat/messages/{message_id}/pin": message("owner", "/pin"),
    "GET /api/chat/rooms/{room_id}/pins": room("/pins"),
    "PUT /api/chat/messages/{message_id}/save": message("owner", "/save", named=False),
    "DELETE /api/chat/messages/{message_id}/save": message("owner", "/save", named=False),
    "GET /api/chat/saved (does it list one of it)": Act(
        lambda _scene, _who: (f"{CHAT}/saved?limit=200", None)
    ),
    "GET /api/chat/search (is:saved)": Act(
        lambda scene, _who: (f"{CHAT}/search?q=is:saved&room_id={scene.room_id}", None)
    ),
    "POST /api/chat/rooms/{room_id}/scheduled": Act(
        lambda scene, _who: (scene.path("/scheduled"), in_an_hour())
    ),
    "POST /api/chat/messages/{message_id}/report": message(
        "moderator", "/report", {"reason": "why"}
    ),
    "POST /api/chat/files": Act(
        lambda scene, _who: (f"{FILES}?room_id={scene.room_id}&name=a.json", WORDS), named=True
    ),
    "GET /api/chat/files/{file_id}": file(),
    "GET /api/chat/files/{file_id}/thumbnail": file("/thumbnail"),
    "PATCH /api/chat/files/{file_id}": file(body={"alt": "other words"}, lasting=True),
    "PATCH /api/chat/files/{file_id} (of one's own message)": Act(
        lambda scene, who: (f"{FILES}/{scene.file_of(who, said=True)}", {"alt": "other words"}),
        named=True,
        lasting=True,
    ),
    "DELETE /api/chat/files/{file_id}": file(lasting=True),
    "PUT /api/chat/rooms/{room_id}/read": Act(
        lambda scene, _who: (scene.path("/read"), {"message_id": scene.messages["member"]})
    ),
    "GET /api/chat/rooms/{room_id}/retention": room("/retention"),
    "PUT /api/chat/rooms/{room_id}/retention": room("/retention", {"days": 30}, lasting=True),
    "PUT /api/admin/rooms/{room_id}/retention": Act(
        lambda scene, _who: (f"/api/admin/rooms/{scene.room_id}/retention", {"days": 30}),
        lasting=True,
    ),
    "GET /api/chat/rooms/{room_id}/reads": room("/reads"),
    "GET /api/chat/rooms/{room_id}/notifications": room("/notifications"),
    "PUT /api/chat/rooms/{room_id}/notifications": room(
        "/notifications", {"level": "all"}, lasting=True
    ),
    "GET /api/chat/messages/{message_id}/notification": message(
        "member", "/notification", named=False
    ),
    "GET /api/chat/rooms/{room_id}/members": room("/members"),
    "PUT /api/chat/rooms/{room_id}/members/{username} (join)": member(None, body={}),
    "PUT /api/chat/rooms/{room_id}/members/{username} (add)": member("target", body={}),
    "PUT /api/chat/rooms/{room_id}/members/{username} (promote)": member(
        "member", body={"role": "moderator"}
    ),
    "PUT /api/chat/rooms/{room_id}/members/{username} (hand over)": member(
        "moderator", body={"role": "owner"}
    ),
    "DELETE /api/chat/rooms/{room_id}/members/{username} (leave)": member(None),
    "DELETE /api/chat/rooms/{room_id}/members/{username} (a member)": member("member"),
    "DELETE /api/chat/rooms/{room_id}/members/{username} (the owner)": member("owner"),
    "GET /api/chat/rooms/{room_id}/invites": room("/invites"),
    "POST /api/chat/rooms/{room_id}/invites": room("/invites", {}),
    "DELETE /api/chat/rooms/{room_id}/invites/{invite_id}": Act(
        lambda scene, _who: (scene.path(f"/invites/{scene.invite_id or 1}"), None), lasting=True
    ),
    "POST /api/chat/invites/preview": _invite(f"{CHAT}/invites/preview"),
    "POST /api/chat/invites/accept": _invite(f"{CHAT}/invites/accept"),
    "GET /api/chat/rooms/{room_id}/bans": room("/bans"),
    "PUT /api/chat/rooms/{room_id}/bans/{username}": member("member", "bans", {}),
    "DELETE /api/chat/rooms/{room_id}/bans/{username}": member("banned", "bans"),
    "GET /api/chat/rooms/{room_id}/mutes": room("/mutes"),
    "PUT /api/chat/rooms/{room_id}/mutes/{username}": member("member", "mutes", {"seconds": 60}),
    "DELETE /api/chat/rooms/{room_id}/mutes/{username}": member("member", "mutes"),
    "GET /api/chat/rooms/{room_id}/reports": room("/reports"),
    "PATCH /api/chat/reports/{report_id}": Act(
        lambda scene, _who: (
            f"{CHAT}/reports/{scene.report_id}",
            {"resolved": True},
        ),
        lasting=True,
    ),
    # From the room before it on, because the list comes in pages.
    "GET /api/admin/rooms (does it list this one)": Act(
        lambda scene, _who: (f"/api/admin/rooms?after={max(1, scene.room_id - 1)}", None)
    ),
    "DELETE /api/admin/rooms/{room_id}": Act(
        lambda scene, _who: (f"/api/admin/rooms/{scene.room_id}", None), lasting=True
    ),
    "PUT /api/admin/rooms/{room_id}/owner": Act(
        lambda scene, _who: (
            f"/api/admin/rooms/{scene.room_id}/owner",
            {"username": scene.cast.name("target")},
        ),
        lasting=True,
    ),
}
# What of them looks at what was saved before.
OF_SAVED: Final = tuple(act for act in IN_ROOMS if "save" in act and not act.startswith("PUT"))
AUTH, USERS, ADMIN = "/api/auth", "/api/users", "/api/admin"
# The acts that no room has to do with. What would end somebody's login is asked wrongly on purpose:
# it has got past the gate when it is refused for what is wrong.
ELSEWHERE: Final[dict[str, Act]] = {
    "GET /api/chat/rooms": fixed(ROOMS),
    "POST /api/chat/rooms (public)": Act(
        lambda scene, who: (ROOMS, {"name": f"by {who} {scene.room_id}"})
    ),
    "POST /api/chat/rooms (private)": fixed(ROOMS, {"name": "own", "kind": "private"}),
    "POST /api/chat/direct": Act(
        lambda scene, _who: (f"{CHAT}/direct", {"usernames": [scene.cast.name("target")]})
    ),
    "PUT /api/chat/read": fixed(f"{CHAT}/read"),
    "GET /api/chat/do-not-disturb": fixed(f"{CHAT}/do-not-disturb"),
    "PUT /api/chat/do-not-disturb": fixed(f"{CHAT}/do-not-disturb", {"seconds": 60}),
    "GET /api/chat/mentions": fixed(f"{CHAT}/mentions"),
    "GET /api/chat/scheduled": fixed(f"{CHAT}/scheduled"),
    "PATCH /api/chat/scheduled/{scheduled_id}": fixed(f"{CHAT}/scheduled/987654321", WORDS),
    "DELETE /api/chat/scheduled/{scheduled_id}": fixed(f"{CHAT}/scheduled/987654321"),
    "POST /api/chat/scheduled/{scheduled_id}/now": fixed(f"{CHAT}/scheduled/987654321/now"),
    "GET /api/chat/saved/ids": fixed(f"{CHAT}/saved/ids"),
    "POST /api/auth/guest": fixed(f"{AUTH}/guest", {"username": GUEST}),
    "POST /api/auth/register": fixed(
        f"{AUTH}/register", {"username": "the-target", "password": PASSWORD}
    ),
    "POST /api/auth/setup": fixed(
        f"{AUTH}/setup", {"token": "x", "username": "late", "password": PASSWORD}
    ),
    "POST /api/auth/login": fixed(
        f"{AUTH}/login", {"username": "nobody-at-all", "password": PASSWORD}
    ),
    "POST /api/auth/refresh": fixed(f"{AUTH}/refresh", {"refresh_token": "x"}),
    "POST /api/auth/logout": fixed(f"{AUTH}/logout"),
    "POST /api/auth/password": fixed(
        f"{AUTH}/password", {"current_password": PASSWORD, "new_password": "short"}
    ),
    "GET /api/auth/sessions": fixed(f"{AUTH}/sessions"),
    "DELETE /api/auth/sessions": fixed(f"{AUTH}/sessions"),
    "DELETE /api/auth/sessions/{session_id}": fixed(f"{AUTH}/sessions/none"),
    "POST /api/auth/ticket": fixed(f"{AUTH}/ticket"),
    "GET /api/users/me": fixed(f"{USERS}/me"),
    "PATCH /api/users/me": fixed(f"{USERS}/me", {"about": "me"}),
    "GET /api/users": fixed(USERS),
    "GET /api/chat/files/limits": fixed(f"{FILES}/limits"),
    "GET /api/users/me/avatar": fixed(f"{USERS}/me/avatar"),
    "PUT /api/users/me/avatar": fixed(f"{USERS}/me/avatar", {"no": "image"}),
    "DELETE /api/users/me/avatar": fixed(f"{USERS}/me/avatar"),
    "GET /api/users/me/export": fixed(f"{USERS}/me/export"),
    "POST /api/users/me/export": fixed(f"{USERS}/me/export", {"password": "not that one"}),
    "GET /api/users/me/export/archive": fixed(f"{USERS}/me/export/archive"),
    "POST /api/users/me/removal": fixed(
        f"{USERS}/me/removal", {"password": "not that one", "mode": "remove"}
    ),
    "GET /api/users/avatars": fixed(f"{USERS}/avatars?names=the-target"),
    "GET /api/users/{username}/avatar": Act(
        lambda scene, _who: (f"{USERS}/{scene.cast.name('target')}/avatar", None)
    ),
    "GET /api/users/{username}": Act(
        lambda scene, _who: (f"{USERS}/{scene.cast.name('target')}", None)
    ),
    "GET /api/admin/users": fixed(f"{ADMIN}/users"),
    "PATCH /api/admin/users/{username}": Act(
        lambda scene, _who: (f"{ADMIN}/users/{scene.cast.name('spare')}", {"role": "member"})
    ),
    "POST /api/admin/users/{username}/export": fixed(f"{ADMIN}/users/nobody-at-all/export"),
    "POST /api/admin/users/{username}/removal": fixed(
        f"{ADMIN}/users/nobody-at-all/removal", {"mode": "remove"}
    ),
    "GET /api/admin/bans": fixed(f"{ADMIN}/bans"),
    "POST /api/admin/bans": fixed(f"{ADMIN}/bans", {"username": "nobody-at-all", "seconds": 60}),
    "DELETE /api/admin/bans/{ban_id}": fixed(f"{ADMIN}/bans/987654321"),
    "GET /api/admin/rooms": fixed(f"{ADMIN}/rooms"),
    "GET /api/admin/retention": fixed(f"{ADMIN}/retention"),
    "GET /api/admin/holds": fixed(f"{ADMIN}/holds"),
    "POST /api/admin/holds": fixed(f"{ADMIN}/holds", {"kind": "server", "reason": "a case"}),
    "DELETE /api/admin/holds/{hold_id}": fixed(f"{ADMIN}/holds/987654321"),
    "GET /api/admin/policy": fixed(f"{ADMIN}/policy"),
    "PATCH /api/admin/policy": fixed(f"{ADMIN}/policy", {}),
    "GET /api/admin/invites": fixed(f"{ADMIN}/invites"),
    "POST /api/admin/invites": fixed(f"{ADMIN}/invites", {}),
    "DELETE /api/admin/invites/{invite_id}": fixed(f"{ADMIN}/invites/987654321"),
    "GET /api/admin/reports": fixed(f"{ADMIN}/reports"),
    "GET /api/admin/audit": fixed(f"{ADMIN}/audit"),
    "GET /api/admin/status": fixed(f"{ADMIN}/status"),
    "GET /.well-known/jwks.json": fixed("/.well-known/jwks.json"),
    "GET /healthz": fixed("/healthz"),
    "GET /readyz": fixed("/readyz"),
    "GET /metrics": fixed("/metrics"),
}
# These would end the login by which the rest of the table is asked.
UNASKED: Final = {"POST /api/auth/logout", "DELETE /api/auth/sessions"}


def do(act: str, how: Act, scene: Scene, who: str) -> str:
    """Do an act of a route as somebody; what came of it: `ok`, or the code of the refusal."""
    path, body = how.ask(scene, who)
    query = {"username": GUEST} if how.named and who == "guest" else {}
    answer = scene.cast.ask(who, act.split(maxsplit=1)[0], path, body, **query)
    if act.endswith("(does it list this one)") and answer.is_success:
        return "ok" if scene.room_id in [each["id"] for each in answer.json()] else "not listed"
    if act.endswith("(does it list one of it)") and answer.is_success:
        saved = [each["message"]["id"] for each in answer.json()["saved"]]
        return "ok" if scene.messages["owner"] in saved else "not listed"
    if act.endswith("(does it find its messages)") and answer.is_success:
        rooms = {result["room"]["id"] for result in answer.json()["results"]}
        return "ok" if scene.room_id in rooms else "not found"
    return outcome(answer)


def outcome(answer: Response) -> str:
    """What came of a request."""
    return "ok" if answer.is_success else str(answer.json()["code"])
