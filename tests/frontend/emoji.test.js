import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { before, beforeEach, test } from "node:test";

import "fake-indexeddb/auto";

import { FakeStorage } from "./support/storage.js";

const VENDOR = new URL("../../frontend/vendor/", import.meta.url);
/** @type {typeof import("../../frontend/js/app/emoji.js")} */
let emoji;

before(async () => {
  // What the module asks of the browser: the style sheet's address, and the list beside it.
  globalThis.document = { querySelector: () => ({ href: "http://x/assets/1/styles.css" }) };
  globalThis.fetch = async (address, { method = "GET" } = {}) => {
    const path = String(address).replace("http://x/assets/1/vendor/", "");
    return new Response(method === "HEAD" ? null : await readFile(new URL(path, VENDOR)), { headers: { etag: '"1"' } });
  };
  emoji = await import("../../frontend/js/app/emoji.js");
});
beforeEach(() => (globalThis.localStorage = new FakeStorage()));

const found = async (text) => (await emoji.search(text)).map((one) => one.emoji);

test("they are found by the beginning of a word, a shortcode first", async () => {
  assert.equal((await found("tada"))[0], "🎉");
  assert.equal((await found(":+1"))[0], "👍");
  assert.ok((await found("smil")).length > 5);
  assert.equal((await found("red_heart"))[0], "❤️");
  assert.equal((await found("heart"))[0], "❤️");
  assert.deepEqual(await found("no such emoji"), []);
  assert.deepEqual(await found("  "), []);
});

test("one that is pasted is found, in any tone", async () => {
  assert.equal((await found("👍🏿"))[0], "👍");
});

test("what is found has a name and shortcodes, in the tone that was chosen", async () => {
  emoji.setTone(3);
  const [thumb] = await emoji.search("thumbsup");
  assert.deepEqual([thumb.emoji, thumb.name, thumb.shortcodes.includes("thumbsup")], ["👍🏽", "thumbs up", true]);
  assert.equal((await found("rocket"))[0], "🚀");
  assert.equal((await emoji.group(1))[0].emoji, "👋🏽");
  globalThis.localStorage.setItem("parlour.emoji.tone", "7");
  assert.equal(emoji.tone(), 0);
});

test("every group has its emoji, and none is in two", async () => {
  const groups = await Promise.all(emoji.GROUPS.map((number) => emoji.group(number)));
  assert.ok(groups.every((group) => group.length > 50));
  const all = groups.flat().map((one) => one.emoji);
  assert.equal(new Set(all).size, all.length);
});

test("those used last come first, each once, and three are always at hand", async () => {
  assert.deepEqual(emoji.atHand(), ["👍", "❤️", "😂"]);
  for (const one of ["🎉", "👍🏽", "🎉"]) emoji.noteUsed(one);
  assert.deepEqual(emoji.recent(), ["🎉", "👍🏽"]);
  assert.deepEqual(emoji.atHand(), ["🎉", "👍🏽", "👍"]);
  assert.deepEqual((await emoji.used()).map((one) => [one.emoji, one.name]), [["🎉", "party popper"], ["👍🏽", "thumbs up"]]);
  for (let number = 0; number < 40; number += 1) emoji.noteUsed(String.fromCodePoint(0x1f600 + number));
  assert.equal(emoji.recent().length, 24);
});
