import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { Reads, TELL_EVERY_MS } from "../../frontend/js/app/reads.js";
import { Untold } from "../../frontend/js/app/untold.js";
import { countNews, countRead, nextUnread, readersBy } from "../../frontend/js/state/counts.js";
import { createState, applyEvent } from "../../frontend/js/state.js";
import { FakeClock } from "./support/clock.js";
import { messageFrame, messages, numbered, roomOf } from "./support/shapes.js";
import { FakeStorage } from "./support/storage.js";

const room = (id, more = {}) => roomOf({ id, message_count: 10, unread: 2, last_read: 5, role: "member", ...more });
const news = (roomId, count, deleted = [], gone = deleted.length) => ({
  type: "news", rooms: [{ room_id: roomId, message_id: 0, message_count: count, deleted_count: gone, deleted }],
});
const counted = (rooms, frame) => countNews({ rooms }, frame).counts;

describe("news of a room", () => {
  test("adds what was said since the room was counted", async () => {
    assert.deepEqual(counted([room(1)], news(1, 13)), { 1: { message_count: 13, deleted_count: 0, unread: 5 } });
  });

  test("takes away what was deleted behind the position, and nothing before it", async () => {
    assert.deepEqual(counted([room(1)], news(1, 10, [4, 6])), { 1: { message_count: 10, deleted_count: 2, unread: 1 } });
  });

  test("takes away once what is told twice, or was counted already", async () => {
    const known = [room(1, { unread: 3, deleted_count: 2 })];
    assert.equal(counted(known, news(1, 10, [6, 7], 2))[1].unread, 3);
    assert.equal(counted(known, news(1, 10, [6, 7], 3))[1].unread, 2);
  });

  test("says so where it is not known any more what was deleted, and something could be unread", async () => {
    const lost = (more, frame) => countNews({ rooms: [room(1, more)] }, frame).isLost;
    assert.equal(lost({}, news(1, 10, [7], 2)), true);
    assert.equal(lost({ unread: 0 }, news(1, 11, [7], 2)), true);
    assert.equal(lost({ unread: 0 }, news(1, 10, [7], 2)), false);
    assert.equal(lost({}, news(1, 10, [6, 7], 2)), false);
  });

  test("that is older than what is known takes nothing back", async () => {
    assert.deepEqual(counted([room(1)], news(1, 7)), { 1: { message_count: 10, deleted_count: 0, unread: 2 } });
  });

  test("counts nothing where one never was, and from now on where one belongs", async () => {
    const rooms = [room(1, { unread: null, role: null }), room(2, { unread: null }), room(3, { unread: null, role: null, kind: "direct" })];
    const unread = rooms.map(({ id }) => counted(rooms, news(id, 12))[id].unread);
    assert.deepEqual(unread, [null, 2, 2]);
  });

  test("of a room that is not in the list says nothing", async () => {
    assert.deepEqual(countNews({ rooms: [] }, news(1, 7)), { counts: {}, isLost: false });
  });
});

test("one's own position is as of a moment: what was told since is added", async () => {
  const own = { room_id: 1, message_id: 8, unread: 1, message_count: 9, deleted_count: 1 };
  assert.deepEqual(countRead({ rooms: [room(1)] }, own), { 1: { last_read: 8, unread: 2, message_count: 10, deleted_count: 1, mentions: 0 } });
  assert.deepEqual(countRead({ rooms: [room(1, { unread: null })] }, own), { 1: { last_read: 8, unread: 1, message_count: 9, deleted_count: 1, mentions: 0 } });
  // What the list has counted since knew of it.
  assert.deepEqual(countRead({ rooms: [room(1, { deleted_count: 2 })] }, own), {});
});

test("the next room with something unread goes round the list, archived rooms last", async () => {
  const rooms = [room(1, { archived_at: "x" }), room(2, { kind: "direct" }), room(3, { unread: 0 }), room(4)];
  const from = (id, step) => nextUnread({ rooms, currentRoom: rooms.find((one) => one.id === id) ?? null }, step)?.id;
  assert.deepEqual([from(3, 1), from(4, 1), from(2, 1), from(1, 1)], [4, 2, 1, 4]);
  assert.deepEqual([from(3, -1), from(null, 1), from(null, -1)], [1, 4, 1]);
  assert.equal(nextUnread({ rooms: [room(1)], currentRoom: rooms[0] }, 1), null);
});

test("a reader stands beneath the newest of one's own messages that they have read", async () => {
  const receipts = [{ username: "bob", message_id: 7 }, { username: "eve", message_id: 9 }, { username: "new", message_id: 1 }];
  assert.deepEqual([...readersBy([3, 7, 8], receipts)], [[7, ["bob"]], [8, ["eve"]]]);
});

test("what is told to everybody says nothing of one's own position", async () => {
  const state = createState();
  applyEvent(state, { type: "rooms_loaded", rooms: [room(1)] });
  applyEvent(state, { type: "room_changed", room: room(1, { unread: null, last_read: null, message_count: 12, topic: "Tea" }) });
  const { unread, last_read: lastRead, message_count: count, topic } = state.rooms[0];
  assert.deepEqual([unread, lastRead, count, topic], [2, 5, 10, "Tea"]);
  applyEvent(state, { type: "room_read", room: room(1, { unread: null, last_read: null }) });
  assert.equal(state.rooms[0].unread, null);
});

describe("what the server has not confirmed", () => {
  test("outlives the page, and goes when the server has said so", async () => {
    const storage = new FakeStorage();
    const untold = new Untold(() => storage);
    untold.put(1, { id: 7, back: false });
    untold.put(1, { id: 5, back: false });
    untold.put(2, { id: 4, back: true });
    const later = new Untold(() => storage);
    assert.deepEqual(later.all, [[1, { id: 7, back: false }], [2, { id: 4, back: true }]]);
    later.told(1, 6);
    later.told(2, 9);
    assert.equal(later.all.length, 2);
    later.told(1, 7);
    later.told(2, 3);
    assert.deepEqual(new Untold(() => storage).all, []);
  });

  test("is forgotten by a browser that keeps nothing, and by one that keeps nonsense", async () => {
    const refusing = new Untold(() => {
      throw new Error("no");
    });
    refusing.put(1, { id: 7, back: false });
    assert.deepEqual(refusing.of(1), { id: 7, back: false });
    const storage = new FakeStorage();
    storage.setItem("parlour.read.untold", '{"not": "a list"}');
    assert.deepEqual(new Untold(() => storage).all, []);
  });
});

/** An account that looks at the end of room 7, in which it has read up to message 3. */
function reading({ isOnline = true } = {}) {
  const state = createState();
  const sent = [];
  const clock = new FakeClock();
  const storage = new FakeStorage();
  const link = { isOnline };
  const screens = { watchers: new Set(), toast: async () => {}, act: async () => {} };
  const apply = (event) => void applyEvent(state, event);
  const send = (frame) => link.isOnline && sent.push(frame) > 0;
  apply({ type: "signed_in", username: "alice", user: { id: 9, username: "alice", read_receipts: false } });
  apply({ type: "rooms_loaded", rooms: [roomOf({ id: 7, unread: 2, last_read: 3, message_count: 5, role: "member" }), roomOf({ id: 8 })] });
  const enter = (roomId, upTo) => {
    apply({ type: "room_entered", room: state.rooms.find(({ id }) => id === roomId) });
    const page = { messages: messages(1, upTo, { room_id: roomId }), version: upTo, epoch: "e1" };
    apply({ type: "history_loaded", room_id: roomId, page, hasOlder: false, hasNewer: false, readUpTo: 3 });
  };
  apply({ type: "websocket_opened", websocket: {} });
  enter(7, 5);
  const reads = new Reads({ state, clock, screens, apply, connection: { send }, api: { call: async () => ({ body: [] }) }, open() {}, untold: new Untold(() => storage) });
  const say = (id) => {
    const frame = messageFrame(numbered(id, { username: "bob" }));
    apply(frame);
    reads.hear(frame);
  };
  const own = (upTo, unread = 0) => reads.hear({ type: "read", room_id: 7, username: "alice", message_id: upTo, unread, message_count: 5, deleted_count: 0 });
  return { state, sent, clock, link, reads, apply, enter, say, own, storage };
}

describe("what is before a reader's eyes", () => {
  test("is told at once, then once a second with the newest, and at once on leaving", async () => {
    const { sent, clock, reads, apply, say, state } = reading();
    assert.deepEqual(sent, []);
    apply({ type: "scrolled", atBottom: true });
    reads.watch();
    assert.deepEqual(sent, [{ type: "read", message_id: 5 }]);
    assert.equal(state.rooms[0].unread, 0);
    say(6);
    say(7);
    assert.equal(sent.length, 1);
    await clock.pass(TELL_EVERY_MS);
    assert.deepEqual(sent[1], { type: "read", message_id: 7 });
    say(8);
    apply({ type: "room_left" });
    reads.watch();
    assert.deepEqual(sent[2], { type: "read", message_id: 8 });
  });

  test("is told on the next connection when there was none, and again until it is confirmed", async () => {
    const { sent, link, reads, apply, own, storage } = reading({ isOnline: false });
    apply({ type: "scrolled", atBottom: true });
    reads.watch();
    assert.deepEqual(sent, []);
    assert.match(storage.getItem("parlour.read.untold"), /"id":5/);
    link.isOnline = true;
    for (const count of [1, 2]) {
      apply({ type: "websocket_opened", websocket: {} });
      reads.watch();
      assert.equal(sent.length, count);
    }
    own(5);
    apply({ type: "websocket_opened", websocket: {} });
    reads.watch();
    assert.equal(sent.length, 2);
    assert.equal(storage.getItem("parlour.read.untold"), null);
  });

  test("reads nothing once it was marked as unread, until the reader comes back", async () => {
    const { state, sent, clock, reads, apply, own, say, enter } = reading();
    apply({ type: "scrolled", atBottom: true });
    reads.watch();
    own(5);
    assert.equal(reads.markUnread(4), true);
    assert.deepEqual(sent.at(-1), { type: "read", message_id: 4, back: true });
    assert.deepEqual([state.rooms[0].unread, state.rooms[0].last_read], [2, 3]);
    own(3, 2);
    say(6);
    await clock.pass(TELL_EVERY_MS);
    assert.equal(sent.length, 2);
    apply({ type: "room_left" });
    reads.watch();
    assert.equal(sent.length, 2);
    enter(7, 6);
    apply({ type: "scrolled", atBottom: true });
    reads.watch();
    await clock.pass(TELL_EVERY_MS);
    assert.deepEqual(sent.at(-1), { type: "read", message_id: 6 });
  });

  test("is unread again where another device has marked it so, also while it is looked at", async () => {
    const { state, sent, clock, reads, apply, own, say } = reading();
    apply({ type: "scrolled", atBottom: true });
    reads.watch();
    own(5);
    own(2, 3);
    assert.equal(state.rooms[0].unread, 3);
    say(6);
    await clock.pass(TELL_EVERY_MS);
    assert.equal(sent.length, 1);
  });
});
