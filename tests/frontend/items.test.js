import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { buildDays } from "../../frontend/js/views/items.js";

const MINUTE = 60_000;
const NOON = new Date(2026, 4, 3, 12).getTime();
const at = (minutes) => new Date(NOON + minutes * MINUTE).toISOString();

const message = (id, username, minutes, more = {}) => ({
  id, room_id: 1, username, content: `message ${id}`, timestamp: at(minutes), version: id, client_id: null, guest: true,
  reply_to: null, edited_at: null, deleted_at: null, reactions: [], files: [], pinned_at: null, ...more,
});
const pending = (clientId, minutes, username = "alice") => ({
  client_id: clientId, room_id: 1, username, content: "mine", created_at: at(minutes), status: "sending", error: null,
});
const event = (id, kind, username, afterId, minutes = 0) => ({ id, kind, username, timestamp: at(minutes), afterId });

/** The log in short: one list of words per day. */
function outline(data) {
  const days = buildDays({ messages: [], pending: [], events: [], newFrom: null, username: "alice", hasOlder: false, hasNewer: false, ...data });
  return days.map((day) => day.items.map((item) => {
    if (item.kind === "message") return `${item.key}${item.grouped ? "+" : ""}`;
    if (item.kind === "pending") return `${item.key}${item.grouped ? "+" : ""}`;
    if (item.kind === "presence") return `${item.key}:${item.joined.join(",")}/${item.left.join(",")}`;
    return "NEW";
  }));
}

describe("groups", () => {
  test("one author within five minutes is one group; another author or a longer pause begins a new one", () => {
    const messages = [message(1, "bob", 0), message(2, "bob", 5), message(3, "bob", 10.1), message(4, "eve", 10.2), message(5, "bob", 10.3)];
    assert.deepEqual(outline({ messages }), [["m1", "m2+", "m3", "m4", "m5"]]);
  });

  test("a group ends at midnight, at the line for what is new, and where somebody came or went", () => {
    const nearMidnight = [message(1, "bob", 719), message(2, "bob", 721)];
    assert.deepEqual(outline({ messages: nearMidnight }), [["m1"], ["m2"]]);
    const messages = [message(1, "bob", 0), message(2, "bob", 1), message(3, "bob", 2)];
    assert.deepEqual(outline({ messages, newFrom: 2 }), [["m1", "NEW", "m2", "m3+"]]);
    assert.deepEqual(outline({ messages, events: [event("e1", "join", "eve", 1)] }), [["m1", "e1:eve/", "m2", "m3+"]]);
  });

  test("a reply begins a group, and what follows it goes on with it", () => {
    const messages = [message(1, "bob", 0), message(2, "bob", 1, { reply_to: 1 }), message(3, "bob", 2)];
    assert.deepEqual(outline({ messages }), [["m1", "m2", "m3+"]]);
    const own = [{ ...pending("a", 1), reply_to: 1 }, pending("b", 2)];
    assert.deepEqual(outline({ messages: [message(1, "alice", 0)], pending: own }), [["m1", "pa", "pb+"]]);
  });

  test("what is on its way continues the group of what was sent", () => {
    assert.deepEqual(outline({ messages: [message(1, "alice", 0)], pending: [pending("a", 1), pending("b", 7)] }), [["m1", "pa+", "pb"]]);
  });
});

describe("messages on their way", () => {
  test("one that has been stored stands once", () => {
    const messages = [message(1, "alice", 0, { client_id: "a" })];
    assert.deepEqual(outline({ messages, pending: [pending("a", 0), pending("b", 1)] }), [["m1", "pb+"]]);
  });

  test("somebody else's message with the same client_id hides nothing", () => {
    const messages = [message(1, "mallory", 0, { client_id: "a" })];
    assert.deepEqual(outline({ messages, pending: [pending("a", 0)] }), [["m1", "pa"]]);
  });

  test("a clock that is behind opens no second day", () => {
    assert.deepEqual(outline({ messages: [message(1, "bob", 0)], pending: [pending("a", -3 * 24 * 60)] }), [["m1", "pa"]]);
  });
});

describe("who came and went", () => {
  const messages = [message(10, "bob", 0), message(20, "bob", 10)];

  test("neighbours are one line, and of each person the last word counts", () => {
    const events = [event("e1", "join", "eve", 10), event("e2", "join", "dan", 10), event("e3", "leave", "eve", 10)];
    assert.deepEqual(outline({ messages, events }), [["m10", "e1:dan/eve", "m20"]]);
  });

  test("one's own coming is no news, under whatever spelling", () => {
    assert.deepEqual(outline({ messages, events: [event("e1", "join", "ALICE", 20)] }), [["m10", "m20"]]);
  });

  test("a line stands behind the newest message that is not newer than its place", () => {
    assert.deepEqual(outline({ messages, events: [event("e1", "join", "eve", 15)] }), [["m10", "e1:eve/", "m20"]]);
  });

  test("before all messages only where the history begins", () => {
    const events = [event("e1", "join", "eve", null), event("e2", "join", "dan", 5)];
    assert.deepEqual(outline({ messages, events }), [["e1:eve,dan/", "m10", "m20"]]);
    assert.deepEqual(outline({ messages, events, hasOlder: true }), [["m10", "m20"]]);
    assert.deepEqual(outline({ events: [event("e1", "join", "eve", null)] }), [["e1:eve/"]]);
  });

  test("beyond the window's end it is left out until the window reaches it", () => {
    const events = [event("e1", "join", "eve", 30)];
    assert.deepEqual(outline({ messages, events, hasNewer: true }), [["m10", "m20"]]);
    assert.deepEqual(outline({ messages, events }), [["m10", "m20", "e1:eve/"]]);
  });
});

test("days follow one another, and nothing is no day", () => {
  assert.deepEqual(outline({}), []);
  const messages = [message(1, "bob", -2 * 24 * 60), message(2, "bob", -24 * 60), message(3, "bob", 0)];
  assert.deepEqual(outline({ messages }), [["m1"], ["m2"], ["m3"]]);
});
