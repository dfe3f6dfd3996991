"""Who leaves at one node leaves at the other."""

import pytest

from tests.support.accounts import PASSWORD, Account
from tests.support.people import checked
from tests.support.places import ROOMS, follow, make_room, name_of, say

pytestmark = pytest.mark.usefixtures("partings")


async def test_who_leaves_does_so_everywhere(ann: Account, bob: Account) -> None:
    """Nothing there bears the name any more; what they wanted to take along is not made."""
    place, own = make_room(ann), {"password": PASSWORD}
    place.add(bob)
    there, said = await follow(place, bob), checked(say(place, ann, "hello"))
    talk = checked(ann.call("POST", "/api/chat/direct", json={"usernames": [name_of(bob)]}))
    checked(ann.call("POST", f"{ROOMS}/{talk['id']}/messages", json={"content": "hello"}))
    checked(ann.call("POST", "/api/users/me/export", json=own))
    left = ann.call("POST", "/api/users/me/removal", json={**own, "mode": "anonymise"})
    assert (left.status_code, ann.status()) == (204, 401)
    await there.until(
        "room_changed", room={"id": talk["id"], "name": f"Former member, {name_of(bob)}"}
    )
    await there.until("message_updated", message={"id": said["id"], "username": "Former member"})
