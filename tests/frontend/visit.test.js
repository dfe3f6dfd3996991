import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { Memory } from "../../frontend/js/app/memory.js";
import { DrawQueue } from "../../frontend/js/app/queue.js";
import { Visit } from "../../frontend/js/app/visit.js";
import { applyEvent, createState, TYPING_MS } from "../../frontend/js/state.js";
import { FakeClock, settled } from "./support/clock.js";
import { refusal } from "./support/outbox.js";
import { messages, ROOM } from "./support/shapes.js";

/** A visit of alice to a room of 500 messages, and all that it asked of the views and the server. */
function visitOf() {
  const clock = new FakeClock();
  const state = createState();
  const done = [];
  const items = new Map();
  const storage = {
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
  };
  const memory = new Memory(() => storage, () => storage);
  const say = (what) => (...details) => void done.push([what, ...details]);
  const view = { scrollToMessage: say("scroll to"), restoreAnchor: say("restore"), scrollToLatest: say("latest"), setDraft: say("draft") };
  const screens = {
    show: () => Promise.resolve(true), prepare: () => Promise.resolve(), messages: view, composer: view,
    act: say("act"), replies: { take: () => page.answered }, loadReplies: () => Promise.resolve({ resume: say("resume") }),
  };
  const page = { hidden: false, following: true };
  const apply = (event) => applyEvent(state, event);
  const all = messages(1, 500);
  const api = {
    listMessages: (_room, { limit, around }) => (page.isCutOff ? Promise.reject(refusal("network")) : Promise.resolve({
      messages: around ? all.slice(Math.max(0, around - 50), around + 50) : all.slice(-limit), version: 500, epoch: "e1",
    })),
  };
  const queue = new DrawQueue({ draw: say("draw"), clock, isHidden: () => page.hidden });
  const outbox = { add: say("add"), pendingOf: () => [] };
  const send = (frame) => done.push(["send", frame.type]) > 0;
  const visit = new Visit({ state, api, memory, screens, queue, outbox, clock, apply, send, isFollowing: () => page.following });
  apply({ type: "signed_in", username: "alice" });
  apply({ type: "room_entered", room: ROOM });
  return { visit, state, clock, memory, done, page, queue, apply, only: (what) => done.filter(([verb]) => verb === what).map(([, ...rest]) => rest) };
}

describe("coming in", () => {
  test("the text that was not sent is in the box", async () => {
    const { visit, memory, only } = visitOf();
    memory.setDraft(ROOM.id, "half a thought");
    await visit.enter(null);
    assert.deepEqual(only("draft"), [["half a thought"]]);
  });

  test("without an anchor the view finds the place by itself", async () => {
    const { visit, only } = visitOf();
    await visit.enter(null);
    assert.deepEqual([only("restore"), only("scroll to")], [[], []]);
  });

  test("the reader is put back to where they were", async () => {
    const { visit, state, memory, only } = visitOf();
    memory.setAnchor(ROOM.id, { id: 200, offset: 12.5 });
    await visit.enter(null);
    assert.ok(state.messages.some(({ id }) => id === 200));
    assert.deepEqual(only("restore"), [[{ id: 200, offset: 12.5 }]]);
  });

  test("a message in the address goes before the remembered place", async () => {
    const { visit, memory, only } = visitOf();
    memory.setAnchor(ROOM.id, { id: 200, offset: 0 });
    await visit.enter(300);
    assert.deepEqual([only("restore"), only("scroll to")], [[], [[300, { flash: true }]]]);
  });

  test("in a hidden tab the reader is placed when the tab comes to the front", async () => {
    const { visit, page, queue, only } = visitOf();
    page.hidden = true;
    queue.request();
    const entering = visit.enter(300);
    await settled();
    assert.deepEqual(only("scroll to"), []);
    page.hidden = false;
    queue.flush();
    await entering;
    assert.deepEqual(only("scroll to"), [[300, { flash: true }]]);
  });

  test("what was missed in a long absence begins where the reader stopped, but not for one who was here all the time", async () => {
    const { visit, state, memory } = visitOf();
    memory.setReadUpTo(ROOM.id, 200);
    await visit.enter(null);
    assert.deepEqual([state.messages[0].id, state.newFrom], [151, 201]);
    await visit.read(null, { isReset: true });
    assert.equal(state.messages.at(-1).id, 500);
  });

  test("one who has gone to the end meanwhile is not pulled back", async () => {
    const { visit, memory, only } = visitOf();
    memory.setAnchor(ROOM.id, { id: 200, offset: 0 });
    const entering = visit.enter(null);
    await visit.goToLatest();
    await entering;
    assert.deepEqual(only("restore"), []);
  });
});

describe("going to a message", () => {
  test("that is not there is told from what cannot be read now", async () => {
    const { visit, page, only } = visitOf();
    await visit.enter(null);
    await visit.goTo(9999);
    page.isCutOff = true;
    await visit.goTo(100);
    assert.deepEqual(only("act"), [["tellLost", false], ["tellLost", true]]);
    page.isCutOff = false;
    await visit.goTo(100);
    assert.deepEqual([only("act").length, only("scroll to")], [2, [[100, { flash: true }]]]);
  });
});

describe("the reader's place", () => {
  test("is remembered where scrolling rests, and forgotten at the end", async () => {
    const { visit, memory } = visitOf();
    await visit.enter(null);
    visit.scrolled(false);
    visit.rested({ id: 470, offset: 3 });
    assert.deepEqual(memory.anchor(ROOM.id), { id: 470, offset: 3 });
    visit.scrolled(true);
    assert.equal(memory.anchor(ROOM.id), null);
    visit.rested({ id: 499, offset: 3 });
    assert.equal(memory.anchor(ROOM.id), null);
  });

  test("the end of a window that does not reach the end of the room is a place like any other", async () => {
    const { visit, state, memory } = visitOf();
    await visit.enter(200);
    assert.equal(state.hasNewer, true);
    visit.rested({ id: 249, offset: 3 });
    visit.scrolled(true);
    assert.deepEqual(memory.anchor(ROOM.id), { id: 249, offset: 3 });
  });
});

describe("writing", () => {
  test("words are trimmed, kept by the outbox and drawn at once", async () => {
    const { visit, done } = visitOf();
    await visit.enter(null);
    done.length = 0;
    visit.say("  hello\n");
    assert.deepEqual(done[0], ["add", ROOM.id, "hello", undefined, undefined]);
  });

  test("they go with what they answer, which is kept with the draft", async () => {
    const { visit, memory, page, done, only } = visitOf();
    memory.setReply(ROOM.id, 400);
    await visit.enter(null);
    await settled();
    assert.deepEqual(only("resume"), [[]]);
    done.length = 0;
    page.answered = 400;
    visit.say("yes");
    assert.deepEqual(done[0], ["add", ROOM.id, "yes", 400, undefined]);
  });

  test("one who reads further up is taken to the end by their own words", async () => {
    const { visit, state, only } = visitOf();
    await visit.enter(200);
    visit.say("hello");
    await settled();
    assert.equal(state.hasNewer, false);
    assert.deepEqual(only("latest"), [[]]);
  });

  test("typing is told at once, then at most once a second, and the last of it too", async () => {
    const { visit, clock, only } = visitOf();
    await visit.enter(null);
    for (let keys = 0; keys < 20; keys += 1) {
      visit.type();
      await clock.pass(100);
    }
    // At the beginning, after one second and after two.
    assert.equal(only("send").length, 3);
    await clock.pass(10_000);
    assert.equal(only("send").length, 3);
    assert.deepEqual(clock.waits, []);
  });

  test("what was sent, or left, is not typed any more", async () => {
    const { visit, clock, only } = visitOf();
    await visit.enter(null);
    for (const end of [() => visit.say("done"), () => visit.leave()]) {
      visit.type();
      visit.type();
      end();
      const before = only("send").length;
      await clock.pass(5000);
      assert.equal(only("send").length, before);
    }
  });

  test("nobody is told of typing before the server counts the page into the room", async () => {
    const { visit, page, only } = visitOf();
    page.following = false;
    await visit.enter(null);
    visit.type();
    assert.deepEqual(only("send"), []);
  });
});

test("others stop typing by themselves, each in their own time, and no timer is left", async () => {
  const { visit, state, clock, apply } = visitOf();
  await visit.enter(null);
  for (const username of ["bob", "eve"]) {
    apply({ type: "typing", room_id: ROOM.id, username, now: clock.now() });
    visit.expire();
    await clock.pass(1000);
  }
  await clock.pass(TYPING_MS - 2000);
  assert.deepEqual(state.typing.map(({ username }) => username), ["eve"]);
  await clock.pass(1000);
  assert.deepEqual([state.typing, clock.waits], [[], []]);
});

test("messages are slowed down until none was refused for some seconds", async () => {
  const { visit, state, clock } = visitOf();
  for (let times = 0; times < 3; times += 1) {
    visit.hold("rate_limited", ROOM.id, 300);
    await clock.pass(3000);
    assert.equal(state.hold?.code, "rate_limited");
  }
  await clock.pass(1500);
  assert.equal(state.hold, null);
});
