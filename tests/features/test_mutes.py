"""Mutes: who has one reads and does not write, until it ends."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from parlour import moderation
from parlour.database import get_db
from parlour.store.restrictions import restrict
from parlour.store.rooms import create_room, guard
from parlour.store.users import create_user
from tests.support import websocket
from tests.support.accounts import Account
from tests.support.answers import assert_deleted, assert_refused
from tests.support.inside import inside
from tests.support.local import open_database
from tests.support.moderation import Guest, mute, unmute
from tests.support.people import Person, checked
from tests.support.places import Place, follow, make_room, new_account, say
from tests.support.server import Server

pytestmark = pytest.mark.usefixtures("partings")


@pytest.fixture
def member(server: Server) -> Account:
    """Return somebody with an account."""
    return new_account(server, "member")


@pytest.fixture
def place(server: Server, member: Account) -> Place:
    """Return a public room with a member."""
    made = make_room(new_account(server, "owner"), "public")
    made.add(member)
    return made


def guarded(server: Server, place: Place) -> int:
    """Return whether whoever speaks in a room is looked up first."""
    with inside(server) as database:
        [(kept,)] = database.execute("SELECT guarded FROM rooms WHERE id = ?", [place.id])
    return int(kept)


async def test_who_is_muted_reads_and_does_not_write(place: Place, member: Account) -> None:
    """Neither new messages nor other words for old ones, by either door; they may delete."""
    said = checked(say(place, member, "before"))
    client = await follow(place, member)
    checked(mute(place, place.owner, member, 600))
    refused = say(place, member, "after")
    assert refused.json()["code"] == "muted"
    assert 0 < refused.json()["retry_after_ms"] <= 600_000
    await client.send("message", content="after", room_id=place.id, client_id="c")
    error = await client.until("error", code="muted", client_id="c")
    assert 0 < error["retry_after_ms"] <= 600_000
    path = f"/api/chat/messages/{said['id']}"
    edited = member.call("PATCH", path, json={"content": "after"})
    assert edited.json()["code"] == "muted"
    checked(say(place, place.owner, "listen"))
    await client.until("message", message={"content": "listen"})
    assert_deleted(member.call("DELETE", path))


def test_a_mute_is_shown_beside_the_member_and_listed(place: Place, member: Account) -> None:
    """Until it is lifted."""
    told = checked(mute(place, place.owner, member))
    members = checked(place.owner.call("GET", f"{place.path}/members"))
    assert [each["muted_until"] for each in members] == [None, told["until"]]
    assert checked(place.owner.call("GET", f"{place.path}/mutes")) == [told]
    assert_refused(member.call("GET", f"{place.path}/mutes"), "not_allowed")
    assert_deleted(unmute(place, place.owner, member))
    checked(say(place, member, "thank you"))
    assert checked(place.owner.call("GET", f"{place.path}/mutes")) == []
    assert_refused(unmute(place, place.owner, member), "not_found")


def test_a_room_where_nobody_is_muted_any_more_asks_nobody(
    server: Server, place: Place, member: Account
) -> None:
    """The many rooms without restrictions do not pay for those with some."""
    assert guarded(server, place) == 0
    checked(mute(place, place.owner, member))
    assert guarded(server, place) == 1
    assert_deleted(unmute(place, place.owner, member))
    assert guarded(server, place) == 0


async def test_a_guest_is_muted_by_the_name_under_which_they_wrote(
    server: Server, place: Place
) -> None:
    """Whatever name they take then."""
    guest = await Guest(server, "gustav").come()
    checked(await guest.say(place.id))
    checked(mute(place, place.owner, "gustav"))
    guest.name = "gunter"
    assert (await guest.say(place.id)).json()["code"] == "muted"


def test_members_mute_nobody_and_nobody_mutes_an_owner(place: Place, member: Account) -> None:
    """Not a member, not an owner themselves."""
    assert_refused(mute(place, member, member), "not_allowed")
    assert_refused(mute(place, member, place.owner), "not_allowed")
    assert_refused(mute(place, place.owner, place.owner), "not_allowed")


@pytest.mark.parametrize("seconds", [59, 2_592_001, None])
def test_a_mute_has_an_end_within_thirty_days(place: Place, member: Account, seconds: int) -> None:
    """And lasts a minute at least."""
    assert_refused(mute(place, place.owner, member, seconds), "invalid", "seconds")


def test_what_has_ended_is_taken_away(tmp_path: Path) -> None:
    """Its row, and the look at everybody who speaks where nothing is left; what lasts stays."""
    now = datetime.now(UTC)
    over, later = now - timedelta(seconds=1), now + timedelta(hours=1)
    with open_database(tmp_path) as database, get_db(database) as connection:
        ends, lasts = (create_room(connection, name).id for name in ("ends", "lasts"))
        ada = create_user(connection, "ada", "Ada", "", "member").id
        for room_id, name, until in (
            (ends, "bob", over), (lasts, "bob", over), (lasts, "eve", later), (None, "eve", over),
        ):  # fmt: skip
            restrict(connection, room_id, "mute", (f"name:{name}", name), until, "", ada)
        for room_id in (ends, lasts):
            guard(connection, room_id)
        moderation.tidy(connection)
        left = connection.exec_driver_sql("SELECT username, room_id FROM restrictions").all()
        found = connection.exec_driver_sql("SELECT id, guarded FROM rooms").all()
        rooms = {row[0]: row[1] for row in found}
    assert left == [("eve", lasts)]
    assert rooms == {ends: 0, lasts: 1}


def test_nobody_lifts_what_was_set_on_them_or_on_whoever_has_as_much_to_say(
    server: Server, place: Place, member: Account
) -> None:
    """A moderator is muted by the owner; neither they nor another moderator ends that."""
    peer = new_account(server, "peer")
    place.add(member, peer, role="moderator")
    checked(mute(place, place.owner, member))
    for by in (member, peer):
        assert_refused(unmute(place, by, member), "not_allowed")
    assert say(place, member, "let me").json()["code"] == "muted"
    assert_deleted(unmute(place, place.owner, member))
    checked(say(place, member, "thank you"))


async def test_a_mute_by_name_holds_for_every_guest_of_that_name(
    server: Server, place: Place
) -> None:
    """One by the bare name, one by cookie; lifting it lets both write again."""
    cookie = await Guest(server, "sam").come()
    first = await Person("sam", server).enter(place.id)
    second = await websocket.connect(server, place.id, "sam", headers=cookie.headers)
    await second.until("user_list", users=["sam", "sam"])
    checked(mute(place, place.owner, "\uff33am"))
    listed = checked(place.owner.call("GET", f"{place.path}/mutes"))
    assert [each["username"] for each in listed] == ["sam", "sam"]
    for client in (first, second):
        await client.send("message", content="hello")
        await client.until("error", code="muted")
    assert_deleted(unmute(place, place.owner, "sam"))
    for client in (first, second):
        await client.send("message", content="hello")
        await client.until("message")
        await client.close()


async def test_a_guest_who_has_gone_is_noted_under_the_name_that_they_wrote(
    server: Server, place: Place
) -> None:
    """Not as it was spelled by who muted them: with wide letters and line breaks."""
    guest = await Guest(server, "gerda").come()
    checked(await guest.say(place.id))
    told = checked(mute(place, place.owner, "\uff27ERDA%0A"))
    assert told["username"] == "gerda"
    assert (await guest.say(place.id)).json()["code"] == "muted"
