/** What is typed into the search, and what is shown of a message that was found. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { plain } from '../../frontend/js/views/search/plain.js';
import { snippet } from '../../frontend/js/views/search/snippet.js';
import { complete, finished, insert, operatorAt } from '../../frontend/js/views/search/typed.js';

const hit = (/** @type {number} */ start, /** @type {number} */ end) => ({ start, end });
const text = (/** @type {{text: string}[]} */ parts) => parts.map((part) => part.text).join('');

test('hits are code points, whatever stands before them', () => {
  assert.deepEqual(snippet('🎉 a budget', [hit(4, 10)]), [
    { text: '🎉 a ', hit: false },
    { text: 'budget', hit: true },
  ]);
});

test('a short message is shown whole, with or without hits', () => {
  assert.equal(text(snippet('x'.repeat(200), [])), 'x'.repeat(200));
  assert.deepEqual(snippet('ab', [hit(0, 1), hit(1, 2)]).map((part) => part.hit), [true, true]);
});

test('of a long one so much is shown that the first hit can be seen, from the beginning of a word', () => {
  const content = `${'word '.repeat(100)}needle ${'rest '.repeat(100)}`;
  const parts = snippet(content, [hit(500, 506)]);
  assert.ok(text(parts).startsWith('…word '));
  assert.ok(text(parts).endsWith('…'));
  assert.deepEqual(parts.filter((part) => part.hit), [{ text: 'needle', hit: true }]);
  assert.ok(text(parts).indexOf('needle') <= 50);
  // A hit beyond what is shown adds nothing; one at the edge is cut.
  const more = snippet(content, [hit(500, 506), hit(900, 904)]);
  assert.equal(text(more), text(parts));
});

test('without a blank before it, a hit in a long run is still shown', () => {
  const parts = snippet('字'.repeat(900), [hit(400, 402)]);
  assert.deepEqual(parts.map((part) => part.hit), [false, false, true, false, false]);
});

test('what is not finished is not asked for yet', () => {
  assert.equal(finished('budget from:'), 'budget');
  assert.equal(finished('budget -'), 'budget');
  assert.equal(finished('budget -in:"'), 'budget');
  assert.equal(finished('from:'), '');
  assert.equal(finished(' note: '), 'note:');
  assert.equal(finished('from:ada'), 'from:ada');
});

test('the operator at the caret is found, with or without quotes', () => {
  assert.deepEqual(operatorAt('x from:ad', 9), { operator: 'from', value: 'ad' });
  assert.deepEqual(operatorAt('-FROM:"Anna L', 13), { operator: 'from', value: 'Anna L' });
  assert.deepEqual(operatorAt('in: rest', 3), { operator: 'in', value: '' });
  assert.equal(operatorAt('from:ada', 6), null);
  assert.equal(operatorAt('from:ada ', 9), null);
  assert.equal(operatorAt('note:ada', 8), null);
});

test('a chosen value takes the place of what was begun, in quotes where it has blanks', () => {
  assert.deepEqual(complete('from:ad', 7, 'ada'), { text: 'from:ada ', caret: 9 });
  assert.deepEqual(complete('in:"bo', 6, 'book club'), { text: 'in:"book club" ', caret: 15 });
  assert.deepEqual(complete('in:b rest', 4, 'books'), { text: 'in:books rest', caret: 9 });
});

test('an operator is put in with a blank before it', () => {
  assert.deepEqual(insert('', 0, 'from:'), { text: 'from:', caret: 5 });
  assert.deepEqual(insert('budget', 6, 'has:link '), { text: 'budget has:link ', caret: 16 });
  assert.deepEqual(insert('budget rest', 7, 'in:'), { text: 'budget in:rest', caret: 10 });
});

describe("what a result says without the signs of Markdown", () => {
  const said = (content) => plain(content, []).content;

  test("is its words, and what is code, or no Markdown, as it is", async () => {
    assert.equal(said("**bold** and *it*, __u__, ~~gone~~, ***all*** and _so_"), "bold and it, u, gone, all and so");
    assert.equal(said("snake_case_name 2 * 3 * 4 **open"), "snake_case_name 2 * 3 * 4 **open");
    assert.equal(said("## Title\n> > quoted > x\n- item"), "Title\nquoted > x\nitem");
    assert.equal(said("Title\n===\n* one\n  - [x] two\n---\n1. three - four"), "Title\n\none\ntwo\n\n1. three - four");
    assert.equal(said('<https://e.org> [a](u "t") [b](w_(x))'), "https://e.org a b");
    assert.equal(said("`a*b*c` [*the* words](https://e.org/a_b_) ![p](u) \\*not\\*"), "a*b*c the words p *not*");
    assert.equal(said("```js\nlet a = **b**;\n```\nafter"), "let a = **b**;\nafter");
  });

  test("is its cells where it is a table, and bars where it is none", () => {
    const words = (content) => said(content).split(/\s+/).filter(Boolean).join(" ");
    assert.equal(words("| **a** | b |\n|:--|--:|\n| `c` | d \\| e |\n\n| f |"), "a b c d | e | f |");
    assert.equal(words("a|b\n-|-\nc|d"), "a b c d");
    assert.equal(words("> | a |\n> |---|\n> | b |"), "a b");
    assert.equal(words("cat a | sort\nx | y | z\n|--|\na || b"), "cat a | sort x | y | z |--| a || b");
    assert.equal(words("```\n| a |\n|---|\n```"), "| a | |---|");
    const { content, hits } = plain("|a|b|\n|-|-|\n|zebra|c|", [{ start: 13, end: 18 }]);
    assert.equal(content.slice(hits[0].start, hits[0].end), "zebra");
  });

  test("keeps the hits where they are, also where a sign is one", async () => {
    const found = (content, ...hits) => {
      const { content: text, hits: now } = plain(content, hits.map(([start, end]) => ({ start, end })));
      return now.map(({ start, end }) => [...text].slice(start, end).join(""));
    };
    assert.deepEqual(found("\u{1F389} **zebra** x `zebra`", [4, 9], [15, 20]), ["zebra", "zebra"]);
    assert.deepEqual(found("[words](https://zebra.org)", [16, 21]), ["zebra"]);
    assert.deepEqual(found("**x**", [0, 2]), ["**"]);
  });

  test("is as soon there for a text of nothing but signs, and where the hit is far behind", () => {
    const long = "*a ".repeat(33_000);
    const start = performance.now();
    for (const one of ["- ", "|", "|-", "> ", "[(", "<a:", "=", "a|\n", "|-|\n", "- [x] "]) plain(one.repeat(4000), []);
    const { content, hits } = plain(`${long}\n**zebra** end`, [{ start: long.length + 3, end: long.length + 8 }]);
    assert.ok(performance.now() - start < 1000, `${performance.now() - start} ms`);
    assert.equal([...content].slice(hits[0].start, hits[0].end).join(""), "zebra");
    assert.ok(content.endsWith("\nzebra end"));
  });
});
