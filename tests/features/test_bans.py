"""Bans in rooms: whom they reach, that they hold at every door at once, and that they end."""

import pytest

from tests.support import websocket
from tests.support.accounts import Account
from tests.support.answers import assert_deleted, assert_refused
from tests.support.inside import inside
from tests.support.moderation import Guest, ban, banned_in, unban
from tests.support.people import Person, checked
from tests.support.places import (
    Place,
    follow,
    make_room,
    name_of,
    new_account,
    put,
    roles_of,
    say,
)
from tests.support.server import Server

pytestmark = pytest.mark.usefixtures("partings")

MESSAGES = "/messages"


@pytest.fixture
def people(server: Server) -> dict[str, Account]:
    """Return one account for each role."""
    return {role: new_account(server, role) for role in ("owner", "moderator", "member", "other")}


@pytest.fixture(params=["private", "public"])
def place(request: pytest.FixtureRequest, people: dict[str, Account]) -> Place:
    """Return a room with an owner, a moderator and a member."""
    return make_place(people, request.param)


@pytest.fixture
def public(people: dict[str, Account]) -> Place:
    """Return a public one."""
    return make_place(people, "public")


def make_place(people: dict[str, Account], kind: str) -> Place:
    """Return a room with an owner, a moderator and a member."""
    made = make_room(people["owner"], kind)
    made.add(people["moderator"], role="moderator")
    made.add(people["member"])
    return made


def test_a_ban_is_told_whole_and_listed(place: Place, people: dict[str, Account]) -> None:
    """With its end, its reason, and who made it; to moderators."""
    answer = ban(place, people["moderator"], people["member"], seconds=3600, reason=" too  loud ")
    told = checked(answer)
    assert {name: told[name] for name in ("username", "guest", "reason", "created_by")} == {
        "username": name_of(people["member"]),
        "guest": False,
        "reason": "too loud",
        "created_by": name_of(people["moderator"]),
    }
    assert told["until"] > told["created_at"]
    listed = people["moderator"].call("GET", f"{place.path}/bans")
    assert checked(listed) == [told]
    # Another one takes its place.
    forever = checked(ban(place, people["owner"], people["member"]))
    assert forever["until"] is None
    assert checked(place.owner.call("GET", f"{place.path}/bans")) == [forever]


def test_who_is_banned_is_no_member_and_does_not_become_one(
    place: Place, people: dict[str, Account]
) -> None:
    """Neither by themselves nor by somebody who adds them; nor do they read or speak."""
    member = people["member"]
    checked(ban(place, place.owner, member))
    assert name_of(member) not in roles_of(place)
    seen = "banned" if place.room["kind"] == "public" else "not_found"
    assert_refused(put(place, member, member), seen)
    assert_refused(put(place, place.owner, member), "not_allowed")
    assert_refused(say(place, member, "I am back"), seen)
    for path in (MESSAGES, "/members"):
        assert_refused(member.call("GET", f"{place.path}{path}"), seen)
    # A public room is seen; a private one is as if it were not there.
    answer = member.call("GET", place.path)
    assert answer.status_code == (200 if seen == "banned" else 404)
    assert (place.seen_by(member) is not None) is (seen == "banned")


def test_who_is_let_in_again_comes_as_somebody_new(
    place: Place, people: dict[str, Account]
) -> None:
    """Not as the moderator that they were."""
    moderator = people["moderator"]
    checked(ban(place, place.owner, moderator))
    assert_deleted(unban(place, place.owner, moderator))
    assert banned_in(place) == []
    assert name_of(moderator) not in roles_of(place)
    checked(put(place, place.owner, moderator))
    assert checked(say(place, moderator, "hello"))["content"] == "hello"
    assert_refused(unban(place, place.owner, moderator), "not_found")


@pytest.mark.parametrize(
    ("by", "whom"),
    [
        ("moderator", "owner"),
        ("moderator", "moderator"),
        ("owner", "owner"),
        ("member", "member"),
        ("member", "owner"),
        ("member", "other"),
    ],
)
def test_nobody_bans_whoever_has_as_much_to_say(
    place: Place, people: dict[str, Account], by: str, whom: str
) -> None:
    """Nor themselves; members ban nobody. They stay what they are."""
    before = roles_of(place)
    assert_refused(ban(place, people[by], people[whom]), "not_allowed")
    assert roles_of(place) == before
    assert banned_in(place) == []


def test_a_stranger_bans_nobody(place: Place, people: dict[str, Account]) -> None:
    """In a private room they do not even learn that it is there."""
    code = "not_allowed" if place.room["kind"] == "public" else "not_found"
    assert_refused(ban(place, people["other"], people["member"]), code)
    assert_refused(people["other"].call("GET", f"{place.path}/bans"), code)
    assert_refused(unban(place, people["other"], people["member"]), code)


async def test_who_is_banned_is_put_out_at_once(place: Place, people: dict[str, Account]) -> None:
    """By both doors; what is said after that does not reach them, and they do not come back."""
    member, private = people["member"], place.room["kind"] == "private"
    one, many = await member.connect(place.room), await follow(place, member)
    await one.until("user_list")
    stays = await follow(place, people["moderator"])
    checked(ban(place, place.owner, member))
    words = "no longer" if private else "banned"
    for client in (one, many):
        assert words in (await client.until("room_deleted", room_id=place.id))["message"]
    assert await one.closed() == (4504 if private else 4503)
    await stays.until("leave", username=name_of(member))
    checked(say(place, place.owner, "are they gone?"))
    await stays.until("message", message={"content": "are they gone?"})
    assert [frame for frame in await many.settle() if frame["type"] == "message"] == []
    code = "not_found" if private else "banned"
    await many.send("subscribe", room_id=place.id)
    await many.until("error", code=code, room_id=place.id)
    again = await member.connect(place.room)
    await again.until("error", code=code)
    assert await again.closed() == (4504 if private else 4503)


async def test_a_guest_is_banned_by_the_name_under_which_they_are_here(
    server: Server, public: Place, bob: Person
) -> None:
    """In any case. Others of another name stay."""
    client, other = await bob.enter(public.id), await Person("carol", server).enter(public.id)
    told = checked(ban(public, public.owner, "BOB"))
    assert told["guest"] is True
    await client.until("room_deleted")
    assert await client.closed() == 4503
    await other.until("leave", username="bob")
    again = await bob.connect(public.id)
    await again.expect("error", code="banned")
    assert await again.closed() == 4503
    assert_deleted(unban(public, public.owner, "bob"))
    await bob.enter(public.id)
    await other.close()


async def test_a_ban_by_name_puts_every_guest_of_that_name_out(
    server: Server, public: Place
) -> None:
    """One by the bare name, one by cookie; lifting it lets both in again."""
    cookie = await Guest(server, "sam").come()
    bare = await Person("sam", server).enter(public.id)
    known = await websocket.connect(server, public.id, "sam", headers=cookie.headers)
    await known.until("user_list", users=["sam", "sam"])
    checked(ban(public, public.owner, "sam"))
    for client in (bare, known):
        await client.until("room_deleted")
        assert await client.closed() == 4503
    assert banned_in(public) == ["sam", "sam"]
    assert_deleted(unban(public, public.owner, "sam"))
    assert banned_in(public) == []


async def test_a_guest_who_has_gone_is_found_by_what_they_wrote(
    server: Server, public: Place
) -> None:
    """By the cookie, so that another name does not help; nor may they read with it."""
    guest = await Guest(server, "walter").come()
    checked(await guest.say(public.id))
    checked(ban(public, public.owner, "walter"))
    guest.name = "wilhelm"
    assert_refused(await guest.say(public.id), "banned")
    assert_refused(await guest.call("GET", f"{public.path}/messages"), "banned")
    client = await websocket.connect(server, public.id, "wilhelm", headers=guest.headers)
    await client.expect("error", code="banned")
    assert await client.closed() == 4503
    # Whoever has only that name is somebody else.
    stranger = await Guest(server, "walter").come()
    assert (await stranger.say(public.id)).status_code == 201


def test_a_name_that_nobody_has_is_not_found(place: Place) -> None:
    """Nobody is banned by it."""
    assert_refused(ban(place, place.owner, "nobody-here"), "not_found")
    assert_refused(unban(place, place.owner, "nobody-here"), "not_found")


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"seconds": 59}, "invalid", "seconds"),
        ({"seconds": 315_360_001}, "invalid", "seconds"),
        ({"seconds": "600"}, "invalid", "seconds"),
        ({"reason": "x" * 501}, "too_long", "reason"),
        ({"reason": "a\u202eb"}, "name_invalid", "reason"),
        ({"until": "tomorrow"}, "invalid", "until"),
    ],
)
def test_a_wrong_ban_is_refused(
    public: Place, people: dict[str, Account], fields: dict[str, object], code: str, field: str
) -> None:
    """And bans nobody."""
    assert_refused(ban(public, public.owner, people["member"], **fields), code, field)
    assert banned_in(public) == []


def test_a_ban_ends_by_itself(server: Server, public: Place, people: dict[str, Account]) -> None:
    """From that moment on it is as if there were none, before it has been taken away."""
    member = people["member"]
    checked(ban(public, public.owner, member, seconds=60))
    assert_refused(say(public, member, "too early"), "banned")
    with inside(server) as database:
        database.execute(
            "UPDATE restrictions SET until = created_at WHERE room_id = ?", [public.id]
        )
    checked(say(public, member, "in time"))
    assert banned_in(public) == []


def test_a_direct_conversation_has_no_bans(people: dict[str, Account]) -> None:
    """It always belongs to the same people."""
    one, other = people["member"], people["other"]
    wanted = {"usernames": [name_of(other)]}
    room = checked(one.call("POST", "/api/chat/direct", json=wanted))
    place = Place(room, one)
    assert_refused(ban(place, one, other), "not_allowed")
