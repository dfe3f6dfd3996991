import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { rightsIn } from "../../frontend/js/rights.js";
import { applyToKept, createKept } from "../../frontend/js/state/kept.js";

const ROOM = 7;

/** A message of the room as it is told, pinned at some second or not at all. */
const message = (id, version, second = null) => ({
  id, room_id: ROOM, version, deleted_at: null,
  pinned_at: second === null ? null : `2026-01-31T12:00:0${second}.000000Z`,
});
const updated = (told) => ({ type: "message_updated", room_id: told.room_id, version: told.version, message: told });
const idsOf = (kept) => kept.pins.map(({ id }) => id);

/** What is kept by somebody who has come into the room; its pins are being read. */
function inRoom() {
  const kept = createKept();
  assert.deepEqual(applyToKept(kept, { type: "room_entered", room: { id: ROOM } }), []);
  assert.deepEqual(applyToKept(kept, { type: "history_loaded", room_id: ROOM }), ["pins"]);
  return kept;
}

describe("the pins of a room", () => {
  it("are read once, behind its history, and again after a reset", () => {
    const kept = inRoom();
    assert.deepEqual(applyToKept(kept, { type: "history_loaded", room_id: ROOM }), []);
    applyToKept(kept, { type: "sync", room_id: ROOM, reset: true, messages: [] });
    assert.equal(kept.pins, null);
    assert.deepEqual(applyToKept(kept, { type: "history_loaded", room_id: ROOM }), ["pins"]);
  });

  it("follow frames, the one pinned last first, and only those of the room", () => {
    const kept = inRoom();
    applyToKept(kept, { type: "pins_loaded", room_id: ROOM, pins: [message(3, 9, 5), message(1, 8, 2)] });
    applyToKept(kept, updated(message(2, 10, 7)));
    applyToKept(kept, { ...updated(message(4, 11, 8)), room_id: ROOM + 1 });
    assert.deepEqual(idsOf(kept), [2, 3, 1]);
    applyToKept(kept, { type: "sync", room_id: ROOM, reset: false, messages: [message(3, 12), message(1, 13, 9)] });
    assert.deepEqual(idsOf(kept), [1, 2]);
  });

  it("go with the beginning of their room", () => {
    const kept = inRoom();
    applyToKept(kept, { type: "pins_loaded", room_id: ROOM, pins: [message(3, 9, 5), message(1, 8, 2)] });
    applyToKept(kept, { type: "room_updated", room: { id: ROOM + 1, purged_to: 9 } });
    assert.deepEqual(idsOf(kept), [3, 1]);
    applyToKept(kept, { type: "room_updated", room: { id: ROOM, purged_to: 1 } });
    assert.deepEqual(idsOf(kept), [3]);
    applyToKept(kept, { type: "sync", room_id: ROOM, reset: false, messages: [], room: { id: ROOM, purged_to: 3 } });
    assert.deepEqual(idsOf(kept), []);
  });

  it("are the same list where a frame changes nothing", () => {
    const kept = inRoom();
    applyToKept(kept, { type: "pins_loaded", room_id: ROOM, pins: [message(3, 9, 5)] });
    const { pins } = kept;
    applyToKept(kept, updated(message(8, 10)));
    applyToKept(kept, updated(message(3, 9, 5)));
    assert.equal(kept.pins, pins);
  });

  it("take what was told while they were read, unless that is older", () => {
    const kept = inRoom();
    applyToKept(kept, updated(message(1, 10)));
    applyToKept(kept, updated(message(2, 11, 6)));
    applyToKept(kept, updated(message(3, 12)));
    // The server read them after the first and before the last of these.
    applyToKept(kept, { type: "pins_loaded", room_id: ROOM, pins: [message(1, 13, 8), message(3, 9, 5)] });
    assert.deepEqual(idsOf(kept), [1, 2]);
  });

  it("take it also where an earlier reading has come in between", () => {
    const kept = inRoom();
    applyToKept(kept, { type: "sync", room_id: ROOM, reset: true, messages: [] });
    applyToKept(kept, { type: "pins_loaded", room_id: ROOM, pins: [message(1, 8, 2)] });
    applyToKept(kept, { type: "history_loaded", room_id: ROOM });
    applyToKept(kept, updated(message(2, 11, 6)));
    applyToKept(kept, { type: "pins_loaded", room_id: ROOM, pins: [message(3, 9, 5)] });
    assert.deepEqual(idsOf(kept), [2, 3]);
  });

  it("are not those of another room that was read meanwhile", () => {
    const kept = inRoom();
    applyToKept(kept, { type: "room_entered", room: { id: 8 } });
    applyToKept(kept, { type: "pins_loaded", room_id: ROOM, pins: [message(3, 9, 5)] });
    assert.equal(kept.pins, null);
    applyToKept(kept, { type: "room_left" });
    assert.equal(kept.roomId, null);
  });
});

describe("what somebody has saved", () => {
  it("is read for who has an account, and again on every new connection", () => {
    const kept = createKept();
    assert.deepEqual(applyToKept(kept, { type: "reader_changed", userId: null }), []);
    assert.deepEqual(applyToKept(kept, { type: "websocket_opened" }), []);
    assert.deepEqual(applyToKept(kept, { type: "reader_changed", userId: 5 }), ["saved"]);
    assert.deepEqual(applyToKept(kept, { type: "websocket_opened" }), ["saved"]);
  });

  it("is what was heard last, also while it was read, and goes with a deleted message", () => {
    const kept = inRoom();
    applyToKept(kept, { type: "reader_changed", userId: 5 });
    applyToKept(kept, { type: "saved_loading" });
    applyToKept(kept, { type: "saved", message_id: 4, on: true });
    applyToKept(kept, { type: "saved", message_id: 2, on: false });
    applyToKept(kept, { type: "saved_loaded", ids: [3, 2] });
    assert.deepEqual([...kept.saved].sort(), [3, 4]);
    const { saved } = kept;
    applyToKept(kept, { type: "saved", message_id: 4, on: true });
    assert.equal(kept.saved, saved);
    applyToKept(kept, updated({ ...message(3, 9), deleted_at: "2026-01-31T12:00:00.000000Z" }));
    assert.deepEqual([...kept.saved], [4]);
  });
});

describe("who may pin", () => {
  const may = (room, user = null) => rightsIn({ kind: "public", owner: "olga", role: null, archived_at: null, ...room }, user).pin;

  it("is who looks after the room, or everybody where nobody does", () => {
    assert.equal(may({}), false);
    assert.equal(may({ role: "member" }), false);
    assert.equal(may({ role: "moderator" }), true);
    assert.equal(may({}, { role: "administrator" }), true);
    assert.equal(may({ owner: null }), true);
    assert.equal(may({ kind: "direct", owner: null, role: "member" }), true);
    assert.equal(may({ kind: "private", owner: null, role: "member" }), false);
    assert.equal(may({ owner: null, archived_at: "2026-01-31T12:00:00.000000Z" }), false);
  });
});
