"""Reading history over HTTP: pages, their headers, and what is no place in it."""

from collections.abc import Callable

import pytest
from httpx2 import Client

from tests.support.answers import assert_deleted, assert_refused
from tests.support.people import Room, checked, http_client
from tests.support.server import Server


@pytest.fixture(scope="module")
def full(server: Server) -> Room:
    """Return a room in which sixty things were said."""
    with http_client(server) as http:
        room = checked(http.post("/api/chat/rooms", json={"name": "full"}))
        for number in range(60):
            checked(
                http.post(
                    f"/api/chat/rooms/{room['id']}/messages",
                    params={"username": f"person {number % 3}"},
                    json={"content": f"{number}"},
                )
            )
        return dict(room)


@pytest.fixture
def page(http: Client, full: Room) -> Callable[..., list[int]]:
    """Return a reader of pages: which of the sixty are on it."""

    def read(**query: int) -> list[int]:
        answer = http.get(f"/api/chat/rooms/{full['id']}/messages", params=query)
        assert answer.headers["parlour-version"] == "60"
        assert answer.headers["parlour-epoch"] == full["epoch"]
        return [int(message["content"]) for message in checked(answer)]

    return read


@pytest.fixture
def ids(http: Client, full: Room) -> list[int]:
    """Return the ids of the sixty."""
    answer = http.get(f"/api/chat/rooms/{full['id']}/messages", params={"limit": 200})
    return [message["id"] for message in checked(answer)]


def test_the_newest_fifty_come_oldest_first(page: Callable[..., list[int]]) -> None:
    """Unless one asks for more or fewer."""
    assert page() == list(range(10, 60))
    assert page(limit=1) == [59]
    assert page(limit=200) == list(range(60))


def test_pages_beside_an_id_leave_it_out(page: Callable[..., list[int]], ids: list[int]) -> None:
    """`before` is below it, `after` above it."""
    assert page(before=ids[30], limit=5) == [25, 26, 27, 28, 29]
    assert page(after=ids[30], limit=5) == [31, 32, 33, 34, 35]
    assert page(before=ids[2], limit=5) == [0, 1]
    assert page(after=ids[57], limit=5) == [58, 59]
    assert page(before=ids[0]) == []
    assert page(after=ids[59]) == []


def test_a_page_around_an_id_has_it_in_the_middle(
    page: Callable[..., list[int]], ids: list[int]
) -> None:
    """More of one side where the other ends."""
    assert page(around=ids[30], limit=5) == [28, 29, 30, 31, 32]
    assert page(around=ids[0], limit=4) == [0, 1, 2, 3]
    assert page(around=ids[59], limit=4) == [56, 57, 58, 59]
    assert page(around=ids[59] + 1000, limit=2) == [58, 59]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "201"}, "limit"),
        ({"limit": "abc"}, "limit"),
        ({"limit": ""}, "limit"),
        ({"limit": "1.0"}, "limit"),
        ({"before": "0"}, "before"),
        ({"before": "-1"}, "before"),
        ({"after": "x"}, "after"),
        ({"around": str(2**53)}, "around"),
        ({"offset": "1"}, "offset"),
        ({"Limit": "5"}, "Limit"),
        ({"before": "1", "after": "2"}, None),
        ({"before": "1", "after": "2", "around": "3"}, None),
    ],
)
def test_a_wrong_place_is_refused(
    http: Client, full: Room, query: dict[str, str], field: str | None
) -> None:
    """422 that names the field; an unknown one is not passed over."""
    answer = http.get(f"/api/chat/rooms/{full['id']}/messages", params=query)
    assert_refused(answer, "invalid", field)


@pytest.mark.parametrize(("room_id", "code"), [("999999", "not_found"), ("abc", "invalid")])
def test_history_needs_a_room_that_is_there(http: Client, room_id: str, code: str) -> None:
    """404, or 422 for what is no id."""
    answer = http.get(f"/api/chat/rooms/{room_id}/messages")
    assert_refused(answer, code, "room_id" if code == "invalid" else None)


def test_history_survives_a_restart(
    new_server: Callable[..., Server], new_room: Callable[..., Room]
) -> None:
    """To the last field, and so do the epoch and the version."""
    server = new_server().start()
    room = new_room(server)
    path = f"/api/chat/rooms/{room['id']}/messages"
    with http_client(server) as http:
        said = checked(
            http.post(path, params={"username": "alice"}, json={"content": "hi", "client_id": "c"})
        )
        before = http.get(path)
    server.restart()
    with http_client(server) as http:
        after = http.get(path)
        assert after.json() == before.json() == [said]
        for name in ("parlour-version", "parlour-epoch"):
            assert after.headers[name] == before.headers[name]
        again = http.post(
            path, params={"username": "alice"}, json={"content": "hi", "client_id": "c"}
        )
        assert (again.status_code, again.json()) == (200, said)
        later = checked(http.post(path, params={"username": "alice"}, json={"content": "more"}))
        assert later["id"] > said["id"]
        assert later["version"] == 2


def test_what_a_deleted_room_left_is_purged_after_a_restart(
    new_server: Callable[..., Server], new_room: Callable[..., Room]
) -> None:
    """A server killed in the middle of it goes on at its next start, and ids are not reused."""
    server = new_server().start()
    room = new_room(server)
    with http_client(server) as http:
        path = f"/api/chat/rooms/{room['id']}"
        said = checked(
            http.post(f"{path}/messages", params={"username": "a"}, json={"content": "hi"})
        )
        assert_deleted(http.delete(path))
    server.kill()
    server.start()
    with http_client(server) as http:
        assert checked(http.get("/api/chat/rooms")) == []
        new = checked(http.post("/api/chat/rooms", json={"name": room["name"]}))
        assert new["id"] > room["id"]
        path = f"/api/chat/rooms/{new['id']}/messages"
        later = checked(http.post(path, params={"username": "a"}, json={"content": "hi"}))
        assert later["id"] > said["id"]
