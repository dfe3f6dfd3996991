/** What is typed into the search, and what is shown of a message that was found. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

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
