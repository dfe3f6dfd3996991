"""Reading a long log: where the reader is, and whether what they look at stays where it is."""

from dataclasses import dataclass
from math import inf, isnan
from typing import Any, cast

from playwright.async_api import Page

from tests.browser.visitor import Visitor
from tests.support.people import Message, Person, Room

# Watches the first row that begins on view, in every frame until it is told to stop.
WATCH = """() => {
  const log = document.querySelector('[role=log]');
  const { top } = log.getBoundingClientRect();
  const rows = [...log.querySelectorAll('[data-message-id]')];
  const row = rows.find((candidate) => candidate.getBoundingClientRect().top >= top);
  const id = row.dataset.messageId;
  const find = () => log.querySelector(`[data-message-id="${id}"]`);
  const at = () => find()?.getBoundingClientRect().top ?? NaN;
  const watch = { id: Number(id), before: at(), tops: [], on: true };
  const look = () => {
    watch.tops.push(at());
    if (watch.on) requestAnimationFrame(look);
  };
  window.watch = watch;
  requestAnimationFrame(look);
}"""

# Lets some frames pass, ends the watch and tells how far the row was from its place in each.
DRIFT = """() => new Promise((resolve) => {
  let frames = 4;
  const { watch } = window;
  const next = () => {
    frames -= 1;
    if (frames > 0) return void requestAnimationFrame(next);
    watch.on = false;
    resolve(watch.tops.map((top) => Math.abs(top - watch.before)));
  };
  requestAnimationFrame(next);
})"""

WINDOW = """() => {
  const log = document.querySelector('[role=log]');
  const { top, bottom } = log.getBoundingClientRect();
  const rows = [...log.querySelectorAll('[data-message-id]')];
  const on = rows.filter((row) => row.getBoundingClientRect().top >= top - 0.5);
  return {
    ids: rows.map((row) => Number(row.dataset.messageId)),
    rows: log.querySelectorAll('article').length,
    first: Number(on[0]?.dataset.messageId ?? 0),
    offset: (on[0]?.getBoundingClientRect().top ?? 0) - top,
    above: log.scrollTop,
    below: log.scrollHeight - log.clientHeight - log.scrollTop,
  };
}"""

# A reader's wheel says so before the scrolling itself: a line that comes in between does not pull
# the reader back to the end.
SCROLL = """(top) => {
  const log = document.querySelector('[role=log]');
  if (top < log.scrollTop) log.dispatchEvent(new WheelEvent('wheel', { deltaY: -1 }));
  log.scrollTop = top;
}"""


@dataclass(frozen=True)
class View:
    """What a log shows: the ids it holds, how many rows, the topmost row, and what is beyond."""

    ids: list[int]
    rows: int
    first: int
    offset: float
    above: float
    below: float


async def view(visitor: Visitor) -> View:
    """Return what the log shows now."""
    return View(**cast("dict[str, Any]", await visitor.page.evaluate(WINDOW)))


async def scroll_to(visitor: Visitor, top: float) -> None:
    """Scroll the log and let it come to rest."""
    await visitor.page.evaluate(SCROLL, top)
    await visitor.frames()


async def watch(page: Page) -> None:
    """Begin to watch the first row on view; `drift` ends it."""
    await page.evaluate(WATCH)


async def drift(page: Page) -> float:
    """Return the largest distance, in pixels, that the watched row was away from its place.

    Infinite when it was not there at all for a frame.
    """
    return max(await _drifts(page))


async def drift_in_the_end(page: Page) -> float:
    """Return the same of the last frame alone.

    A change of size is put right after the callbacks of its frame and before that is painted, so
    that the watch, which looks at the callbacks' time, sees what nobody sees.
    """
    return (await _drifts(page))[-1]


async def _drifts(page: Page) -> list[float]:
    found = await page.evaluate(DRIFT)
    return [inf if isnan(distance) else float(distance) for distance in found]


async def fill(person: Person, room: Room | int, count: int, *, first: int = 1) -> list[Message]:
    """Write `count` messages of different heights into a room; return them as they are stored."""
    client = await person.connect(room, after=0)
    for number in range(first, first + count):
        # Some have several lines, some break theirs where the log is narrow.
        lines = "\nand another line" * (number % 4)
        words = " and a few words more" * (number % 5 * 3)
        await client.send("message", content=f"message {number:03}{lines}{words}")
    last = f"message {first + count - 1:03}"
    messages: list[Message] = []
    while not messages or not messages[-1]["content"].startswith(last):
        frame = await client.until("message")
        messages.append(frame["message"])
    await client.close()
    return messages
