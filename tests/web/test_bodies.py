"""Bodies: strict JSON of a bounded size, and compressed answers for those who take them."""

import gzip
import json
from collections.abc import Iterator

import pytest
from httpx2 import Client, Response

from tests.support.answers import assert_refused
from tests.support.people import Room, checked
from tests.support.places import somebody
from tests.support.server import Server

SERVER_ENV = {"PARLOUR_MAX_MESSAGE_LENGTH": "100"}
LIMIT = 4 * 100 + 4096
JSON = "application/json"


class Box:
    """A room to post bodies into, whatever they are."""

    def __init__(self, http: Client, room: Room, server: Server) -> None:
        self.server = server
        self._http = http
        self._path = f"/api/chat/rooms/{room['id']}/messages"

    def post(self, body: bytes | Iterator[bytes], kind: str | None = JSON) -> Response:
        """Post a body as it is."""
        headers = {} if kind is None else {"content-type": kind}
        return self._http.post(
            self._path, params={"username": "alice"}, content=body, headers=headers
        )

    def said(self) -> list[str]:
        """Return what has been said."""
        return [message["content"] for message in checked(self._http.get(self._path))]


@pytest.fixture
def box(http: Client, room: Room, server: Server) -> Box:
    """Return a new room to post into."""
    return Box(http, room, server)


GOOD = b'{"content": "hi"}'
NO_JSON = {
    "half an object": b'{"content": "hi"',
    "words": b"content=hi",
    "two": GOOD + GOOD,
    "single quotes": b"{'content': 'hi'}",
    "NaN": b'{"content": NaN}',
    "infinity": b'{"content": Infinity}',
    "a lone surrogate": b'{"content": "\\ud800"}',
    "no UTF-8": b'{"content": "\xff"}',
    "UTF-16": '{"content": "hi"}'.encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf" + GOOD,
    "a raw line break": b'{"content": "a\nb"}',
    "too deep": b'{"content": ' + b"[" * 1000 + b"]" * 1000 + b"}",
    "a number without end": b'{"content": ' + b"9" * 4400 + b"}",
}


@pytest.mark.parametrize("body", NO_JSON.values(), ids=NO_JSON)
def test_what_is_no_json_is_refused_and_nothing_is_stored(box: Box, body: bytes) -> None:
    """422 `bad_json`."""
    assert_refused(box.post(body), "bad_json")
    assert box.said() == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b'{"content": "a", "content": "b"}', "content"),
        (b'{"content": "a", "\\u0063ontent": "b"}', "content"),
        (b'{"content": {"a": 1, "a": 2}}', "a"),
    ],
)
def test_a_field_given_twice_is_refused_by_its_name(box: Box, body: bytes, field: str) -> None:
    """422: readers of JSON differ in which of the two they take."""
    assert_refused(box.post(body), "invalid", field)
    assert box.said() == []


def test_a_missing_body_is_told_as_that(box: Box) -> None:
    """422, with nothing to name."""
    for kind in (JSON, None, "text/plain"):
        told = assert_refused(box.post(b"", kind), "invalid")
        assert told["detail"] == "A JSON body is required."


@pytest.mark.parametrize(
    "kind",
    [JSON, "application/json; charset=utf-8", "Application/JSON", "application/json ;x=y"],
)
def test_a_body_is_sent_as_json(box: Box, kind: str) -> None:
    """By its type, whose parameters and letters' case say nothing."""
    assert box.post(GOOD, kind).status_code == 201


@pytest.mark.parametrize(
    "kind",
    [
        None,
        "",
        "text/plain",
        "text/json",
        "application/jsonp",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/merge-patch+json",
    ],
)
def test_any_other_type_is_refused(box: Box, kind: str | None) -> None:
    """415: a form of another page cannot post as JSON without a preflight."""
    assert_refused(box.post(GOOD, kind), "unsupported_type")
    assert box.said() == []


def pieces(body: bytes, size: int) -> Iterator[bytes]:
    """Yield a body in pieces, which are sent in chunks without a length."""
    for start in range(0, len(body), size):
        yield body[start : start + size]


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_of_the_largest_size_is_read(box: Box, chunked: bool) -> None:
    """Also in chunks."""
    body = GOOD + b" " * (LIMIT - len(GOOD))
    assert box.post(pieces(body, 100) if chunked else body).status_code == 201
    assert box.said() == ["hi"]


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("size", [LIMIT + 1, 200_000])
def test_a_larger_body_is_refused(box: Box, chunked: bool, size: int) -> None:
    """413, by what came and not by what was announced."""
    body = GOOD + b" " * (size - len(GOOD))
    assert_refused(box.post(pieces(body, 1000) if chunked else body), "too_large")
    assert box.said() == []


def test_a_body_in_chunks_is_the_same_body(box: Box) -> None:
    """Wherever it is cut, in the middle of a character too."""
    body = json.dumps({"content": "\U0001f44b" * 3}, ensure_ascii=False).encode()
    for size in (1, 3, 7):
        assert box.post(pieces(body, size)).status_code == 201
    assert box.said() == ["\U0001f44b" * 3] * 3


def test_a_compressed_body_is_not_read_as_json(box: Box) -> None:
    """Nothing is unpacked that a client sends."""
    assert_refused(box.post(gzip.compress(GOOD)), "bad_json")


def test_answers_of_some_length_are_compressed_for_those_who_take_it(
    http: Client, box: Box
) -> None:
    """By gzip; short ones are not, and caches are told that it depends."""
    for _ in range(20):
        checked(box.post(GOOD))
    path = box._path
    plain = http.get(path, headers={"accept-encoding": "identity"})
    packed = http.get(path, headers={"accept-encoding": "gzip"})
    short = http.get(path, params={"limit": 1}, headers={"accept-encoding": "gzip"})
    assert len(plain.content) > 2048
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) < len(plain.content) / 2
    assert packed.json() == plain.json()
    assert "content-encoding" not in short.headers
    for answer in (plain, packed):
        assert answer.headers["vary"] == "Accept-Encoding"
        assert answer.headers["parlour-version"] == "20"


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_what_a_page_of_another_origin_asks_for_is_not_compressed(
    http: Client, box: Box, site: str
) -> None:
    """How small an answer becomes would tell it what stands there beside its own words (BREACH).

    With a token of its own it can be made to ask for nothing by others, and is like all programs.
    """
    for _ in range(20):
        checked(box.post(GOOD))
    asked = {"accept-encoding": "gzip", "sec-fetch-site": site}
    plain = http.get(box._path, headers=asked)
    assert "content-encoding" not in plain.headers
    who = somebody(box.server)
    packed = http.get(box._path, headers={**asked, **who.headers})
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.json() == plain.json()
    own = http.get(box._path, headers={**asked, "sec-fetch-site": "same-origin"})
    assert own.headers["content-encoding"] == "gzip"


def test_answers_with_tokens_in_them_are_not_compressed(server: Server) -> None:
    """However long they are made by what somebody says of themselves."""
    who = somebody(server)
    checked(who.call("PATCH", "/api/users/me", json={"about": "😀" * 500}))
    answer = who.renewed()
    who.access, who.refresh = (checked(answer)[name] for name in ("access_token", "refresh_token"))
    assert len(answer.content) > 2048
    assert "content-encoding" not in answer.headers


@pytest.mark.parametrize(
    ("path", "code", "field"),
    [("/api/users?q=a%00b", "invalid", "q"), ("/api/chat/search?q=%00", "invalid", "q"),
     ("/api/chat/rooms/1/messages?limit=5%00", "invalid", "limit"),
     ("/api/users/a%00b", "not_found", None), ("/api/users/a%00b/avatar", "not_found", None)],
)  # fmt: skip
def test_a_nul_in_an_address_is_refused(
    server: Server, path: str, code: str, field: str | None
) -> None:
    """No text has one, and PostgreSQL takes none: it never comes so far."""
    with somebody(server).http() as http:
        assert_refused(http.get(path), code, field)
