import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { ASKED_AT_MOST, Quotes } from "../../frontend/js/app/quotes.js";
import { oneLine } from "../../frontend/js/views/quote.js";
import { FakeClock, settled } from "./support/clock.js";
import { messageFrame, messages, numbered, ROOM, syncFrame } from "./support/shapes.js";

/** Quotes of a room of which the window has the messages from 90 to 100, and the server those from 1 on. */
function quotesOf({ refuse = () => false } = {}) {
  const clock = new FakeClock();
  const asked = [];
  const page = { news: 0 };
  const state = { currentRoom: ROOM, messages: messages(90, 100), historyStatus: "ready" };
  const server = new Map(messages(1, 100).map((message) => [message.id, message]));
  const api = {
    call: async (_method, path) => {
      const ids = [...new URLSearchParams(path.split("?")[1])].map(([, id]) => Number(id));
      asked.push(ids);
      // As the server has them when it is asked.
      const body = ids.map((id) => server.get(id)).filter(Boolean);
      await page.answer;
      if (refuse()) throw Object.assign(new Error(), { code: "network" });
      return { body };
    },
  };
  const quotes = new Quotes({ api, state, clock, onNews: () => (page.news += 1) });
  return { quotes, clock, asked, state, server, page };
}

describe("what is quoted", () => {
  test("is taken from the window, and stays when that moves on", () => {
    const { quotes, state, asked } = quotesOf();
    assert.equal(quotes.of(95), state.messages[5]);
    state.messages = messages(1, 10);
    assert.equal(quotes.of(95).id, 95);
    assert.deepEqual(asked, []);
  });

  test("is gone, without a question, where the history begins behind it", () => {
    const { quotes, state, asked } = quotesOf();
    state.currentRoom = { ...ROOM, purged_to: 50 };
    assert.equal(quotes.of(50).deleted_at, "gone");
    assert.deepEqual(asked, []);
  });

  test("is asked for together otherwise, each once, and news of it is told", async () => {
    const { quotes, clock, asked, page } = quotesOf();
    assert.deepEqual([quotes.of(3), quotes.of(7), quotes.of(3)], [null, null, null]);
    await clock.pass(100);
    assert.deepEqual(asked, [[3, 7]]);
    assert.equal(page.news, 1);
    assert.equal(quotes.of(3).content, "message 3");
    await clock.pass(10_000);
    assert.equal(asked.length, 1);
  });

  test("is asked for in pages where there are many", async () => {
    const { quotes, clock, asked } = quotesOf();
    for (let id = 1; id <= 80; id += 1) quotes.of(id);
    await clock.pass(100);
    assert.deepEqual(asked.map((ids) => ids.length), [ASKED_AT_MOST, 80 - ASKED_AT_MOST]);
  });

  test("is shown as deleted where the room does not have it", async () => {
    const { quotes, clock } = quotesOf();
    quotes.of(555);
    await clock.pass(100);
    assert.ok(quotes.of(555).deleted_at);
    assert.equal(quotes.of(555).username, "");
  });

  test("is what it is now, however it is told", async () => {
    const { quotes, clock } = quotesOf();
    quotes.of(3);
    await clock.pass(100);
    quotes.hear(messageFrame(numbered(3, { version: 200, content: "anew" }), { type: "message_updated" }));
    assert.equal(quotes.of(3).content, "anew");
    quotes.hear(syncFrame({ version: 300, messages: [numbered(3, { version: 250, content: "once more" })] }));
    assert.equal(quotes.of(3).content, "once more");
    // What was read before is no news.
    quotes.hear({ type: "page_loaded", page: { messages: [numbered(3)] } });
    assert.equal(quotes.of(3).content, "once more");
  });

  test("is not what an older answer says that comes after a change", async () => {
    const { quotes, clock, page } = quotesOf();
    let answer;
    page.answer = new Promise((resolve) => (answer = resolve));
    quotes.of(3);
    await clock.pass(100);
    quotes.hear(messageFrame(numbered(3, { version: 200, content: "anew" }), { type: "message_updated" }));
    answer();
    await settled();
    assert.equal(quotes.of(3).content, "anew");
  });
});

describe("a page of history", () => {
  test("waits for what its messages answer, but not for what is in it", async () => {
    const { quotes, asked } = quotesOf();
    await quotes.prepare([numbered(20, { reply_to: 3 }), numbered(21, { reply_to: 20 }), numbered(22)]);
    assert.deepEqual(asked, [[3]]);
    assert.equal(quotes.of(3).id, 3);
  });

  test("does not wait long, and what was not to be had is asked for again", async () => {
    let isAway = true;
    const { quotes, clock, asked } = quotesOf({ refuse: () => isAway });
    await quotes.prepare([numbered(20, { reply_to: 3 })]);
    assert.equal(quotes.of(3), null);
    isAway = false;
    await clock.pass(5000);
    assert.equal(asked.length, 2);
    assert.equal(quotes.of(3).id, 3);
  });
});

describe("another room, or the same one read anew", () => {
  test("knows nothing of what was quoted before", async () => {
    for (const event of [{ type: "room_left" }, syncFrame({ reset: true }), { type: "signed_out" }]) {
      const { quotes, clock } = quotesOf();
      quotes.of(3);
      await clock.pass(100);
      quotes.hear(event);
      assert.equal(quotes.of(3), null, event.type);
    }
  });

  test("takes no answer to a question of the room before", async () => {
    const { quotes, clock, page } = quotesOf();
    let answer;
    page.answer = new Promise((resolve) => (answer = resolve));
    quotes.of(3);
    await clock.pass(100);
    quotes.hear({ type: "room_left" });
    answer();
    await settled();
    assert.equal(page.news, 0);
  });
});

test("a line of quote has the words of a message, or those it passes on, cut between characters", () => {
  const said = (content, forwarded = null) => oneLine({ content, files: [], forwarded });
  assert.equal(said("mine", { content: "theirs", files: [] }), "mine");
  assert.equal(said("", { content: "theirs", files: [] }), "theirs");
  assert.equal(said("", { content: `${"x".repeat(299)}\u{1F389}`, files: [] }), "x".repeat(299));
});
