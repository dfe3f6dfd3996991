import assert from "node:assert/strict";
import { performance } from "node:perf_hooks";
import { describe, test } from "node:test";

import { hasSigns } from "../../frontend/js/views/formatting.js";
import { forAllSeeds } from "./support/random.js";
import { markdown, shown } from "./support/markdown.js";

/** What may be in a message, and which attributes it may have there. */
const ALLOWED = {
  A: ["href", "target", "rel", "title", "tabindex"], BLOCKQUOTE: ["class", "dir"], BUTTON: ["type", "class", "tabindex", "aria-live"],
  CODE: ["class", "dir", "data-language"], DEL: [], DIV: ["class", "dir", "tabindex", "role", "aria-label", "data-language"], EM: [], H3: ["class", "dir"],
  HR: ["class"], INPUT: ["type", "disabled", "checked", "aria-label"], LI: ["class", "value"], OL: ["class", "dir", "start"], P: ["dir"],
  PRE: ["class", "tabindex", "role", "aria-label"], SPAN: ["class"], STRONG: [], TABLE: ["dir"], TBODY: [], TD: ["class"], TH: ["class", "scope"], THEAD: [], TR: [], UL: ["class", "dir"],
};

/** What a message is made of when it is made to go wrong. */
const PIECES = [
  "*", "**", "_", "__", "~~", "`", "``", "```", "```js\n", "[", "]", "](", "(", ")", "<", ">", "> ", "!", "![", "#", "# ", "- ", "+ ", "1. ", "7) ", "- [ ] ", "- [x] ",
  "|", " | ", "\n--|--\n", ":-:", "---", "\n", "\n\n", "  \n", "    ", "\t", "\\", "\\*", "&amp;", "<b>", "</b>", "<!--", "-->", "<script>", "javascript:", "data:x",
  "https://a.example/", "http://", "mailto:a@b.example", "<https://a.example>", "[a](https://b.example)", "[a]: b", "a", "b c", "word", "é", "字", "。", "👩🏽‍💻", "ש", "م", "\u202e", "\u200b", "\u0000", "\ud800",
];
const LETTERS = [..."abcdefghijklmnop字語שמ"];

/** @param {ReturnType<import("./support/random.js").randomOf>} chance @param {number} length */
function scramble(chance, length) {
  let text = "";
  const few = Array.from({ length: 1 + chance.below(5) }, () => chance.pick(PIECES));
  while (text.length < length) {
    if (chance.chance(0.3)) text += chance.pick(few).repeat(1 + chance.below(8));
    else text += chance.pick(chance.chance(0.5) ? few : PIECES);
  }
  return text.slice(0, length);
}

/** Texts that are known to make readers of Markdown slow, or might. */
const SLOW = [
  "*", "_", "**a", "*a ", "_a_", "a*", "a**b*", "~~", "~~a", "`", "`a`` ", "``a`", "[", "[[", "![", "[a](", "[a](b", "[a](<b", "](", "[a][", "[]", "](a)", "<", "<a", "<a ", "<a b=", "<!--", "<?", "<![CDATA[",
  ">", "> ", ">\n", "> > ", "> a\n", "> - ", "- ", "-\n", "- a\n", "- - ", "  - ", " - a\n  ", "1. ", "1. a\n", "# ", "#\n", "|", "| ", "a|", "|\n", "a|b\n-|-\n", "|-", "-|\n", "---\n", "- -", "* *", "_ _",
  "\\", "\\\\*", "\n", "\n\n", " \n", " ", "\t", "a\n", "```\n", "```a\n", "~~~\n", "~~~", "https://", "https://a", "http://a.b/*", "mailto:", "a@", "a@b.", "www.", "&", "&#", "&amp", "'", "\"", "(", "()", "((", "a(", "\u200b", "字", "👩‍💻", "\ud800",
  "*a_", "**_", "_*a", "*`", "`*", "[*", "*[a](", "[`", "`[", "> [", "- `", "|`", "|\\", "*\n", "a  \n", "***a", "___a ", "*a**b", "[a](b \"", "[a](b '", "[a](b (", "<a:", "<a@", "<https://",
];

describe("whatever is written", () => {
  test("becomes only elements and attributes of the list, and nothing is thrown", () =>
    forAllSeeds((chance) => {
      const body = shown(scramble(chance, 1 + chance.below(400)));
      for (const node of body?.querySelectorAll("*") ?? []) {
        const allowed = ALLOWED[node.tagName];
        assert.ok(allowed, node.outerHTML);
        for (const { name } of node.attributes) assert.ok(allowed.includes(name), node.outerHTML);
        if (node.tagName === "A") assert.match(node.href, /^(?:https?|mailto):/);
      }
    }));

  test("shows every letter that was written, in its order", () =>
    forAllSeeds((chance) => {
      // Without what is meant to be hidden: where a link leads, the name of a language, a number that is counted by the page.
      const signs = PIECES.filter((piece) => !/[\p{L}\p{N}]/u.test(piece) && !["](", "- [", "<"].includes(piece));
      let text = "";
      for (let count = 1 + chance.below(60); count > 0; count -= 1) text += chance.chance(0.5) ? chance.pick(LETTERS) : chance.pick(signs);
      const letters = (source) => source.replaceAll(/[^\p{L}]/gu, "");
      const body = shown(text.replaceAll("](", "] ("));
      for (const button of body?.querySelectorAll("button") ?? []) button.remove();
      const languages = [...(body?.querySelectorAll(".md-block[data-language]") ?? [])].map((block) => block.dataset.language);
      for (const language of languages) assert.match(language, /^[\w#+.-]{1,20}$/u);
      if (body && languages.length === 0) assert.equal(letters(body.textContent), letters(text), JSON.stringify(text));
    }));

  test("is noticed as Markdown if it looks other than it was written", () =>
    forAllSeeds((chance) => {
      const text = scramble(chance, 1 + chance.below(40)).trim();
      if (hasSigns(text)) return;
      const body = shown(text);
      const visible = (source) => source.replaceAll(/\s/g, "");
      const isPlain = (node) => visible(node.textContent) === visible(text) && [...node.querySelectorAll("*")].every(({ tagName }) => tagName === "A" || tagName === "P");
      assert.ok(body === null || isPlain(body), JSON.stringify(text));
    }));

  test("has words for a single line", () =>
    forAllSeeds((chance) => {
      assert.doesNotMatch(markdown.words(scramble(chance, 1 + chance.below(300))), /\n/);
    }));
});

/** The time of the best of a few, in ms. */
function timed(run, times = 2) {
  return Math.min(...Array.from({ length: times }, () => {
    const start = performance.now();
    run();
    return performance.now() - start;
  }));
}

/** A message as people write them, with a sign in every few words. */
const ORDINARY = "Some **strong** and _soft_ words with `code`, [a link](https://a.example/b_c) and https://b.example.\n- one\n- two *three*\n\n> quoted ~~gone~~\n\n";

/** How many times as long a message may take as an ordinary one of its length, whatever it is made of. */
const TIMES = 40;

describe("no message takes long to read", () => {
  const ordinary = (length) => timed(() => void markdown.nodes(ORDINARY.repeat(Math.ceil(length / ORDINARY.length)).slice(0, length), {}), 7);

  for (const length of [1000, 10_000]) {
    test(`of ${length} characters made of any sign that is repeated`, () => {
      const most = TIMES * ordinary(length);
      for (const piece of SLOW) {
        for (const end of ["", "a", ")", "`"]) {
          const text = piece.repeat(Math.ceil(length / piece.length)).slice(0, length - end.length) + end;
          const ms = timed(() => void markdown.nodes(text, {}));
          // A machine that was busy for a moment is asked again.
          assert.ok(ms < most || timed(() => void markdown.nodes(text, {}), 5) < most, `${JSON.stringify(piece)} ${JSON.stringify(end)}: ${ms.toFixed(0)} of ${most.toFixed(0)} ms`);
        }
      }
    });
  }

  test("of signs in any order", () => {
    const most = { 1000: TIMES * ordinary(1000), 10_000: TIMES * ordinary(10_000) };
    return forAllSeeds((chance) => {
      const text = scramble(chance, chance.chance(0.1) ? 10_000 : 1000);
      const bound = most[text.length];
      const ms = timed(() => void markdown.nodes(text, {}));
      assert.ok(ms < bound || timed(() => void markdown.nodes(text, {}), 5) < bound, `${JSON.stringify(text.slice(0, 200))}: ${ms.toFixed(0)} ms`);
    });
  });

  test("nor to be looked at for signs", () => {
    for (const piece of [...SLOW, "a", "_a b", "*a", "\n-", "\n- -", "|-", "<a<", "\\"]) {
      for (const end of ["", "*", "~", "a"]) {
        const look = (length) => timed(() => void hasSigns(piece.repeat(Math.ceil(length / piece.length)).slice(0, length) + end), 3);
        // Twice the text, twice the time: a text of 100,000 would take minutes otherwise.
        assert.ok(look(100_000) < 100, JSON.stringify(piece));
      }
    }
  });
});
