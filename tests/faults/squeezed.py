"""A server that is taken something away from while people talk at it, and what it acknowledged."""

from httpx2 import Client, Response

from tests.support import files
from tests.support.accounts import Account, register
from tests.support.figures import read
from tests.support.people import Room, checked
from tests.support.server import Server

# Messages that were acknowledged before anything happens.
BEFORE = 20


class Squeezed:
    """A server that people talk at, over one connection that stays, and what it acknowledged."""

    def __init__(self, server: Server, room: Room, http: Client) -> None:
        self.server = server
        self.room = room
        self.said: list[str] = []
        self.http = http
        self.sender: Account = register(server, "sender")
        for number in range(BEFORE):
            assert self.say(f"before {number}").is_success

    def say(self, content: str) -> Response:
        """Say something; it is noted once it is acknowledged."""
        path = f"/api/chat/rooms/{self.room['id']}/messages?username=alice"
        answer = self.http.post(path, json={"content": content})
        if answer.is_success:
            self.said.append(content)
        return answer

    def stored(self) -> list[str]:
        """What is there."""
        path = f"/api/chat/rooms/{self.room['id']}/messages?limit=200"
        return [message["content"] for message in checked(self.http.get(path))]

    def faults(self, reason: str) -> float:
        """How often the database could not do something for that."""
        answer = self.http.get("/metrics")
        return read(answer.text)[f'parlour_database_faults_total{{reason="{reason}"}}']

    def told(self, words: str) -> int:
        """How many lines of the log have these words."""
        return sum(words in line for line in self.server.log)

    def assert_well(self) -> None:
        """It goes on without a restart, and all that was acknowledged is there, once."""
        files.until(lambda: self.http.get("/readyz").is_success)
        assert self.say("and on").is_success
        assert self.stored() == self.said
        files.sent(self.sender, self.room)
