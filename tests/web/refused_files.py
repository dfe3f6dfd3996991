"""The same for files and avatars."""

from typing import Any

from tests.web.refused import Ask, abroad, ended, get, misshapen, post
from tests.web.refused_places import WRONG_NAMES

FILES = "/api/chat/files"
FILE = f"{FILES}/{{file_id}}"
SOME_FILE = f"{FILES}/{'0' * 32}"
SEND: dict[str, Any] = {"room_id": "1", "name": "a.txt"}
USERS = "/api/users"
MINE, AVATAR = f"{USERS}/me/avatar", f"{USERS}/{{username}}/avatar"

REFUSED: dict[tuple[str, str], list[Ask]] = {
    ("POST", FILES): [
        post(FILES, room_id="1", name="", username="alice"),
        post(FILES, **SEND),
        *(post(FILES, **SEND, username=name) for name in WRONG_NAMES),
        ended(f"{FILES}?room_id=1&name=a.txt", "POST"),
        abroad(FILES),
    ],
    ("GET", f"{FILES}/limits"): [ended(f"{FILES}/limits")],
    ("PATCH", FILE): [
        *misshapen(f"{SOME_FILE}?username=alice", "PATCH"),
        get(SOME_FILE, "PATCH", {"alt": "x"}, username="alice"),
        *(get(SOME_FILE, "PATCH", {"alt": "x"}, username=name) for name in WRONG_NAMES),
        ended(SOME_FILE, "PATCH", {"alt": "x"}),
    ],
    ("DELETE", FILE): [
        get(SOME_FILE, "DELETE", username="alice"),
        get(SOME_FILE, "DELETE"),
        *(get(SOME_FILE, "DELETE", username=name) for name in WRONG_NAMES),
        ended(SOME_FILE, "DELETE"),
        abroad(SOME_FILE, "DELETE"),
    ],
    ("GET", MINE): [ended(MINE)],
    ("PUT", MINE): [ended(MINE, "PUT")],
    ("DELETE", MINE): [ended(MINE, "DELETE")],
    ("GET", f"{USERS}/avatars"): [
        ended(f"{USERS}/avatars?names=alice"),
        get(f"{USERS}/avatars"),
        get(f"{USERS}/avatars", names="x" * 101),
    ],
    ("GET", AVATAR): [
        ended(f"{USERS}/alice/avatar"),
        get(f"{USERS}/nobody-here/avatar"),
        get(f"{USERS}/{'x' * 101}/avatar"),
    ],
}
REFUSED["GET", FILE] = [get(SOME_FILE), get(SOME_FILE, download="2"), ended(SOME_FILE)]
SMALL = f"{SOME_FILE}/thumbnail"
REFUSED["GET", f"{FILE}/thumbnail"] = [get(SMALL), ended(SMALL)]
SIGNED_IN: dict[tuple[str, str], list[Ask]] = {
    ("POST", FILES): [
        post(FILES, {}, room_id="999999", name="a.txt"),
        post(FILES, content=b"", **SEND),
    ],
    ("GET", MINE): [get(MINE), get(MINE, v="x" * 65)],
    ("PUT", MINE): [abroad(MINE, "PUT"), get(MINE, "PUT", {}), get(MINE, "PUT")],
    ("DELETE", MINE): [abroad(MINE, "DELETE")],
}
# It takes large files, slow ones and parts of files to meet these: tests/files does.
_COMING = {"too_large", "timeout", "bad_request"}
ELSEWHERE: dict[tuple[str, str], set[str]] = {
    ("POST", FILES): {*_COMING, "quota_full"},
    ("PUT", MINE): _COMING,
    ("GET", FILE): {"range_invalid"},
    # What is no id is another path.
    ("GET", f"{FILE}/thumbnail"): {"range_invalid", "invalid"},
    ("GET", AVATAR): {"range_invalid"},
    ("GET", MINE): {"range_invalid"},
}
