"""How many members and rooms there can be, page by page; and members who cannot sign in."""

import pytest

from parlour.belonging import MAX_MEMBERS
from parlour.direct import MAX_OPENED
from parlour.features.members import MAX_LISTED
from parlour.places import MAX_PUBLIC, MAX_PUBLIC_OF_GUESTS, MAX_ROOMS
from tests.support.accounts import Account
from tests.support.administration import change_user
from tests.support.answers import assert_deleted, assert_refused
from tests.support.inside import inside
from tests.support.people import checked, http_client
from tests.support.places import (
    ROOMS,
    Place,
    make_room,
    name_of,
    new_account,
    put,
    remove,
    roles_of,
)
from tests.support.server import Server

# How many members the large room of these tests has beside its owner and moderator.
MANY = 10_000 - 2
ACCEPT = "/api/chat/invites/accept"


@pytest.fixture
def people(server: Server) -> dict[str, Account]:
    """Return one account for each role."""
    return {role: new_account(server, role) for role in ("owner", "moderator", "member")}


@pytest.fixture
def place(people: dict[str, Account]) -> Place:
    """Return a private room with an owner, a moderator and a member."""
    made = make_room(people["owner"])
    made.add(people["moderator"], role="moderator")
    made.add(people["member"])
    return made


def crowd(server: Server, place: Place, name: str, many: int) -> None:
    """Let so many accounts be there, who are called so, and members of a room."""
    at = place.room["created_at"]
    with inside(server) as database:
        first = database.execute("SELECT max(id) FROM users").fetchone()[0] + 1
        database.executemany(
            "INSERT INTO users (id, username, name_key, identity, display_name, password_hash,"
            " role, about, status_text, created_at, password_changed_at)"
            " VALUES (?1, ?2, ?2, ?2, ?2, '', 'member', '', '', ?3, ?3)",
            [(first + n, f"{name}-{n:05}", at) for n in range(many)],
        )
        database.executemany(
            "INSERT INTO members (room_id, user_id, role, joined_at) VALUES (?, ?, 'member', ?)",
            [(place.id, first + n, at) for n in range(many)],
        )


def test_a_large_room_is_listed_page_by_page(server: Server, people: dict[str, Account]) -> None:
    """Each page goes on in the order of the list, behind the last name of the one before."""
    place = make_room(people["owner"])
    place.add(people["moderator"], role="moderator")
    crowd(server, place, "crowd", MANY)
    path, names = f"{place.path}/members", []
    page = checked(place.owner.call("GET", path))
    assert len(page) == MAX_LISTED
    while page:
        names += [each["username"] for each in page]
        page = checked(place.owner.call("GET", path, params={"after": names[-1]}))
    assert names == [
        name_of(people["owner"]), name_of(people["moderator"]),
        *(f"crowd-{n:05}" for n in range(MANY)),
    ]  # fmt: skip
    few = checked(place.owner.call("GET", path, params={"after": names[0], "limit": 2}))
    assert [each["username"] for each in few] == names[1:3]
    # The one who is not there any more has no place before the moderators.
    last = checked(place.owner.call("GET", path, params={"after": "nobody", "limit": 2}))
    assert last == []


@pytest.mark.parametrize("kind", ["private", "public"])
def test_a_room_has_so_many_members_and_a_further_one_is_refused_at_every_way_in(
    server: Server, people: dict[str, Account], chief: Account, kind: str
) -> None:
    """Those who are in it stay, and whoever goes makes place for one."""
    owner, last, late = people["owner"], people["member"], people["moderator"]
    place = make_room(owner, kind)
    crowd(server, place, f"{kind}-crowd", MAX_MEMBERS - 2)
    invited = checked(owner.call("POST", f"{place.path}/invites", json={"uses": 2}))
    accept = {"token": invited["token"]}
    checked(last.call("POST", ACCEPT, json=accept))
    named = {"username": name_of(late)}
    answers = [
        put(place, owner, late),
        late.call("POST", ACCEPT, json=accept),
        chief.call("PUT", f"/api/admin/rooms/{place.id}/owner", json=named),
        *([put(place, late, late)] if kind == "public" else []),
    ]
    for answer in answers:
        told = assert_refused(answer, "not_allowed")
        assert str(MAX_MEMBERS) in told["detail"]
    # Who is one already comes by a link once more, and gets another role.
    checked(last.call("POST", ACCEPT, json=accept))
    checked(put(place, owner, last, "moderator"))
    assert_deleted(remove(place, last, last))
    # The link that was refused was not used up by that.
    checked(late.call("POST", ACCEPT, json=accept))
    told = assert_refused(put(place, owner, last), "not_allowed")
    assert str(MAX_MEMBERS) in told["detail"]


def test_a_disabled_member_is_counted_by_nobody_and_keeps_nobody(
    place: Place, people: dict[str, Account], chief: Account
) -> None:
    """They can be removed; and an owner whom only they are left with may leave."""
    for role in ("moderator", "member"):
        checked(change_user(chief, name_of(people[role]), disabled=True))
    assert list(roles_of(place)) == [name_of(place.owner)]
    listed = checked(chief.call("GET", "/api/admin/rooms"))
    assert [each["members"] for each in listed if each["id"] == place.id] == [1]
    assert_deleted(remove(place, place.owner, people["member"]))
    assert_refused(remove(place, place.owner, people["member"]), "not_found")
    assert_deleted(remove(place, place.owner, place.owner))
    assert_refused(place.owner.call("GET", place.path), "not_found")


def test_who_is_left_with_a_disabled_owner_may_leave(
    place: Place, people: dict[str, Account], chief: Account
) -> None:
    """The room goes with the last of them, as one without an owner does."""
    checked(change_user(chief, name_of(people["owner"]), disabled=True))
    assert_deleted(remove(place, people["moderator"], people["moderator"]))
    assert_deleted(remove(place, people["member"], people["member"]))
    checked(change_user(chief, name_of(people["owner"]), disabled=False))
    listed = checked(chief.call("GET", "/api/admin/rooms"))
    assert place.id not in [each["id"] for each in listed]


def test_an_account_belongs_to_so_many_rooms(
    server: Server, place: Place, people: dict[str, Account]
) -> None:
    """A further one is refused at every way in, until one is left."""
    busy = new_account(server, "busy")
    spare = make_room(busy)
    public = make_room(place.owner, "public")
    invited = checked(place.owner.call("POST", f"{place.path}/invites", json={}))
    with inside(server) as database:
        database.executemany(
            "INSERT INTO rooms (name, name_key, kind, created_at, version, changed_version)"
            " VALUES ('filler', 'filler', 'private', ?, 0, 0)",
            [(place.room["created_at"],)] * (MAX_ROOMS - 1),
        )
        database.execute(
            "INSERT INTO members (room_id, user_id, role, joined_at)"
            " SELECT id, (SELECT id FROM users WHERE username = ?), 'member', created_at"
            " FROM rooms WHERE name = 'filler'",
            [name_of(busy)],
        )
    token = {"token": invited["token"]}
    one = {"usernames": [name_of(busy)]}
    for answer in (
        busy.call("POST", ROOMS, json={"name": "one more"}),
        put(place, place.owner, busy),
        put(public, busy, busy),
        busy.call("POST", ACCEPT, json=token),
    ):
        told = assert_refused(answer, "not_allowed")
        assert str(MAX_ROOMS) in told["detail"]
    # Into a conversation anybody may be put by others, so those are not counted.
    assert place.owner.call("POST", "/api/chat/direct", json=one).status_code == 201
    assert_deleted(remove(spare, busy, busy))
    assert checked(busy.call("POST", ACCEPT, json=token))["id"] == place.id


def test_an_account_opens_so_many_conversations_and_keeps_nobody_else_from_it(
    server: Server,
) -> None:
    """Those who were put into all of them open as many as they like, and make rooms."""
    pushy, victim, third = (new_account(server, name) for name in ("pushy", "victim", "third"))
    with inside(server) as database:
        ids = dict(database.execute("SELECT username, id FROM users"))
        first = database.execute("SELECT max(id) FROM rooms").fetchone()[0] + 1
        database.executemany(
            "INSERT INTO rooms (id, name, name_key, kind, created_at, version, changed_version,"
            " direct_key, opened_by) VALUES (?1, 'x', 'x', 'direct', ?2, 0, 0, 'x' || ?1, ?3)",
            [(first + n, pushy.user["created_at"], ids[name_of(pushy)]) for n in range(MAX_OPENED)],
        )
        database.executemany(
            "INSERT INTO members (room_id, user_id, role, joined_at) VALUES (?, ?, 'member', ?)",
            [
                (first + n, ids[name_of(who)], pushy.user["created_at"])
                for n in range(MAX_OPENED)
                for who in (pushy, victim)
            ],
        )
    asks = [(pushy, third), (victim, pushy), (third, pushy)]
    answers = [
        by.call("POST", "/api/chat/direct", json={"usernames": [name_of(other)]})
        for by, other in asks
    ]
    assert str(MAX_OPENED) in assert_refused(answers[0], "not_allowed")["detail"]
    assert [answer.status_code for answer in answers[1:]] == [201, 201]
    # What is there is found by whoever asks.
    path, names = "/api/chat/direct", {"usernames": [name_of(third)]}
    assert pushy.call("POST", path, json=names).status_code == 200
    make_room(victim)


def test_there_are_so_many_public_rooms_and_others_go_on(own_server: Server) -> None:
    """Everybody is told of each. Whoever has no account may make them, but not the last ones."""
    owner = new_account(own_server, "owner")
    spare = make_room(owner, "public")

    def fill(up_to: int) -> None:
        with inside(own_server) as database:
            live = "SELECT count(*) FROM rooms WHERE kind = 'public' AND deleted_at IS NULL"
            [[count]] = database.execute(live)
            database.executemany(
                "INSERT INTO rooms (name, name_key, kind, created_at, version, changed_version)"
                " VALUES (?1, ?1, 'public', ?2, 0, 0)",
                [(f"{up_to}: {n}", spare.room["created_at"]) for n in range(count, up_to)],
            )

    one_more = {"name": "one more"}
    fill(MAX_PUBLIC_OF_GUESTS)
    with http_client(own_server) as guest:
        told = assert_refused(guest.post(ROOMS, json=one_more), "not_allowed")
        assert "takes an account" in told["detail"]
        assert owner.call("DELETE", spare.path).status_code == 204
        assert guest.post(ROOMS, json=one_more).status_code == 201
    last = make_room(owner, "public")
    fill(MAX_PUBLIC)
    told = assert_refused(owner.call("POST", ROOMS, json={"name": "yet one"}), "not_allowed")
    assert str(MAX_PUBLIC) in told["detail"]
    make_room(owner, "private")
    assert owner.call("DELETE", last.path).status_code == 204
    make_room(owner, "public")
