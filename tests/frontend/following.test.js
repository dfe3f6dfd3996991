import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { Following, SUBSCRIBE_AGAIN_MS } from "../../frontend/js/app/following.js";
import { applyEvent, createState } from "../../frontend/js/state.js";
import { FakeClock } from "./support/clock.js";

/** A page that shows room 7 at version 5, and what it asked for. */
function begin() {
  const state = createState();
  applyEvent(state, { type: "room_entered", room: { id: 7, name: "Kitchen" } });
  const page = { messages: [], version: 5, epoch: "e1" };
  applyEvent(state, { type: "history_loaded", room_id: 7, page, hasOlder: false, hasNewer: false, readUpTo: 0 });
  const clock = new FakeClock();
  const told = { asked: [], postponed: [] };
  const following = new Following({
    state, clock,
    subscribe: (...asked) => told.asked.push(asked),
    postpone: (clientId) => told.postponed.push(clientId),
  });
  return { state, clock, told, following };
}

const error = (fields) => ({ type: "error", code: "busy", room_id: 7, ...fields });

describe("a refused subscribe", () => {
  for (const code of ["busy", "internal", "storage_full"]) {
    test(`\`${code}\` is tried again, also in a room that is followed, because something is missing there`, async () => {
      const { clock, told, following } = begin();
      following.begin(7);
      assert.equal(following.refused(error({ code })), true);
      assert.equal(following.isThere, true);
      await clock.pass(SUBSCRIBE_AGAIN_MS - 1);
      assert.deepEqual(told.asked, []);
      await clock.pass(1);
      assert.deepEqual(told.asked, [[7, 5, "e1"]]);
    });
  }

  test("is tried again as often as it is refused, with one timer", async () => {
    const { clock, told, following } = begin();
    for (let tries = 1; tries <= 3; tries += 1) {
      following.refused(error());
      following.refused(error());
      assert.equal(clock.waits.length, 1);
      await clock.pass(SUBSCRIBE_AGAIN_MS);
      assert.equal(told.asked.length, tries);
    }
  });

  test("is not tried again once it was answered, the room was left, or the connection lost", async () => {
    for (const end of [(following) => following.begin(7), (following) => following.end()]) {
      const { clock, told, following } = begin();
      following.refused(error());
      end(following);
      await clock.pass(SUBSCRIBE_AGAIN_MS);
      assert.deepEqual(told.asked, []);
    }
  });

  test("for good, in a room that is followed, is not repeated for ever", () => {
    const { clock, following } = begin();
    following.begin(7);
    following.refused(error({ code: "invalid" }));
    assert.deepEqual(clock.waits, []);
  });

  test("of another room, or one that is gone, is somebody else's to treat", () => {
    const { clock, following } = begin();
    assert.equal(following.refused(error({ room_id: 8 })), false);
    assert.equal(following.refused(error({ code: "not_found" })), false);
    assert.equal(following.refused({ type: "error", code: "busy" }), false);
    assert.deepEqual(clock.waits, []);
  });
});

describe("what may be done only in a room one is in", () => {
  test("tells, when it is refused, that one is not: the room is asked for again and the message kept", () => {
    const { told, following } = begin();
    following.begin(7);
    assert.equal(following.refused(error({ code: "not_allowed", client_id: "c1" })), true);
    assert.equal(following.isThere, false);
    assert.deepEqual(told, { asked: [[7, 5, "e1"]], postponed: ["c1"] });
  });

  test("typing counts too, and the message that was behind it is kept", () => {
    const { told, following } = begin();
    following.begin(7);
    assert.equal(following.refused(error({ code: "not_allowed" })), true);
    assert.equal(following.refused(error({ code: "not_allowed", client_id: "c1" })), true);
    assert.deepEqual(told.postponed, ["c1"]);
    assert.equal(following.isThere, false);
  });

  test("a message that is refused again in a room that is followed again is refused", () => {
    const { told, following } = begin();
    following.begin(7);
    following.refused(error({ code: "not_allowed", client_id: "c1" }));
    following.begin(7);
    assert.equal(following.refused(error({ code: "not_allowed", client_id: "c1" })), false);
    assert.deepEqual(told.postponed, ["c1"]);
    assert.equal(following.refused(error({ code: "not_allowed", client_id: "c2" })), true);
  });

  test("other refusals of a message are the outbox's to treat", () => {
    const { clock, told, following } = begin();
    following.begin(7);
    for (const code of ["too_long", "busy"]) assert.equal(following.refused(error({ code, client_id: "c1" })), false);
    assert.deepEqual([clock.waits, told.asked, following.isThere], [[], [], true]);
  });
});

test("a page follows the room it shows, and no other", () => {
  const { state, following } = begin();
  following.begin(7);
  applyEvent(state, { type: "room_left" });
  assert.equal(following.isThere, false);
  following.resync();
});
