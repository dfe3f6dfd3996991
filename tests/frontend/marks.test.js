import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { breakLine, pasteLink, toggleMark } from "../../frontend/js/views/marks.js";
import { forAllSeeds } from "./support/random.js";

/** A text with its selection between « and »; a caret is "«»". */
function parse(marked) {
  const start = marked.indexOf("«");
  return { text: marked.replace("«", "").replace("»", ""), start, end: marked.indexOf("»") - 1 };
}

/** The same notation of what a change makes of a text. */
function changed(text, change) {
  const next = text.slice(0, change.from) + change.text + text.slice(change.to);
  return `${next.slice(0, change.start)}«${next.slice(change.start, change.end)}»${next.slice(change.end)}`;
}

/** What a mark makes of a text with a selection. */
function put(marked, mark) {
  const { text, start, end } = parse(marked);
  return changed(text, toggleMark(text, start, end, mark));
}

/** What a new line makes of a text with a caret; null: nothing but a new line. */
function enter(marked) {
  const { text, start } = parse(marked);
  const change = breakLine(text, start);
  return change && changed(text, change);
}

describe("a mark", () => {
  test("goes around what is selected, and away again", () => {
    for (const [before, mark, after] of [
      ["a «b» c", "bold", "a **«b»** c"], ["a «b» c", "italic", "a _«b»_ c"], ["a «b» c", "strike", "a ~~«b»~~ c"], ["a «b» c", "code", "a `«b»` c"],
      ["«»", "bold", "**«»**"], ["字«字»字", "italic", "字*«字»*字"],
    ]) {
      assert.equal(put(before, mark), after);
      assert.equal(put(after, mark), before);
    }
  });

  test("is also taken away when it is selected itself", () => {
    assert.equal(put("a «**b**» c", "bold"), "a «b» c");
    assert.equal(put("a «~~b~~» c", "strike"), "a «b» c");
    assert.equal(put("«_b_»", "italic"), "«b»");
  });

  test("is told from another that is made of the same signs", () => {
    assert.equal(put("**«a»**", "italic"), "**_«a»_**");
    assert.equal(put("*«a»*", "italic"), "«a»");
    assert.equal(put("*«a»*", "bold"), "***«a»***");
    assert.equal(put("***«a»***", "bold"), "*«a»*");
    assert.equal(put("***«a»***", "italic"), "**«a»**");
  });

  test("stands at words, not at the blanks beside them", () => {
    assert.equal(put("a« b »c", "bold"), "a **«b»** c");
    assert.equal(put("a «  » b", "bold"), "a **«  »** b");
  });

  test("of code has a longer fence where there are signs of code, and its own lines where there are more", () => {
    assert.equal(put("«a`b»", "code"), "`` «a`b» ``");
    assert.equal(put("«a\nb»", "code"), "```\n«a\nb»\n```");
    assert.equal(put("see «a\nb» there", "code"), "see \n```\n«a\nb»\n```\n there");
    assert.equal(put("«```js\na\nb\n```»", "code"), "«a\nb»");
  });

  test("of a link leaves the address to be written, or the words", () => {
    assert.equal(put("see «this»", "link"), "see [this](«https://»)");
    assert.equal(put("see «»", "link"), "see [«»](https://)");
    assert.equal(put("«https://example.org»", "link"), "[«»](https://example.org)");
    assert.equal(put("«[a](https://example.org)»", "link"), "«a»");
  });

  test("of lines stands before each of them, and goes from all", () => {
    assert.equal(put("a\n«b\nc»\nd", "list"), "a\n«- b\n- c»\nd");
    assert.equal(put("«a\n\nb»", "numbers"), "«1. a\n\n2. b»");
    assert.equal(put("«1. a\n2. b»", "list"), "«- a\n- b»");
    assert.equal(put("«- a\n- b»", "list"), "«a\nb»");
    assert.equal(put("«- a»", "quote"), "«> - a»");
    assert.equal(put("> a«»", "quote"), "a«»");
    assert.equal(put("«»", "list"), "- «»");
    assert.equal(put("a«»b", "quote"), "> a«»b");
  });

  test("put twice leaves every text as it was, wherever in it", () =>
    forAllSeeds((chance) => {
      const text = Array.from({ length: 1 + chance.below(30) }, () => chance.pick([..."ab字 é\n"])).join("").trim() || "a";
      const start = chance.below(text.length);
      const end = start + 1 + chance.below(text.length - start);
      for (const mark of ["bold", "strike", "italic", "list", "quote"]) {
        const first = toggleMark(text, start, end, mark);
        const next = text.slice(0, first.from) + first.text + text.slice(first.to);
        const second = toggleMark(next, first.start, first.end, mark);
        const last = next.slice(0, second.from) + second.text + next.slice(second.to);
        if (mark === "list" || mark === "quote") assert.equal(last.replaceAll(/^(?:- |> )/gm, ""), text, JSON.stringify([text, start, end, mark, next]));
        else assert.equal(last, text, JSON.stringify([text, start, end, mark, next]));
      }
    }));
});

describe("a new line", () => {
  test("goes on with an item, a task, a number, a quotation, code", () => {
    assert.equal(enter("- a«»"), "- a\n- «»");
    assert.equal(enter("  * a«»b"), "  * a\n  * «»b");
    assert.equal(enter("- [x] a«»"), "- [x] a\n- [ ] «»");
    assert.equal(enter("9. a«»"), "9. a\n10. «»");
    assert.equal(enter("1) a«»"), "1) a\n2) «»");
    assert.equal(enter("> a«»"), "> a\n> «»");
    assert.equal(enter("> - a«»"), "> - a\n> - «»");
    assert.equal(enter("```\n  a«»"), "```\n  a\n  «»");
  });

  test("ends a list, or a quotation, in which nothing has been written", () => {
    assert.equal(enter("- a\n- «»"), "- a\n«»");
    assert.equal(enter("1. a\n2. «»"), "1. a\n«»");
    assert.equal(enter("> a\n> «»"), "> a\n«»");
  });

  test("is only a new line elsewhere", () => {
    for (const text of ["a«»", "-a«»", "1.5 a«»", "```\n- a«»", "**a**«»", "«»", "  a«»", "a\n«»"]) assert.equal(enter(text), null, text);
  });
});

describe("an address pasted over words", () => {
  /** @param {string} marked @param {string} pasted */
  const paste = (marked, pasted) => {
    const { text, start, end } = parse(marked);
    const change = pasteLink(text, start, end, pasted);
    return change && changed(text, change);
  };

  test("makes them a link", () => {
    assert.equal(paste("see «this»", " https://example.org/a\n"), "see [this](https://example.org/a)«»");
    assert.equal(paste("see «this»", "https://example.org/a_(b)"), "see [this](<https://example.org/a_(b)>)«»");
  });

  test("is pasted as it is where there are none, or it is no address", () => {
    for (const [marked, pasted] of [
      ["see «»", "https://example.org"], ["«https://a.example»", "https://b.example"], ["«a»", "b"], ["«a»", "javascript:b"], ["«a\nb»", "https://b.example"],
      ["«a»", "https://a.example https://b.example"], ["«[a]»", "https://b.example"],
    ]) assert.equal(paste(marked, pasted), null, marked);
  });
});
