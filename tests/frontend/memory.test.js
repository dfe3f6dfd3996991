import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { Memory } from "../../frontend/js/app/memory.js";
import { FakeStorage } from "./support/storage.js";

const ADA = { id: 5, username: "ada", display_name: "Ada", hue: null };
const EVE = { ...ADA, id: 6, username: "eve" };

function memory() {
  const [lasting, tab] = [new FakeStorage(), new FakeStorage()];
  return { lasting, tab, kept: new Memory(() => lasting, () => tab) };
}

describe("who is here", () => {
  test("an account is remembered with what was last known of it", () => {
    const { kept } = memory();
    assert.equal(kept.account, null);
    kept.signIn("ada", ADA);
    assert.deepEqual(kept.account, ADA);
    assert.equal(kept.username, "ada");
    assert.ok(kept.hadAccount);
    kept.signIn("grace");
    assert.deepEqual([kept.account, kept.hadAccount], [null, false]);
  });

  test("an account that is not that of the name, or no account at all, is none", () => {
    const { kept, lasting } = memory();
    kept.signIn("ada", ADA);
    lasting.setItem("parlour.username", "grace");
    assert.equal(kept.account, null);
    for (const text of ["{", "5", "null", "[]", '{"id":"5","username":"grace"}']) {
      lasting.setItem("parlour.account", text);
      assert.equal(kept.account, null, text);
    }
  });

  test("times are kept until they are taken back", () => {
    const { kept } = memory();
    assert.deepEqual([kept.signedInUntil, kept.greetedAt], [0, 0]);
    kept.setSignedInUntil(1234);
    kept.setGreetedAt(567);
    assert.deepEqual([kept.signedInUntil, kept.greetedAt], [1234, 567]);
    kept.setSignedInUntil(0);
    assert.equal(kept.signedInUntil, 0);
  });
});

describe("what they have written", () => {
  test("is there again for the same account after its session has ended", () => {
    const { kept } = memory();
    kept.signIn("ada", ADA);
    kept.setDraft(7, "not quite");
    kept.setAnchor(7, { id: 3, offset: 2 });
    kept.dismiss();
    assert.deepEqual([kept.username, kept.account], [null, null]);
    kept.signIn("ada", ADA);
    assert.deepEqual([kept.draft(7), kept.anchor(7)], ["not quite", { id: 3, offset: 2 }]);
  });

  test("is not shown to another account, nor to a guest", () => {
    for (const next of [["eve", EVE], ["ada", null]]) {
      const { kept } = memory();
      kept.signIn("ada", ADA);
      kept.setDraft(7, "not quite");
      kept.dismiss();
      kept.signIn(...next);
      assert.equal(kept.draft(7), "", next[0]);
    }
  });

  test("is there for a guest who takes another name, because theirs was taken", () => {
    const { kept } = memory();
    kept.signIn("grace");
    kept.setDraft(7, "not quite");
    kept.signIn("grace hopper");
    assert.equal(kept.draft(7), "not quite");
  });

  test("is forgotten on signing out, and with it who was here", () => {
    const { kept, lasting } = memory();
    kept.signIn("ada", ADA);
    kept.setDraft(7, "not quite");
    kept.setSignedInUntil(1234);
    kept.signOut();
    assert.deepEqual([...lasting.items.keys()], ["parlour.lastUsername", "parlour.lastKind"]);
  });
});

test("another tab's change concerns who is here only by some keys", () => {
  for (const key of [null, "parlour.username", "parlour.account", "parlour.until"]) assert.ok(Memory.isIdentity(key), `${key}`);
  for (const key of ["parlour.draft.7", "parlour.theme", "else"]) assert.ok(!Memory.isIdentity(key), key);
});

test("the rooms that were visited last are known, each once, until somebody else comes", () => {
  const { kept } = memory();
  kept.signIn("ada", ADA);
  assert.deepEqual(kept.recent, []);
  for (const id of [1, 2, 3, 1]) kept.visit(id);
  assert.deepEqual(kept.recent, [1, 3, 2]);
  for (let id = 100; id < 150; id += 1) kept.visit(id);
  assert.equal(kept.recent.length, 20);
  assert.equal(kept.recent[0], 149);
  kept.signIn("eve", EVE);
  assert.deepEqual(kept.recent, []);
});
