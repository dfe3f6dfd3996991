"""Files given: in parts, once, safe to look at, and to nobody from elsewhere."""

import pytest
from httpx2 import Client

from tests.support.accounts import Account
from tests.support.answers import assert_refused
from tests.support.files import FILES, File, get, said, sent
from tests.support.people import Room
from tests.support.pictures import picture

DATA = bytes(range(256)) * 4000


@pytest.fixture(scope="module")
def hall(ann: Account) -> Room:
    """Return a room for all tests here."""
    return dict(ann.call("POST", "/api/chat/rooms", json={"name": "hall"}).json())


@pytest.fixture(scope="module")
def file(ann: Account, hall: Room) -> File:
    """Return a file that everybody may see."""
    told = sent(ann, hall, DATA, name="data.bin")
    said(ann, hall, told)
    return told


@pytest.mark.parametrize(
    ("asked", "begin", "end"),
    [("bytes=0-0", 0, 1), ("bytes=10-19", 10, 20), ("bytes=1023990-", 1_023_990, 1_024_000),
     ("bytes=-5", 1_023_995, 1_024_000), ("bytes=5-99999999", 5, 1_024_000),
     ("bytes=-99999999", 0, 1_024_000), ("BYTES=3-130000", 3, 130_001)],
)  # fmt: skip
def test_a_part_is_given(http: Client, file: File, asked: str, begin: int, end: int) -> None:
    """As it is asked for, with its place in the whole."""
    answer = get(http, file, Range=asked)
    assert answer.status_code == (206 if (begin, end) != (0, len(DATA)) else 200)
    assert answer.content == DATA[begin:end]
    assert answer.headers["content-length"] == str(end - begin)
    if answer.status_code == 206:
        assert answer.headers["content-range"] == f"bytes {begin}-{end - 1}/{len(DATA)}"


@pytest.mark.parametrize(
    "asked", ["bytes=0-1,5-6", "lines=1-2", "bytes=x-", "bytes=-", "bytes=9-3"]
)
def test_what_is_no_part_is_the_whole(http: Client, file: File, asked: str) -> None:
    """Also several parts at once, which nobody needs."""
    answer = get(http, file, Range=asked)
    assert (answer.status_code, answer.content) == (200, DATA)


@pytest.mark.parametrize("asked", ["bytes=1024000-", "bytes=99999999-999999999", "bytes=-0"])
def test_a_part_behind_the_end_is_refused(http: Client, file: File, asked: str) -> None:
    """And it is said how long the file is."""
    answer = get(http, file, Range=asked)
    assert_refused(answer, "range_invalid")
    assert answer.headers["content-range"] == f"bytes */{len(DATA)}"


def test_what_somebody_has_is_not_sent_again(http: Client, file: File) -> None:
    """By its ETag; a part of another file is not put to what they have."""
    first = get(http, file)
    tag = first.headers["etag"]
    assert first.headers["cache-control"] == "private, max-age=31536000, immutable"
    for told in (tag, f'"x", {tag}', f"W/{tag}", "*"):
        answer = get(http, file, **{"If-None-Match": told})
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == tag
    assert get(http, file, **{"If-None-Match": '"x"'}).status_code == 200
    part = get(http, file, Range="bytes=0-9", **{"If-Range": tag})
    assert (part.status_code, part.content) == (206, DATA[:10])
    assert get(http, file, Range="bytes=0-9", **{"If-Range": '"x"'}).status_code == 200


def test_head_tells_what_get_would(http: Client, file: File) -> None:
    """Without the bytes."""
    path = f"{FILES}/{file['id']}"
    head, full = http.head(path), http.get(path)
    assert head.content == b""
    for name in ("content-length", "content-type", "etag", "accept-ranges", "content-disposition"):
        assert head.headers[name] == full.headers[name]
    assert http.head(f"{FILES}/{'0' * 32}").status_code == 404


def test_a_file_is_not_compressed(http: Client, ann: Account, hall: Room) -> None:
    """A part of it would be no part of its compressed form."""
    text = b"words " * 5000
    told = sent(ann, hall, text, name="words.txt")
    said(ann, hall, told)
    answer = get(http, told, **{"Accept-Encoding": "gzip"})
    assert "content-encoding" not in answer.headers
    assert answer.headers["content-length"] == str(len(text))
    assert answer.content == text


@pytest.mark.parametrize(
    ("data", "kind"),
    [(b"<!doctype html><script>alert(1)</script>", "text/plain; charset=utf-8"),
     (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "text/plain; charset=utf-8"),
     (b"%PDF-1.7\n", "application/pdf"), (b"PK\x03\x04", "application/zip"),
     (b"\0\0\0\x18ftypmp42", "video/mp4"), ("Grüße".encode(), "text/plain; charset=utf-8"),
     ("Gr\xfc\xdfe".encode("latin-1"), "application/octet-stream"),
     (b"MZ\x90\0", "application/octet-stream"),
    ],
)  # fmt: skip
def test_what_is_no_image_is_saved_and_never_shown(
    http: Client, ann: Account, hall: Room, data: bytes, kind: str
) -> None:
    """Whatever it is called and said to be: the type is what stands in it."""
    told = ann.call(
        "POST", FILES, params={"room_id": hall["id"], "name": "evil.html"}, content=data,
        headers={"Content-Type": "text/html"},
    ).json()  # fmt: skip
    said(ann, hall, told)
    answer = get(http, told)
    assert answer.content == data
    assert answer.headers["content-type"] == kind
    assert answer.headers["content-disposition"] == 'attachment; filename="evil.html"'
    assert_safe(answer.headers)


def assert_safe(headers: object) -> None:
    """Assert that a browser runs nothing of it, and gives it to no other site."""
    told = dict(headers)  # type: ignore[call-overload]
    assert told["x-content-type-options"] == "nosniff"
    assert "sandbox; default-src 'none'" in told["content-security-policy"]
    assert told["cross-origin-resource-policy"] == "same-origin"


def test_an_image_is_shown_unless_it_is_to_be_saved(http: Client, ann: Account, hall: Room) -> None:
    """It was written anew, so it is nothing but an image."""
    told = sent(ann, hall, picture(), name="Grüße an “alle”.png")
    said(ann, hall, told)
    answer = get(http, told)
    words = (
        'filename="Gr__e an _alle_.png";'
        " filename*=UTF-8''Gr%C3%BC%C3%9Fe%20an%20%E2%80%9Calle%E2%80%9D.png"
    )
    assert answer.headers["content-disposition"] == f"inline; {words}"
    assert answer.headers["content-type"] == "image/png"
    assert_safe(answer.headers)
    saved = get(http, told, "?download=1")
    assert saved.headers["content-disposition"] == f"attachment; {words}"
    small = get(http, told, "/thumbnail", Range="bytes=0-3")
    assert (small.status_code, small.content) == (206, b"RIFF")
    assert_safe(small.headers)


@pytest.mark.parametrize(
    ("name", "kept"),
    [("../../etc/passwd", "passwd"), ("C:\\temp\\a.txt", "a.txt"), ("a\u202egpj.exe", "agpj.exe"),
     ("  two  words .txt ", "two words .txt"), (".profile", "profile"), ("a\nb.txt", "ab.txt")],
)  # fmt: skip
def test_a_name_is_one_that_can_be_read(ann: Account, hall: Room, name: str, kept: str) -> None:
    """Of a path the end, and nothing in it that hides or turns round what stands there."""
    assert sent(ann, hall, name=name)["name"] == kept


@pytest.mark.parametrize(
    ("method", "path"), [("POST", ""), ("PATCH", "/{id}"), ("DELETE", "/{id}")]
)
def test_pages_of_other_sites_change_nothing(
    http: Client, file: File, hall: Room, method: str, path: str
) -> None:
    """Whoever's browser it is."""
    where = FILES + path.format(id=file["id"])
    query = {"room_id": hall["id"], "name": "x"} if method == "POST" else {}
    answer = http.request(
        method,
        where,
        params=query,
        headers={"Sec-Fetch-Site": "cross-site", "Origin": "https://e.org"},
    )
    assert_refused(answer, "cross_site")
