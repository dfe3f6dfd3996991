"""Notifications: of what people want to hear, when they do not, and what was decided then."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from parlour.crowds import MAX_CALLS
from tests.features.test_mentions import CHAT, mentions, post, why
from tests.support.accounts import Account
from tests.support.brief import thorough_but
from tests.support.moderation import ban
from tests.support.people import NewRoom, Room, checked
from tests.support.places import follow, make_room, name_of, remove, somebody
from tests.support.server import Server
from tests.support.websocket import Client

pytestmark = pytest.mark.usefixtures("partings")


def choose(account: Account, room: Room, level: str | None) -> dict[str, Any]:
    """Choose of what to be notified in a room."""
    path = f"{CHAT}/rooms/{room['id']}/notifications"
    return dict(checked(account.call("PUT", path, json={"level": level})))


def quiet(account: Account, **change: Any) -> dict[str, Any]:
    """Choose when not to be disturbed."""
    return dict(checked(account.call("PUT", f"{CHAT}/do-not-disturb", json=change)))


async def heard(client: Client) -> list[tuple[str, str, bool]]:
    """What a connection was told of until now: reason, content, and whether it notifies."""
    frames = [each for each in await client.settle() if each["type"] == "notification"]
    return [(each["reason"], each["message"]["content"], each["notified"]) for each in frames]


async def test_a_level_is_chosen_for_a_room_and_told_on_ones_other_connections(
    server: Server, new_room: NewRoom
) -> None:
    """As usual until then, and again with null; nobody else hears of it."""
    account, other = somebody(server), somebody(server)
    room = new_room(server)
    path = f"{CHAT}/rooms/{room['id']}/notifications"
    usual = {"room_id": room["id"], "level": None, "usual": "mentions"}
    assert checked(account.call("GET", path)) == usual
    here, beside = await account.connect(), await other.connect()
    assert choose(account, room, "nothing") == {**usual, "level": "nothing"}
    assert (await here.until("room_level"))["level"] == "nothing"
    assert "room_level" not in {each["type"] for each in await beside.settle()}
    [listed] = [
        each for each in checked(account.call("GET", f"{CHAT}/rooms")) if each["id"] == room["id"]
    ]
    assert listed["level"] == "nothing"
    assert checked(account.call("GET", f"{CHAT}/rooms/{room['id']}"))["level"] == "nothing"
    assert checked(other.call("GET", f"{CHAT}/rooms/{room['id']}"))["level"] is None
    assert choose(account, room, None) == usual


async def test_what_was_decided_does_not_change_with_what_one_chooses_later(
    server: Server, new_room: NewRoom
) -> None:
    """Of mentions and of ordinary messages alike, in each answer to why."""
    writer, reader = somebody(server), somebody(server)
    room = new_room(server)
    client = await reader.connect()
    said = []
    for level in (None, "all", "nothing"):
        choose(reader, room, level)
        said.append(post(writer, room, f"plain {level}"))
        if level == "all":
            frame = await client.until("notification", reason="message")
            assert frame["message"]["content"] == "plain all"
        said.append(post(writer, room, f"@{name_of(reader)} {level}"))
        frame = await client.until("notification", reason="mention")
        assert frame["notified"] is (level != "nothing")
    choose(reader, room, "mentions")
    decided = [
        (each["notified"], each["reason"], each["level"])
        for each in (why(reader, message) for message in said)
    ]
    assert decided == [
        (False, "message", "mentions"), (True, "mention", "mentions"),
        (True, "message", "all"), (True, "mention", "all"),
        (False, "message", "nothing"), (False, "mention", "nothing"),
    ]  # fmt: skip
    # What one is not notified of is counted all the same.
    assert mentions(reader, room) == 3


async def test_who_is_not_to_be_disturbed_is_not_notified_and_learns_why(
    server: Server, new_room: NewRoom
) -> None:
    """For some time, or by the hours of a day in one's own zone."""
    writer, reader = somebody(server), somebody(server)
    room = new_room(server)
    client = await reader.connect()
    kept = quiet(reader, seconds=3600)
    until = datetime.fromisoformat(kept["until"])
    assert timedelta(minutes=59) < until - datetime.now(UTC) <= timedelta(hours=1)
    assert (await client.until("do_not_disturb"))["until"] == kept["until"]
    first = post(writer, room, f"@{name_of(reader)}")
    assert (await client.until("notification"))["notified"] is False
    # In a zone where it is noon now, nine to five is a part of the day, and night is not.
    offset = 12 - datetime.now(UTC).hour
    zone = f"Etc/GMT{-offset:+d}" if offset else "UTC"
    quiet(reader, start="09:00", end="17:00", time_zone=zone)
    second = post(writer, room, f"@{name_of(reader)} again")
    assert (await client.until("notification"))["notified"] is False
    quiet(reader, start="22:00", end="07:00", time_zone=zone)
    third = post(writer, room, f"@{name_of(reader)} at last")
    assert (await client.until("notification"))["notified"] is True
    assert quiet(reader) == {"until": None, "start": None, "end": None, "time_zone": None}
    assert [why(reader, each)["because"] for each in (first, second, third)] == [
        "do_not_disturb", "do_not_disturb", "level",
    ]  # fmt: skip


async def test_people_of_a_conversation_are_notified_of_all_of_it(server: Server) -> None:
    """Unless they have chosen otherwise; the writer is not."""
    one, two = somebody(server), somebody(server)
    room = checked(one.call("POST", f"{CHAT}/direct", json={"usernames": [name_of(two)]}))
    mine, theirs = await one.connect(), await two.connect()
    said = post(one, room, "hello")
    assert (await theirs.until("notification", room_id=room["id"]))["reason"] == "direct"
    assert await heard(mine) == []
    assert why(two, said) == {
        "notified": True, "reason": "direct", "because": "level", "level": "all",
    }  # fmt: skip
    choose(two, room, "mentions")
    post(one, room, "and more")
    named = post(one, room, f"@{name_of(two)}")
    assert (await theirs.until("notification"))["message"]["id"] == named["id"]


@pytest.mark.parametrize("kind", thorough_but(["private"], ["private", "public"]))
async def test_who_was_put_out_hears_nothing_more_of_a_room(server: Server, kind: str) -> None:
    """Whatever they had chosen to hear, or are named: removed from a private one, or banned."""
    owner, member = somebody(server), somebody(server)
    place = make_room(owner, kind=kind)
    place.add(member)
    choose(member, place.room, "all")
    client = await follow(place, member)
    # Who is here is known at the other node a moment later.
    await server.settled()
    post(owner, place.room, "@here before")
    await client.until("notification", reason="here")
    if kind == "private":
        remove(place, owner, member)
        await client.until("room_removed")
    else:
        checked(ban(place, owner, member))
        await client.until("room_deleted")
    for words in (f"@{name_of(member)} and @room", "@here all others", "@room", "more"):
        post(owner, place.room, words)
    # A message of elsewhere, told the same way, comes behind what would have come.
    other = make_room(owner)
    other.add(member)
    choose(member, other.room, "all")
    post(owner, other.room, "elsewhere")
    frame = await client.until("notification")
    assert frame["room_id"] == other.id


async def test_who_was_put_out_before_a_call_is_told_does_not_hear_of_it(server: Server) -> None:
    """Those who were there when it was said are asked for once more when they are told."""
    owner, member, other = somebody(server), somebody(server), somebody(server)
    place = make_room(owner)
    place.add(member, other)
    client, beside = await follow(place, member), await follow(place, other)
    # Once something has been told, what comes within a second is told at once.
    # Who is here is known at the other node a moment later.
    await server.settled()
    post(owner, place.room, "@here before")
    await client.until("notification", reason="here")
    await beside.until("notification", reason="here")
    post(owner, place.room, "@here among ourselves")
    remove(place, owner, member)
    await client.until("room_removed")
    assert (await beside.until("notification"))["message"]["content"] == "@here among ourselves"
    told = [each for each in await client.settle() if each["type"] == "notification"]
    assert place.id not in {each["room_id"] for each in told}


async def test_a_call_is_told_however_much_is_said_behind_it(server: Server) -> None:
    """Who names others again and again does not push it out of what all members are told."""
    owner, loud, member = somebody(server), somebody(server), somebody(server)
    place = make_room(owner)
    place.add(loud, member)
    client = await member.connect()
    # Once something has been told, what comes within a second is told at once.
    post(owner, place.room, "@room before")
    await client.until("notification", reason="room")
    call = post(owner, place.room, "@room fire")
    for number in range(MAX_CALLS + 1):
        post(loud, place.room, f"@{name_of(owner)} {number}")
    frame = await client.until("notification")
    assert frame["message"] == call


def test_a_deleted_message_and_one_of_a_hidden_room_have_no_answer(server: Server) -> None:
    """Both are not found, word for word."""
    owner, stranger = somebody(server), somebody(server)
    hidden = post(owner, make_room(owner).room, "secret")
    path = f"{CHAT}/messages/{hidden['id']}/notification"
    answers = [stranger.call("GET", path)]
    assert owner.call("DELETE", f"{CHAT}/messages/{hidden['id']}").is_success
    answers += [owner.call("GET", path), owner.call("GET", f"{CHAT}/messages/{2**50}/notification")]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.json()["detail"] for answer in answers}) == 1
