"""One room of a kind and nine people who stand differently to it."""

from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final
from urllib.parse import urlencode

from httpx2 import Client, Response

from tests.support.accounts import PASSWORD, Account, account_of, register, stranger
from tests.support.people import checked, http_client
from tests.support.pictures import picture
from tests.support.server import Server

WHO: Final = (
    "nobody", "guest", "stranger", "former", "banned", "member", "moderator", "owner",
    "administrator",
)  # fmt: skip
KINDS: Final = ("public", "private", "direct", "archived")
CHAT, ROOMS = "/api/chat", "/api/chat/rooms"
# The guest's name; the others are called as they stand.
GUEST: Final = "gus"
_numbers = count(1)


@dataclass
class Cast:
    """The people, for all rooms of one server."""

    server: Server
    accounts: dict[str, Account]
    http: Client

    @classmethod
    def assemble(cls, server: Server) -> "Cast":
        """Make the accounts; `target` and `spare` are whom things are done to."""
        token = server.process.wait_for_line(r"^First administrator: http\S+/#/setup/(\S+)$")[1]
        with stranger(server) as client:
            asked = {"token": token, "username": "administrator1", "password": PASSWORD}
            accounts = {
                "administrator": account_of(server, client.post("/api/auth/setup", json=asked))
            }
        for who in (*WHO[2:-1], "target", "spare"):
            accounts[who] = register(server, f"the-{who}")
        checked(accounts["target"].call("PUT", "/api/users/me/avatar", content=picture(9, 9)))
        return cls(server, accounts, http_client(server))

    def name(self, who: str) -> str:
        """The name under which somebody is known."""
        return GUEST if who == "guest" else str(self.accounts[who].user["username"])

    def ask(self, who: str, method: str, path: str, body: Any = None, **query: str) -> Response:
        """Ask for something as somebody."""
        account = self.accounts.get(who)
        headers = {} if account is None else account.headers
        if query:
            path += ("&" if "?" in path else "?") + urlencode(query)
        return self.http.request(method, path, json=body, headers=headers)


@dataclass
class Scene:
    """A room as it is before each act: made anew once an act has changed it."""

    cast: Cast
    kind: str
    # Whether everybody who could has saved the owner's message: each of them is asked.
    is_saved: bool = False
    room_id: int = 0
    # A message of each who may have one; `guest` and `member` among them where they may speak.
    messages: dict[str, int] = field(default_factory=dict)
    invite_id: int = 0
    invite_token: str = ""
    _report_id: int = 0
    _file_id: str = ""
    # By who sent them, and whether a message has them.
    _files: dict[tuple[str, bool], str] = field(default_factory=dict)
    _elsewhere: int = 0

    @classmethod
    def of(cls, cast: Cast, kind: str, *, is_saved: bool) -> "Scene":
        """Return a room of a kind as it is before any act."""
        scene = cls(cast, kind, is_saved)
        scene.set_up()
        return scene

    @property
    def elsewhere(self) -> int:
        """A public room where everybody may speak, made when it is first asked for."""
        if not self._elsewhere:
            body = {"name": f"elsewhere {next(_numbers)}"}
            self._elsewhere = checked(self.cast.ask("owner", "POST", ROOMS, body))["id"]
        return self._elsewhere

    @property
    def report_id(self) -> int:
        """The report of a message, made when it is first asked for."""
        if not self._report_id:
            report = {"reason": "for the test"}
            where = f"{CHAT}/messages/{self.messages['owner']}/report"
            answer = self.cast.ask("member", "POST", where, report)
            self._report_id = checked(answer)["id"]
        return self._report_id

    @property
    def file_id(self) -> str:
        """A file of the owner's that a message has, made when it is first asked for."""
        if not self._file_id:
            owner = self.cast.accounts["owner"]
            is_archived = self.kind == "archived"
            if is_archived:
                checked(self.cast.ask("owner", "PATCH", self.path(), {"archived": False}))
            # So wide that it has a thumbnail.
            query = {"room_id": str(self.room_id), "name": "a.png"}
            sent = owner.call("POST", f"{CHAT}/files", params=query, content=picture(730, 20))
            self._file_id = checked(sent)["id"]
            body = {"content": "", "files": [self._file_id]}
            checked(self.cast.ask("owner", "POST", self.path("/messages"), body))
            if is_archived:
                checked(self.cast.ask("owner", "PATCH", self.path(), {"archived": True}))
        return self._file_id

    def file_of(self, who: str, *, said: bool) -> str:
        """A file that somebody sent while they might, in a message of theirs or in none.

        The member's for who never might; made when it is first asked for.
        """
        who = who if who in self.messages and who != "guest" else "member"
        if (who, said) not in self._files:
            self._let_back(who)
            path = f"{CHAT}/files?room_id={self.room_id}&name=a.json"
            sent = checked(self.cast.ask(who, "POST", path, {"by": who}))["id"]
            if said:
                body = {"content": "", "files": [sent]}
                checked(self.cast.ask(who, "POST", self.path("/messages"), body))
            self._let_back(who, ends=True)
            self._files[who, said] = sent
        return self._files[who, said]

    def _let_back(self, who: str, *, ends: bool = False) -> None:
        """Undo for a moment what was done to the room, or to who was put out of it; or do it."""
        place = f"/members/{self.cast.name(who)}"
        asked: list[tuple[str, str, Any]] = []
        if who == "banned":
            ban = self.path(f"/bans/{self.cast.name(who)}")
            asked = [("PUT", ban, {})] if ends else [("DELETE", ban, None)]
        if who in ("former", "banned") and not ends:
            asked.append(("PUT", self.path(place), {"role": "member"}))
        elif who == "former":
            asked.append(("DELETE", self.path(place), None))
        if self.kind == "archived":
            change: tuple[str, str, Any] = ("PATCH", self.path(), {"archived": ends})
            asked = [*asked, change] if ends else [change, *asked]
        for method, path, body in asked:
            answer = self.cast.ask("owner", method, path, body)
            assert answer.is_success, answer.text

    def set_up(self) -> None:
        """Make the room and everything in it."""
        if self.kind == "direct":
            self._direct()
        else:
            self._room()

    def _direct(self) -> None:
        others = [self.cast.name(who) for who in ("member", "moderator")]
        made = self.cast.ask("owner", "POST", f"{CHAT}/direct", {"usernames": others})
        self.room_id = checked(made)["id"]
        for who in ("member", "moderator", "owner"):
            self._say(who)
        self._save()

    def _room(self) -> None:
        cast, kind = self.cast, "public" if self.kind == "archived" else self.kind
        body = {"name": f"{self.kind} {next(_numbers)}", "kind": kind}
        self.room_id = checked(cast.ask("owner", "POST", ROOMS, body))["id"]
        for who in ("former", "banned", "member", "moderator"):
            role = "moderator" if who == "moderator" else "member"
            checked(
                cast.ask("owner", "PUT", self.path(f"/members/{cast.name(who)}"), {"role": role})
            )
        for who in ("former", "banned", "member", "moderator", "owner"):
            self._say(who)
        if kind == "public":
            self._say("guest", username=GUEST)
            self._say("stranger")
            self._say("administrator")
        self._save()
        made = checked(cast.ask("owner", "POST", self.path("/invites"), {"uses": 100}))
        self.invite_id, self.invite_token = made["id"], made["token"]
        checked(cast.ask("owner", "PUT", self.path(f"/bans/{cast.name('banned')}"), {}))
        assert cast.ask("owner", "DELETE", self.path(f"/members/{cast.name('former')}")).is_success
        if self.kind == "archived":
            checked(cast.ask("owner", "PATCH", self.path(), {"archived": True}))

    def _save(self) -> None:
        # Whoever may now: some of them are put out of the room later.
        for who in self.cast.accounts if self.is_saved else ():
            self.cast.ask(who, "PUT", f"{CHAT}/messages/{self.messages['owner']}/save")

    def path(self, rest: str = "") -> str:
        """Where the room is asked for."""
        return f"{ROOMS}/{self.room_id}{rest}"

    def _say(self, who: str, **query: str) -> None:
        said = self.cast.ask(who, "POST", self.path("/messages"), {"content": "words"}, **query)
        self.messages[who] = checked(said)["id"]


@dataclass
class Scenes:
    """The rooms that no act has changed yet, by kind, and whether something of them is saved."""

    cast: Cast
    _fresh: dict[tuple[str, bool], Scene] = field(default_factory=dict)

    def give(self, kind: str, *, is_saved: bool, spoilt: bool = False) -> Scene:
        """A room of a kind as it was made; a spoilt one is given up for another."""
        wanted = (kind, is_saved)
        if spoilt or wanted not in self._fresh:
            self._fresh[wanted] = Scene.of(self.cast, kind, is_saved=is_saved)
        return self._fresh[wanted]
