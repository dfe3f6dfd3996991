import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { linkify } from "../../frontend/js/format.js";

/** The links of a text, as they are shown. */
const links = (text) => linkify(text).filter((part) => part.href !== null).map((part) => part.text);

/** A small generator of numbers with a seed, so that a failure can be repeated. */
function randomFrom(seed) {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state % below;
  };
}

describe("what becomes a link", () => {
  test("http, https and mailto", () => {
    assert.deepEqual(linkify("see https://example.org/a?b=c#d now"), [
      { text: "see ", href: null },
      { text: "https://example.org/a?b=c#d", href: "https://example.org/a?b=c#d" },
      { text: " now", href: null },
    ]);
    assert.deepEqual(links("HTTP://EXAMPLE.ORG and mailto:ada@example.org"), ["HTTP://EXAMPLE.ORG", "mailto:ada@example.org"]);
  });

  test("nothing else does", () => {
    for (const text of [
      "",
      "plain words",
      "javascript:alert(1)",
      "JaVaScRiPt://example.org/%0aalert(1)",
      "data:text/html,<script>alert(1)</script>",
      "vbscript:x",
      "file:///etc/passwd",
      "ftp://example.org",
      "blob:https",
      "www.example.org",
      "ada@example.org",
      "https://",
      "http:// example.org",
      "mailto:",
      "mailto:nobody",
      "https://[",
      "xhttps://example.org",
      "http:example.org",
    ]) {
      assert.deepEqual(links(text), [], text);
    }
  });

  test("a scheme inside another is the inner one's text only where a word begins", () => {
    assert.deepEqual(links("javascript:https://example.org"), ["https://example.org"]);
    assert.deepEqual(links("view-source:https://example.org"), ["https://example.org"]);
    assert.deepEqual(links("nohttps://example.org"), []);
  });
});

describe("where a link ends", () => {
  test("the sentence's punctuation is not part of it", () => {
    for (const end of [".", ",", "!", "?", ":", ";", "...", "'", '"', "”", "*", "?!", ")", "]", "}", ").", '",', ")))"]) {
      assert.deepEqual(links(`(see https://example.org/path${end} and so on`), ["https://example.org/path"], end);
    }
  });

  test("a bracket that was opened inside it is", () => {
    assert.deepEqual(links("https://example.org/wiki/Rust_(language)"), ["https://example.org/wiki/Rust_(language)"]);
    assert.deepEqual(links("(https://example.org/wiki/Rust_(language))."), ["https://example.org/wiki/Rust_(language)"]);
    assert.deepEqual(links("[x](https://example.org/a_(b)_c)"), ["https://example.org/a_(b)_c"]);
    assert.deepEqual(links("https://example.org/a)b"), ["https://example.org/a)b"]);
  });

  test("slashes, dashes and ampersands at the end belong to it", () => {
    assert.deepEqual(links("https://example.org/ https://example.org/a- https://example.org/?a&"), [
      "https://example.org/",
      "https://example.org/a-",
      "https://example.org/?a&",
    ]);
  });

  test("angle brackets, quotes, newlines, invisible and direction characters end it", () => {
    for (const stop of ["<", ">", '"', "`", "\n", "\t", "\u00a0", "\u200b", "\u202e", "\u2066", "\ufeff", "\u0000", "\u3002", "\uff0c"]) {
      assert.deepEqual(links(`https://example.org/a${stop}b`), ["https://example.org/a"], JSON.stringify(stop));
    }
  });

  test("letters of every script may stand in it", () => {
    assert.deepEqual(links("https://example.org/größe/日本"), ["https://example.org/größe/日本"]);
    assert.equal(linkify("https://пример.example/")[0].href, "https://xn--e1afmkfd.example/");
  });
});

describe("always", () => {
  const PIECES = ["https://", "http://", "mailto:", "javascript:", "a", "ex.org", "@", "/", "(", ")", "[", "]", ".", ",", " ", "\n", "\u202e", "%", "#", "😀", "<b>", '"', "é"];

  test("the parts joined are the text, and every href has one of the three schemes", () => {
    const next = randomFrom(20260503);
    for (let round = 0; round < 5000; round += 1) {
      const text = Array.from({ length: next(14) }, () => PIECES[next(PIECES.length)]).join("");
      const parts = linkify(text);
      assert.equal(parts.map((part) => part.text).join(""), text);
      for (const { href } of parts) {
        if (href !== null) assert.ok(["http:", "https:", "mailto:"].includes(new URL(href).protocol), `${href} from ${JSON.stringify(text)}`);
      }
    }
  });

  test("the work grows with the length, not with its square", () => {
    const cost = (text) => {
      const start = process.hrtime.bigint();
      linkify(text);
      return Number(process.hrtime.bigint() - start);
    };
    for (const piece of [")", "(", "https://", "https://a.b/(", ".", "mailto:"]) {
      const text = (size) => `https://example.org/${piece.repeat(size / piece.length)}`;
      cost(text(20_000));
      const short = Math.min(...Array.from({ length: 15 }, () => cost(text(20_000))));
      const long = Math.min(...Array.from({ length: 15 }, () => cost(text(200_000))));
      // Ten times the text; a hundred times the work would be its square.
      assert.ok(long < short * 50 + 20_000_000, `${piece}: ${short} ns, then ${long} ns`);
    }
  });
});
