"""Mentions: whom a message is about, who may call many, and what an edit or a deletion changes."""

from typing import Any

import pytest

from parlour.mentioning import MAX_MENTIONED
from parlour.support.mentions import MAX_CANDIDATES
from tests.support.accounts import Account
from tests.support.people import MakePerson, NewRoom, Room, checked
from tests.support.places import follow, make_room, name_of, new_account, remove, somebody
from tests.support.server import Server

CHAT = "/api/chat"

pytestmark = pytest.mark.usefixtures("partings")


def post(account: Account, room: Room, content: str, **fields: Any) -> dict[str, Any]:
    """Let somebody say something; the message."""
    path = f"{CHAT}/rooms/{room['id']}/messages"
    return dict(checked(account.call("POST", path, json={"content": content, **fields})))


def edit(account: Account, message: dict[str, Any], content: str) -> dict[str, Any]:
    """Let somebody say it in other words."""
    path = f"{CHAT}/messages/{message['id']}"
    return dict(checked(account.call("PATCH", path, json={"content": content})))


def mentions(account: Account, room: Room) -> int | None:
    """How many unread mentions somebody has in a room: by the list, and by the room itself."""
    [listed] = [
        each for each in checked(account.call("GET", f"{CHAT}/rooms")) if each["id"] == room["id"]
    ]
    one = checked(account.call("GET", f"{CHAT}/rooms/{room['id']}"))
    assert one["mentions"] == listed["mentions"]
    return None if one["mentions"] is None else int(one["mentions"])


def why(account: Account, message: dict[str, Any]) -> dict[str, Any]:
    """Why somebody was, or was not, notified."""
    found = checked(account.call("GET", f"{CHAT}/messages/{message['id']}/notification"))
    assert found.pop("message_id") == message["id"]
    return dict(found)


def test_a_name_is_a_mention_unless_it_is_code_or_part_of_a_word(
    server: Server, new_room: NewRoom
) -> None:
    """Names as their owners spell them, in any case, once, in the order of the text."""
    writer, ann, bob = (new_account(server, name) for name in ("mw", "Ann", "bob"))
    one, two = name_of(ann), name_of(bob)
    room = new_room(server)
    for text, told in (
        (f"hi @{two.upper()}, and @{one}! @{two}", [two, one]),
        (f"(@{one}) **@{two}**: @{one}'s", [one, two]),
        (f"`@{one}` and\n```\n@{two}\n```\nend", []),
        (f"x@{one} mail@{two}.org https://x.org/@{one} \\@{one}", []),
        (f"@{one}x @nobody-here", []),
        (f"@_ @{'a' * 101}", []),
        (f"\\`@{one}\\`", [one]),
        (f"@{one}.", [one]),
    ):
        assert post(writer, room, text)["mentions"] == told, text
    history = checked(writer.call("GET", f"{CHAT}/rooms/{room['id']}/messages"))
    assert history[0]["mentions"] == [two, one]


def test_of_more_names_than_a_message_can_mention_the_others_are_text(
    server: Server, new_room: NewRoom
) -> None:
    """The first ones count; whoever stands behind them is not addressed."""
    writer, *many = (new_account(server, "crowd") for _ in range(MAX_MENTIONED + 2))
    names = [name_of(each) for each in many]
    room = new_room(server)
    said = post(writer, room, " ".join(f"@{name}" for name in names))
    assert said["mentions"] == names[:MAX_MENTIONED]
    assert (mentions(many[-2], room), mentions(many[-1], room)) == (1, None)
    assert why(many[-2], said)["reason"] == "mention"
    assert why(many[-1], said)["reason"] == "message"


def test_names_that_nobody_has_are_looked_up_up_to_a_bound(
    server: Server, new_room: NewRoom
) -> None:
    """Whoever stands behind them is not addressed, in scripts with and without blanks."""
    writer, one = somebody(server), somebody(server)
    room, name = new_room(server), name_of(one)
    # Each of the signs in such a word may be the end of a name.
    word = "@" + "\u4e2d" * 99
    for text, told in (
        (f"{'@x ' * (MAX_CANDIDATES - 1)}@{name}", [name]),
        (f"{'@x ' * MAX_CANDIDATES}@{name}", []),
        (f"{'@x ' * 300}@{name}", []),
        (f"{word} {word} @{name}", [name]),
        (f"{word} {word} {word} @{name}", []),
    ):
        assert post(writer, room, text)["mentions"] == told, text
    assert mentions(one, room) == 2


def test_only_who_may_be_in_the_room_is_mentioned_there(server: Server) -> None:
    """Members of a private room; in a public one everybody but those who are banned."""
    owner, member, other = somebody(server), somebody(server), somebody(server)
    place = make_room(owner)
    place.add(member)
    said = post(owner, place.room, f"@{name_of(member)} @{name_of(other)}")
    assert said["mentions"] == [name_of(member)]
    public = make_room(owner, kind="public")
    text = f"@{name_of(other)}"
    assert post(owner, public.room, text)["mentions"] == [name_of(other)]
    ban = f"{public.path}/bans/{name_of(other)}"
    assert owner.call("PUT", ban, json={"reason": "no"}).is_success
    assert post(owner, public.room, text)["mentions"] == []


async def test_who_is_mentioned_or_answered_is_notified_and_nobody_else(
    server: Server, new_room: NewRoom
) -> None:
    """On every connection of theirs, wherever these are; others hear nothing of it."""
    writer, named, other = somebody(server), somebody(server), somebody(server)
    room = new_room(server)
    asked = post(named, room, "a question")
    here, there = await named.connect(), await named.connect()
    beside = await other.connect()
    said = post(writer, room, f"look, @{name_of(named)}")
    for client in (here, there):
        frame = await client.until("notification", room_id=room["id"])
        assert (frame["reason"], frame["notified"], frame["mentions"]) == ("mention", True, 1)
        assert frame["message"] == said
    answer = post(writer, room, "an answer", reply_to=asked["id"])
    frame = await here.until("notification", room_id=room["id"], reason="reply")
    assert (frame["message"]["id"], frame["mentions"]) == (answer["id"], 2)
    assert "notification" not in {each["type"] for each in await beside.settle()}
    assert why(named, said) == {
        "notified": True, "reason": "mention", "because": "level", "level": "mentions",
    }  # fmt: skip
    assert why(other, said) == {
        "notified": False, "reason": "message", "because": "level", "level": "mentions",
    }  # fmt: skip
    assert why(writer, said)["because"] == "own"


async def test_here_calls_those_who_are_there_and_room_all_members(server: Server) -> None:
    """Each counts once, also where somebody is named beside it; oneself is not called."""
    owner, here, away = somebody(server), somebody(server), somebody(server)
    place = make_room(owner)
    place.add(here, away)
    room = place.room
    client = await follow(place, here)
    said = post(owner, room, f"@here and @{name_of(away)}")
    assert said["mentions"] == ["@here", name_of(away)]
    frame = await client.until("notification", room_id=room["id"])
    assert (frame["reason"], frame["mentions"]) == ("here", 1)
    assert [mentions(each, room) for each in (owner, here, away)] == [0, 1, 1]
    called = post(owner, room, f"@room and @{name_of(away)}")
    frame = await client.until("notification", room_id=room["id"], reason="room")
    assert frame["mentions"] == 2
    assert [mentions(each, room) for each in (owner, here, away)] == [0, 2, 2]
    assert why(here, called)["reason"] == "room"
    assert why(away, called)["reason"] == "mention"
    # Who comes later was not called, and who leaves is not any more.
    late = somebody(server)
    place.add(late)
    assert mentions(late, room) == 0
    assert why(late, called)["because"] == "absent"
    # Taken back, it counts for nobody.
    assert owner.call("DELETE", f"{CHAT}/messages/{called['id']}").is_success
    frame = await client.until("read", room_id=room["id"], mentions=1)
    assert [mentions(each, room) for each in (owner, here, away)] == [0, 1, 1]


async def test_guests_call_nobody(server: Server, person: MakePerson) -> None:
    """What they write is text, and is said."""
    owner = somebody(server)
    place = make_room(owner, kind="public")
    message = await person("gus", server).post(place.room, "@room @here hi")
    assert message["mentions"] == []
    assert post(somebody(server), place.room, "@room")["mentions"] == ["@room"]


async def test_a_call_that_nobody_would_hear_is_a_word(server: Server, new_room: NewRoom) -> None:
    """A room for everybody may have no members, or nobody but whoever calls."""
    assert post(somebody(server), new_room(server), "@room hi")["mentions"] == []
    owner = somebody(server)
    place = make_room(owner, kind="public")
    assert post(owner, place.room, "@room hi")["mentions"] == []
    place.add(somebody(server))
    assert post(owner, place.room, "@room hi")["mentions"] == ["@room"]


async def test_an_edit_adds_mentions_and_takes_them_away(server: Server, new_room: NewRoom) -> None:
    """Who is named by it is notified once; who is not any more loses the mark."""
    writer, first, second = somebody(server), somebody(server), somebody(server)
    room = new_room(server)
    for each in (first, second):
        post(each, room, "here")
    said = post(writer, room, f"@{name_of(first)}")
    client = await second.connect()
    changed = edit(writer, said, f"@{name_of(second)} @room")
    assert changed["mentions"] == [name_of(second)]
    frame = await client.until("notification", room_id=room["id"])
    assert (frame["message"], frame["mentions"]) == (changed, 1)
    assert (mentions(first, room), mentions(second, room)) == (0, 1)
    # What was decided stays; to be named once more is no news.
    assert why(first, said)["notified"] is True
    edit(writer, said, f"@{name_of(first)} and @{name_of(second)}")
    assert (mentions(first, room), mentions(second, room)) == (1, 1)
    # Somebody may have been called in another test just before.
    told = [each for each in await client.settle() if each["type"] == "notification"]
    assert room["id"] not in {each["room_id"] for each in told}
    assert writer.call("DELETE", f"{CHAT}/messages/{said['id']}").is_success
    assert (mentions(first, room), mentions(second, room)) == (0, 0)
    answer = first.call("GET", f"{CHAT}/messages/{said['id']}/notification")
    assert answer.json()["code"] == "not_found"


def test_reading_and_marking_back_keep_the_count(server: Server, new_room: NewRoom) -> None:
    """Mentions are a part of what is unread, from whatever position on."""
    writer, reader = somebody(server), somebody(server)
    room = new_room(server)
    one = post(writer, room, f"@{name_of(reader)}")
    # Where one never was, what is about oneself is the beginning.
    assert mentions(reader, room) == 1
    post(writer, room, "nothing")
    two = post(writer, room, f"again, @{name_of(reader)}")
    path = f"{CHAT}/rooms/{room['id']}/read"
    told = checked(reader.call("PUT", path, json={"message_id": one["id"]}))
    assert (told["unread"], told["mentions"]) == (2, 1)
    checked(reader.call("PUT", path, json={"message_id": two["id"]}))
    told = checked(reader.call("PUT", path, json={"message_id": one["id"], "back": True}))
    assert (told["unread"], told["mentions"]) == (3, 2)
    checked(reader.call("PUT", f"{CHAT}/read"))
    assert mentions(reader, room) == 0


def test_mentions_are_listed_newest_first_in_pages(server: Server) -> None:
    """By name, by reply and by call, and not of rooms that one may not enter any more."""
    owner, reader = somebody(server), new_account(server, "lister")
    place, hidden = make_room(owner), make_room(owner)
    for each in (place, hidden):
        each.add(reader)
    asked = post(reader, place.room, "?")
    ids = [
        post(owner, place.room, f"@{name_of(reader)}")["id"],
        post(owner, place.room, "!", reply_to=asked["id"])["id"],
        post(owner, place.room, "@room")["id"],
    ]
    post(owner, hidden.room, f"@{name_of(reader)}")
    post(reader, place.room, "@room, of my own")
    remove(hidden, owner, reader)
    first = checked(reader.call("GET", f"{CHAT}/mentions", params={"limit": 3}))
    # One of these is of a room that may not be seen any more.
    assert [each["message"]["id"] for each in first["mentions"]] == [ids[2], ids[1]]
    assert [each["reason"] for each in first["mentions"]] == ["room", "reply"]
    rest = checked(reader.call("GET", f"{CHAT}/mentions", params={"before": first["before"]}))
    assert [each["message"]["id"] for each in rest["mentions"]] == [ids[0]]
    assert rest["before"] is None


def listed(account: Account, limit: int) -> list[int]:
    """Return the ids of all that is about somebody, asked for page by page."""
    found: list[int] = []
    before = None
    while True:
        query = {"limit": limit} if before is None else {"limit": limit, "before": before}
        page = checked(account.call("GET", f"{CHAT}/mentions", params=query))
        found += [each["message"]["id"] for each in page["mentions"]]
        before = page["before"]
        if before is None:
            return found


def test_all_pages_together_have_all_that_is_about_one(server: Server) -> None:
    """By name, and by call among many of one's own, up to the very first."""
    owner, other, named = [new_account(server, "pager") for _ in range(3)]
    place = make_room(owner)
    place.add(other, named)
    call = post(other, place.room, "@room, by somebody else")["id"]
    for number in range(4):
        post(owner, place.room, f"@room {number}")
    assert listed(owner, 2) == [call]
    ids = [post(owner, place.room, f"@{name_of(named)} {number}")["id"] for number in range(7)]
    found = listed(named, 3)
    assert found[:7] == ids[::-1]
    assert (len(found), found[-1]) == (12, call)


def test_calls_of_a_time_when_one_did_not_belong_are_not_listed(server: Server) -> None:
    """Neither from before one came, nor from between being removed and added again."""
    owner, late = somebody(server), new_account(server, "late")
    place = make_room(owner)
    post(owner, place.room, "@room before")
    place.add(late)
    assert listed(late, 50) == []
    remove(place, owner, late)
    post(owner, place.room, "@room meanwhile")
    place.add(late)
    assert listed(late, 50) == []
    now = post(owner, place.room, "@room now")["id"]
    assert listed(late, 50) == [now]
    assert mentions(late, place.room) == 1


def test_who_calls_a_room_they_do_not_belong_to_loses_no_mention_by_it(server: Server) -> None:
    """Their own call counts for members alone: nothing is counted out for anybody else."""
    owner, passer = somebody(server), somebody(server)
    room = make_room(owner, "public").room
    first = post(owner, room, f"@{name_of(passer)}, come in")
    post(passer, room, "@room here I am")
    back = {"message_id": first["id"], "back": True}
    told = checked(passer.call("PUT", f"{CHAT}/rooms/{room['id']}/read", json=back))
    assert told["mentions"] == 1
    assert mentions(passer, room) == 1
