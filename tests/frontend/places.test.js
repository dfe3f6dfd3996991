import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { othersIn, roomCall, roomTitle } from "../../frontend/js/format.js";
import { PlacesApi } from "../../frontend/js/places.js";
import { applyEvent, createState } from "../../frontend/js/state.js";
import { enter, messageOf, messages, numbered, ROOM, roomOf } from "./support/shapes.js";

describe("what a room is called", () => {
  const direct = { kind: "direct", name: "ada, bob, cleo" };
  test("a direct one by the others in it", () => {
    assert.deepEqual(othersIn(direct.name, "Bob"), ["ada", "cleo"]);
    assert.equal(roomTitle(direct, "bob"), "ada, cleo");
    assert.equal(roomCall(direct, "bob"), "ada, cleo");
  });

  test("every other by its name, with a sign in sentences", () => {
    assert.deepEqual([roomTitle(ROOM, "bob"), roomCall(ROOM, "bob")], ["general", "#general"]);
  });

  test("a direct one whose others are not known has its own name", () => {
    assert.equal(roomTitle({ kind: "direct", name: "bob" }, "bob"), "bob");
  });
});

describe("rooms in the state", () => {
  const state = () => {
    const made = createState();
    applyEvent(made, { type: "signed_in", username: "ada", user: { id: 1, username: "ada" } });
    applyEvent(made, { type: "rooms_loaded", rooms: [roomOf({ owner: "ada", role: "owner" })] });
    return made;
  };

  test("what is told to all leaves one's own role as it was", () => {
    const known = state();
    applyEvent(known, { type: "room_changed", room: roomOf({ owner: "ada", role: null, topic: "new" }) });
    assert.deepEqual([known.rooms[0].role, known.rooms[0].topic], ["owner", "new"]);
  });

  test("what is told to oneself changes it", () => {
    const known = state();
    applyEvent(known, { type: "room_changed", room: roomOf({ owner: "bob", role: "moderator" }) });
    assert.equal(known.rooms[0].role, "moderator");
    applyEvent(known, { type: "room_read", room: roomOf({ owner: "bob", role: null }) });
    assert.equal(known.rooms[0].role, null);
  });

  test("why one may not write is known for the current room, until the time is over", () => {
    const known = enter(createState, applyEvent, { history: messages(1, 3) });
    applyEvent(known, { type: "speech_refused", room_id: 8, code: "muted", until: 10 });
    assert.equal(known.hold, null);
    applyEvent(known, { type: "speech_refused", room_id: ROOM.id, code: "muted", until: 10 });
    applyEvent(known, { type: "time_passed", now: 9 });
    assert.deepEqual(known.hold, { code: "muted", until: 10 });
    applyEvent(known, { type: "time_passed", now: 10 });
    assert.equal(known.hold, null);
  });

  test("a room that is brought back may be written in again", () => {
    const known = enter(createState, applyEvent, { history: messages(1, 3) });
    applyEvent(known, { type: "speech_refused", room_id: ROOM.id, code: "archived" });
    assert.deepEqual(known.hold, { code: "archived", until: null });
    applyEvent(known, { type: "room_updated", room_id: ROOM.id, version: 4, room: roomOf({ version: 4 }) });
    assert.equal(known.hold, null);
  });

  test("messages whose time is over go from the window", () => {
    const known = enter(createState, applyEvent, { history: messages(3, 6), hasOlder: true });
    const cut = (purgedTo) => applyEvent(known, { type: "room_updated", room_id: ROOM.id, version: 7, room: roomOf({ purged_to: purgedTo }) });
    cut(2);
    assert.deepEqual([known.messages.length, known.hasOlder], [4, true]);
    cut(4);
    assert.deepEqual([known.messages.map(({ id }) => id), known.hasOlder], [[5, 6], false]);
    cut(9);
    assert.deepEqual(known.messages, []);
  });

  test("a changed message takes its place, and one that is not in the window is ignored", () => {
    const known = enter(createState, applyEvent, { history: messages(3, 5), hasOlder: true });
    const change = (message) => applyEvent(known, { type: "message_updated", room_id: ROOM.id, version: message.version, message });
    change(messageOf({ ...numbered(4), content: "better", edited_at: "t", version: 6 }));
    assert.deepEqual(known.messages.map(({ content }) => content), ["message 3", "better", "message 5"]);
    change(messageOf({ id: 99, content: "", deleted_at: "t", version: 7 }));
    change(messageOf({ id: 1, content: "", deleted_at: "t", version: 8 }));
    assert.deepEqual([known.messages.length, known.version, known.unseen, known.latestId], [3, 8, 0, 5]);
  });

  test("a link into a room is kept until somebody is in, others are not", () => {
    const known = createState();
    for (const [kind, left] of [["join", "join"], ["invite", undefined]]) {
      applyEvent(known, { type: "invited", invitation: { kind, token: "t" } });
      applyEvent(known, { type: "signed_in", username: "ada", user: { id: 1 } });
      assert.equal(known.invitation?.kind, left);
    }
  });
});

test("every call asks for what it is about, names as parts of an address", async () => {
  const asked = [];
  const api = { call: async (method, path, { body, query } = {}) => {
    asked.push([method, path, body, query]);
    return { body: [] };
  } };
  const places = new PlacesApi(api);
  await places.change(7, { archived: true });
  await places.members(7);
  await places.setMember(7, "a/b", "owner");
  await places.setMember(7, "bob");
  await places.removeMember(7, "bob");
  await places.invite(7, { uses: 1, days: 7 });
  await places.revoke(7, 3);
  await places.preview("t");
  await places.accept("t");
  await places.direct(["bob"]);
  await places.people("", { after: "bob", limit: 50 });
  await places.edit(5, "new", "ada");
  await places.erase(5, "ada");
  await places.report(5, "rude", "ada");
  assert.deepEqual(asked.map(([method, path, body, query]) => [method, path, body ?? null, query ?? null]), [
    ["PATCH", "/api/chat/rooms/7", { archived: true }, null],
    ["GET", "/api/chat/rooms/7/members", null, null],
    ["PUT", "/api/chat/rooms/7/members/a%2Fb", { role: "owner" }, null],
    ["PUT", "/api/chat/rooms/7/members/bob", {}, null],
    ["DELETE", "/api/chat/rooms/7/members/bob", null, null],
    ["POST", "/api/chat/rooms/7/invites", { uses: 1, days: 7 }, null],
    ["DELETE", "/api/chat/rooms/7/invites/3", null, null],
    ["POST", "/api/chat/invites/preview", { token: "t" }, null],
    ["POST", "/api/chat/invites/accept", { token: "t" }, null],
    ["POST", "/api/chat/direct", { usernames: ["bob"] }, null],
    ["GET", "/api/users", null, { query: undefined, after: "bob", limit: 50 }],
    ["PATCH", "/api/chat/messages/5", { content: "new" }, { username: "ada" }],
    ["DELETE", "/api/chat/messages/5", null, { username: "ada" }],
    ["POST", "/api/chat/messages/5/report", { reason: "rude" }, { username: "ada" }],
  ]);
});
