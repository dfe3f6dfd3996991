import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { Attention } from "../../frontend/js/app/attention.js";
import { createState } from "../../frontend/js/state.js";
import { FakeClock, settled } from "./support/clock.js";

const USER = { id: 5, username: "alice" };
const message = (id, more = {}) => ({ id, version: id, username: "bob", guest: false, content: "", mentions: [], reply_to: null, deleted_at: null, ...more });

/** What an account's page hears, with a page of nothing but rows. */
function attentionOf({ messages = [], quotes = new Map(), users = ["alice", "bob"], answer = { mentions: [], before: null } } = {}) {
  const clock = new FakeClock();
  const asked = [];
  const done = { cleared: [], toasts: [] };
  const state = Object.assign(createState(), {
    username: "alice", user: USER, visible: false, users, messages,
    currentRoom: { id: 7, kind: "public", role: null }, rooms: [{ id: 7, kind: "public", name: "hall", mentions: 0 }, { id: 8, kind: "public", name: "loft", mentions: 0 }],
  });
  const marks = new Map();
  const row = (id) => ({
    dataset: { messageId: String(id) }, querySelector: () => null, hasAttribute: () => marks.has(id), getAttribute: () => marks.get(id) ?? null,
    setAttribute: (_name, value) => marks.set(id, value), removeAttribute: () => marks.delete(id),
  });
  const page = {
    querySelectorAll: (selector) => (selector.startsWith(".row[") ? messages.map(({ id }) => row(id)) : []),
    documentElement: { dataset: {} }, defaultView: { navigator: {} },
  };
  const api = {
    call: async (_method, path) => {
      asked.push(path);
      return { body: path.includes("mentions") ? answer : {} };
    },
  };
  const screens = {
    watchers: new Set(), replies: { messageOf: () => undefined, quotes: { of: (id) => quotes.get(id) ?? null } },
    toast: async (text) => void done.toasts.push(text), announce: () => {}, wishes: () => new Promise(() => {}),
  };
  const desktop = { permission: "denied", tell: () => {}, end: () => {}, clear: (roomId) => done.cleared.push(roomId) };
  const apply = (event) => {
    for (const room of state.rooms) Object.assign(room, event.counts?.[room.id]);
  };
  const attention = new Attention({ state, api, clock, screens, apply, document: page, desktop });
  const questions = () => asked.filter((path) => path.includes("mentions"));
  return { attention, clock, state, page, marks, messages, questions, done };
}

describe("whom a message is about", () => {
  test("an answer to what is not on view: by its quote, without a question of everybody who reads it", async () => {
    const quotes = new Map([[1, message(1, { username: "alice" })], [2, message(2, { username: "eve" })]]);
    const messages = [message(90, { reply_to: 1 }), message(91, { reply_to: 2 }), message(92, { reply_to: 3 })];
    const { attention, marks, clock, questions } = attentionOf({ messages, quotes });
    await clock.pass(10_000);
    assert.deepEqual([[...marks.keys()], questions()], [[90], []]);
    // The quote that was not there yet has been read.
    quotes.set(3, message(3, { username: "alice" }));
    attention.watch();
    await settled();
    assert.deepEqual([...marks.keys()], [90, 92]);
  });

  test("a call that has just come: only who was told", async () => {
    const messages = [message(90, { mentions: ["@here"] }), message(91, { mentions: ["@here"] })];
    const { attention, marks, clock, questions } = attentionOf({ messages });
    await settled();
    for (const each of messages) attention.hear({ type: "message", room_id: 7, message: each });
    attention.hear({ type: "notification", room_id: 7, message: messages[1], reason: "here", notified: false, mentions: 1 });
    await clock.pass(10_000);
    assert.deepEqual([[...marks.keys()], questions()], [[91], []]);
  });

  test("a call of the past: the server is asked, not by all at one moment", async () => {
    const messages = [message(90, { mentions: ["@here"] })];
    const answer = { mentions: [{ message: messages[0], reason: "here" }], before: null };
    const moments = new Set();
    for (const luck of [0, 0.5]) {
      const { clock, questions, marks } = attentionOf({ messages, answer });
      clock.luck = luck;
      await settled();
      moments.add(clock.waits[0]);
      await clock.pass(10_000);
      assert.deepEqual([questions().length, [...marks.keys()]], [1, [90]]);
    }
    assert.equal(moments.size, 2);
  });
});

describe("a list that was read before", () => {
  test("it does not take away a mention that was told before it came", async () => {
    const { attention, state } = attentionOf();
    const listed = state.rooms;
    Object.assign(state, { rooms: [], roomsStatus: "loading" });
    attention.hear({ type: "notification", room_id: 8, message: message(3, { room_id: 8 }), reason: "mention", notified: true, mentions: 1 });
    attention.watch();
    await settled();
    Object.assign(state, { rooms: listed.map((room) => ({ ...room, version: 2 })), roomsStatus: "ready" });
    attention.watch();
    await settled();
    assert.equal(state.rooms[1].mentions, 1);
    // One that knows of it says how many there are.
    state.rooms = listed.map((room) => ({ ...room, version: 3, mentions: 0 }));
    attention.watch();
    await settled();
    assert.equal(state.rooms[1].mentions, 0);
  });

  test("what is told of a room that is there no longer is forgotten with it", async () => {
    const { attention, state } = attentionOf();
    const listed = state.rooms.map((room) => ({ ...room, version: 2 }));
    attention.hear({ type: "notification", room_id: 8, message: message(3, { room_id: 8 }), reason: "mention", notified: true, mentions: 1 });
    Object.assign(state, { rooms: [listed[0]], roomsStatus: "ready" });
    attention.watch();
    await settled();
    state.rooms = listed.map((room) => ({ ...room, mentions: 0 }));
    attention.watch();
    await settled();
    assert.equal(state.rooms[1].mentions, 0);
  });
});

describe("in a hidden tab", () => {
  test("the sign of the page follows what is told and read elsewhere", async () => {
    const { attention, state, page } = attentionOf();
    await settled();
    for (const [type, mentions] of [["news", 2], ["read", 0]]) {
      state.rooms[1].mentions = mentions;
      attention.hear({ type, room_id: 8 });
      await settled();
      assert.equal(page.documentElement.dataset.badge, String(mentions));
    }
  });

  test("what was shown of a room goes when it has been read elsewhere, all of it", async () => {
    const { attention, done } = attentionOf();
    attention.hear({ type: "read", room_id: 8, unread: 1 });
    assert.deepEqual(done.cleared, []);
    attention.hear({ type: "read", room_id: 8, unread: 0 });
    assert.deepEqual(done.cleared, [8]);
  });
});

test("who called nobody is told why, as far as that is known", async () => {
  const many = Array.from({ length: 51 }, (_, at) => `p${at}`);
  for (const [users, content, says] of [
    [["alice"], "@here!", /It calls others who are here/], [many, "@here!", /more than 50 people/], [["alice"], "@room", /It calls other members/],
  ]) {
    const { attention, done } = attentionOf({ users });
    attention.hear({ type: "message", room_id: 7, message: message(90, { username: "alice", content }) });
    assert.match(done.toasts[0], says);
  }
});
