import assert from "node:assert/strict";
import { test } from "node:test";

import { COALESCE_MS, DrawQueue } from "../../frontend/js/app/queue.js";
import { FakeClock } from "./support/clock.js";

function queueOf({ draw } = {}) {
  const clock = new FakeClock();
  const page = { hidden: false, drawings: 0, faults: [] };
  const queue = new DrawQueue({
    clock, isHidden: () => page.hidden, report: (cause) => page.faults.push(cause.message),
    draw: () => {
      page.drawings += 1;
      draw?.(queue, page);
    },
  });
  return { queue, clock, page };
}

test("the first change of a burst is drawn at once, the rest together after 100 ms", async () => {
  const { queue, clock, page } = queueOf();
  for (let changes = 0; changes < 10; changes += 1) queue.request();
  assert.equal(page.drawings, 1);
  await clock.pass(COALESCE_MS - 1);
  assert.equal(page.drawings, 1);
  await clock.pass(1);
  assert.equal(page.drawings, 2);
  assert.deepEqual(clock.waits, []);
});

test("a stream of changes is drawn ten times a second", async () => {
  const { queue, clock, page } = queueOf();
  for (let changes = 0; changes < 100; changes += 1) {
    queue.request();
    await clock.pass(10);
  }
  // The first, and then ten in the second that followed.
  assert.equal(page.drawings, 11);
});

test("what the reader does is drawn at once, and once", async () => {
  const { queue, clock, page } = queueOf();
  queue.request();
  queue.request();
  queue.flush();
  assert.equal(page.drawings, 2);
  queue.flush();
  await clock.pass(1000);
  assert.equal(page.drawings, 2);
});

test("a hidden tab draws nothing and keeps no timer; coming to the front it draws once", async () => {
  const { queue, clock, page } = queueOf();
  page.hidden = true;
  for (let changes = 0; changes < 10; changes += 1) queue.request();
  queue.flush();
  await clock.pass(1000);
  assert.deepEqual([page.drawings, clock.waits], [0, []]);
  page.hidden = false;
  queue.flush();
  assert.equal(page.drawings, 1);
});

test("a tab that is hidden while a drawing waits does not draw", async () => {
  const { queue, clock, page } = queueOf();
  queue.request();
  queue.request();
  page.hidden = true;
  await clock.pass(COALESCE_MS);
  assert.equal(page.drawings, 1);
  page.hidden = false;
  queue.flush();
  assert.equal(page.drawings, 2);
});

test("a change that a view makes while it is drawn is drawn afterwards, not inside", async () => {
  let depth = 0;
  const { queue, clock, page } = queueOf({
    draw: (inner, { drawings }) => {
      depth += 1;
      assert.equal(depth, 1);
      if (drawings === 1) inner.request();
      inner.flush();
      depth -= 1;
    },
  });
  queue.request();
  await clock.pass(COALESCE_MS);
  assert.equal(page.drawings, 2);
});

test("a view's fault is reported, and reaches neither who brought the news nor later drawings", async () => {
  const { queue, clock, page } = queueOf({
    draw: (_queue, { drawings }) => {
      if (drawings === 1) throw new Error("a view's fault");
    },
  });
  queue.request();
  assert.deepEqual(page.faults, ["a view's fault"]);
  await clock.pass(COALESCE_MS);
  queue.request();
  assert.equal(page.drawings, 2);
});

test("who waits for the drawing is told at once, in a hidden tab when it comes to the front", async () => {
  const { queue, page } = queueOf();
  await queue.drawn();
  queue.request();
  page.hidden = true;
  queue.request();
  let isDrawn = false;
  const waiting = queue.drawn().then(() => {
    isDrawn = true;
  });
  await Promise.resolve();
  assert.equal(isDrawn, false);
  page.hidden = false;
  queue.flush();
  await waiting;
  assert.equal(page.drawings, 2);
});
