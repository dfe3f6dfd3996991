"""People take their data along, and leave for good: by themselves, or by an administrator."""

import contextlib
import io
import json
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.support.accounts import PASSWORD, Account, log_in, register, stranger
from tests.support.administration import change_user, first_administrator
from tests.support.files import gone, said, sent, until
from tests.support.inside import inside
from tests.support.leaving import leave, settled
from tests.support.lived import do
from tests.support.pictures import picture
from tests.support.places import Place, make_room, new_account, registered, remove
from tests.support.retention import hold, lift
from tests.support.server import Server

ME = "/api/users/me"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Yield a server of its own."""
    with Server(tmp_path_factory.mktemp("house"), is_measured=True) as server:
        yield server


@pytest.fixture(scope="module")
def ada(house: Server) -> Account:
    """Return an administrator."""
    return first_administrator(house)


def ready(who: Account) -> dict[str, Any]:
    """Wait until an archive lies ready; its state."""
    until(lambda: do(who, "GET", f"{ME}/export")["state"] == "ready", seconds=60)
    return dict(do(who, "GET", f"{ME}/export"))


def history(who: Account, room: Place) -> list[dict[str, Any]]:
    """Return what is said in a room."""
    return list(do(who, "GET", f"{room.path}/messages?limit=200"))


def say(who: Account, room: Place, content: str, **fields: Any) -> dict[str, Any]:
    """Say something; the message."""
    body = {"content": content, **fields}
    return dict(do(who, "POST", f"{room.path}/messages", json=body))


def assert_free(server: Server, name: str, message: dict[str, Any]) -> None:
    """Assert that whoever takes a name has nothing of who had it, and nobody signs in as them."""
    with pytest.raises(AssertionError):
        log_in(server, name)
    made: list[Account] = []

    def can_be_taken() -> bool:
        # The server hears of it a moment after the database.
        with contextlib.suppress(AssertionError):
            made.append(register(server, name))
        return bool(made)

    until(can_be_taken, seconds=60)
    [new] = made
    edited = new.call("PATCH", f"/api/chat/messages/{message['id']}", json={"content": "mine"})
    assert edited.json()["code"] == "not_allowed"
    with inside(server) as database:
        asked = "SELECT username, display_name, password_hash FROM users"
        rows = database.execute(asked).fetchall()
    assert sum(row[0] == name for row in rows) == 1
    assert any(tuple(row)[1:] == ("Former member", "") for row in rows)


def test_somebody_takes_along_what_is_theirs_and_nobody_else_can(house: Server) -> None:
    """By their password; with pages to read, and nothing that others said."""
    ann, ben = new_account(house, "ann"), new_account(house, "ben")
    room = make_room(ann, "public", name="Where Ann is")
    mine = say(ann, room, "what Ann says")
    say(ben, room, "what Ben says")
    said(ann, room.room, sent(ann, room.room, b"a note of Ann"), content="a file")
    do(ann, "PUT", f"/api/chat/messages/{mine['id']}/reactions/\N{FIRE}")
    # What others decide where she is no longer is nothing to her.
    den = make_room(ben, "private", name="Den of then")
    den.add(ann)
    say(ann, den, "said in the den")
    assert remove(den, ben, ann).is_success
    do(ben, "PATCH", den.path, json={"name": "Den of now", "topic": "a matter of now"})
    assert do(ann, "GET", f"{ME}/export")["state"] == "none"
    wrong = ann.call("POST", f"{ME}/export", json={"password": "not this one"})
    assert (wrong.status_code, wrong.json()["code"]) == (401, "wrong_credentials")
    assert ann.call("GET", f"{ME}/export/archive").status_code == 404
    asked = ann.call("POST", f"{ME}/export", json={"password": PASSWORD})
    assert (asked.status_code, asked.json()["state"]) == (202, "waiting")
    state = ready(ann)
    answer = ann.call("GET", f"{ME}/export/archive")
    assert answer.headers["content-type"] == "application/x-tar"
    assert "attachment" in answer.headers["content-disposition"]
    assert int(answer.headers["content-length"]) == state["size"] == len(answer.content)
    part = ann.call("GET", f"{ME}/export/archive", headers={"Range": "bytes=0-9"})
    assert (part.status_code, part.content) == (206, answer.content[:10])
    with tarfile.open(fileobj=io.BytesIO(answer.content)) as tar:
        files = {each.name: tar.extractfile(each) for each in tar.getmembers()}
        data = {name: file.read() for name, file in files.items() if file is not None}
    everything = b"\n".join(data.values())
    assert b"what Ann says" in everything
    assert b"a note of Ann" in everything
    assert b"said in the den" in everything
    for others in (b"what Ben says", b"Den of", b"matter of now"):
        assert others not in everything
    assert b"argon2" not in everything
    own = json.loads(data["data/account.json"])
    assert own["profile"]["username"] == ann.user["username"]
    assert [device["address"] for device in own["devices"]]
    assert json.loads(data["data/reactions-000001.jsonl"])["emoji"] == "\N{FIRE}"
    assert "index.html" in data
    # It is nobody else's, and asking once more makes no second one.
    assert ben.call("GET", f"{ME}/export/archive").status_code == 404
    again = do(ann, "POST", f"{ME}/export", json={"password": PASSWORD})
    assert again == state


def test_an_administrator_has_it_made_but_cannot_fetch_it(house: Server, ada: Account) -> None:
    """It lies there for its owner alone, and the log says who asked."""
    cleo = new_account(house, "cleo")
    name = cleo.user["username"]
    do(ada, "POST", f"/api/admin/users/{name}/export")
    ready(cleo)
    assert cleo.call("GET", f"{ME}/export/archive").is_success
    assert ada.call("GET", f"{ME}/export/archive").status_code == 404
    last = do(ada, "GET", "/api/admin/audit")[0]
    assert (last["action"], last["subject"]) == ("user.export", name)
    assert cleo.call("POST", f"/api/admin/users/{name}/export").status_code == 404


async def test_who_leaves_without_a_name_leaves_their_words(house: Server, ada: Account) -> None:
    """Everybody connected sees the name change; sessions, rooms and the name are given up."""
    dora, emil = new_account(house, "dora"), new_account(house, "emil")
    name = str(dora.user["username"])
    room = make_room(dora, "public", name="Of Dora")
    den = make_room(dora, "private", name="Den of Dora")
    den.add(emil)
    first = say(dora, room, "said by Dora")
    do(dora, "PUT", f"/api/chat/messages/{first['id']}/pin")
    said(dora, room.room, sent(dora, room.room, picture(300, 200)), content="with a picture")
    answer = say(emil, room, f"I think @{name} is right", reply_to=first["id"])
    passed = say(emil, den, "", forward=first["id"])
    for who in (dora, emil):
        do(who, "PUT", f"/api/chat/messages/{answer['id']}/reactions/\N{FIRE}")
    direct = do(emil, "POST", "/api/chat/direct", json={"usernames": [name]})
    do(dora, "PUT", f"{ME}/avatar", content=picture(64, 64))
    socket = await emil.connect(room.room)
    wrong = {"password": "certainly not it", "mode": "anonymise"}
    assert dora.call("POST", f"{ME}/removal", json=wrong).json()["code"] == "wrong_credentials"
    body = {"password": PASSWORD, "mode": "anonymise"}
    left = dora.call("POST", f"{ME}/removal", json=body)
    assert left.status_code == 204
    assert dora.status() == 401
    frame = await socket.until("message_updated")
    while frame["message"]["id"] != first["id"]:
        frame = await socket.until("message_updated")
    assert frame["message"]["username"] == "Former member"
    assert frame["message"]["content"] == "said by Dora"
    # What is told of reactions is made anew meanwhile.
    do(emil, "DELETE", f"/api/chat/messages/{answer['id']}/reactions/\N{FIRE}")
    settled(house)
    told = {each["id"]: each for each in history(emil, room)}
    assert told[first["id"]]["username"] == "Former member"
    assert told[answer["id"]]["mentions"] == []
    assert told[answer["id"]]["content"] == f"I think @{name} is right"
    [reaction] = told[answer["id"]]["reactions"]
    assert (reaction["count"], reaction["usernames"]) == (1, ["Former member"])
    assert any(each["files"] for each in told.values())
    forward = {each["id"]: each for each in history(emil, den)}[passed["id"]]["forwarded"]
    assert (forward["username"], forward["content"]) == ("Former member", "said by Dora")
    rooms = {each["id"]: each for each in do(emil, "GET", "/api/chat/rooms")}
    # Their rooms go to whoever is left in them.
    assert rooms[den.id]["owner"] == emil.user["username"]
    assert rooms[den.id]["role"] == "owner"
    assert rooms[room.id]["owner"] is None
    assert rooms[direct["id"]]["name"] == f"Former member, {emil.user['username']}"
    assert emil.call("GET", f"/api/users/{name}").status_code == 404
    assert emil.call("GET", f"/api/users/{name}/avatar").status_code == 404
    # What they said is found, and not by their name.
    found = do(emil, "GET", "/api/chat/search", params={"q": "said by Dora"})["results"]
    assert [each["message"]["username"] for each in found][-1:] == ["Former member"]
    until(lambda: not do(
        emil, "GET", "/api/chat/search", params={"q": f"from:{name} said"}
    )["results"])  # fmt: skip
    assert_free(house, name, first)


def test_who_takes_their_words_with_them_leaves_only_places(house: Server, ada: Account) -> None:
    """By an administrator: what was said, sent, reacted and passed on is gone, as by deletion."""
    fay, gil = new_account(house, "fay"), new_account(house, "gil")
    name = fay.user["username"]
    room = make_room(gil, "public", name="Of Gil")
    file = sent(fay, room.room, b"secret bytes of Fay")
    first = said(fay, room.room, file, content="words of Fay")
    edited = say(fay, room, "first wording")
    do(fay, "PATCH", f"/api/chat/messages/{edited['id']}", json={"content": "second wording"})
    passed = say(gil, room, "look:", forward=first["id"])
    mine = say(gil, room, "words of Gil")
    for who in (fay, gil):
        do(who, "PUT", f"/api/chat/messages/{mine['id']}/reactions/\N{FIRE}")
    do(ada, "POST", f"/api/admin/users/{name}/removal", json={"mode": "remove"})
    assert fay.status() == 401
    settled(house)
    told = {each["id"]: each for each in history(gil, room)}
    for each in (first, edited):
        now = told[each["id"]]
        assert (now["username"], now["content"]) == ("Former member", "")
        assert now["deleted_at"] is not None
    assert told[passed["id"]]["forwarded"]["content"] == ""
    assert told[passed["id"]]["forwarded"]["files"] == []
    [reaction] = told[mine["id"]]["reactions"]
    assert (reaction["count"], reaction["usernames"]) == (1, [gil.user["username"]])
    gone(house, file)
    with inside(house) as database:
        for asked in ("SELECT content FROM messages", "SELECT content FROM wordings"):
            kept = " ".join(row[0] for row in database.execute(asked))
            assert "Fay" not in kept
            assert "wording" not in kept
    last = do(ada, "GET", "/api/admin/audit")
    [entry] = [each for each in last if each["action"] == "user.remove"][:1]
    assert name not in json.dumps(entry)
    again = ada.call("POST", f"/api/admin/users/{name}/removal", json={"mode": "remove"})
    assert again.status_code == 404
    # What is left of the account nobody can be given.
    back = change_user(ada, entry["subject"], disabled=False)
    assert (back.status_code, back.json()["code"]) == (403, "not_allowed")


def test_who_is_held_stays_until_the_hold_is_lifted(house: Server, ada: Account) -> None:
    """By themselves as by an administrator; they are not told why."""
    lea = new_account(house, "lea")
    held = hold(ada, "person", username=lea.user["username"])
    body = {"password": PASSWORD, "mode": "remove"}
    refused = lea.call("POST", f"{ME}/removal", json=body)
    assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")
    path = f"/api/admin/users/{lea.user['username']}/removal"
    assert ada.call("POST", path, json={"mode": "remove"}).status_code == 403
    assert lea.status() == 200
    lift(ada, held)
    assert lea.call("POST", f"{ME}/removal", json=body).status_code == 204


def test_the_last_administrator_cannot_vanish(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Neither by themselves nor by themselves as an administrator; another one may."""
    with Server(tmp_path_factory.mktemp("last")) as server:
        hal = first_administrator(server)
        body = {"password": PASSWORD, "mode": "anonymise"}
        refused = hal.call("POST", f"{ME}/removal", json=body)
        assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")
        assert hal.status() == 200
        name = hal.user["username"]
        own = hal.call("POST", f"/api/admin/users/{name}/removal", json={"mode": "remove"})
        assert own.json()["code"] == "not_allowed"
        ida = register(server, "ida")
        do(hal, "PATCH", "/api/admin/users/ida", json={"role": "administrator"})
        assert hal.call("POST", f"{ME}/removal", json=body).status_code == 204
        assert do(replace(ida), "GET", "/api/admin/audit")[0]["action"] == "user.remove"


def test_a_private_room_waits_for_who_is_disabled(house: Server, ada: Account) -> None:
    """It is theirs when they are back; one that nobody else is in goes."""
    lou, moe = new_account(house, "lou"), new_account(house, "moe")
    den, alone = (make_room(lou, "private", name=name) for name in ("Den of Lou", "Cell of Lou"))
    den.add(moe)
    name = str(moe.user["username"])
    assert change_user(ada, name, disabled=True).is_success
    body = {"password": PASSWORD, "mode": "anonymise"}
    assert lou.call("POST", f"{ME}/removal", json=body).status_code == 204
    settled(house)
    assert change_user(ada, name, disabled=False).is_success
    back = log_in(house, name)
    assert do(back, "GET", den.path)["role"] == "owner"
    asked = "SELECT count(*) FROM rooms WHERE id = ? AND deleted_at IS NULL"
    with inside(house) as database:
        assert database.execute(asked, (alone.id,)).fetchone()[0] == 0


def test_a_name_is_nobodys_before_all_of_it_is_followed_up(house: Server) -> None:
    """What is followed up by a name is not what another wrote who was called so meanwhile."""
    left = {"user_id": 999_999, "username": "zoe-to-be", "mode": "remove"}
    # Perhaps at another node, which has not said so yet.
    with inside(house) as database:
        database.execute(
            "INSERT INTO jobs (kind, key, payload, due_at, tries) VALUES ('depart', 'z', ?, ?, 0)",
            (json.dumps(left), 2**52),
        )
    for name in ("zoe-to-be", "ZOE-to-be"):
        assert registered(house, name) == "name_taken"
    with inside(house) as database:
        database.execute("DELETE FROM jobs WHERE key = 'z'")
    assert register(house, "zoe-to-be").status() == 200


def test_who_was_called_as_those_who_left_loses_that_name_too(house: Server) -> None:
    """What is left of the account has another one, by which nobody can speak."""
    last = new_account(house, "max")
    with inside(house) as database:
        asked = "SELECT id FROM users WHERE username = ?"
        [[number]] = database.execute(asked, (last.user["username"],))
    name = f"former-member-{number + 1}"
    leave(house, register(house, name), "remove")
    with inside(house) as database:
        asked = "SELECT username FROM users WHERE id = ?"
        [[left]] = database.execute(asked, (number + 1,))
    assert left == f"{name}-2"
    until(lambda: registered(house, name) is None, seconds=30)
    for each in (name, left):
        assert registered(house, each) == "name_taken"


@pytest.mark.thorough
@pytest.mark.one_node(reason="it is about one server that is killed")
def test_what_somebody_left_is_followed_up_though_the_server_is_killed(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """It begins once more where nobody knows how far it came, and does nothing twice."""
    with Server(tmp_path_factory.mktemp("killed")) as server:
        jon, kim = register(server, "jon"), register(server, "kim")
        room = make_room(kim, "public", name="Of Kim")
        mine = [say(jon, room, f"number {number}")["id"] for number in range(60)]
        body = {"password": PASSWORD, "mode": "remove"}
        assert jon.call("POST", f"{ME}/removal", json=body).status_code == 204
        until(lambda: history(kim, room)[5]["deleted_at"] is not None, seconds=30)
        server.kill()
        with inside(server) as database:
            later = "UPDATE jobs SET taken_by = NULL, due_at = ? WHERE kind = 'depart'"
            database.execute(later, (2**52,))
        server.start()
        # Until it goes on nobody else is called so, also for those who start anew.
        assert registered(server, "jon") == "name_taken"
        with stranger(server) as guest:
            called, words = {"username": "jon"}, {"content": "I am jon"}
            answer = guest.post(f"{room.path}/messages", params=called, json=words)
        assert answer.json()["code"] == "name_taken"
        with inside(server) as database:
            database.execute("UPDATE jobs SET due_at = 0 WHERE kind = 'depart'")
        do(kim, "PUT", f"{room.path}/retention", json={"days": 300})
        settled(server)
        told = history(kim, room)
        assert [each["id"] for each in told] == mine
        assert {each["username"] for each in told} == {"Former member"}
        assert all(each["deleted_at"] and each["content"] == "" for each in told)
        now = do(kim, "GET", room.path)
        assert (now["message_count"], now["deleted_count"]) == (60, 60)
        until(lambda: registered(server, "jon") is None, seconds=30)
