"""A server on which people have done everything that leaves something behind."""

import os
import re
from hashlib import sha256
from itertools import product
from typing import TYPE_CHECKING, Any

from parlour.settings import PREFIX
from tests.support.accounts import PASSWORD, Account, log_in, register
from tests.support.commands import parlour
from tests.support.files import said, sent
from tests.support.people import checked
from tests.support.pictures import picture
from tests.support.places import make_room
from tests.support.scheduling import later
from tests.support.server import Server

if TYPE_CHECKING:
    import subprocess

ENVIRONMENT = {k: v for k, v in os.environ.items() if not k.startswith(PREFIX)}
MESSAGES = "/api/chat/messages"
# Messages that say the word which is looked for.
FOUND = 19
# Of these there is none, or each has its own.
UNASKED = re.compile(r"/(invites/\{token\}|healthz|readyz|metrics|admin/status|\{path|assets)|/$")


def ask(server: Server, *command: str, **env: str) -> "subprocess.CompletedProcess[str]":
    """Run `parlour` on the data of a server that does not run."""
    server.home.mkdir(parents=True, exist_ok=True)
    return parlour(
        *command, "--data-dir", server.data_dir, cwd=server.home, env=env, given=f"{PASSWORD}\n"
    )


def do(by: Account, method: str, path: str, **options: Any) -> Any:
    """Do one thing; what is answered."""
    answer = by.call(method, path, **options)
    assert answer.is_success, f"{method} {path}: {answer.text}"
    return answer.json() if answer.content else None


def found(account: Account) -> int:
    """Return how many messages say a word that `FOUND` do."""
    answer = do(account, "GET", "/api/chat/search", params={"q": "café", "limit": 50})
    return len(answer["results"])


class Lived:
    """A server on which people have done everything that leaves something behind."""

    def __init__(self, server: Server) -> None:
        """`server` is one that does not run yet."""
        ada = ask(server, "admin", "create", "ada", "--password-stdin", **server.env)
        assert ada.returncode == 0, ada.stderr
        self.server = server.start()
        self.ada, self.bob = log_in(server, "ada"), register(server, "bob")
        self.eve = register(server, "eve")
        self.hall = make_room(self.ada, "public", name="Hall", topic="Grüße, 世界 🌍")
        self.den = make_room(self.ada, name="Den")
        self.den.add(self.bob)
        self.talk()
        self.leave_traces()
        # The newest of each is gone: nobody gets its number once more.
        last = make_room(self.ada, "public", name="Gone")
        self.last_room = last.id
        self.last_message = do(
            self.ada, "POST", f"{last.path}/messages", json={"content": "soon gone"}
        )["id"]
        do(self.ada, "DELETE", last.path)

    def talk(self) -> None:
        """Messages, and all that is done with them."""
        path = f"{self.hall.path}/messages"
        texts = ["first", "naïve café \U0001f600", "*a*\n> b\t\\N \\. \"c\" 'd' %s ?1 :x"]
        self.said = [
            do(by, "POST", path, json={"content": f"{text} {number}"})["id"]
            for number in range(20)
            for by, text in zip((self.ada, self.bob, self.eve), texts, strict=True)
        ]
        first, second, third, *_ = self.said
        do(self.ada, "PATCH", f"{MESSAGES}/{first}", json={"content": "mended, @bob"})
        do(self.bob, "DELETE", f"{MESSAGES}/{second}")
        do(self.bob, "POST", path, json={"content": "an answer", "reply_to": first})
        self.file = sent(self.ada, self.hall.room, picture(900, 600))
        self.with_file = said(self.ada, self.hall.room, self.file, content="look")["id"]
        do(self.bob, "POST", f"{self.den.path}/messages", json={"forward": self.with_file})
        do(self.bob, "PUT", f"{MESSAGES}/{third}/reactions/\N{PARTY POPPER}")
        do(self.ada, "PUT", f"{MESSAGES}/{third}/pin")
        do(self.bob, "PUT", f"{MESSAGES}/{first}/save")
        do(self.bob, "POST", f"{MESSAGES}/{third}/report", json={"reason": "that one"})

    def leave_traces(self) -> None:
        """Acts of power, settings, a guest."""
        do(self.ada, "PUT", f"{self.hall.path}/mutes/eve", json={"seconds": 3600})
        do(self.ada, "PATCH", "/api/admin/policy", json={"guests": "on"})
        later(self.den, self.bob, "naïve later")

    def told(self, account: Account) -> dict[str, Any]:
        """Return all that the API tells somebody, by the address."""
        with account.http() as http:
            described = checked(http.get("/openapi.json"))["paths"]
            values: dict[str, list[Any]] = {
                "room_id": [self.hall.id, self.den.id, self.last_room],
                "message_id": [*self.said[:4], self.with_file, self.last_message],
                "username": ["ada", "bob", "eve", "nobody"],
                "file_id": [self.file["id"]],
            }
            paths = [
                path
                for path, ways in described.items()
                if "get" in ways and not UNASKED.search(path)
            ]
            assert len(paths) > 30
            answers = {}
            for path in paths:
                names = re.findall(r"\{(\w+)\}", path)
                for chosen in product(*(values[name] for name in names)):
                    place = path.format(**dict(zip(names, chosen, strict=True)))
                    answer = http.get(place, params={"q": "café"} if "search" in path else {})
                    is_json = answer.headers.get("content-type", "").startswith("application/json")
                    body = answer.json() if is_json else sha256(answer.content).hexdigest()
                    answers[place] = answer.status_code, body
        return answers
