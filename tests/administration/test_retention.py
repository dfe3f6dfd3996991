"""What is older than it may be goes, with all that was beside it, and what is held does not."""

from collections.abc import Iterator
from typing import Any

import pytest

from parlour.retaining import MAX_BESIDE
from tests.support.accounts import Account
from tests.support.administration import ADMIN, listed, log_of, noted
from tests.support.answers import assert_deleted, assert_refused
from tests.support.files import get, gone, said, sent, until
from tests.support.inside import inside
from tests.support.nodes import Nodes
from tests.support.people import checked, http_client
from tests.support.places import Place, follow, make_room, name_of, new_account, somebody
from tests.support.retention import (
    age,
    command,
    cut_to,
    hold,
    keep_for,
    lift,
    reported,
    reports,
    set_aside,
    spoken,
)
from tests.support.server import Server

pytestmark = pytest.mark.usefixtures("partings")

MESSAGES = "/api/chat/messages"


@pytest.fixture(autouse=True)
def kept(chief: Account) -> Iterator[None]:
    """Let everything be kept for ever at first, and held by nobody."""
    yield
    keep_for(chief, 0)
    for each in checked(chief.call("GET", f"{ADMIN}/holds")):
        lift(chief, each)


def history(place: Place, **query: Any) -> list[int]:
    """Return the ids of the messages of a room."""
    page = checked(place.owner.call("GET", f"{place.path}/messages", params=query))
    return [message["id"] for message in page]


def preview(chief: Account, **query: Any) -> dict[str, Any]:
    """Return what would go."""
    return dict(checked(chief.call("GET", f"{ADMIN}/retention", params=query)))


def vanished(server: Server, place: Place) -> None:
    """Assert that soon nothing is left of a room that was deleted."""

    def is_empty() -> bool:
        with inside(server) as database:
            [[left]] = database.execute("SELECT count(*) FROM rooms WHERE id = ?", (place.id,))
            return bool(left == 0)

    until(is_empty)


async def test_what_is_over_goes_with_all_that_was_beside_it(
    server: Server, chief: Account
) -> None:
    """Those who are there are told where the room begins; who comes back reads it anew."""
    bob = somebody(server)
    place = make_room(chief)
    place.add(bob)
    file = sent(chief, place.room)
    first = spoken(place, chief, f"melon for @{name_of(bob)}")
    answer = spoken(place, bob, "melon, thanks", reply_to=first["id"])
    spoken(place, chief, "melon @room")
    last = said(chief, place.room, file, content="melon")
    for one in (first, last):
        assert bob.call("PUT", f"{MESSAGES}/{one['id']}/save").is_success
        checked(chief.call("PUT", f"{MESSAGES}/{one['id']}/pin"))
        checked(chief.call("PUT", f"{MESSAGES}/{one['id']}/reactions/🎉"))
    checked(bob.call("PATCH", f"{MESSAGES}/{answer['id']}", json={"content": "melon, thank you"}))
    assert_deleted(bob.call("DELETE", f"{MESSAGES}/{answer['id']}"))
    reported(place, bob, last, "melon")
    young = spoken(place, chief, "plum", reply_to=last["id"])
    version = checked(chief.call("GET", place.path))["version"]
    younger = spoken(place, chief, f"plum @{name_of(bob)}", reply_to=young["id"])
    age(server, place, last, days=31)
    would = preview(chief, days=30)
    assert (would["messages"], would["rooms"], would["days"]) == (4, 1, 30)
    assert would["largest"][0]["name"] == place.room["name"]
    assert preview(chief)["messages"] == 0
    assert preview(chief, days=32)["messages"] == 0
    assert "4 messages of 1 room would go." in command(server, "preview", "--days", "30")
    client = await follow(place, bob)
    keep_for(chief, 30)
    told = await cut_to(client, last)
    # It is a change of the room like others, and no message.
    assert told["version"] == version + 2

    assert reports(place) == [""]
    left = [young["id"], younger["id"]]
    assert [history(place), history(place, around=first["id"])] == [left, left]
    assert_gone(server, bob, place, first, file)
    # What is left of a chain goes on without its beginning.
    chain = checked(chief.call("GET", f"{MESSAGES}/{last['id']}/replies"))
    assert [one["id"] for one in chain] == left
    assert spoken(place, bob, "plums", reply_to=younger["id"])["chain"] == last["id"]
    # What is unread to whoever has read nothing since.
    back = {"message_id": younger["id"], "back": True}
    checked(bob.call("PUT", f"{place.path}/read", json=back))
    seen = place.seen_by(bob)
    assert seen is not None
    assert (seen["unread"], seen["mentions"], seen["purged_to"]) == (1, 1, last["id"])

    # What is gone changed last when its answer was deleted, just before the first that is there.
    for after, contents in ((1, None), (version - 2, None), (version - 1, ["plum"] * 3)):
        assert await resumed(place, bob, after, last) == contents
    # The node that did it counts it.
    apart = server.apart() if isinstance(server, Nodes) else [server]
    purged = [server_metrics(each)["parlour_messages_purged_total"] for each in apart]
    assert sum(purged) >= 4


def assert_gone(
    server: Server, who: Account, place: Place, first: dict[str, Any], file: dict[str, Any]
) -> None:
    """Assert that nothing of a message is there any more for somebody."""
    assert checked(who.call("GET", f"{place.path}/pins")) == []
    assert checked(who.call("GET", "/api/chat/saved/ids"))["message_ids"] == []
    found = checked(who.call("GET", "/api/chat/search", params={"q": "melon"}))
    assert found["results"] == []
    gone(server, file)
    assert_refused(get(who, file), "not_found")
    assert_refused(who.call("PUT", f"{MESSAGES}/{first['id']}/save"), "not_found")
    ids = {"ids": first["id"]}
    assert checked(who.call("GET", f"{place.path}/messages", params=ids)) == []


async def resumed(place: Place, who: Account, after: int, last: dict[str, Any]) -> list[str] | None:
    """Come back with a version; the beginnings of what changed since, None for a reset."""
    client = await who.connect()
    await client.send("subscribe", room_id=place.id, after=after, epoch=place.room["epoch"])
    sync = await client.until("sync")
    assert sync["room"]["purged_to"] == last["id"]
    return None if sync["reset"] else [one["content"][:4] for one in sync["messages"]]


def server_metrics(server: Server) -> dict[str, float]:
    """Return the figures that have no labels."""
    with http_client(server) as http:
        text = http.get("/metrics").text
    lines = [line.split() for line in text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in lines if "{" not in name}


async def test_unread_counts_never_count_what_is_gone(server: Server, chief: Account) -> None:
    """Whether nothing of it was read, or it was marked as unread with one's own behind that."""
    bob, carol = somebody(server), somebody(server)
    place = make_room(chief)
    place.add(bob, carol)
    old = [spoken(place, chief, f"old @{name_of(carol)}")]
    old += [spoken(place, by, "old") for by in (bob, chief, bob, chief)]
    young = [spoken(place, by, "young") for by in (chief, bob, chief)]
    checked(bob.call("PUT", f"{place.path}/read", json={"message_id": old[1]["id"], "back": True}))
    before = place.seen_by(carol), place.seen_by(bob)
    assert [seen and seen["unread"] for seen in before] == [8, 4]
    age(server, place, old[-1], days=8)
    client = await follow(place, chief)
    keep_for(chief, 7)
    await cut_to(client, old[-1])
    seen = place.seen_by(carol)
    assert seen is not None
    assert (seen["unread"], seen["mentions"]) == (3, 0)
    theirs = place.seen_by(bob)
    assert theirs is not None
    assert theirs["unread"] == 2
    assert_deleted(chief.call("DELETE", f"{MESSAGES}/{young[0]['id']}"))
    seen = place.seen_by(carol)
    assert seen is not None
    assert seen["unread"] == 2


async def test_what_a_room_or_the_server_holds_stays_where_it_is(
    server: Server, chief: Account
) -> None:
    """Nothing of it goes, also where its room is deleted; and it goes when the hold is lifted."""
    place, other, doomed = make_room(chief), make_room(chief), make_room(chief)
    for each in (place, other, doomed):
        age(server, each, spoken(each, chief, "held or not"), days=90)
    holds = [hold(chief, "room", room_id=each.id) for each in (place, doomed)]
    client = await chief.connect()
    for each in (place, other):
        await client.send("subscribe", room_id=each.id, after=0)
        await client.until("user_list", room_id=each.id)
    assert preview(chief, days=30)["held_rooms"] == 2
    keep_for(chief, 30)
    await client.until("room_updated", room_id=other.id)
    assert len(history(place)) == 1
    assert_deleted(chief.call("DELETE", doomed.path))
    # Nobody sees it any more; whoever has the machine reads it.
    [kept] = set_aside(server, "--room", str(doomed.id))
    assert (kept["room_name"], kept["content"], kept["why"]) == (
        doomed.room["name"], "held or not", "room",
    )  # fmt: skip
    assert kept["held_at"] > kept["timestamp"]
    everything = hold(chief, "server")
    for one in holds:
        lift(chief, one)
    last = spoken(other, chief, "behind")
    age(server, other, last, days=90)
    assert preview(chief)["messages"] == 0
    with inside(server) as database:
        asked = "SELECT count(*) FROM messages WHERE room_id IN (?, ?)"
        [[count]] = database.execute(asked, (place.id, doomed.id))
    assert count == 2
    lift(chief, everything)
    await client.until("room_updated", room_id=place.id)
    assert history(place) == []
    vanished(server, doomed)
    acts = [entry["action"] for entry in log_of(chief) if entry["action"].startswith("hold.")]
    assert acts[-6:] == ["hold.set"] * 3 + ["hold.lift"] * 3
    assert noted(chief, "retention_days")[-1] == (name_of(chief), "policy.change")


async def test_what_a_held_person_said_goes_from_view_and_is_kept(
    server: Server, chief: Account
) -> None:
    """Deleted, over, or with its room: with all it ever said and its files; until it is lifted."""
    bob = new_account(server, "held")
    place, doomed = make_room(chief), make_room(chief)
    for each in (place, doomed):
        each.add(bob)
    early = spoken(place, bob, "early")
    reported(place, chief, early, "early")
    assert_deleted(bob.call("DELETE", f"{MESSAGES}/{early['id']}"))
    held = hold(chief, "person", username=name_of(bob))
    assert checked(chief.call("GET", f"{ADMIN}/holds"))[0]["username"] == name_of(bob)
    files = [sent(bob, each.room, each.path.encode()) for each in (place, place, doomed)]
    deleted = said(bob, place.room, files[0], content="first words")
    for number in range(25):
        changed = {"content": f"words {number}"}
        checked(bob.call("PATCH", f"{MESSAGES}/{deleted['id']}", json=changed))
    assert_deleted(bob.call("DELETE", f"{MESSAGES}/{deleted['id']}"))
    assert_refused(chief.call("GET", f"{MESSAGES}/{deleted['id']}/edits"), "not_found")
    over = said(bob, place.room, files[1], content="over")
    reported(place, bob, over, "over")
    others = spoken(place, chief, "of nobody who is held")
    alive = spoken(place, bob, "alive")
    gone_with = said(bob, doomed.room, files[2], content="in a room")
    spoken(doomed, chief, "of nobody who is held")
    age(server, place, others, days=40)
    client = await follow(place, chief)
    keep_for(chief, 30)
    await cut_to(client, others)
    assert history(place) == [alive["id"]]
    assert_deleted(chief.call("DELETE", doomed.path))

    def is_aside() -> bool:
        return len(set_aside(server, "--person", name_of(bob))) == 3

    until(is_aside)
    kept = {each["message_id"]: each for each in set_aside(server)}
    assert {kept[each["id"]]["why"] for each in (deleted, over, gone_with)} == {
        "deleted", "retention", "room",
    }  # fmt: skip
    assert kept[deleted["id"]]["content"] == "words 24"
    assert [each["content"] for each in kept[deleted["id"]]["wordings"]] == [
        "first words", *(f"words {number}" for number in range(24)),
    ]  # fmt: skip
    assert set_aside(server, "--room", str(doomed.id)) == [kept[gone_with["id"]]]
    with inside(server) as database:
        [[there]] = database.execute("SELECT count(*) FROM files")
    assert there == 3
    assert_refused(get(bob, files[1]), "not_found")
    assert (preview(chief)["held_messages"], reports(place)) == (3, ["over", "early"])
    lift(chief, held)
    gone(server, *files)
    assert set_aside(server) == []
    vanished(server, doomed)
    # Nor does any say what was deleted before it was held.
    until(lambda: reports(place) == ["", ""])


async def test_a_message_with_more_beside_it_than_goes_at_once_goes_all_the_same(
    server: Server, chief: Account
) -> None:
    """In as many steps as it takes."""
    place = make_room(chief)
    crowded = spoken(place, chief, "popular")
    with inside(server) as database:
        database.executemany(
            "INSERT INTO reactions (message_id, emoji, author, username, created_at)"
            " VALUES (?, '👍', ?, ?, '2026-01-01T00:00:00.000000Z')",
            [(crowded["id"], f"name:{n}", f"{n}") for n in range(3 * MAX_BESIDE)],
        )
    age(server, place, crowded, days=2)
    client = await follow(place, chief)
    keep_for(chief, 1)
    await cut_to(client, crowded)
    assert history(place) == []
    with inside(server) as database:
        [[left]] = database.execute("SELECT count(*) FROM reactions")
    assert left == 0


async def test_a_room_has_a_rule_of_its_own(server: Server, chief: Account) -> None:
    """Its owner may keep less, administrators also more; everybody in it knows."""
    owner, member, stranger = [somebody(server) for _ in range(3)]
    place = make_room(owner)
    place.add(member, role="moderator")
    path = f"{place.path}/retention"

    def ask(by: Account, days: int | None, where: str = path) -> Any:
        return by.call("PUT", where, json={"days": days})

    assert checked(member.call("GET", path)) == {
        "days": 0, "own": None, "longer": False, "server": 0,
    }  # fmt: skip
    assert_refused(stranger.call("GET", path), "not_found")
    assert_refused(ask(stranger, 3), "not_found")
    assert_refused(ask(member, 3), "not_allowed")
    assert_refused(ask(chief, 3), "not_found")
    old = spoken(place, owner, "old")
    age(server, place, old, days=4)
    client = await follow(place, member)
    assert checked(ask(owner, 5))["days"] == 5
    keep_for(chief, 4)
    assert checked(member.call("GET", path))["days"] == 4
    await cut_to(client, old)
    assert_refused(ask(owner, 5), "not_allowed", field="days")
    assert_refused(ask(owner, 0), "not_allowed", field="days")
    assert checked(ask(owner, None)) == {"days": 4, "own": None, "longer": False, "server": 4}
    young = spoken(place, owner, "young")
    by_chief = f"{ADMIN}/rooms/{place.id}/retention"
    assert_refused(ask(member, 0, by_chief), "not_found")
    assert_refused(ask(chief, 1, f"{ADMIN}/rooms/999999/retention"), "not_found")
    assert checked(ask(chief, 0, by_chief))["days"] == 0
    # Only now: the round that the last change began still took it by the server's rule.
    age(server, place, young, days=100)
    assert_refused(ask(owner, 3), "not_allowed", field="days")
    assert preview(chief)["messages"] == 0
    # What its rule would take is told of it alone, and what it would be without one.
    other = make_room(owner)
    said = spoken(other, owner, "elsewhere")
    age(server, other, said, days=3)
    for days, messages in ((0, 0), (99, 1), (101, 0), (None, 1)):
        asked = {"room_id": place.id} | ({} if days is None else {"days": days})
        assert preview(chief, **asked)["messages"] == messages, days
    # Nor does it go by the server's rule, from which one of an administrator protects it.
    age(server, other, said, days=10)
    for days in (0, 30):
        assert preview(chief, room_id=other.id, days=days)["messages"] == 0
    between = owner.call("POST", "/api/chat/direct", json={"usernames": [name_of(member)]})
    for room_id in (999999, checked(between)["id"]):
        asking = chief.call("GET", f"{ADMIN}/retention", params={"room_id": room_id})
        assert_refused(asking, "not_found")
    assert (listed(chief, place.id) or {})["retention_days"] == 0
    assert (listed(chief, other.id) or {}).get("retention_days", 0) is None
    assert checked(ask(chief, 99, by_chief))["own"] == 99
    await cut_to(client, young)
    assert noted(chief, place.room["name"]) == [
        (name_of(owner), "room.retention"), (name_of(owner), "room.retention"),
        (name_of(chief), "room.retention"), (name_of(chief), "room.retention"),
    ]  # fmt: skip


def test_holds_are_asked_for_rightly(server: Server, chief: Account) -> None:
    """What is wrong says where."""
    member = somebody(server)
    for body, code, field in (
        ({"kind": "room", "reason": "x"}, "invalid", "room_id"),
        ({"kind": "server", "room_id": 1, "reason": "x"}, "invalid", "room_id"),
        ({"kind": "person", "username": "nobody-here", "reason": "x"}, "not_found", None),
        ({"kind": "room", "room_id": 999_999, "reason": "x"}, "not_found", None),
        ({"kind": "server", "reason": " "}, "empty", "reason"),
    ):
        assert_refused(chief.call("POST", f"{ADMIN}/holds", json=body), code, field=field)
        assert_refused(member.call("POST", f"{ADMIN}/holds", json=body), "not_found")
    assert_refused(chief.call("DELETE", f"{ADMIN}/holds/999999"), "not_found")
    assert_refused(member.call("GET", f"{ADMIN}/retention"), "not_found")
