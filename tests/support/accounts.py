"""People with accounts: how they register, sign in, and come by HTTP and WebSocket."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from itertools import count
from typing import Any

from httpx2 import AsyncClient, Client, Response

from tests.support import websocket
from tests.support.commands import parlour
from tests.support.databases import database_url
from tests.support.people import Room, async_http_client, checked, http_client, room_id_of
from tests.support.server import Server

PASSWORD = "a long and rare one"
ADDRESSES = count(1)

Fields = dict[str, Any]

# Connections of accounts, for the fixture `partings` to close.
OPENED: list[websocket.Client] = []


def new_address() -> dict[str, str]:
    """Return a header that gives a request an address of its own.

    The server believes it because the request comes from its own machine, as a proxy's would.
    """
    number = next(ADDRESSES)
    return {"X-Forwarded-For": f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"}


def stranger(server: Server, **headers: str) -> Client:
    """Return an HTTP client at an address of its own, who has not been here."""
    client = http_client(server)
    client.headers.update({**new_address(), **headers})
    return client


@dataclass
class Account:
    """One login of somebody with an account, who keeps the tokens as a program does."""

    server: Server
    user: Fields
    access: str
    refresh: str
    address: dict[str, str] = field(default_factory=new_address)

    @property
    def headers(self) -> dict[str, str]:
        """What a request of this login carries."""
        return {"Authorization": f"Bearer {self.access}", **self.address}

    def http(self) -> Client:
        """Return an HTTP client that is signed in, and keeps no cookies."""
        client = http_client(self.server)
        client.headers.update(self.headers)
        return client

    def ahttp(self) -> AsyncClient:
        """Return the same for the event loop."""
        client = async_http_client(self.server)
        client.headers.update(self.headers)
        return client

    def status(self) -> int:
        """Return what the server says to whoever comes with this login: 200, or 401."""
        with self.http() as client:
            return client.get("/api/users/me").status_code

    def call(self, method: str, path: str, **options: Any) -> Response:
        """Ask for one thing with this login."""
        with self.http() as client:
            return client.request(method, path, **options)

    def renewed(self, token: str | None = None) -> Response:
        """Ask for new tokens by this login's refresh token, or by another."""
        with stranger(self.server) as client:
            return client.post("/api/auth/refresh", json={"refresh_token": token or self.refresh})

    async def connect(self, room: Room | None = None, **query: Any) -> websocket.Client:
        """Open a WebSocket with the bearer."""
        client = await websocket.connect(
            self.server, room_id_of(room), None, headers=self.headers, **query
        )
        OPENED.append(client)
        return client


def account_of(server: Server, answer: Response) -> Account:
    """Return the login that an answer gives."""
    told = checked(answer)
    return Account(server, told["user"], told["access_token"], told["refresh_token"])


def register(server: Server, username: str, **fields: Any) -> Account:
    """Make an account and return its first login."""
    with stranger(server) as client:
        wanted = {"username": username, "password": PASSWORD, **fields}
        return account_of(server, client.post("/api/auth/register", json=wanted))


def log_in(server: Server, username: str, password: str = PASSWORD) -> Account:
    """Sign in once more, somewhere else."""
    with stranger(server) as client:
        return account_of(server, try_login(client, username, password))


def try_login(client: Client, username: str, password: str = "a wrong but long one") -> Response:
    """Ask to be signed in; return the answer."""
    return client.post("/api/auth/login", json={"username": username, "password": password})


@contextmanager
def browser_at(server: Server, **headers: str) -> Iterator[Client]:
    """Yield a client that keeps cookies and says of itself what the server's own page says."""
    with stranger(server, **{"Sec-Fetch-Site": "same-origin", **headers}) as client:
        yield client


def cookies_of(answer: Response) -> dict[str, dict[str, Any]]:
    """Return the cookies that an answer sets: each with its value and what is set."""
    found = {}
    for header in answer.headers.get_list("set-cookie"):
        for name, morsel in SimpleCookie(header).items():
            flags = {key: value for key, value in morsel.items() if value}
            found[name] = {"value": morsel.value, **flags}
    return found


def invitation(server: Server, *arguments: str) -> str:
    """Let the operator make an invitation while the server is stopped; return its token."""
    run = parlour(
        "admin", "invite", "--data-dir", server.data_dir, *arguments, cwd=server.home,
        env={"PARLOUR_DATABASE_URL": database_url(server.home), **server.env},
    )  # fmt: skip
    run.check_returncode()
    return run.stdout.strip().rpartition("/#/invite/")[2]
