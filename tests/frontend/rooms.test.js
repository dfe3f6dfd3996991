import assert from "node:assert/strict";
import { test } from "node:test";

import { RoomList } from "../../frontend/js/app/rooms.js";
import { applyEvent, createState } from "../../frontend/js/state.js";
import { settled } from "./support/clock.js";
import { refusal } from "./support/outbox.js";
import { ROOM, roomOf } from "./support/shapes.js";

/** A list of rooms behind an API whose answers the test gives. */
function listOf() {
  const state = createState();
  applyEvent(state, { type: "signed_in", username: "alice" });
  const calls = [];
  const call = (what) => (...details) => new Promise((resolve, reject) => {
    calls.push({ what, details, resolve, reject });
  });
  const api = { listRooms: call("list"), createRoom: call("create"), deleteRoom: call("delete") };
  const apply = (event) => applyEvent(state, event);
  const rooms = new RoomList({ api, state, apply });
  const hear = (frame) => {
    rooms.hear(frame);
    apply(frame);
  };
  return { state, calls, rooms, hear, ids: () => state.rooms.map(({ id }) => id) };
}

test("the list is the server's", async () => {
  const { state, calls, rooms, ids } = listOf();
  const loading = rooms.load();
  assert.equal(state.roomsStatus, "loading");
  calls[0].resolve([ROOM, roomOf({ id: 8 })]);
  await loading;
  assert.deepEqual([state.roomsStatus, ids()], ["ready", [7, 8]]);
});

test("what happens while the list is on its way is not overwritten by it", async () => {
  const { calls, rooms, hear, ids } = listOf();
  const loading = rooms.load();
  hear({ type: "room_created", room: roomOf({ id: 9 }) });
  hear({ type: "room_removed", room: ROOM });
  calls[0].resolve([ROOM, roomOf({ id: 8 })]);
  await loading;
  assert.deepEqual(ids(), [8, 9]);
});

test("a wish during a reading is granted after it, once", async () => {
  const { calls, rooms, ids } = listOf();
  const loading = rooms.load();
  await rooms.load();
  await rooms.load();
  assert.equal(calls.length, 1);
  calls[0].resolve([ROOM]);
  await settled();
  assert.equal(calls.length, 2);
  calls[1].resolve([ROOM, roomOf({ id: 8 })]);
  await loading;
  assert.deepEqual([calls.length, ids()], [2, [7, 8]]);
});

test("a list that cannot be read says so, and the next try reads it", async () => {
  const { state, calls, rooms } = listOf();
  const loading = rooms.load();
  calls[0].reject(refusal("network"));
  await loading;
  assert.equal(state.roomsStatus, "error");
  const again = rooms.load();
  calls[1].resolve([]);
  await again;
  assert.equal(state.roomsStatus, "ready");
});

test("a new room is in the list at once, and a refusal goes to who asked", async () => {
  const { calls, rooms, ids } = listOf();
  const creating = rooms.create("new");
  calls[0].resolve(roomOf({ id: 9 }));
  assert.deepEqual([await creating, ids()], [9, [9]]);
  const refused = rooms.create("new");
  calls[1].reject(refusal("room_exists"));
  await assert.rejects(refused, { code: "room_exists" });
});

test("a deletion names who deletes, and is known as one's own while it lasts", async () => {
  const { calls, rooms, hear } = listOf();
  hear({ type: "room_created", room: ROOM });
  const deleting = rooms.delete(ROOM.id);
  assert.ok(rooms.isDeleting(ROOM.id));
  assert.deepEqual(calls[0].details, [ROOM.id, "alice"]);
  calls[0].resolve();
  assert.equal(await deleting, "general");
  assert.ok(!rooms.isDeleting(ROOM.id));
  const refused = rooms.delete(8);
  calls[1].reject(refusal("not_found"));
  await assert.rejects(refused, { code: "not_found" });
  assert.ok(!rooms.isDeleting(8));
});
