"""What is held of those who leave, and of what others passed on of theirs, is not lost by it."""

from typing import Any

import pytest

from tests.support.accounts import Account
from tests.support.answers import assert_deleted
from tests.support.brief import thorough_but
from tests.support.files import FILES, gone, on_disk, said, sent, until
from tests.support.leaving import leave
from tests.support.people import checked
from tests.support.places import make_room, name_of, new_account
from tests.support.retention import hold, lift, reported, set_aside, spoken
from tests.support.server import Server

MESSAGES = "/api/chat/messages"


def aside(server: Server, message: dict[str, Any]) -> dict[str, Any]:
    """Return what is set aside of a message."""
    [found] = [each for each in set_aside(server) if each["message_id"] == message["id"]]
    return found


@pytest.mark.parametrize("mode", thorough_but(["remove"], ["remove", "anonymise"]))
def test_what_is_held_stays_as_it_was_when_somebody_leaves(
    server: Server, chief: Account, mode: str
) -> None:
    """Their own, what others passed on there with its files, reactions: also if deleted later."""
    ann, bob = new_account(server, f"ann-{mode}"), new_account(server, f"bob-{mode}")
    name, open_room = name_of(ann), make_room(ann, "public", name=f"Of {mode}")
    kept = make_room(bob, "public", name=f"Kept {mode}")
    held = [hold(chief, "room", room_id=kept.id), hold(chief, "person", username=name_of(bob))]
    file = sent(ann, open_room.room, b"bytes of Ann " + mode.encode())
    first = said(ann, open_room.room, file, content="words of Ann")
    passed = spoken(kept, bob, "look", forward=first["id"])
    beside = spoken(open_room, bob, "here too", forward=first["id"])
    own = spoken(kept, ann, "said where it is held")
    reported(kept, chief, passed, "look")
    liked = spoken(kept, bob, "liked")
    checked(ann.call("PUT", f"{MESSAGES}/{liked['id']}/reactions/🎉"))
    leave(server, ann, mode)
    told = {each["id"]: each for each in checked(bob.call("GET", f"{kept.path}/messages"))}
    # Nobody sees more than if nothing was held.
    assert told[passed["id"]]["forwarded"]["username"] == "Former member"
    assert told[own["id"]]["username"] == "Former member"
    assert name not in str([told[passed["id"]], told[own["id"]], told[liked["id"]]])
    for each in (passed, beside):
        found = aside(server, each)
        assert found["why"] == "changed"
        assert (found["username"], found["forwarded"]["username"]) == (name_of(bob), name)
        assert found["forwarded"]["content"] == "words of Ann"
        assert [one["id"] for one in found["forwarded"]["files"]] == [file["id"]]
    found = aside(server, own)
    assert (found["username"], found["content"]) == (name, "said where it is held")
    assert found["why"] == ("deleted" if mode == "remove" else "changed")
    assert aside(server, liked)["reactions"][0]["usernames"] == [name]
    # What was reported says no more of hers than the message.
    words = {"remove": "look", "anonymise": f"look\nwords of Ann\n{file['name']}"}
    [report] = checked(bob.call("GET", f"{kept.path}/reports"))
    assert report["message_content"] == words[mode]
    # What is set aside already is so once more, and nothing of it is lost by that.
    checked(bob.call("PATCH", f"{MESSAGES}/{passed['id']}", json={"content": "look again"}))
    for each in (passed, liked):
        assert_deleted(bob.call("DELETE", f"{MESSAGES}/{each['id']}"))
    found = aside(server, passed)
    assert (found["why"], found["content"]) == ("deleted", "look again")
    assert [each["content"] for each in found["wordings"]] == ["look"]
    assert found["forwarded"]["content"] == "words of Ann"
    found = aside(server, liked)
    assert name in str([found["reactions"], found["wordings"]])
    # With their rooms, too.
    assert_deleted(bob.call("DELETE", kept.path))
    assert_deleted(chief.call("DELETE", open_room.path))
    until(lambda: aside(server, beside)["why"] == "room")
    assert aside(server, beside)["forwarded"]["content"] == "words of Ann"
    # Once each, whether or not people saw it until then.
    found = aside(server, own)
    assert (found["username"], found["content"]) == (name, "said where it is held")
    assert found["why"] == ("deleted" if mode == "remove" else "room")
    assert [path for path in on_disk(server) if path.name[:32] == file["id"]]
    for one in held:
        lift(chief, one)
    gone(server, file)
    until(lambda: set_aside(server) == [])


def test_what_a_held_conversation_was_called_is_kept(server: Server, chief: Account) -> None:
    """With what was said in it by whoever has left, though for people it is called otherwise."""
    dan, eli = new_account(server, "dan"), new_account(server, "eli")
    direct = checked(eli.call("POST", "/api/chat/direct", json={"usernames": [name_of(dan)]}))
    held = hold(chief, "room", room_id=direct["id"])
    between = said(dan, direct, content="between us")
    leave(server, dan, "anonymise")
    now = checked(eli.call("GET", f"/api/chat/rooms/{direct['id']}"))
    assert now["name"] == f"Former member, {name_of(eli)}"
    found = aside(server, between)
    assert found["room_name"] == direct["name"] == f"{name_of(dan)}, {name_of(eli)}"
    lift(chief, held)
    until(lambda: set_aside(server) == [])


def test_what_the_files_of_the_held_were_called_before_is_kept(
    server: Server, chief: Account
) -> None:
    """All the descriptions that a file of theirs ever had, though its message is deleted."""
    cem = new_account(server, "cem")
    place = make_room(cem)
    file = sent(cem, place.room)
    message = said(cem, place.room, file, content="with a file")
    held = hold(chief, "person", username=name_of(cem))
    for alt in ("first", "second", "third"):
        checked(cem.call("PATCH", f"{FILES}/{file['id']}", json={"alt": alt}))
    assert_deleted(cem.call("DELETE", f"{MESSAGES}/{message['id']}"))
    found = aside(server, message)
    assert [each["alt"] for each in found["files"]] == ["third"]
    assert [each["files"][0]["alt"] for each in found["wordings"]] == ["first", "second"]
    assert found["content"] == "with a file"
    lift(chief, held)
    until(lambda: set_aside(server) == [])
