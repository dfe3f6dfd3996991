import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { AROUND, History, PAGE } from "../../frontend/js/app/history.js";
import { applyEvent, createState } from "../../frontend/js/state.js";
import { FakeClock, settled } from "./support/clock.js";
import { refusal } from "./support/outbox.js";
import { messages, ROOM, roomOf } from "./support/shapes.js";

/** A room of `total` messages behind an API whose answers the test gives, or that answers by itself. */
function historyOf(total, { isPatient = false, prepare } = {}) {
  const state = createState();
  const clock = new FakeClock();
  const all = messages(1, total);
  const calls = [];
  const refused = [];
  const answer = ({ limit, before, after, around }) => {
    if (before) return all.filter(({ id }) => id < before).slice(-limit);
    if (after) return all.filter(({ id }) => id > after).slice(0, limit);
    if (around) {
      const older = all.filter(({ id }) => id <= around);
      const newer = all.filter(({ id }) => id > around);
      const takeNewer = Math.min(newer.length, Math.max(limit / 2, limit - older.length));
      return [...older.slice(-(limit - takeNewer)), ...newer.slice(0, takeNewer)];
    }
    return all.slice(-limit);
  };
  const api = {
    listMessages: (roomId, query, signal) => new Promise((resolve, reject) => {
      const call = { roomId, query, signal, reject, resolve: () => resolve({ messages: answer(query), version: total, epoch: "e1" }) };
      calls.push(call);
      if (isPatient) return;
      call.resolve();
    }),
  };
  const apply = (event) => applyEvent(state, event);
  apply({ type: "signed_in", username: "alice" });
  apply({ type: "room_entered", room: ROOM });
  const history = new History({ api, state, clock, apply, onRefused: (code) => refused.push(code), ...(prepare ? { prepare } : {}) });
  return { state, clock, calls, refused, history, apply, all };
}
const ends = ({ messages: window, hasOlder, hasNewer }) => [window[0]?.id, window.at(-1)?.id, hasOlder, hasNewer];

describe("entering", () => {
  test("reads the newest page", async () => {
    const { state, calls, history } = historyOf(120);
    assert.equal(await history.enter(), true);
    assert.deepEqual(ends(state), [71, 120, true, false]);
    assert.deepEqual(calls.map(({ query }) => query), [{ limit: PAGE }]);
  });

  test("shows what it has read when that can be shown, and not in a room that was left meanwhile", async () => {
    const waits = [];
    const { state, history } = historyOf(20, { prepare: (read) => new Promise((resolve) => waits.push({ read, resolve })) });
    const entered = history.enter();
    await settled();
    assert.equal(state.historyStatus, "loading");
    assert.deepEqual(waits[0].read.map(({ id }) => id), Array.from({ length: 20 }, (_, at) => at + 1));
    waits[0].resolve();
    assert.equal(await entered, true);
    assert.equal(state.historyStatus, "ready");
    const again = history.enter();
    await settled();
    history.leave();
    waits[1].resolve();
    assert.equal(await again, false);
    assert.equal(state.historyStatus, "loading");
  });

  test("a room of less than a page is whole", async () => {
    const { state, history } = historyOf(20);
    await history.enter();
    assert.deepEqual(ends(state), [1, 20, false, false]);
  });

  test("at a message reads its neighbours on both sides", async () => {
    const { state, history } = historyOf(500);
    await history.enter({ around: 250 });
    assert.deepEqual(ends(state), [201, 300, true, true]);
  });

  test("at a message near an end knows that end", async () => {
    for (const [around, expected] of [[10, [1, 100, false, true]], [490, [401, 500, true, false]]]) {
      const { state, history } = historyOf(500);
      await history.enter({ around });
      assert.deepEqual(ends(state), expected);
    }
  });

  test("after a long absence begins where the reader stopped, with the line there", async () => {
    const { state, calls, history } = historyOf(500);
    await history.enter({ readUpTo: 250 });
    assert.deepEqual(ends(state), [201, 300, true, true]);
    assert.equal(state.newFrom, 251);
    assert.deepEqual(calls.map(({ query }) => query), [{ limit: PAGE }, { limit: AROUND, around: 250 }]);
  });

  test("after a short absence shows the end, with the line in it", async () => {
    const { state, history } = historyOf(500);
    await history.enter({ readUpTo: 480 });
    assert.deepEqual(ends(state), [451, 500, true, false]);
    assert.equal(state.newFrom, 481);
  });

  test("that fails says so, and can be tried again", async () => {
    const { state, calls, history } = historyOf(20, { isPatient: true });
    const entering = history.enter();
    calls[0].reject(refusal("network"));
    assert.equal(await entering, false);
    assert.equal(state.historyStatus, "error");
    const again = history.enter();
    assert.equal(state.historyStatus, "loading");
    calls[1].resolve();
    assert.equal(await again, true);
    assert.equal(state.historyStatus, "ready");
  });

  test("a room that is not there, or not open, is told", async () => {
    for (const code of ["not_found", "not_allowed"]) {
      const { calls, refused, history } = historyOf(20, { isPatient: true });
      const entering = history.enter();
      calls[0].reject(refusal(code));
      assert.equal(await entering, false);
      assert.deepEqual(refused, [code]);
    }
  });

  test("an answer that comes after the reader has left reaches nobody", async () => {
    const { state, calls, history, apply } = historyOf(20, { isPatient: true });
    const entering = history.enter();
    history.leave();
    apply({ type: "room_left" });
    apply({ type: "room_entered", room: roomOf({ id: 8 }) });
    assert.ok(calls[0].signal.aborted);
    calls[0].resolve();
    assert.equal(await entering, false);
    assert.equal(state.historyStatus, "loading");
    assert.deepEqual(state.messages, []);
  });
});

describe("paging", () => {
  test("goes to the beginning and back to the end without a hole or a repetition", async () => {
    const { state, history } = historyOf(500);
    await history.enter();
    while (state.hasOlder) await history.page("older");
    assert.deepEqual(ends(state), [1, 300, false, true]);
    while (state.hasNewer) await history.page("newer");
    assert.deepEqual(ends(state), [201, 500, true, false]);
    assert.deepEqual(state.messages, messages(201, 500));
  });

  test("asks once per direction at a time", async () => {
    const { calls, history } = historyOf(500, { isPatient: true });
    const entering = history.enter({ around: 250 });
    calls[0].resolve();
    await entering;
    const asked = [history.page("older"), history.page("older"), history.page("newer"), history.page("newer")];
    assert.deepEqual(calls.slice(1).map(({ query }) => query), [{ limit: PAGE, before: 201 }, { limit: PAGE, after: 300 }]);
    calls[1].resolve();
    calls[2].resolve();
    assert.deepEqual(await Promise.all(asked), [true, true, true, true]);
  });

  test("asks for nothing behind the ends, or before there is a window", async () => {
    const { calls, history } = historyOf(20);
    assert.equal(await history.page("older"), false);
    await history.enter();
    assert.deepEqual([await history.page("older"), await history.page("newer"), calls.length], [false, false, 1]);
  });

  test("an older page that fails is told and left to the reader", async () => {
    const { state, clock, calls, history } = historyOf(500, { isPatient: true });
    const entering = history.enter();
    calls[0].resolve();
    await entering;
    const asked = history.page("older");
    calls[1].reject(refusal("network"));
    assert.equal(await asked, false);
    assert.deepEqual([state.olderFailed, state.loadingOlder, clock.waits], [true, false, []]);
  });

  test("a newer page that fails is asked for again by itself, until the reader leaves", async () => {
    const { state, clock, calls, history } = historyOf(500, { isPatient: true });
    const entering = history.enter({ around: 250 });
    calls[0].resolve();
    await entering;
    const asked = history.page("newer");
    for (const tries of [2, 3, 4]) {
      calls.at(-1).reject(refusal("network"));
      await settled();
      assert.equal(state.loadingNewer, true);
      await clock.pass(3000);
      assert.equal(calls.length, tries + 1);
    }
    calls.at(-1).reject(refusal("network"));
    await settled();
    history.leave();
    assert.equal(await asked, false);
    assert.deepEqual(clock.waits, []);
  });
});

describe("jumping", () => {
  test("to a message that is here reads nothing", async () => {
    const { calls, history } = historyOf(100);
    await history.enter();
    assert.equal(await history.jumpTo(80), true);
    assert.equal(calls.length, 1);
  });

  test("to a message that is not here reads its neighbours", async () => {
    const { state, history } = historyOf(500);
    await history.enter();
    assert.equal(await history.jumpTo(250), true);
    assert.deepEqual(ends(state), [201, 300, true, true]);
  });

  test("to a message that is nowhere says so, but not of one that could not be looked for", async () => {
    const { history } = historyOf(500);
    await history.enter();
    assert.equal(await history.jumpTo(9999), false);
    const { history: cutOff, calls } = historyOf(500, { isPatient: true });
    const jump = cutOff.jumpTo(250);
    calls[0].reject(refusal("network"));
    assert.equal(await jump, null);
  });

  test("to the end reads the newest page, and nothing when it is here", async () => {
    const { state, calls, history } = historyOf(500);
    await history.enter({ around: 250 });
    assert.equal(await history.jumpToLatest(), true);
    assert.deepEqual(ends(state), [451, 500, true, false]);
    assert.equal(await history.jumpToLatest(), true);
    assert.equal(calls.length, 2);
  });

  test("forgets the pages under way, which continue another window", async () => {
    const { state, calls, history } = historyOf(500, { isPatient: true });
    const entering = history.enter({ around: 250 });
    calls[0].resolve();
    await entering;
    const page = history.page("older");
    const jump = history.jumpToLatest();
    calls[1].resolve();
    calls[2].resolve();
    assert.deepEqual(await Promise.all([page, jump]), [false, true]);
    assert.deepEqual(ends(state), [451, 500, true, false]);
    assert.equal(state.loadingOlder, false);
  });
});
