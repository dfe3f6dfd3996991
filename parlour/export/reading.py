"""The reading copy: plain pages that a browser opens from a disk, and can look through.

Nothing in them runs but one script of ours, and nothing is asked of any server. Whatever people
wrote is text.
"""

import json
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterator
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import Final

from parlour.carried import Head, Message, Room
from parlour.export import pages
from parlour.export.pages import Shown
from parlour.store.exporting import Exporting
from parlour.support.archive import Writer

# Messages on a page.
PAGE: Final = 200
# Characters of messages that are looked through at once.
_PORTION: Final = 500_000
_HERE: Final = Path(__file__).parent


class ReadingCopy:
    """Writes the pages of an export into its archive; `told` hears of each message."""

    def __init__(
        self,
        writer: Writer,
        exporting: Exporting,
        head: Head,
        told: Callable[[int], object],
    ) -> None:
        self._writer = writer
        self._exporting = exporting
        self._head = head
        self._told = told
        self._index = _Index(self._add)

    def write(self) -> None:
        """All of them, and the first page last."""
        for name in ("copy.css", "copy.js"):
            self._add(f"read/{name}", (_HERE / name).read_bytes())
        rooms = []
        for room in self._exporting.rooms():
            count = self._exporting.count_of(room.id)
            rooms.append((room, count))
            self._write_room(room, count)
        self._index.end()
        names = json.dumps({room.id: pages.room_name(room) for room, _ in rooms})
        self._add("read/rooms.js", f"rooms({_script(names)});\n".encode())
        first = pages.first_page(self._head, rooms, self._index.parts, PAGE)
        self._add("index.html", first.encode())

    def _add(self, name: str, data: bytes) -> None:
        self._writer.add(name, BytesIO(data), len(data))

    def _write_room(self, room: Room, count: int) -> None:
        # The first message of each page, by which it is found where another one stands.
        begins = array("q")
        last = max(1, -(-count // PAGE))
        messages = self._exporting.messages_of(room.id)
        page = list(islice(messages, PAGE))
        number = 1
        while page or number == 1:
            begins.append(page[0].id if page else 0)
            shown = list(self._shown(room.id, page, begins))
            html = pages.page(self._head, room, shown, number, last)
            self._add(f"read/{pages.page_name(room.id, number)}", html.encode())
            for message in page:
                self._index.add(room.id, number, message)
            self._told(len(page))
            page = list(islice(messages, PAGE))
            number += 1

    def _shown(self, room_id: int, page: list[Message], begins: "array[int]") -> Iterator[Shown]:
        exporting = self._exporting
        answered = exporting.answered(
            room_id, {each.reply_to for each in page if each.reply_to is not None}
        )
        passed = [each.forwarded.files for each in page if each.forwarded is not None]
        ids = {one for each in page for one in each.files} | {
            one for some in passed for one in some
        }
        files = exporting.file(ids)
        reactions = exporting.reactions_on([each.id for each in page])
        for each in page:
            reply = None
            if each.reply_to is not None and each.reply_to in answered:
                at = bisect_right(begins, each.reply_to)
                place = f"{pages.page_name(room_id, max(1, at))}#m{each.reply_to}"
                reply = (place, *answered[each.reply_to])
            yield Shown(each, reply, files, reactions.get(each.id, ()))


class _Index:
    """What is looked through: portions of messages, each a script that hands them over."""

    def __init__(self, add: Callable[[str, bytes], None]) -> None:
        self._add = add
        self._lines: list[str] = []
        self._size = 0
        self.parts = 0

    def add(self, room_id: int, page: int, message: Message) -> None:
        """One more, unless there is nothing to be found in it."""
        text = pages.all_words(message)
        if message.deleted_at is not None or not text:
            return
        line = json.dumps(
            [room_id, page, message.id, pages.when(message.at), message.username, text],
            ensure_ascii=False,
        )
        self._lines.append(line)
        self._size += len(line)
        if self._size >= _PORTION:
            self.end()

    def end(self) -> None:
        """Write what there is."""
        if not self._lines:
            return
        self.parts += 1
        body = ",\n".join(self._lines)
        self._add(
            f"read/s{self.parts}.js", f"found({self.parts}, [\n{_script(body)}\n]);\n".encode()
        )
        self._lines, self._size = [], 0


def _script(text: str) -> str:
    # Also where somebody puts it into a page.
    for character, escaped in (("<", "\\u003c"), ("\u2028", "\\u2028"), ("\u2029", "\\u2029")):
        text = text.replace(character, escaped)
    return text
