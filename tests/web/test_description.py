"""What it costs to ask for the API's description: it is made once, and kept by whoever has it."""

import asyncio
import gzip
import threading
from typing import Any

import brotli
import pytest
from fastapi import FastAPI
from httpx2 import Client

from parlour.main import create_app
from parlour.pages import Description
from parlour.settings import Settings
from tests.support.people import checked

PATH = "/openapi.json"
FORMS = {"gzip": gzip.decompress, "br": brotli.decompress}


class Described(FastAPI):
    """An application that notes in which thread it was asked to describe itself."""

    def __init__(self) -> None:
        """With nothing in it."""
        super().__init__(title="Small")
        self.asked_in: list[int] = []

    def openapi(self) -> dict[str, Any]:
        """What it is."""
        self.asked_in.append(threading.get_ident())
        return super().openapi()


def test_whoever_has_it_is_told_so_and_sent_nothing(http: Client) -> None:
    """By a strong tag of all that the program says of itself, which stays the same."""
    first, again = http.get(PATH), http.get(PATH)
    assert checked(first) == create_app(Settings(_env_file=None)).openapi()
    assert first.headers["content-type"] == "application/json"
    tag = first.headers["etag"]
    assert tag.startswith('"')
    assert again.headers["etag"] == tag
    for known in (tag, f'"another", {tag}', f"W/{tag}", "*"):
        answer = http.get(PATH, headers={"If-None-Match": known})
        assert answer.status_code == 304
        assert answer.content == b""
        assert answer.headers["etag"] == tag
    assert http.get(PATH, headers={"If-None-Match": '"another"'}).content == first.content


@pytest.mark.parametrize("form", FORMS)
def test_each_smaller_form_has_the_same_in_it_and_a_tag_of_its_own(http: Client, form: str) -> None:
    """Caches are told that it depends on what is taken."""
    plain = http.get(PATH, headers={"Accept-Encoding": "identity"})
    with http.stream("GET", PATH, headers={"Accept-Encoding": form}) as smaller:
        body = b"".join(smaller.iter_raw())
    assert smaller.headers["content-encoding"] == form
    assert int(smaller.headers["content-length"]) == len(body) < len(plain.content) / 5
    assert FORMS[form](body) == plain.content
    assert smaller.headers["etag"] != plain.headers["etag"]
    assert smaller.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"
    known = {"Accept-Encoding": form, "If-None-Match": smaller.headers["etag"]}
    assert http.get(PATH, headers=known).status_code == 304


def test_who_refuses_a_smaller_form_gets_the_plain_one(http: Client) -> None:
    """Under the tag of that."""
    answer = http.get(PATH, headers={"Accept-Encoding": "gzip;q=0, br;q=0"})
    assert "content-encoding" not in answer.headers
    plain = http.get(PATH, headers={"Accept-Encoding": "identity"})
    assert answer.headers["etag"] == plain.headers["etag"]


async def test_it_is_made_once_and_beside_the_event_loop() -> None:
    """However many ask for it at a time, and whenever."""
    app = Described()
    description = Description(app)
    first, *others = await asyncio.gather(*(description.get("") for _ in range(10)))
    others.append(await description.get(""))
    assert all(other is first for other in others)
    assert len(app.asked_in) == 1
    assert app.asked_in != [threading.get_ident()]


async def test_what_could_not_be_made_is_tried_again() -> None:
    """Whoever asks next is not told of what has passed."""
    app = Described()
    description = Description(app)
    app.title = "\ud800"
    with pytest.raises(UnicodeEncodeError):
        await description.get("")
    app.title, app.openapi_schema = "Small", None
    assert b"Small" in (await description.get("")).body


async def test_it_says_below_which_path_the_server_is() -> None:
    """Where that was said at its start (`uvicorn --root-path`)."""
    made = await Description(Described()).get("/chat")
    assert b'"servers":[{"url":"/chat"}]' in made.body
