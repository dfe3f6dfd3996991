import assert from "node:assert/strict";
import { test } from "node:test";

import { shownOf } from "../../frontend/js/app/reactions.js";

const told = (count, ...usernames) => ({ emoji: "👍", count, usernames });
const shown = (reaction, known = {}) => {
  const { count, others, mine } = shownOf(reaction, { me: "alice", own: undefined, asked: undefined, ...known });
  return [count, others, mine];
};
const asked = (on) => ({ asked: { on, version: null } });

test("one's own is known by the name, in any case", () => {
  assert.deepEqual(shown(told(2, "bob", "Alice")), [2, ["bob"], true]);
  assert.deepEqual(shown(told(1, "bob")), [1, ["bob"], false]);
});

test("what was asked for is shown before it is answered, and counted once", () => {
  assert.deepEqual(shown(undefined, asked(true)), [1, [], true]);
  assert.deepEqual(shown(told(1, "bob"), asked(true)), [2, ["bob"], true]);
  assert.deepEqual(shown(told(2, "bob", "alice"), asked(true)), [2, ["bob"], true]);
  assert.deepEqual(shown(told(2, "bob", "alice"), asked(false)), [1, ["bob"], false]);
  assert.deepEqual(shown(told(1, "alice"), asked(false)), [0, [], false]);
});

test("beyond those who are named it is what the server has said", () => {
  assert.deepEqual(shown(told(60, "bob")), [60, ["bob"], false]);
  assert.deepEqual(shown(told(60, "bob"), { own: true }), [60, ["bob"], true]);
  assert.deepEqual(shown(told(60, "bob"), { own: true, ...asked(false) }), [59, ["bob"], false]);
});

test("where all are named, what was heard before does not count", () => {
  assert.deepEqual(shown(told(1, "bob"), { own: true }), [1, ["bob"], false]);
});

test("somebody else of one's name is not oneself, once the server has said so", () => {
  assert.deepEqual(shown(told(1, "alice"), { own: false }), [1, ["alice"], false]);
  assert.deepEqual(shown(told(1, "alice"), { own: false, ...asked(true) }), [2, [], true]);
});
