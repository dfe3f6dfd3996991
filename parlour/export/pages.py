"""How the pages of a reading copy look: HTML in which all that people wrote is escaped."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from typing import Final, NamedTuple

from parlour.carried import File, Forwarded, Head, Message, Room
from parlour.export.contents import path_of
from parlour.fields import format_time
from parlour.filing import in_words
from parlour.support.mediatypes import IMAGES

# What a page may load, wherever it lies: what lies beside it.
_POLICY: Final = (
    "default-src 'none'; style-src 'self' file:; script-src 'self' file:; img-src 'self' file:;"
    " media-src 'self' file:; base-uri 'none'; form-action 'none'"
)
_LINK: Final = re.compile(r"https?://[^\s<>\"'`]+[^\s<>\"'`.,;:!?)\]}]")
# Characters that are shown of a message that another one answers.
_QUOTED: Final = 160
_KINDS: Final = {
    "public": "public rooms", "private": "private rooms", "direct": "direct conversations",
}  # fmt: skip


class Shown(NamedTuple):
    """A message, and what is shown with it: where what it answers is, who said that and what."""

    message: Message
    reply: tuple[str, str, str] | None
    files: Mapping[str, File]
    reactions: Sequence[tuple[str, int, str]]


def page_name(room_id: int, number: int) -> str:
    """What a page is called."""
    return f"r{room_id}-{number}.html"


def room_name(room: Room) -> str:
    """A room as it is shown."""
    return room.name if room.kind == "direct" else f"#{room.name}"


def when(at: datetime) -> str:
    """A time as it is shown."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M}"


def all_words(message: Message) -> str:
    """What is found of a message."""
    forwarded = message.forwarded
    return message.text if forwarded is None else f"{message.text}\n{forwarded.text}".strip()


def first_page(head: Head, rooms: Sequence[tuple[Room, int]], parts: int, size: int) -> str:
    """The page that one opens."""
    what = " and ".join(_KINDS[kind] for kind in head.kinds) or "no rooms"
    title = "What one person wrote" if head.scope == "person" else "Conversations"
    items = "\n".join(_item(room, count, size) for room, count in rooms)
    counts = head.counts
    return _html(
        title,
        f"""<h1>{title}</h1>
<p>From Parlour, as of <time datetime="{format_time(head.moment)}">{when(head.moment)}</time>
(all times are UTC): {escape(what)}; {counts.messages} messages, {counts.people} people,
{counts.files} files. The same as JSON lies in <code>data</code>.</p>
<form role="search" id="search" hidden>
<label for="words">Search all of it</label>
<input type="search" id="words" autocomplete="off" maxlength="200">
<p role="status" id="state"></p>
</form>
<noscript><p>To search, let your browser run the script that lies beside this page.</p></noscript>
<ol id="results" hidden></ol>
<nav aria-label="Rooms"><h2>Rooms</h2>
<ul class="rooms">
{items or "<li>There are none.</li>"}
</ul></nav>""",
        root="",
        extra=f' data-parts="{parts}"',
        scripts=("rooms.js",),
    )


def _item(room: Room, count: int, size: int) -> str:
    last = max(1, -(-count // size))
    newest = f' <a href="read/{page_name(room.id, last)}#end">newest</a>' if last > 1 else ""
    topic = f" <span>{escape(room.topic)}</span>" if room.topic else ""
    kind = "" if room.kind == "public" else f" <span>({room.kind})</span>"
    messages = "1 message" if count == 1 else f"{count} messages"
    name = escape(room_name(room))
    return (
        f'<li><a href="read/{page_name(room.id, 1)}">{name}</a>{kind}{topic}'
        f" <span>{messages}</span>{newest}</li>"
    )


def page(head: Head, room: Room, shown: Sequence[Shown], number: int, last: int) -> str:
    """A page of a room."""
    name = escape(room_name(room))
    moves = _moves(room.id, number, last)
    topic = f"<p>{escape(room.topic)}</p>" if room.topic else ""
    said = "\n".join(map(_message, shown)) or "<p>Nobody has said anything here.</p>"
    return _html(
        f"{room_name(room)}, page {number} of {last}",
        f"""<header><h1>{name}</h1>{topic}{moves}</header>
<div class="log" id="log">
{said}
</div>
<footer id="end">{moves}<p>As of {when(head.moment)} UTC</p></footer>""",
        root="../",
    )


def _moves(room_id: int, number: int, last: int) -> str:
    def link(to: int, words: str, rel: str = "") -> str:
        if to == number or not 1 <= to <= last:
            return f"<span>{words}</span>"
        relation = f' rel="{rel}"' if rel else ""
        return f'<a href="{page_name(room_id, to)}"{relation}>{words}</a>'

    return (
        '<nav aria-label="Pages"><a href="../index.html" id="home">All rooms and search</a> '
        f"{link(1, 'First')} {link(number - 1, 'Previous', 'prev')}"
        f" <b>{number} of {last}</b> {link(number + 1, 'Next', 'next')} {link(last, 'Last')}</nav>"
    )


def _message(shown: Shown) -> str:
    message = shown.message
    guest = "" if message.author.startswith("user:") else " <small>guest</small>"
    edited = ""
    if message.edited_at is not None and message.deleted_at is None:
        edited = f" <small>edited {when(message.edited_at)}</small>"
    pinned = " <small>pinned</small>" if message.pinned_at is not None else ""
    head = (
        f'<p class="who"><b>{escape(message.username)}</b>{guest} <a href="#m{message.id}">'
        f'<time datetime="{format_time(message.at)}">{when(message.at)}</time></a>{edited}{pinned}'
        "</p>"
    )
    if message.deleted_at is not None:
        body = '<p class="gone">This message was deleted.</p>'
    else:
        body = _reply(shown) + _text(message.text) + _passed(message.forwarded, shown.files)
        body += "".join(_file(shown.files.get(each)) for each in message.files)
        body += _reactions(shown.reactions)
    return f'<article id="m{message.id}">{head}{body}</article>'


def _reply(shown: Shown) -> str:
    if shown.reply is None:
        return ""
    place, who, said = shown.reply
    words = said if len(said) <= _QUOTED else f"{said[:_QUOTED]} ..."
    quote = escape(" ".join(words.split())) or "a message"
    return f'<p class="reply">Answers <a href="{place}">{escape(who)}: {quote}</a></p>'


def _text(text: str) -> str:
    if not text:
        return ""
    made, end = [], 0
    for found in _LINK.finditer(text):
        address = escape(found[0])
        made.append(escape(text[end : found.start()]))
        made.append(f'<a href="{address}" rel="noreferrer noopener">{address}</a>')
        end = found.end()
    return f'<p class="text" dir="auto">{"".join(made)}{escape(text[end:])}</p>'


def _passed(forwarded: Forwarded | None, files: Mapping[str, File]) -> str:
    if forwarded is None:
        return ""
    who = escape(forwarded.username)
    head = f'<p class="who">Passed on from <b>{who}</b>, {when(forwarded.at)}</p>'
    body = _text(forwarded.text) + "".join(_file(files.get(each)) for each in forwarded.files)
    return f"<blockquote>{head}{body}</blockquote>"


def _file(file: File | None) -> str:
    if file is None:
        return '<p class="gone">A file that is not in this archive.</p>'
    place = f"../{path_of(file.id, file.type)}"
    name, alt = escape(file.name), escape(file.alt)
    words = f"{name} ({in_words(file.size)})"
    if file.type in IMAGES and file.width and file.height:
        small, size = place, (file.width, file.height)
        if file.thumbnail is not None:
            small = f"../{path_of(f'{file.id}t', 'image/webp')}"
            size = file.thumbnail.width, file.thumbnail.height
        return (
            f'<p class="file"><a href="{place}"><img src="{small}" alt="{alt or name}" width='
            f'"{size[0]}" height="{size[1]}" loading="lazy"></a><br><small>{words}</small></p>'
        )
    told = f"<br><small>{alt}</small>" if alt else ""
    return f'<p class="file"><a href="{place}" download="{name}">{words}</a>{told}</p>'


def _reactions(reactions: Sequence[tuple[str, int, str]]) -> str:
    if not reactions:
        return ""
    items = "".join(
        f'<li title="{escape(names)}">{escape(emoji)} {count}</li>'
        for emoji, count, names in reactions
    )
    return f'<ul class="reactions" aria-label="Reactions">{items}</ul>'


def _html(title: str, body: str, *, root: str, extra: str = "", scripts: Sequence[str] = ()) -> str:
    more = "".join(f'<script src="{root}read/{name}" defer></script>\n' for name in scripts)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>{escape(title)}</title>
<link rel="stylesheet" href="{root}read/copy.css">
<script src="{root}read/copy.js" defer></script>
{more}</head>
<body{extra}>
<a class="skip" href="#content">Skip to the content</a>
<main id="content">
{body}
</main>
</body>
</html>
"""
