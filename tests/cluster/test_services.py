"""Nodes that do one service each: together they are one chat, and each has only what is its own."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import jwt
import psycopg
import pytest

from tests.support import websocket
from tests.support.accounts import Account
from tests.support.answers import assert_refused
from tests.support.figures import figures
from tests.support.files import until
from tests.support.people import checked, http_client
from tests.support.places import make_room, new_account, say
from tests.support.postgres import postgres
from tests.support.server import NewServer, Server
from tests.support.valkey import valkey

pytestmark = pytest.mark.usefixtures("partings")

OPERATIONS = Path(__file__).parents[2] / "docs" / "operations.md"
SERVICES = ("auth", "api", "realtime", "web", "worker")
# A path of each, and who has it.
PATHS = {
    "/api/auth/login": "auth",
    "/.well-known/jwks.json": "auth",
    "/api/chat/rooms": "api",
    "/api/users/me": "api",
    "/api/admin/policy": "api",
    "/": "web",
    "/docs": "web",
    "/openapi.json": "web",
}

Services = dict[str, Server]


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """Yield a node for each service, the one with the keys first."""
    shared = {
        "PARLOUR_DATABASE_URL": postgres().new_database(),
        "PARLOUR_REDIS_URL": valkey().url,
    }
    with ExitStack() as ending:
        running: Services = {}
        for name in SERVICES:
            home = tmp_path_factory.mktemp(name)
            server = Server(home, env={**shared, "PARLOUR_ONLY": name})
            running[name] = ending.enter_context(server)
        yield running


@pytest.fixture
def ann(services: Services) -> Account:
    """Return somebody who was signed in by the one service, and speaks with the others."""
    return new_account(services["auth"], "ann")


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_has_its_own_paths_and_tells_how_it_is(services: Services, name: str) -> None:
    """Nothing is at a path of another's, as at one that nobody has."""
    with http_client(services[name]) as http:
        for path in ("/healthz", "/readyz"):
            assert http.get(path).is_success
        for path, whose in PATHS.items():
            assert (http.get(path).status_code == 404) == (name != whose or "admin" in path), path
    # Where nobody looks for backups it is not said that there are none.
    tells = "parlour_backup_last_timestamp_seconds" in figures(services[name])
    assert tells == (name == "worker")


@pytest.mark.parametrize("name", sorted({*SERVICES} - {"realtime"}))
async def test_only_one_service_takes_websockets(services: Services, name: str) -> None:
    """The others refuse the handshake."""
    with pytest.raises(Exception, match="HTTP 403"):
        await websocket.connect(services[name], None, "guest")


async def test_services_are_one_chat(services: Services, ann: Account) -> None:
    """Signed in at one, made and said at another, heard at a third, ended everywhere."""
    at_api = Account(services["api"], ann.user, ann.access, ann.refresh)
    place = make_room(at_api)
    client = await websocket.connect(
        services["realtime"], place.id, None, headers=ann.headers, after=0
    )
    await client.until("user_list")
    said = checked(say(place, at_api, "hello"))
    assert (await client.until("message"))["message"] == said
    assert ann.call("DELETE", "/api/auth/sessions").status_code == 204
    assert await client.closed() == 4501
    assert_refused(at_api.call("GET", "/api/users/me"), "not_signed_in")


@pytest.mark.thorough
def test_the_documentation_is_of_all_services(services: Services) -> None:
    """Whoever looks at it sees one server."""
    with http_client(services["web"]) as http:
        paths = checked(http.get("/openapi.json"))["paths"]
    with Server(services["web"].home / "whole") as whole, http_client(whole) as http:
        assert paths == checked(http.get("/openapi.json"))["paths"]


@pytest.mark.thorough
def test_what_is_said_is_indexed_soon(services: Services, ann: Account) -> None:
    """By the service that does so, which hears of it as every node does."""
    at_api = Account(services["api"], ann.user, ann.access, ann.refresh)
    place = make_room(at_api)
    with psycopg.connect(services["worker"].env["PARLOUR_DATABASE_URL"], autocommit=True) as link:

        def highest() -> int:
            found = link.execute("SELECT highest FROM search_state").fetchone()
            assert found is not None
            return int(found[0])

        for word in ("one", "two", "three"):
            said = checked(say(place, at_api, word))["id"]
            until(lambda said=said: highest() >= said, seconds=5)  # type: ignore[misc]


@pytest.mark.thorough
async def test_a_guest_is_the_same_one_for_a_service_without_secrets(services: Services) -> None:
    """Their cookie is signed, and so is looked at by the public key."""
    with http_client(services["auth"]) as http:
        given = checked(http.post("/api/auth/guest", json={"username": "gus"}))
        cookie = "; ".join(f"{name}={value}" for name, value in http.cookies.items())
    assert given["username"] == "gus"
    rob = new_account(services["auth"], "rob")
    place = make_room(Account(services["api"], rob.user, rob.access, rob.refresh), "public")
    for headers, code in (({"Cookie": cookie}, None), ({"Cookie": f"{cookie[:-4]}AAAA"}, "taken")):
        client = await websocket.connect(
            services["realtime"], place.id, "gus", headers=headers, after=0
        )
        first = await client.next()
        # Whoever has not this cookie is another guest, and the name is in use.
        assert (first["type"] == "error") == (code is not None), first
        if code is not None:
            assert first["code"] == "name_taken"
            await client.close()


def test_others_can_tell_by_the_public_keys_whose_a_token_is(
    services: Services, ann: Account
) -> None:
    """With a library that knows nothing of Parlour."""
    with http_client(services["auth"]) as http:
        answer = http.get("/.well-known/jwks.json")
    keys = jwt.PyJWKSet.from_dict(checked(answer))
    key = keys[jwt.get_unverified_header(ann.access)["kid"]]
    claims = jwt.decode(ann.access, key, algorithms=["EdDSA"], audience="parlour", issuer="parlour")
    assert claims["sub"] == str(ann.user["id"])
    assert {"d", "k"}.isdisjoint(*(each.keys() for each in checked(answer)["keys"]))
    assert answer.headers["cache-control"] == "public, max-age=300"


@pytest.mark.thorough
def test_what_takes_keys_away_that_were_seen_leaves_none(new_server: NewServer) -> None:
    """As the documentation says it: a node that came before the new ones would believe the old."""
    statement = re.search(r"`(DELETE FROM meta WHERE name IN \('keys'.*)`", OPERATIONS.read_text())
    assert statement is not None
    env = {"PARLOUR_DATABASE_URL": postgres().new_database(), "PARLOUR_REDIS_URL": valkey().url}
    first = new_server(env=env).start()
    first.stop()
    with psycopg.connect(env["PARLOUR_DATABASE_URL"]) as connection:
        connection.execute(statement[1])
    apart = new_server(env={**env, "PARLOUR_ONLY": "api"}).launch()
    assert apart.wait() == 1
    assert "There are no keys yet." in apart.output


@pytest.mark.thorough
@pytest.mark.one_node("it looks at what one says")
def test_a_service_without_keys_says_who_has_them(new_server: NewServer) -> None:
    """In one line: the one that signs people in has to be first."""
    server = new_server(
        env={
            "PARLOUR_DATABASE_URL": postgres().new_database(),
            "PARLOUR_REDIS_URL": valkey().url,
            "PARLOUR_ONLY": "api",
        }
    )
    process = server.launch()
    assert process.wait() == 1
    assert process.lines == [
        "parlour: There are no keys yet. Start a node that signs people in (--only auth)."
    ]
