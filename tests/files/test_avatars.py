"""Avatars: the images by which people are known."""

import pytest
from httpx2 import Client

from tests.support.accounts import Account, register
from tests.support.answers import assert_refused
from tests.support.files import gone, on_disk, until
from tests.support.people import checked
from tests.support.pictures import bomb, opened, photograph, picture
from tests.support.server import Server

MINE, USERS = "/api/users/me/avatar", "/api/users"


def put(who: Account, data: bytes) -> dict[str, object]:
    """Choose an image; the account as it is then."""
    return dict(checked(who.call("PUT", MINE, content=data)))


def test_an_image_of_oneself_is_a_square_that_everybody_sees(
    server: Server, ann: Account, http: Client
) -> None:
    """256 pixels wide and high, without what it tells of its making; another one replaces it."""
    assert checked(ann.call("GET", f"{USERS}/me"))["avatar"] is None
    assert_refused(http.get(f"{USERS}/ann/avatar"), "not_found")
    version = put(ann, photograph())["avatar"]
    assert checked(http.get(f"{USERS}/ann"))["avatar"] == version
    answer = http.get(f"{USERS}/ANN/avatar")
    image = opened(answer.content)
    assert (image.format, image.size) == ("WEBP", (256, 256))
    assert b"PHOTOGRAPHER" not in answer.content
    assert answer.headers["content-type"] == "image/webp"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "private, no-cache"
    named = http.get(f"{USERS}/ann/avatar", params={"v": str(version)})
    assert named.headers["cache-control"] == "private, max-age=31536000, immutable"
    again = http.get(f"{USERS}/ann/avatar", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    [first] = on_disk(server)
    assert put(ann, picture(90, 20))["avatar"] != version
    gone(server, {"id": first.name})
    [second] = on_disk(server)
    assert checked(ann.call("DELETE", MINE))["avatar"] is None
    assert checked(ann.call("DELETE", MINE))["avatar"] is None
    assert_refused(http.get(f"{USERS}/ann/avatar"), "not_found")
    gone(server, {"id": second.name})
    assert on_disk(server) == []


@pytest.mark.thorough
def test_an_image_of_a_telephone_is_one_of_oneself(ben: Account, http: Client) -> None:
    """HEIC and AVIF as well, and who sends something else is told so."""
    for kind in ("HEIF", "AVIF"):
        version = str(put(ben, photograph(kind=kind))["avatar"])
        image = opened(http.get(f"{USERS}/ben/avatar", params={"v": version}).content)
        assert (image.format, image.size) == ("WEBP", (256, 256))
    told = assert_refused(ben.call("PUT", MINE, content=b"words"), "invalid")
    assert told["detail"] == "It is no PNG, JPEG, GIF, WebP, AVIF or HEIC image that can be read."
    checked(ben.call("DELETE", MINE))


def test_many_are_asked_for_at_once(server: Server, ben: Account, http: Client) -> None:
    """By the names as they are asked for, those of nobody among them."""
    version = put(ben, picture(40, 40))["avatar"]
    register(server, "cat")
    told = checked(http.get(f"{USERS}/avatars", params={"names": "ben,BEN,cat,nobody here,,"}))
    assert told == {"ben": version, "BEN": version, "cat": None, "nobody here": None}
    assert checked(http.get(f"{USERS}/avatars", params={"names": ""})) == {}
    names = ",".join(f"n{number}" for number in range(101))
    assert_refused(http.get(f"{USERS}/avatars", params={"names": names}), "invalid", "names")


def test_what_is_no_image_is_refused_and_changes_nothing(
    server: Server, ben: Account, http: Client
) -> None:
    """Text, half an image, one that would take too much; and nobody chooses for another."""
    version = put(ben, picture(40, 40))["avatar"]
    until(lambda: len(on_disk(server)) == 1)
    before = on_disk(server)
    for data in (b"words", photograph()[:3000]):
        assert_refused(ben.call("PUT", MINE, content=data), "invalid")
    assert_refused(ben.call("PUT", MINE, content=b""), "empty")
    assert_refused(ben.call("PUT", MINE, content=bomb()), "too_large")
    assert_refused(ben.call("PUT", MINE, content=bytes(20_000_001)), "too_large")
    assert_refused(http.put(MINE, content=picture(9, 9)), "not_signed_in")
    assert_refused(http.delete(MINE), "not_signed_in")
    assert checked(ben.call("GET", f"{USERS}/me"))["avatar"] == version
    assert on_disk(server) == before
