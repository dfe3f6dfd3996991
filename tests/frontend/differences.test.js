import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { differences } from "../../frontend/js/views/places/differences.js";
import { forAllSeeds } from "./support/random.js";

/** What changed, in one line: words in [-brackets-] went, those in [+brackets+] came. */
const told = (before, after) =>
  differences(before, after)
    .map(({ kind, text }) => (kind === "same" ? text : kind === "added" ? `[+${text}+]` : `[-${text}-]`))
    .join("");

describe("what differs between two wordings", () => {
  test("is told by whole words", () => {
    assert.equal(told("I think so to", "I think so too"), "I think so [-to-][+too+]");
    assert.equal(told("Hello", "Hello, all!"), "Hello[+, all!+]");
    assert.equal(told("not at all good", "good"), "[-not at all -]good");
    assert.equal(told("one two three", "one 2 three"), "one [-two-][+2+] three");
  });

  test("of the same text is nothing, and of another text all of it", () => {
    assert.equal(told("as it was", "as it was"), "as it was");
    assert.equal(told("yes", "no"), "[-yes-][+no+]");
    assert.deepEqual(differences("", ""), []);
  });

  test("words that were replaced one after the other are one change", () => {
    assert.equal(told("meet at nine sharp", "meet at half past sharp"), "meet at [-nine-][+half past+] sharp");
    assert.equal(told("come tomorrow to us", "come on Friday to us"), "come [-tomorrow-][+on Friday+] to us");
    assert.equal(told("the red fox ran", "the old cat ran"), "the [-red fox-][+old cat+] ran");
    // One that came and one that went elsewhere have nothing to do with one another.
    assert.equal(told("a b c d", "x a b c"), "[+x +]a b c[- d-]");
  });

  test("line breaks count", () => {
    assert.equal(told("one\ntwo", "one\n\ntwo"), "one\n[+\n+]two");
  });

  test("scripts without spaces are compared by words, too", () => {
    assert.equal(told("私は猫が好き", "私は犬が好き"), "私は[-猫-][+犬+]が好き");
  });

  test("joined together, the parts make both texts, whatever they are", () =>
    forAllSeeds(({ below, pick }) => {
      const words = ["a", "b", "ab", " ", "  ", "\n", "é", "👍🏽", "木", ".", "don't"];
      const text = () => Array.from({ length: below(14) }, () => pick(words)).join("");
      const [before, after] = [text(), text()];
      const parts = differences(before, after);
      const without = (kind) => parts.filter((part) => part.kind !== kind).map((part) => part.text).join("");
      assert.equal(without("added"), before);
      assert.equal(without("removed"), after);
      parts.forEach((part, index) => {
        assert.notEqual(part.text, "");
        assert.notEqual(part.kind, parts[index + 1]?.kind);
      });
    }));

  test("two long texts that have nothing in common are one change, and quickly", () => {
    const long = (word) => Array.from({ length: 5000 }, (_, index) => `${word}${index}`).join(" ");
    const began = performance.now();
    const parts = differences(`same ${long("x")} end`, `same ${long("y")} end`);
    assert.deepEqual(parts.map(({ kind }) => kind), ["same", "removed", "added", "same"]);
    assert.ok(performance.now() - began < 2000);
  });
});
