"""The page and its files: never stale, never sent twice, small, and nothing beside them."""

import gzip
import html
import json
import re
from collections.abc import Callable

import brotli
import pytest
from httpx2 import Client

from parlour import __version__
from parlour.pages import frontend_folder
from parlour.support.assets import minified
from tests.support.answers import assert_refused
from tests.support.people import http_client
from tests.support.server import Server

# What a script imports; `from` as a word in quotes is none.
# What is fetched with a file, or is a library that something in it asks for.
IMPORTED = re.compile(r"""(?:\bfrom\s?|\$import\()['"]([./\w-]+\.js)['"]""")


@pytest.fixture(scope="module")
def compressed(server: Server) -> Server:
    """Return the server once it has made the smaller forms of its files."""
    with http_client(server) as http:
        # Those of the page and those of others are made beside one another.
        for path in (last_file(http), styles(http)):
            while "content-encoding" not in http.get(path).headers:
                pass
    return server


def prefix_of(http: Client) -> str:
    """Return where the page's files are, named by their content."""
    found = re.search(r"/assets/[0-9a-f]{16}/", http.get("/").text)
    assert found
    return found[0]


def last_file(http: Client) -> str:
    """Return the address of the last file that is compressed: they are done in their order."""
    return f"{prefix_of(http)}swagger/swagger-ui.css"


def styles(http: Client) -> str:
    """Return the address of the page's styles."""
    return f"{prefix_of(http)}styles.css"


@pytest.mark.usefixtures("compressed")
def test_the_page_is_asked_for_afresh_each_time_and_sent_once(http: Client) -> None:
    """304 for whoever has it; a tag of another page is answered with the page."""
    first = http.get("/")
    assert first.headers["content-type"] == "text/html; charset=utf-8"
    assert first.headers["cache-control"] == "no-cache"
    tag = first.headers["etag"]
    for known in (tag, f'"other", {tag}', f"W/{tag}", "*"):
        again = http.get("/", headers={"if-none-match": known})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == tag
        assert again.headers["cache-control"] == "no-cache"
    for other in ('"other"', tag.strip('"'), ""):
        assert http.get("/", headers={"if-none-match": other}).status_code == 200


def test_the_page_says_what_it_has_to_know(new_server: Callable[..., Server]) -> None:
    """The limits of this server, and its version."""
    env = {"PARLOUR_MAX_MESSAGE_LENGTH": "77", "PARLOUR_MAX_USERNAME_LENGTH": "9"}
    env["PARLOUR_REGISTRATION"] = "invite"
    with http_client(new_server(env=env).start()) as http:
        found = re.search(r'<meta name="parlour-config" content="([^"]*)"', http.get("/").text)
    assert found
    assert json.loads(html.unescape(found[1])) == {
        "maxMessageLength": 77,
        "editWindow": 0,
        "maxUsernameLength": 9,
        "maxRoomNameLength": 100,
        "minPasswordLength": 8,
        "maxPasswordLength": 128,
        "maxDisplayNameLength": 50,
        "maxAboutLength": 500,
        "maxStatusLength": 100,
        "maxFileSize": 100_000_000,
        "guestFiles": False,
        "guests": True,
        "registration": "invite",
        "version": __version__,
    }


def test_the_pages_files_are_kept_for_ever(http: Client) -> None:
    """Every address in the page is named by content, and there."""
    page = http.get("/").text
    addresses = re.findall(r'(?:href|src)="(/[^"#]+)"', page)
    assert any(address.endswith(".js") for address in addresses)
    assert any(address.endswith(".css") for address in addresses)
    for address in addresses:
        assert address.startswith(prefix_of(http))
        answer = http.get(address)
        assert answer.status_code == 200, address
        assert answer.headers["cache-control"] == "max-age=31536000, immutable"
        again = http.get(address, headers={"if-none-match": answer.headers["etag"]})
        assert again.status_code == 304


@pytest.mark.parametrize("name", ["styles.css", "seldom.css"])
def test_styles_come_as_one_file(http: Client, name: str) -> None:
    """With its imports joined, as is the one that is loaded on demand; nothing of them is lost."""
    joined = http.get(styles(http).replace("styles.css", name)).text
    assert "@import" not in joined
    source = (frontend_folder() / name).read_text("utf-8")
    parts = re.findall(r"@import[^;]*?(css/[\w.-]+)", source)
    assert parts
    for part in parts:
        assert minified((frontend_folder() / part).read_text("utf-8")) in joined, part


def test_modules_come_as_few_files(http: Client) -> None:
    """Two are named in the page, so that neither costs a round trip of its own; one is for later.

    Nobody loads that one before something is asked for that few visits need.
    """
    page = http.get("/").text
    scripts = re.findall(r'(?:href|src)="([^"]+\.js)"', page)
    assert [script.removeprefix(prefix_of(http)) for script in scripts] == [
        "js/early.js", "later.js", "app.js",
    ]  # fmt: skip
    texts = [http.get(script).text for script in scripts]
    assert IMPORTED.findall(texts[1]) == [
        "./app.js", "vendor/marked/marked.esm.js",
    ]  # fmt: skip
    assert not IMPORTED.findall(texts[2])
    seldom = http.get(f"{prefix_of(http)}seldom.js")
    library = "vendor/emoji-picker-element/database.js"
    assert IMPORTED.findall(seldom.text) == [
        "./app.js", library,
    ]  # fmt: skip
    # It is served as its authors have written it.
    served = http.get(f"{prefix_of(http)}{library}").content
    assert served == (frontend_folder() / library).read_bytes()
    assert http.get(f"{prefix_of(http)}js/state.js").status_code == 404


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [("br, gzip", "br"), ("gzip", "gzip"), ("br;q=0, gzip", "gzip"), ("identity", None)],
)
def test_files_come_in_the_smallest_form_that_is_taken(
    compressed: Server, http: Client, accepted: str, encoding: str | None
) -> None:
    """Each form is a representation of its own, with a tag of its own."""
    plain = http.get(styles(http), headers={"accept-encoding": "identity"})
    with http.stream("GET", styles(http), headers={"accept-encoding": accepted}) as answer:
        raw = b"".join(answer.iter_raw())
    assert answer.headers.get("content-encoding") == encoding
    unpack = {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}[encoding]
    assert unpack(raw) == plain.content
    assert answer.headers["vary"] == "Accept-Encoding"
    assert int(answer.headers["content-length"]) == len(raw)
    same = answer.headers["etag"] == plain.headers["etag"]
    assert same is (encoding is None)
    if encoding:
        assert len(raw) < len(plain.content) / 2
    known = {"accept-encoding": accepted, "if-none-match": answer.headers["etag"]}
    assert http.get(styles(http), headers=known).status_code == 304
    # Who came before the smaller form was made need not take it once more.
    early = {"accept-encoding": accepted, "if-none-match": plain.headers["etag"]}
    answer = http.get(styles(http), headers=early)
    assert (answer.status_code, answer.headers["etag"]) == (304, plain.headers["etag"])
    other = {"accept-encoding": accepted, "if-none-match": f'"{plain.headers["etag"][1:-1]}-x"'}
    assert http.get(styles(http), headers=other).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "nothing.js",
        "",
        "js",
        "index",
        "../pyproject.toml",
        "%2e%2e/pyproject.toml",
        "..%2fpyproject.toml",
        "js/../../pyproject.toml",
        "/etc/passwd",
        "%2fetc%2fpasswd",
        "js%00.js",
        "styles.css/",
        "STYLES.CSS",
        "chat.db",
    ],
)
def test_nothing_but_the_pages_files_is_served(server: Server, http: Client, path: str) -> None:
    """However a path is written; it goes over the wire as it is here."""
    import http.client as plain  # noqa: PLC0415 - `http` is a fixture's name

    connection = plain.HTTPConnection("127.0.0.1", server.port)
    connection.request("GET", prefix_of(http) + path)
    answer = connection.getresponse()
    told = json.loads(answer.read())
    connection.close()
    assert (answer.status, told["code"]) == (404, "not_found")


def test_files_under_another_name_of_their_content_are_not_found(http: Client) -> None:
    """An old page must not be mixed with new files, nor kept under their name."""
    assert http.get(styles(http)).status_code == 200
    answer = http.get("/assets/0123456789abcdef/styles.css")
    assert_refused(answer, "not_found")
    assert answer.headers["cache-control"] == "no-store"
