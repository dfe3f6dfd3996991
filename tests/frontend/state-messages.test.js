import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { applyEvent, createState, WINDOW_LIMIT } from "../../frontend/js/state.js";
import { enter, messageFrame, messageOf, messages, numbered, ROOM, roomOf, syncFrame } from "./support/shapes.js";

const into = (options) => enter(createState, applyEvent, options);
const ids = (state) => state.messages.map(({ id }) => id);
const hear = (state, message, fields) => applyEvent(state, messageFrame(message, fields));

describe("messages", () => {
  test("a live message joins the window's end and moves the version on by one", () => {
    const state = into({ history: messages(1, 3) });
    const effect = hear(state, numbered(4));
    assert.deepEqual(ids(state), [1, 2, 3, 4]);
    assert.equal(state.version, 4);
    assert.deepEqual(effect.arrived.map(({ id }) => id), [4]);
    assert.equal(effect.need, null);
  });

  test("messages stand in the order of their ids, whatever the order they came in", () => {
    const state = into({ history: [numbered(1)] });
    applyEvent(state, syncFrame({ version: 4, messages: [numbered(4), numbered(2), numbered(3)] }));
    assert.deepEqual(ids(state), [1, 2, 3, 4]);
  });

  test("a message that comes twice stands once, and everything keeps its identity", () => {
    const state = into({ history: messages(1, 3) });
    const before = state.messages;
    hear(state, numbered(2));
    assert.equal(state.messages, before);
    assert.equal(state.version, 3);
  });

  test("of two states of a message the later version stays, and only that message is another object", () => {
    const state = into({ history: messages(1, 3) });
    const [first] = state.messages;
    hear(state, { ...numbered(2), version: 4, content: "changed" }, { type: "message_updated" });
    applyEvent(state, syncFrame({ version: 4, messages: [numbered(2)] }));
    assert.deepEqual(state.messages.map(({ content }) => content), ["message 1", "changed", "message 3"]);
    assert.equal(state.messages[0], first);
  });

  test("a jump in the versions is not applied but reported, and the sync that answers it fills the gap in order", () => {
    const state = into({ history: messages(1, 3) });
    const effect = hear(state, numbered(5));
    assert.equal(effect.need, "resync");
    assert.deepEqual(ids(state), [1, 2, 3]);
    assert.equal(state.version, 3);
    applyEvent(state, syncFrame({ version: 5, messages: [numbered(4), numbered(5)] }));
    assert.deepEqual(ids(state), [1, 2, 3, 4, 5]);
    assert.equal(state.version, 5);
  });

  test("a repeated frame never counts towards the version, but its message is shown and settles the pending one", () => {
    const state = into({ history: messages(1, 3) });
    const pending = { client_id: "c9", room_id: ROOM.id, username: "alice", content: "x", created_at: "", status: "sending", error: null };
    applyEvent(state, { type: "pending_changed", pending: [pending] });
    const effect = hear(state, numbered(9, { username: "alice", client_id: "c9" }), { repeated: true });
    assert.equal(state.version, 3);
    assert.equal(effect.need, null);
    assert.deepEqual(effect.stored, ["c9"]);
    assert.deepEqual(state.pending, []);
    assert.deepEqual(ids(state), [1, 2, 3, 9]);
    // The versions in between were never told: the next live frame still shows the gap.
    assert.equal(hear(state, numbered(10)).need, "resync");
  });

  test("a heartbeat that names a higher version asks for what is missing, one that does not asks for nothing", () => {
    const state = into({ history: messages(1, 3) });
    assert.equal(applyEvent(state, { type: "heartbeat", versions: { [ROOM.id]: 3 } }).need, null);
    assert.equal(applyEvent(state, { type: "heartbeat", versions: { 8: 99 } }).need, null);
    assert.equal(applyEvent(state, { type: "heartbeat", versions: { [ROOM.id]: 4 } }).need, "resync");
  });

  test("a message of another room changes nothing here", () => {
    const state = into({ history: messages(1, 3) });
    hear(state, messageOf({ id: 50, room_id: 8, version: 4 }));
    assert.deepEqual(ids(state), [1, 2, 3]);
    assert.equal(state.version, 3);
  });

  test("an unknown type of frame changes nothing", () => {
    const state = into({ history: messages(1, 3) });
    const before = structuredClone(state);
    for (const type of ["from_the_future", "toString", "__proto__"]) applyEvent(state, { type });
    assert.deepEqual(state, before);
  });

  test("live frames before the history are left to the sync that follows it", () => {
    const state = createState();
    applyEvent(state, { type: "signed_in", username: "alice" });
    applyEvent(state, { type: "room_entered", room: ROOM });
    assert.equal(hear(state, numbered(4)).need, null);
    assert.deepEqual(ids(state), []);
    const page = { messages: messages(1, 3), version: 3, epoch: "e1" };
    const effect = applyEvent(state, { type: "history_loaded", room_id: ROOM.id, page, hasOlder: false, hasNewer: false });
    assert.equal(effect.need, "resync");
    applyEvent(state, syncFrame({ version: 4, messages: [numbered(4)] }));
    assert.deepEqual(ids(state), [1, 2, 3, 4]);
  });

  test("the history of a room that was left meanwhile is dropped", () => {
    const state = into({ history: messages(1, 3) });
    applyEvent(state, { type: "room_left" });
    applyEvent(state, { type: "room_entered", room: roomOf({ id: 8 }) });
    const page = { messages: messages(1, 3), version: 3, epoch: "e1" };
    applyEvent(state, { type: "history_loaded", room_id: ROOM.id, page, hasOlder: false, hasNewer: false });
    assert.deepEqual(ids(state), []);
    assert.equal(state.historyStatus, "loading");
  });
});

describe("sync", () => {
  test("a reset voids the window and asks for the history", () => {
    const state = into({ history: messages(1, 3) });
    const effect = applyEvent(state, syncFrame({ version: 5000, reset: true }));
    assert.equal(effect.need, "history");
    assert.deepEqual(ids(state), []);
    assert.equal(state.historyStatus, "loading");
  });

  test("another epoch is a reset, whatever the versions say", () => {
    const state = into({ history: messages(1, 3) });
    assert.equal(applyEvent(state, syncFrame({ epoch: "e2", version: 3 })).need, "history");
    assert.deepEqual(ids(state), []);
  });

  test("a sync brings changed messages too, but not those beyond an end where the history goes on", () => {
    const state = into({ history: messages(101, 103), hasOlder: true });
    const edited = { ...numbered(102), version: 104, content: "edited" };
    const beyond = { ...numbered(5), version: 105, content: "edited too" };
    applyEvent(state, syncFrame({ version: 106, messages: [edited, beyond, { ...numbered(104), version: 106 }] }));
    assert.deepEqual(ids(state), [101, 102, 103, 104]);
    assert.equal(state.messages[1].content, "edited");
    assert.equal(state.version, 106);
  });

  test("a sync that begins behind a window read again since then is not joined on", () => {
    const state = into({ history: messages(1, 10) });
    const page = { messages: messages(1, 8), version: 8, epoch: "e1" };
    applyEvent(state, { type: "history_loaded", room_id: ROOM.id, page, hasOlder: false, hasNewer: false });
    const effect = applyEvent(state, syncFrame({ asked: 10, version: 12, messages: [numbered(11), numbered(12)] }));
    assert.equal(effect.need, "resync");
    assert.equal(state.version, 8);
    applyEvent(state, syncFrame({ asked: 8, version: 12, messages: messages(9, 12) }));
    assert.deepEqual(ids(state), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  });

  test("it brings the room's newest facts along", () => {
    const state = into();
    applyEvent(state, syncFrame({ room: roomOf({ name: "renamed" }) }));
    assert.equal(state.currentRoom.name, "renamed");
    assert.equal(state.rooms[0].name, "renamed");
  });
});

describe("the window", () => {
  const pageOf = (direction, page, fields = {}) => {
    const edge = direction === "older" ? page.messages.at(-1).id + 1 : page.messages[0].id - 1;
    return { type: "page_loaded", room_id: ROOM.id, direction, edge, page: { epoch: "e1", ...page }, full: true, ...fields };
  };

  test("at the end it keeps the newest 300 and says that there is older", () => {
    const state = into({ history: messages(1, WINDOW_LIMIT) });
    hear(state, numbered(WINDOW_LIMIT + 1));
    assert.equal(state.messages.length, WINDOW_LIMIT);
    assert.equal(ids(state)[0], 2);
    assert.equal(state.hasOlder, true);
    assert.equal(state.hasNewer, false);
  });

  test("for a reader further up it keeps what they read, and says that there is newer", () => {
    const state = into({ history: messages(1, WINDOW_LIMIT) });
    applyEvent(state, { type: "scrolled", atBottom: false });
    hear(state, numbered(WINDOW_LIMIT + 1));
    assert.equal(ids(state)[0], 1);
    assert.equal(ids(state).at(-1), WINDOW_LIMIT);
    assert.equal(state.hasNewer, true);
    assert.equal(state.unseen, 1);
    hear(state, numbered(WINDOW_LIMIT + 2));
    assert.equal(state.version, WINDOW_LIMIT + 2);
    assert.equal(state.unseen, 2);
  });

  test("an older page is joined on at the top and pushes the newest out at 300", () => {
    const state = into({ history: messages(301, 600), hasOlder: true });
    applyEvent(state, { type: "scrolled", atBottom: false });
    applyEvent(state, { type: "page_requested", direction: "older" });
    assert.equal(state.loadingOlder, true);
    applyEvent(state, pageOf("older", { messages: messages(251, 300), version: 600 }));
    assert.deepEqual([ids(state)[0], ids(state).at(-1), state.messages.length], [251, 550, WINDOW_LIMIT]);
    assert.deepEqual([state.loadingOlder, state.hasOlder, state.hasNewer], [false, true, true]);
  });

  test("a short older page is the beginning", () => {
    const state = into({ history: messages(11, 20), hasOlder: true });
    applyEvent(state, pageOf("older", { messages: messages(1, 10), version: 20 }, { full: false }));
    assert.equal(state.hasOlder, false);
    assert.equal(ids(state)[0], 1);
  });

  test("a newer page that ends before a message heard live is not the end", () => {
    const state = into({ history: messages(1, 50), hasNewer: true, version: 99 });
    hear(state, { ...numbered(100) });
    applyEvent(state, pageOf("newer", { messages: messages(51, 99), version: 99 }, { full: false }));
    assert.equal(state.hasNewer, true);
    assert.deepEqual(ids(state).at(-1), 99);
    applyEvent(state, pageOf("newer", { messages: [numbered(100)], version: 100 }, { full: false }));
    assert.equal(state.hasNewer, false);
    assert.deepEqual(ids(state).at(-1), 100);
  });

  test("a page that was read before the window's version asks again from its own", () => {
    const state = into({ history: messages(51, 60), hasOlder: true });
    hear(state, numbered(61));
    const effect = applyEvent(state, pageOf("older", { messages: messages(1, 50), version: 60 }));
    assert.equal(effect.need, "resync");
    assert.equal(state.version, 60);
  });

  test("a page whose neighbour has left the window meanwhile is not joined on", () => {
    const state = into({ history: messages(51, 50 + WINDOW_LIMIT), hasOlder: true });
    hear(state, numbered(51 + WINDOW_LIMIT));
    applyEvent(state, pageOf("older", { messages: messages(1, 50), version: 51 + WINDOW_LIMIT }));
    assert.equal(ids(state)[0], 52);
    assert.equal(state.hasOlder, true);
    assert.equal(state.loadingOlder, false);
  });

  test("a page of another epoch voids the window", () => {
    const state = into({ history: messages(51, 60), hasOlder: true });
    assert.equal(applyEvent(state, pageOf("older", { messages: messages(1, 50), version: 9, epoch: "e2" })).need, "history");
    assert.equal(state.historyStatus, "loading");
  });

  test("a failed older page is shown as failed and can be asked for again", () => {
    const state = into({ history: messages(51, 60), hasOlder: true });
    applyEvent(state, { type: "page_requested", direction: "older" });
    applyEvent(state, { type: "page_failed", direction: "older" });
    assert.deepEqual([state.loadingOlder, state.olderFailed], [false, true]);
    applyEvent(state, { type: "page_requested", direction: "older" });
    assert.deepEqual([state.loadingOlder, state.olderFailed], [true, false]);
  });
});

describe("what is unread", () => {
  test("for a reader at the end of a visible tab nothing is", () => {
    const state = into({ history: messages(1, 3) });
    hear(state, numbered(4));
    assert.deepEqual([state.unseen, state.newFrom, state.lastRead], [0, null, 4]);
  });

  test("what arrives while the reader is further up is counted, and the first of it gets the line", () => {
    const state = into({ history: messages(1, 3) });
    applyEvent(state, { type: "scrolled", atBottom: false });
    hear(state, numbered(4));
    hear(state, numbered(5));
    assert.deepEqual([state.unseen, state.newFrom, state.lastRead], [2, 4, 3]);
    applyEvent(state, { type: "scrolled", atBottom: true });
    assert.deepEqual([state.unseen, state.newFrom, state.lastRead], [0, 4, 5]);
  });

  test("a hidden tab counts too, and the line moves on with the next absence", () => {
    const state = into({ history: messages(1, 3) });
    applyEvent(state, { type: "visibility_changed", visible: false });
    hear(state, numbered(4));
    applyEvent(state, { type: "visibility_changed", visible: true });
    assert.deepEqual([state.unseen, state.newFrom], [0, 4]);
    applyEvent(state, { type: "visibility_changed", visible: false });
    hear(state, numbered(5));
    assert.deepEqual([state.unseen, state.newFrom], [1, 5]);
  });

  test("one's own messages, under any spelling of the name, are never unread", () => {
    const state = into({ history: messages(1, 3) });
    applyEvent(state, { type: "visibility_changed", visible: false });
    const effect = hear(state, numbered(4, { username: "ALICE" }));
    assert.deepEqual([state.unseen, state.newFrom, effect.arrived], [0, null, []]);
  });

  test("what a connection missed gets the line even before a watching reader", () => {
    const state = into({ history: messages(1, 3) });
    applyEvent(state, syncFrame({ version: 6, messages: messages(4, 6) }));
    assert.deepEqual([state.unseen, state.newFrom], [0, 4]);
  });

  test("on a later visit the line stands before the first message of somebody else since the last", () => {
    const state = into({ history: [numbered(1), numbered(2), numbered(3, { username: "alice" }), numbered(4)], readUpTo: 2 });
    assert.equal(state.newFrom, 4);
  });

  test("without the read neighbour in the window the line is not guessed", () => {
    assert.equal(into({ history: messages(10, 20), hasOlder: true, readUpTo: 2 }).newFrom, null);
    assert.equal(into({ history: messages(10, 20), hasOlder: false, readUpTo: 2 }).newFrom, 10);
  });

  test("on a first visit there is no line", () => {
    assert.equal(into({ history: messages(1, 5), readUpTo: null }).newFrom, null);
  });

  test("who has read nothing of a room finds the line before all of it", () => {
    assert.equal(into({ history: messages(1, 5), readUpTo: 0 }).newFrom, 1);
  });
});
