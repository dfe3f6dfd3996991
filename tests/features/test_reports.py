"""Reports: who makes them, who sees them, and that they keep what was said."""

from typing import Any

import pytest
from httpx2 import Response

from parlour.reporting import MAX_OPEN, MAX_OPEN_OF_GUESTS
from tests.support.accounts import Account, register
from tests.support.administration import ADMIN, log_of
from tests.support.answers import assert_deleted, assert_refused
from tests.support.moderation import Guest, ban
from tests.support.people import checked
from tests.support.places import Place, make_room, name_of, new_account, say
from tests.support.server import Server


@pytest.fixture
def people(server: Server) -> dict[str, Account]:
    """Return one account for each part."""
    return {role: new_account(server, role) for role in ("owner", "moderator", "member", "other")}


@pytest.fixture
def place(people: dict[str, Account]) -> Place:
    """Return a private room with a moderator and a member."""
    made = make_room(people["owner"])
    made.add(people["moderator"], role="moderator")
    made.add(people["member"])
    return made


def report(by: Account, message_id: int, reason: str = "It is rude.") -> Response:
    """Ask to report a message."""
    return by.call("POST", f"/api/chat/messages/{message_id}/report", json={"reason": reason})


def reports_of(place: Place, by: Account) -> Response:
    """Ask for the reports of a room."""
    return by.call("GET", f"{place.path}/reports")


def test_a_report_keeps_what_files_are_called_and_what_was_passed_on(
    place: Place, people: dict[str, Account]
) -> None:
    """What is told in no words of its own can be as bad, and is gone as quickly."""
    by = people["moderator"]
    query = {"room_id": str(place.id), "name": "rude.txt", "alt": "Rude words"}
    file = checked(by.call("POST", "/api/chat/files", params=query, content=b"x"))
    path = f"{place.path}/messages"
    plain = checked(by.call("POST", path, json={"content": "", "files": [file["id"]]}))
    passed = checked(by.call("POST", path, json={"content": "Look", "forward": plain["id"]}))
    words = checked(say(place, by, "something rude"))
    again = checked(by.call("POST", path, json={"content": "", "forward": words["id"]}))
    for message in (plain, passed, again):
        assert report(people["member"], message["id"]).status_code == 201
        assert_deleted(by.call("DELETE", f"/api/chat/messages/{message['id']}"))
    told = checked(reports_of(place, by))
    assert [each["message_content"] for each in told] == [
        "something rude",
        "Look\nrude.txt\nRude words",
        "rude.txt\nRude words",
    ]


def resolve(by: Account, report_id: int) -> Response:
    """Say that a report has been seen to."""
    return by.call("PATCH", f"/api/chat/reports/{report_id}", json={"resolved": True})


def test_a_report_keeps_the_message_as_it_stood(
    place: Place, people: dict[str, Account], chief: Account
) -> None:
    """Whatever is made of it afterwards, for moderators and for who runs the server."""
    said = checked(say(place, people["moderator"], "something rude"))
    made = report(people["member"], said["id"], " It is\nrude. ")
    assert made.status_code == 201
    report_id = made.json()["id"]
    path = f"/api/chat/messages/{said['id']}"
    checked(people["moderator"].call("PATCH", path, json={"content": "something nice"}))
    assert_deleted(people["moderator"].call("DELETE", path))
    expected = {
        "id": report_id,
        "room_id": place.id,
        "room_name": place.room["name"],
        "message_id": said["id"],
        "message_username": name_of(people["moderator"]),
        "message_guest": False,
        "message_content": "something rude",
        "message_timestamp": said["timestamp"],
        "reporter": name_of(people["member"]),
        "reporter_guest": False,
        "reason": "It is\nrude.",
        "resolved_at": None,
        "resolved_by": None,
    }
    [told] = checked(reports_of(place, people["moderator"]))
    assert told.pop("created_at") >= said["timestamp"]
    assert told == expected
    listed = checked(chief.call("GET", f"{ADMIN}/reports"))
    assert expected.items() <= next(each for each in listed if each["id"] == report_id).items()


def test_one_person_reports_a_message_once(place: Place, people: dict[str, Account]) -> None:
    """A second time answers the first; others report it too."""
    said = checked(say(place, place.owner, "loud"))
    first = report(people["member"], said["id"])
    again = report(people["member"], said["id"], "It is still loud.")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    other = checked(report(people["moderator"], said["id"]))
    listed = checked(reports_of(place, place.owner))
    assert [each["id"] for each in listed] == [other["id"], first.json()["id"]]


def test_what_one_may_not_see_cannot_be_reported(place: Place, people: dict[str, Account]) -> None:
    """It is answered like what is not there, word for word; so is a deleted one."""
    said = checked(say(place, place.owner, "between us"))
    hidden, absent = report(people["other"], said["id"]), report(people["other"], 2**40)
    assert_refused(hidden, "not_found")
    assert hidden.json() == absent.json()
    assert_deleted(place.owner.call("DELETE", f"/api/chat/messages/{said['id']}"))
    assert_refused(report(people["member"], said["id"]), "not_found")
    checked(ban(place, place.owner, people["member"]))
    assert_refused(report(people["member"], said["id"]), "not_found")


def test_reports_are_for_those_who_moderate(place: Place, people: dict[str, Account]) -> None:
    """Members do not see them, strangers not that there are any; nor do they resolve one."""
    said = checked(say(place, place.owner, "loud"))
    report_id = checked(report(people["member"], said["id"]))["id"]
    assert_refused(reports_of(place, people["member"]), "not_allowed")
    assert_refused(reports_of(place, people["other"]), "not_found")
    for by in (people["member"], people["other"]):
        refused = resolve(by, report_id)
        assert_refused(refused, "not_found")
        assert refused.json() == resolve(by, 2**40).json()


@pytest.mark.parametrize("by", ["owner", "moderator", "administrator"])
def test_a_report_is_resolved_once(
    place: Place, people: dict[str, Account], chief: Account, by: str
) -> None:
    """By any of them, the administrator of a private room's too; open ones stand first."""
    who = chief if by == "administrator" else people[by]
    said = [checked(say(place, place.owner, text))["id"] for text in ("one", "two")]
    first, second = (checked(report(people["member"], each))["id"] for each in said)
    told = checked(resolve(who, second))
    assert told["resolved_at"] is not None
    assert told["resolved_by"] == name_of(who)
    assert checked(resolve(place.owner, second)) == told
    assert [each["id"] for each in checked(reports_of(place, place.owner))] == [first, second]
    entries = [each for each in log_of(chief) if each["detail"].get("report_id") == second]
    assert [(each["actor"], each["action"]) for each in entries] == [
        (name_of(who), "report.resolve")
    ]


async def test_guests_report_what_they_may_read(server: Server) -> None:
    """By cookie or name, with the name they give."""
    place = make_room(new_account(server, "owner"), "public")
    said = checked(say(place, place.owner, "loud"))
    guest = await Guest(server, "gisela").come()
    path = f"/api/chat/messages/{said['id']}/report"
    body = {"reason": "It is loud."}
    assert_refused(await guest.call("POST", path, json=body), "invalid", "username")
    first = await guest.call("POST", path, json=body, params={"username": "gisela"})
    again = await guest.call("POST", path, json=body, params={"username": "gabi"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert [each["reporter"] for each in checked(reports_of(place, place.owner))] == ["gisela"]


async def test_reports_and_the_log_tell_guests_from_accounts_of_the_same_name(
    server: Server, chief: Account
) -> None:
    """Who said it, who reports it, and about whom it was resolved."""
    place = make_room(new_account(server, "owner"), "public")
    guest = await Guest(server, "greta-" + name_of(place.owner)).come()
    of_guest = checked(await guest.say(place.id, "mine"))["id"]
    # The name is free again as soon as the guest has gone.
    account = register(server, guest.name)
    of_account = checked(say(place, account, "mine"))["id"]
    checked(report(account, of_guest))
    other = await Guest(server, "other-" + name_of(place.owner)).come()
    path, body = f"/api/chat/messages/{of_account}/report", {"reason": "It is rude."}
    checked(await other.call("POST", path, json=body, params={"username": other.name}))
    by_guest, by_account = checked(reports_of(place, place.owner))
    assert by_guest["message_username"] == by_account["message_username"] == guest.name
    assert (by_guest["message_guest"], by_guest["reporter_guest"]) == (False, True)
    assert (by_account["message_guest"], by_account["reporter_guest"]) == (True, False)
    for each in (by_guest, by_account):
        assert checked(resolve(place.owner, each["id"]))["message_guest"] is each["message_guest"]
    assert_deleted(place.owner.call("DELETE", f"/api/chat/messages/{of_guest}"))
    entries = [each for each in log_of(chief) if each["subject"] == guest.name]
    assert [(each["action"], each["subject_guest"]) for each in entries] == [
        ("report.resolve", False), ("report.resolve", True), ("message.delete", True),
    ]  # fmt: skip
    assert not any(each["actor_guest"] for each in entries)


def test_reports_that_nobody_has_seen_to_are_bounded(
    place: Place, people: dict[str, Account]
) -> None:
    """Until somebody has; another person's are counted for themselves."""
    said = [checked(say(place, place.owner, f"message {n}"))["id"] for n in range(MAX_OPEN + 1)]
    made = [checked(report(people["member"], each))["id"] for each in said[:-1]]
    assert_refused(report(people["member"], said[-1]), "rate_limited")
    assert report(people["member"], said[0]).status_code == 200
    checked(report(people["moderator"], said[-1]))
    checked(resolve(place.owner, made[0]))
    assert report(people["member"], said[-1]).status_code == 201


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({"reason": " "}, "empty", "reason"),
        ({"reason": "x" * 501}, "too_long", "reason"),
        ({}, "invalid", "reason"),
        ({"reason": "rude", "message_id": 1}, "invalid", "message_id"),
    ],
)
def test_a_wrong_report_is_refused(
    place: Place, people: dict[str, Account], body: dict[str, object], code: str, field: str
) -> None:
    """And none is made."""
    said = checked(say(place, place.owner, "loud"))
    path = f"/api/chat/messages/{said['id']}/report"
    assert_refused(people["member"].call("POST", path, json=body), code, field)
    assert checked(reports_of(place, place.owner)) == []
    wrong = people["owner"].call("PATCH", "/api/chat/reports/1", json={"resolved": False})
    assert_refused(wrong, "invalid", "resolved")


def pages_of(by: Account, path: str, size: int) -> list[dict[str, Any]]:
    """Return a list of reports, read page by page."""
    found: list[dict[str, Any]] = []
    asked: dict[str, int] = {"limit": size}
    while page := checked(by.call("GET", path, params=asked)):
        assert len(page) <= size
        found += page
        asked["before"] = page[-1]["id"]
    return found


def test_reports_are_read_page_by_page(
    place: Place, people: dict[str, Account], chief: Account
) -> None:
    """Open ones first, newest first, over the border between open and resolved."""
    said = [checked(say(place, place.owner, f"message {n}"))["id"] for n in range(7)]
    made = [checked(report(people["member"], each))["id"] for each in said]
    for each in (1, 2, 5):
        checked(resolve(place.owner, made[each]))
    wanted = [made[each] for each in (6, 4, 3, 0, 5, 2, 1)]
    for size in (1, 2, 4, 7, 200):
        found = pages_of(place.owner, f"{place.path}/reports", size)
        assert [each["id"] for each in found] == wanted
        everywhere = pages_of(chief, f"{ADMIN}/reports", size)
        assert [each["id"] for each in everywhere if each["room_id"] == place.id] == wanted


async def test_guests_together_do_not_bury_what_others_report(
    server: Server, people: dict[str, Account]
) -> None:
    """So many of a room are open at the same time, whoever they say that they are."""
    place = make_room(people["owner"], "public")
    said = [checked(say(place, place.owner, f"message {n}"))["id"] for n in range(51)]
    guest, last = Guest(server, "greta"), Guest(server, "gideon")

    async def tell(message_id: int, name: str, by: Guest) -> Response:
        path = f"/api/chat/messages/{message_id}/report"
        body = {"reason": "It is loud."}
        return await by.call("POST", path, json=body, params={"username": name})

    made = [
        checked(await tell(said[n % 50], f"greta {n // 50}", guest))["id"]
        for n in range(MAX_OPEN_OF_GUESTS)
    ]
    assert_refused(await tell(said[50], "gideon", last), "rate_limited")
    # Neither those with an account nor guests elsewhere are held up.
    checked(report(people["member"], said[50]))
    other = make_room(people["owner"], "public")
    elsewhere = checked(say(other, place.owner, "loud"))["id"]
    checked(await tell(elsewhere, "gideon", last))
    checked(resolve(place.owner, made[0]))
    checked(await tell(said[50], "gideon", last))
