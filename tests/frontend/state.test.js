import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { applyEvent, createState, PRESENCE_LINE_LIMIT, TYPING_MS } from "../../frontend/js/state.js";
import { enter, messageFrame, messages, numbered, ROOM, roomOf, syncFrame } from "./support/shapes.js";

const into = (options) => enter(createState, applyEvent, options);
const hear = (state, message, fields) => applyEvent(state, messageFrame(message, fields));

describe("people", () => {
  test("the list of users is the server's word", () => {
    const state = into();
    applyEvent(state, { type: "user_list", room_id: ROOM.id, users: ["alice", "bob"], guests: ["bob"] });
    assert.deepEqual([state.users, state.guests], [["alice", "bob"], ["bob"]]);
    applyEvent(state, { type: "user_list", room_id: 8, users: [], guests: [] });
    assert.deepEqual(state.users, ["alice", "bob"]);
  });

  test("join and leave change the list and leave a line behind the newest message", () => {
    const state = into({ history: messages(1, 3) });
    applyEvent(state, { type: "join", room_id: ROOM.id, username: "bob", guest: true, timestamp: "t1" });
    applyEvent(state, { type: "join", room_id: ROOM.id, username: "Bob", guest: true, timestamp: "t2" });
    applyEvent(state, { type: "leave", room_id: ROOM.id, username: "BOB", guest: true, timestamp: "t3" });
    assert.deepEqual([state.users, state.guests], [[], []]);
    assert.deepEqual(state.events.map(({ kind, username, afterId }) => [kind, username, afterId]),
      [["join", "bob", 3], ["join", "Bob", 3], ["leave", "BOB", 3]]);
    assert.equal(new Set(state.events.map(({ id }) => id)).size, 3);
  });

  test("one's own coming leaves no line", () => {
    const state = into();
    applyEvent(state, { type: "join", room_id: ROOM.id, username: "Alice", guest: true, timestamp: "t" });
    assert.deepEqual(state.events, []);
    assert.deepEqual(state.users, ["Alice"]);
  });

  test("at most fifty lines are kept, the newest", () => {
    const state = into();
    for (let index = 0; index <= PRESENCE_LINE_LIMIT; index += 1) {
      applyEvent(state, { type: "join", room_id: ROOM.id, username: `guest ${index}`, guest: true, timestamp: "t" });
    }
    assert.equal(state.events.length, PRESENCE_LINE_LIMIT);
    assert.equal(state.events.at(-1).username, `guest ${PRESENCE_LINE_LIMIT}`);
  });

  test("typing is shown for a while, once per person, and ends with their message or their leaving", () => {
    const state = into({ history: messages(1, 3) });
    const type = (username, now) => applyEvent(state, { type: "typing", room_id: ROOM.id, username, now });
    type("bob", 0);
    type("Bob", 1000);
    type("eve", 1000);
    type("alice", 1000);
    assert.deepEqual(state.typing.map(({ username }) => username), ["Bob", "eve"]);
    applyEvent(state, { type: "time_passed", now: TYPING_MS });
    assert.equal(state.typing.length, 2);
    applyEvent(state, { type: "time_passed", now: 1000 + TYPING_MS });
    assert.deepEqual(state.typing, []);
    type("bob", 9000);
    type("eve", 9000);
    hear(state, numbered(4));
    assert.deepEqual(state.typing.map(({ username }) => username), ["eve"]);
    applyEvent(state, { type: "leave", room_id: ROOM.id, username: "eve", guest: true, timestamp: "t" });
    assert.deepEqual(state.typing, []);
  });
});

describe("pending messages", () => {
  const pending = (clientId, fields) =>
    ({ client_id: clientId, room_id: ROOM.id, username: "alice", content: clientId, created_at: "", status: "sending", error: null, ...fields });
  const queue = (state, ...clientIds) => applyEvent(state, { type: "pending_changed", pending: clientIds.map((id) => pending(id)) });
  const pendingIds = (state) => state.pending.map(({ client_id: clientId }) => clientId);
  const own = (id, fields) => numbered(id, { username: "Alice", client_id: `c${id}`, ...fields });

  test("they keep the order they were written in", () => {
    const state = into();
    queue(state, "c2", "c1");
    assert.deepEqual(pendingIds(state), ["c2", "c1"]);
  });

  test("each is settled by the same author's message with its client_id, live, by sync and by history", () => {
    const state = into({ history: messages(1, 3) });
    queue(state, "c4", "c5", "c6");
    assert.deepEqual(hear(state, own(4)).stored, ["c4"]);
    assert.deepEqual(pendingIds(state), ["c5", "c6"]);
    assert.deepEqual(applyEvent(state, syncFrame({ version: 5, messages: [own(5)] })).stored, ["c5"]);
    assert.deepEqual(pendingIds(state), ["c6"]);
    const page = { messages: [own(6)], version: 6, epoch: "e1" };
    const effect = applyEvent(state, { type: "history_loaded", room_id: ROOM.id, page, hasOlder: false, hasNewer: false });
    assert.deepEqual(effect.stored, ["c6"]);
    assert.deepEqual(pendingIds(state), []);
  });

  test("somebody else's message with the same client_id settles nothing", () => {
    const state = into({ history: messages(1, 3) });
    queue(state, "c4");
    assert.deepEqual(hear(state, own(4, { username: "mallory" })).stored, []);
    assert.deepEqual(pendingIds(state), ["c4"]);
  });

  test("a message held back by a jump settles nothing until it is shown", () => {
    const state = into({ history: messages(1, 3) });
    queue(state, "c5");
    assert.deepEqual(hear(state, own(5)).stored, []);
    assert.deepEqual(pendingIds(state), ["c5"]);
  });

  test("an outbox that has not heard yet does not bring one back", () => {
    const state = into({ history: messages(1, 3) });
    queue(state, "c4");
    hear(state, own(4));
    queue(state, "c4", "c5");
    assert.deepEqual(pendingIds(state), ["c5"]);
  });

  test("the answer to a message into a room that was left settles it all the same", () => {
    const state = into({ history: messages(1, 3) });
    assert.deepEqual(hear(state, own(9, { room_id: 8 })).stored, ["c9"]);
  });
});

describe("rooms", () => {
  test("the list follows what happens to rooms, in the order of their creation", () => {
    const state = into();
    applyEvent(state, { type: "room_created", room: roomOf({ id: 8, name: "second" }) });
    applyEvent(state, { type: "room_changed", room: roomOf({ online: 5 }) });
    applyEvent(state, { type: "room_created", room: roomOf({ id: 8, name: "second" }) });
    assert.deepEqual(state.rooms.map(({ id, online }) => [id, online]), [[7, 5], [8, 1]]);
    assert.equal(state.currentRoom, state.rooms[0]);
    applyEvent(state, { type: "room_removed", room: roomOf({ id: 8 }) });
    assert.deepEqual(state.rooms.map(({ id }) => id), [7]);
  });

  test("the current room's deletion leaves nothing but a notice with the server's words, told once or twice", () => {
    for (const order of [[0, 1], [1, 0]]) {
      const state = into({ history: messages(1, 3) });
      const told = [
        { type: "room_deleted", room_id: ROOM.id, message: "#general was deleted by ada." },
        { type: "room_removed", room: ROOM },
      ];
      for (const index of order) applyEvent(state, told[index]);
      assert.deepEqual(state.notice, { kind: "roomDeleted", code: "not_found", text: "#general was deleted by ada." });
      assert.deepEqual([state.messages, state.users, state.rooms], [[], [], []]);
      assert.equal(state.currentRoom.id, ROOM.id);
    }
  });

  test("a list that cannot be read is an error only while there is none", () => {
    const state = createState();
    applyEvent(state, { type: "rooms_failed" });
    assert.equal(state.roomsStatus, "error");
    applyEvent(state, { type: "rooms_loading" });
    assert.equal(state.roomsStatus, "loading");
    applyEvent(state, { type: "rooms_loaded", rooms: [ROOM] });
    applyEvent(state, { type: "rooms_loading" });
    applyEvent(state, { type: "rooms_failed" });
    assert.equal(state.roomsStatus, "ready");
  });

  test("entering another room leaves nothing of the last one behind", () => {
    const state = into({ history: messages(1, 3) });
    applyEvent(state, { type: "user_list", room_id: ROOM.id, users: ["bob"], guests: [] });
    applyEvent(state, { type: "room_entered", room: roomOf({ id: 8 }) });
    const fresh = createState();
    applyEvent(fresh, { type: "signed_in", username: "alice" });
    applyEvent(fresh, { type: "rooms_loaded", rooms: [ROOM] });
    applyEvent(fresh, { type: "room_entered", room: roomOf({ id: 8 }) });
    assert.deepEqual(state, fresh);
  });
});

describe("the page", () => {
  test("the state has the seed's keys", () => {
    for (const key of ["username", "currentRoom", "websocket", "rooms", "messages", "users"]) {
      assert.ok(key in createState(), key);
    }
  });

  test("signing out leaves a state as new, but for the tab and the connection", () => {
    const state = into({ history: messages(1, 3) });
    applyEvent(state, { type: "connection_changed", status: "closed" });
    applyEvent(state, { type: "signed_out" });
    assert.deepEqual(state, { ...createState(), connection: "closed" });
  });

  test("a refused login says why, and the next try forgets it", () => {
    const state = createState();
    applyEvent(state, { type: "login_started" });
    assert.deepEqual(state.login, { busy: true, error: null });
    applyEvent(state, { type: "login_refused", code: "name_invalid" });
    assert.deepEqual([state.screen, state.login], ["login", { busy: false, error: "name_invalid" }]);
    applyEvent(state, { type: "login_started" });
    assert.deepEqual(state.login, { busy: true, error: null });
  });
});
