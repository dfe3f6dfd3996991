import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { applyEvent, createState } from "../../frontend/js/state.js";
import { isOwn } from "../../frontend/js/state/messages.js";
import { buildDays } from "../../frontend/js/views/items.js";
import { enter, messageFrame, numbered } from "./support/shapes.js";

const USER = { id: 5, username: "alice", display_name: "Alice", hue: null };
const asAccount = (state) => applyEvent(state, { type: "signed_in", username: "alice", user: USER });

describe("one's own messages", () => {
  test("are those under one's name, of a guest if one is one, of an account if one has one", () => {
    const guest = { username: "alice", user: null };
    const account = { username: "alice", user: USER };
    for (const [who, message, own] of [
      [guest, { username: "Alice", guest: true }, true], [guest, { username: "alice", guest: false }, false],
      [account, { username: "alice", guest: false }, true], [account, { username: "alice", guest: true }, false],
      [guest, { username: "bob", guest: true }, false], [{ username: null, user: null }, { username: "bob", guest: true }, false],
    ]) assert.equal(isOwn(who, message), own, JSON.stringify([who, message]));
  });

  test("are not what a guest wrote under the account's name: it is news, and settles nothing", () => {
    const state = enter(createState, applyEvent);
    asAccount(state);
    const pending = { client_id: "c1", room_id: 7, username: "alice", account: 5, content: "mine", status: "sending" };
    applyEvent(state, { type: "pending_changed", pending: [pending] });
    const strange = applyEvent(state, messageFrame(numbered(1, { username: "alice", client_id: "c1", guest: true })));
    assert.deepEqual([strange.stored, strange.arrived.length, state.pending.length], [[], 1, 1]);
    const own = applyEvent(state, messageFrame(numbered(2, { username: "alice", client_id: "c1", guest: false })));
    assert.deepEqual([own.stored, own.arrived, state.pending], [["c1"], [], []]);
  });

  test("do not stand in one group with those of the guest who had the name before", () => {
    const messages = [numbered(1, { guest: true }), numbered(2, { guest: true }), numbered(3, { guest: false })];
    const data = { messages, pending: [], events: [], newFrom: null, username: "alice", hasOlder: false, hasNewer: false };
    const [day] = buildDays(data);
    assert.deepEqual(day.items.map(({ grouped }) => grouped), [false, true, false]);
  });
});

describe("a session that ends", () => {
  test("leaves the page as it is, and what follows is a person again", () => {
    const state = enter(createState, applyEvent, { history: [numbered(1)] });
    asAccount(state);
    applyEvent(state, { type: "session_ended" });
    assert.deepEqual([state.isEnded, state.currentRoom?.id, state.messages.length, state.user], [true, 7, 1, USER]);
    asAccount(state);
    assert.deepEqual([state.isEnded, state.currentRoom?.id], [false, 7]);
  });

  test("an invitation is used up by coming in", () => {
    const state = createState();
    applyEvent(state, { type: "invited", invitation: { kind: "invite", token: "t" } });
    assert.equal(state.invitation.token, "t");
    asAccount(state);
    assert.equal(state.invitation, null);
  });
});

test("who comes and goes is marked as a guest or not", () => {
  const state = enter(createState, applyEvent);
  const told = { room_id: 7, timestamp: "2026-05-03T10:00:00Z" };
  applyEvent(state, { type: "join", username: "bob", guest: true, ...told });
  applyEvent(state, { type: "leave", username: "eve", guest: false, ...told });
  assert.deepEqual(state.events.map(({ username, guest }) => [username, guest]), [["bob", true], ["eve", false]]);
  const data = { messages: [], pending: [], events: state.events, newFrom: null, username: "alice", hasOlder: false, hasNewer: false };
  assert.deepEqual(buildDays(data)[0].items[0].guests, ["bob"]);
});
