"""The page's files: joined, minified, named by their content, compressed, chosen."""

import asyncio
import gzip
import json
import random
from pathlib import Path

import brotli
import pytest
from rjsmin import jsmin

from parlour.support.assets import Asset, Assets, best_encoding, compress_when_asked, minified
from tests.support.timing import scaled

CONFIG = {"maxMessageLength": 1000, "version": 'a"b&c'}
LONG = "a { color: red }\n" * 100


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a small page."""
    page = tmp_path / "page"
    (page / "css").mkdir(parents=True)
    (page / "index.html").write_text(
        '<meta name="parlour-config" content="{}">'
        '<link href="/assets/styles.css"><script src="/assets/app.js"></script>'
    )
    (page / "styles.css").write_text(
        "@layer base, parts;\n@import url('css/base.css') layer(base);\n"
        '@import "css/plain.css";\nbody { margin: 0 }\n'
    )
    (page / "css" / "base.css").write_text("/* base */ html { color: blue }\n")
    (page / "css" / "plain.css").write_text("/* plain */\n" + LONG)
    (page / "js").mkdir()
    (page / "app.js").write_text(
        "// app\nimport { words } from './js/words.js';\nwords(() => import('./js/rest.js'));\n"
        + "".join(f"const a{number} = words('a');\n" for number in range(99))
    )
    (page / "js" / "words.js").write_text("export const words = (text) => text; /* words */\n")
    (page / "js" / "rest.js").write_text("export const rest = 1; /* rest */\n")
    (page / "early.js").write_text("/* a script of its own */ let early;\n")
    (page / "photo.png").write_bytes(b"\x89PNG" + bytes(3000))
    (page / "notes.py").write_text("not for the public")
    (page / ".hidden").write_text("not for the public")
    return page


def test_every_file_of_a_known_kind_is_there_and_no_other(folder: Path) -> None:
    """Programs and notes that lie beside the page are not served."""
    files = Assets(folder, CONFIG).files
    assert set(files) == {
        "index.html", "styles.css", "app.js", "later.js", "early.js", "photo.png",
    }  # fmt: skip
    assert files["early.js"].body == (folder / "early.js").read_bytes()
    assert files["app.js"].media_type == "text/javascript"
    assert files["photo.png"].media_type == "image/png"


def test_other_files_are_served_under_their_names(folder: Path, tmp_path: Path) -> None:
    """As those of a library that lies elsewhere."""
    other = tmp_path / "library.js"
    other.write_text("library")
    assets = Assets(folder, CONFIG, {"library/one.js": other})
    assert assets.files["library/one.js"].body == b"library"
    assert assets.prefix != Assets(folder, CONFIG).prefix


def test_styles_are_joined_in_the_order_and_the_layers_of_their_imports(folder: Path) -> None:
    """The browser asks for one file; what stands around the imports stays."""
    styles = Assets(folder, CONFIG).files["styles.css"].body.decode()
    assert styles == (
        "@layer base,parts;@layer base{html{color:blue}}" + "a{color:red}" * 100 + "body{margin:0}"
    )


def test_styles_mean_the_same_when_they_are_minified() -> None:
    """The blanks that carry a meaning stay: around a sign in calc, between selectors and words."""
    styles = "a :hover, a:hover b { width: calc(1px + var(--a) - 2px) } /*! licence */"
    assert minified(styles) == (
        "a *:hover,a:hover b{width:calc(1px + var(--a) - 2px)}/*! licence */"
    )
    assert "--a:calc(1px + 2px)" in minified("a { --a: calc(1px + 2px) }")
    nested = (
        '@layer b { .a[c="d"] :is(p, q) { & :focus { top: 1px } } .e:not(.f) :is(g) { top: 0 } }'
    )
    assert minified(nested) == (
        '@layer b{.a[c="d"] *:is(p,q){& *:focus{top:1px}}.e:not(.f) *:is(g){top:0}}'
    )


def test_modules_are_joined_into_few_files(folder: Path) -> None:
    """One comes with the page, one on demand; a licence in a comment goes with them."""
    (folder / "js" / "words.js").write_text("/*! licence */\nexport const words = (text) => text;")
    files = Assets(folder, CONFIG).files
    eager, later = (files[name].body.decode() for name in ("app.js", "later.js"))
    # The modules have the numbers of their paths in order: app.js, js/rest.js, js/words.js.
    assert "$modules[2]=(" in eager
    assert "js/words.js" not in eager
    assert "// app" not in eager
    assert "/*! licence */" in eager
    assert "$modules[1]=(" in later
    assert "rest */" not in later
    assert jsmin(eager, keep_bang_comments=True) == eager


def test_a_page_without_modules_on_demand_has_one_file(folder: Path) -> None:
    """No empty file is served."""
    (folder / "app.js").write_text("import './js/words.js';")
    assert "later.js" not in Assets(folder, CONFIG).files


@pytest.mark.parametrize("module", ["app.js", "js/words.js", "js/rest.js"])
def test_a_change_of_any_module_changes_the_addresses(folder: Path, module: str) -> None:
    """Unless it is one of words that nobody runs."""
    before = Assets(folder, CONFIG).prefix
    source = (folder / module).read_text()
    (folder / module).write_text(source + "// a comment\n")
    assert Assets(folder, CONFIG).prefix == before
    (folder / module).write_text(source + "let more = 1;\n")
    assert Assets(folder, CONFIG).prefix != before


@pytest.mark.parametrize(
    "line",
    [
        '@import "css/base.css";',
        "@import 'css/base.css';",
        '@import url("css/base.css");',
        "@import url('css/base.css') layer(a.b);",
        '@import  url("css/base.css")  layer(a-b) ;',
    ],
)
def test_an_import_may_be_written_in_every_usual_way(folder: Path, line: str) -> None:
    """None is left for the browser to fetch."""
    (folder / "styles.css").write_text(line)
    styles = Assets(folder, CONFIG).files["styles.css"].body.decode()
    assert "@import" not in styles
    assert "color:blue" in styles


def test_an_import_of_a_file_that_is_not_there_fails_at_the_start(folder: Path) -> None:
    """Rather than in every browser."""
    (folder / "css" / "base.css").unlink()
    with pytest.raises(FileNotFoundError, match=r"base\.css"):
        Assets(folder, CONFIG)


def test_a_page_says_nothing_to_those_who_read_its_source(folder: Path) -> None:
    """What stands beside it for whoever writes it costs a visitor nothing."""
    page = folder / "index.html"
    before = page.read_text()
    page.write_text(before.replace("<link", "\n  <!-- Why\n  so. --><link"))
    told = Assets(folder, CONFIG).files["index.html"].body.decode()
    assert "Why" not in told
    assert "<link" in told


def test_a_page_without_styles_is_a_page(folder: Path) -> None:
    """Nothing has to be joined."""
    (folder / "styles.css").unlink()
    assert "styles.css" not in Assets(folder, CONFIG).files


def test_addresses_in_a_page_are_named_by_the_content_of_all_files(folder: Path) -> None:
    """A change of any file changes the addresses, so that each may be kept for ever."""
    before = Assets(folder, CONFIG)
    page = before.files["index.html"].body.decode()
    assert f'href="{before.prefix}styles.css"' in page
    assert f'src="{before.prefix}app.js"' in page
    assert '"/assets/styles.css"' not in page
    assert Assets(folder, CONFIG).prefix == before.prefix
    (folder / "css" / "base.css").write_text("p { color: green }")
    after = Assets(folder, CONFIG)
    assert after.prefix != before.prefix
    assert after.files["styles.css"].etag != before.files["styles.css"].etag
    assert after.files["app.js"].etag == before.files["app.js"].etag
    assert after.files["index.html"].etag != before.files["index.html"].etag


def test_a_files_new_name_changes_the_addresses_too(folder: Path) -> None:
    """The same bytes under another name are another page."""
    before = Assets(folder, CONFIG).prefix
    (folder / "early.js").rename(folder / "main.js")
    assert Assets(folder, CONFIG).prefix != before


def test_the_configuration_stands_in_the_page_as_escaped_json(folder: Path) -> None:
    """Whatever is in it, it cannot end its attribute."""
    page = Assets(folder, CONFIG).files["index.html"].body.decode()
    content = page.partition('content="')[2].partition('"')[0]
    assert json.loads(content.replace("&quot;", '"').replace("&amp;", "&")) == CONFIG
    other = Assets(folder, {**CONFIG, "maxMessageLength": 5}).files["index.html"]
    assert other.etag != Assets(folder, CONFIG).files["index.html"].etag


def test_files_are_compressed_where_it_saves_something(folder: Path) -> None:
    """Into forms that give back the very same bytes."""
    (folder / "random.js").write_bytes(bytes(range(256)) * 3)
    assets = Assets(folder, CONFIG)
    assert assets.files["app.js"].encodings == {}
    assets.compress()
    app = assets.files["app.js"]
    assert brotli.decompress(app.encodings["br"]) == app.body
    assert gzip.decompress(app.encodings["gzip"]) == app.body
    assert len(app.encodings["br"]) < len(app.body)
    assert len(app.encodings["gzip"]) < len(app.body)
    # What is small, or compressed already, stays as it is.
    assert assets.files["early.js"].encodings == {}
    assert assets.files["photo.png"].encodings == {}


def test_what_does_not_become_smaller_is_not_kept(folder: Path) -> None:
    """A form that is no smaller would only cost time."""
    (folder / "noise.txt").write_bytes(random.Random(1).randbytes(600))
    assets = Assets(folder, CONFIG)
    assets.compress()
    assert assets.files["app.js"].encodings
    assert assets.files["noise.txt"].encodings == {}


def test_a_large_file_is_compressed_quickly(folder: Path) -> None:
    """The end of the process would have to wait for it; the form is right all the same."""
    large = b"".join(b"line %d of a large file\n" % number for number in range(20_000))
    (folder / "large.js").write_bytes(large)
    assets = Assets(folder, CONFIG)
    assets.compress()
    assert brotli.decompress(assets.files["large.js"].encodings["br"]) == large


async def test_files_are_compressed_once_one_is_asked_for(folder: Path) -> None:
    """A server that nobody looks at spends nothing; others' files wait for their own asking."""
    other = folder.parent / "other.js"
    other.write_text("const other = 1;\n" * 99)
    assets = Assets(folder, CONFIG, {"lib/other.js": other})
    tasks = [
        asyncio.create_task(compress_when_asked(assets)),
        asyncio.create_task(compress_when_asked(assets, others=True)),
    ]
    await asyncio.sleep(0)
    assert not any(asset.encodings for asset in assets.files.values())
    async with asyncio.timeout(scaled(10)):
        assets.ask("index.html")
        await tasks[0]
        assert assets.files["app.js"].encodings
        assert not assets.files["lib/other.js"].encodings
        assets.ask("lib/other.js")
        await tasks[1]
    assert assets.files["lib/other.js"].encodings


def test_parts_that_were_joined_are_not_there_by_themselves(folder: Path) -> None:
    """Nobody asks for them."""
    assets = Assets(folder, CONFIG)
    assert not {"css/base.css", "css/plain.css"} & assets.files.keys()
    assert b"color:blue" in assets.files["styles.css"].body


def test_compressing_is_given_up_between_two_files(folder: Path) -> None:
    """Who stops the server waits for one file at most."""
    assets = Assets(folder, CONFIG)
    asked: list[int] = []

    def after_one() -> bool:
        asked.append(1)
        return sum(bool(asset.encodings) for asset in assets.files.values()) > 0

    assets.compress(after_one)
    assert sum(bool(asset.encodings) for asset in assets.files.values()) == 1
    assert len(asked) > 1


@pytest.mark.parametrize(
    ("accepted", "chosen"),
    [
        ("", None),
        ("identity", None),
        ("gzip", "gzip"),
        ("br", "br"),
        ("gzip, deflate, br, zstd", "br"),
        ("GZIP, BR", "br"),
        ("gzip;q=1.0, br;q=0.5", "br"),
        ("br;q=0, gzip", "gzip"),
        ("br; q = 0.000 , gzip;q=0.001", "gzip"),
        ("br;q=0,gzip;q=0", None),
        ("*", "br"),
        ("*;q=0", None),
        ("br;q=0, *", "gzip"),
        ("gzip, *;q=0", "gzip"),
        ("deflate, zstd", None),
        ("brotli", None),
        (";q=1,,", None),
        ("gzip;level=9", "gzip"),
    ],
)
def test_the_smallest_accepted_form_is_chosen(accepted: str, chosen: str | None) -> None:
    """A weight of zero refuses, and so does silence."""
    assert best_encoding(accepted, {"br": b"1", "gzip": b"12"}) == chosen


def test_the_smallest_form_is_chosen_whichever_that_is() -> None:
    """Of what is there."""
    assert best_encoding("br, gzip", {"br": b"123", "gzip": b"12"}) == "gzip"
    assert best_encoding("br, gzip", {"gzip": b"12"}) == "gzip"
    assert best_encoding("br, gzip", {}) is None


def test_the_etag_is_that_of_the_content(folder: Path) -> None:
    """The same bytes under two names have one; it is a strong one, in quotes."""
    (folder / "copy.js").write_bytes((folder / "early.js").read_bytes())
    files: dict[str, Asset] = Assets(folder, CONFIG).files
    assert files["copy.js"].etag == files["early.js"].etag
    assert files["app.js"].etag != files["styles.css"].etag
    assert files["app.js"].etag.startswith('"')
    assert files["app.js"].etag.endswith('"')
