"""The page's files: read, joined, minified, named by their content and compressed once."""

import asyncio
import gzip
import hashlib
import json
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import brotli
from rcssmin import cssmin
from rjsmin import jsmin

from parlour.support.modules import join_modules

_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
    ".txt": "text/plain; charset=utf-8",
}
_COMPRESSED: Final = frozenset({".png", ".ico", ".woff2"})
# Below this a compressed body saves nothing; above the other, Brotli's best takes seconds, for
# which the end of the process would have to wait: a file is not left halfway.
_SMALL: Final = 512
_LARGE: Final = 256 * 1024
_IMPORT: Final = re.compile(
    r"""@import\s+(?:url\()?["']([^"']+)["']\)?\s*(?:layer\(([\w.-]+)\))?\s*;"""
)
# Screens that a visitor of another one need not wait for.
_SCREENS: Final = ("js/views/login.js", "js/views/rooms.js", "js/app/chat.js")
# What some rooms' first sight needs, and what few want.
_EXTRA: Final = (
    "js/views/markdown.js", "js/views/emojipicker.js", "js/app/account.js", "js/app/attention.js",
    "js/app/files.js", "js/app/keeping.js", "js/app/reactions.js", "js/app/reads.js",
    "js/app/replies.js", "js/app/scheduling.js", "js/views/admin/status.js",
)  # fmt: skip
_SHEETS: Final = frozenset(
    {
        "styles.css", "seldom.css", "login.css", "rooms.css", "markdown.css", "replies.css",
        "reactions.css", "reads.css", "attention.css", "files.css", "keeping.css",
        "scheduling.css", "status.css",
    }
)  # fmt: skip
# Where a joined file names a module.
# A blank between a selector and `:is(...)`: the minifier takes it for one before a value.
_WITHIN: Final = re.compile(r'(?<=[\w\])&"]) +(?=:[a-z])')
_PATH: Final = re.compile(r"(\$modules\[|\$from\()'([^']+)'")
# What a page can do without; no text of one is preformatted.
_REMARK: Final = re.compile(r"\n *<!--.*?-->|(?<=\n) +", re.DOTALL)
_CONFIG: Final = re.compile(r'(<meta name="parlour-config" content=")[^"]*(")')


@dataclass(slots=True)
class Asset:
    """One file as it is served: its bytes, and its smaller forms once they are made."""

    body: bytes
    media_type: str
    etag: str
    encodings: dict[str, bytes]


class Assets:
    """All files below a folder. `prefix` is where they are served, named by their content."""

    def __init__(
        self, folder: Path, config: Mapping[str, Any], others: Mapping[str, Path] | None = None
    ) -> None:
        """Read the folder, and `others`: more files by the names they are served under.

        `config` becomes the content of the page's `parlour-config`.
        """
        bodies = {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file() and path.suffix in _TYPES
        }
        for name in _SHEETS & bodies.keys():
            joined, parts = _join_styles(folder, bodies[name].decode())
            bodies[name] = minified(joined).encode()
            for part in parts:
                bodies.pop(part, None)
        bodies.update((name, path.read_bytes()) for name, path in (others or {}).items())
        if "app.js" in bodies:
            bodies = _join_scripts(bodies)
        digest = hashlib.sha256()
        for name, body in bodies.items():
            digest.update(f"{name}\0{len(body)}\0".encode() + body)
        self.prefix = f"/assets/{digest.hexdigest()[:16]}/"
        self._config = dict(config)
        self._pages = {
            name: _REMARK.sub("", body.decode()).replace("/assets/", self.prefix)
            for name, body in bodies.items()
            if name.endswith(".html")
        }
        self.files = {name: _asset(name, body) for name, body in bodies.items()}
        self._others = frozenset(others or ())
        self.asked, self.others_asked = asyncio.Event(), asyncio.Event()
        self.configure({})

    def configure(self, changes: Mapping[str, Any]) -> None:
        """Write other values into the pages' `parlour-config`; `compress` them afterwards."""
        self._config.update(changes)
        content = json.dumps(self._config).replace("&", "&amp;").replace('"', "&quot;")
        for name, page in self._pages.items():
            told = _CONFIG.sub(lambda match: match[1] + content + match[2], page)
            self.files[name] = _asset(name, told.encode())

    def ask(self, name: str) -> None:
        """Say that somebody asks for a file: the smaller forms are wanted, of others' apart."""
        (self.others_asked if name in self._others else self.asked).set()

    def compress(
        self, given_up: Callable[[], bool] = lambda: False, *, others: bool = False
    ) -> None:
        """Make the smaller forms that are not there: slow, thorough. Safe to run in a thread.

        Of the folder's files, or of the `others`. It ends before the next file once `given_up`
        says so.
        """
        for name, asset in self.files.items():
            if given_up():
                return
            if (name in self._others) is not others:
                continue
            if asset.encodings or len(asset.body) < _SMALL or Path(name).suffix in _COMPRESSED:
                continue
            asset.encodings = _smaller(asset.body)


async def compress_when_asked(assets: Assets, *, others: bool = False) -> None:
    """Make the smaller forms beside the event loop once a file is asked for.

    It takes a second of a core and some 40 MB for a moment, which a server that nobody looks at
    need not spend. Who cancels it waits for one file at most.
    """
    await (assets.others_asked if others else assets.asked).wait()
    stop = threading.Event()
    try:
        await asyncio.to_thread(assets.compress, stop.is_set, others=others)
    finally:
        stop.set()


class AssetsOnDemand:
    """Assets that are made once somebody asks for a file.

    To read, join and minify them takes a third of a second of a core, with which a start need not
    wait, and which a server that nobody looks at need not spend.
    """

    def __init__(self, make: Callable[[], Assets], then: Callable[[Assets], None]) -> None:
        """`make` runs in a thread; `then` is called after that, and after every `configure`."""
        self._make = make
        self._then = then
        self._making: asyncio.Task[Assets] | None = None
        self._made: Assets | None = None
        self._changes: dict[str, Any] = {}

    async def get(self) -> Assets:
        """The assets, made now if they were not. Raises what making them raises."""
        if self._made is not None:
            return self._made
        if self._making is None:
            self._making = asyncio.create_task(self._get_made())
        # Who stops waiting does not stop it for the others.
        return await asyncio.shield(self._making)

    async def _get_made(self) -> Assets:
        try:
            made = await asyncio.to_thread(self._make)
        finally:
            self._making = None
        made.configure(self._changes)
        self._made = made
        self._then(made)
        return made

    def configure(self, changes: Mapping[str, Any]) -> None:
        """As `Assets.configure`, now or when they are made."""
        self._changes.update(changes)
        if self._made is not None:
            self._made.configure(changes)
            self._then(self._made)


def _asset(name: str, body: bytes) -> Asset:
    # Sixty-four bits tell the versions of one file apart; every answer of a first visit has some.
    etag = f'"{hashlib.sha256(body).hexdigest()[:12]}"'
    return Asset(body, _TYPES[Path(name).suffix], etag, {})


def whole_asset(name: str, body: bytes) -> Asset:
    """One file with its smaller forms. Safe to run in a thread."""
    asset = _asset(name, body)
    asset.encodings = _smaller(body)
    return asset


def _smaller(body: bytes) -> dict[str, bytes]:
    made = {
        "br": brotli.compress(body, quality=9 if len(body) > _LARGE else 11),
        "gzip": gzip.compress(body, compresslevel=9, mtime=0),
    }
    return {encoding: form for encoding, form in made.items() if len(form) < len(body)}


def minified(styles: str) -> str:
    """Return styles that mean the same in fewer bytes."""
    return str(cssmin(_WITHIN.sub(" *", styles), keep_bang_comments=True))


def _join_styles(folder: Path, styles: str) -> tuple[str, list[str]]:
    """`styles` with the files it imports in the place of the import lines, and their names."""
    parts = []

    def join(match: re.Match[str]) -> str:
        parts.append(match[1])
        body = (folder / match[1]).read_text("utf-8")
        return f"@layer {match[2]} {{\n{body}}}\n" if match[2] else body

    return _IMPORT.sub(join, styles), parts


def _join_scripts(bodies: dict[str, bytes]) -> dict[str, bytes]:
    """The files with `app.js` and all modules that it leads to in a few: see `join_modules`."""
    joined = join_modules(bodies, "app.js", "later.js", "seldom.js", _SCREENS, _EXTRA)
    texts = {"app.js": joined.eager, "later.js": joined.later, "seldom.js": joined.seldom}
    texts |= joined.apart
    numbers = {path: str(number) for number, path in enumerate(sorted(joined.paths))}
    scripts = {
        # A module's path is said by everyone who needs it; a number does as well.
        name: _PATH.sub(
            lambda match: match[1] + numbers[match[2]], jsmin(script, keep_bang_comments=True)
        ).encode()
        for name, script in texts.items()
        if script
    }
    # They come first, also when the files are compressed: every visitor waits for them.
    rest = {name: body for name, body in bodies.items() if name not in joined.paths}
    return scripts | rest


def best_encoding(accepted: str, available: Mapping[str, bytes]) -> str | None:
    """The smallest of the `available` forms that an Accept-Encoding header takes, or None.

    Source: RFC 9110, section 12.5.3; a weight of zero refuses.
    """
    weights: dict[str, bool] = {}
    for part in accepted.lower().split(","):
        coding, _, rest = part.partition(";")
        weights[coding.strip()] = not re.fullmatch(r"\s*q\s*=\s*0(\.0*)?\s*", rest)
    usable = [coding for coding in available if weights.get(coding, weights.get("*", False))]
    return min(usable, key=lambda coding: len(available[coding]), default=None)
