/** What differs between two texts, word by word. Pure. */

const LANGUAGE = globalThis.document?.documentElement.lang || 'en';
/** Words, what stands between them, and the words of scripts that have no spaces. */
const WORDS = new Intl.Segmenter(LANGUAGE, { granularity: 'word' });
/** With more words taken away and put in than this, the texts count as different ones from the first change to the last. */
const CHANGES_AT_MOST = 400;

/** @typedef {{kind: 'same' | 'removed' | 'added', text: string}} Part */

/** @param {string} text */
const cut = (text) => Array.from(WORDS.segment(text), ({ segment }) => segment);

/**
 * The words that stay, by the greedy algorithm of E. W. Myers ("An O(ND) Difference Algorithm and Its Variations", 1986).
 * @param {string[]} before
 * @param {string[]} after
 * @returns {[number, number][]} the places of each in both, in order; none when too much is different
 */
function kept(before, after) {
  const most = Math.min(before.length + after.length, CHANGES_AT_MOST);
  const middle = most + 1;
  /** How far one comes in `before` on each diagonal (place in `before` minus place in `after`). */
  const reached = new Int32Array(2 * most + 3);
  /** The same before each further change. @type {Int32Array[]} */
  const trace = [];
  /** Whether the best way onto a diagonal puts a word in; else it takes one away. */
  const puts = (/** @type {number} */ changes, /** @type {number} */ diagonal, /** @type {(at: number) => number} */ far) =>
    diagonal === -changes || (diagonal !== changes && far(diagonal - 1) < far(diagonal + 1));

  for (let changes = 0; changes <= most; changes += 1) {
    trace.push(reached.slice(middle - changes - 1, middle + changes + 2));
    const far = (/** @type {number} */ at) => reached[middle + at] ?? 0;
    for (let diagonal = -changes; diagonal <= changes; diagonal += 2) {
      let at = puts(changes, diagonal, far) ? far(diagonal + 1) : far(diagonal - 1) + 1;
      while (at < before.length && at - diagonal < after.length && before[at] === after[at - diagonal]) at += 1;
      reached[middle + diagonal] = at;
      if (at >= before.length && at - diagonal >= after.length) return walkBack(trace, before.length, after.length, puts);
    }
  }
  return [];
}

/**
 * @param {Int32Array[]} trace
 * @param {number} endX
 * @param {number} endY
 * @param {(changes: number, diagonal: number, far: (at: number) => number) => boolean} puts
 */
function walkBack(trace, endX, endY, puts) {
  /** @type {[number, number][]} */
  const pairs = [];
  let [x, y] = [endX, endY];
  for (let changes = trace.length - 1; changes >= 0; changes -= 1) {
    const far = (/** @type {number} */ at) => trace[changes]?.[at + changes + 1] ?? 0;
    const diagonal = x - y;
    const from = puts(changes, diagonal, far) ? diagonal + 1 : diagonal - 1;
    const [fromX, fromY] = changes === 0 ? [0, 0] : [far(from), far(from) - from];
    while (x > fromX && y > fromY) pairs.push([(x -= 1), (y -= 1)]);
    [x, y] = [fromX, fromY];
  }
  return pairs.reverse();
}

/**
 * @param {string} before
 * @param {string} after
 * @returns {Part[]} what stayed and was added makes `after`, what stayed and was removed `before`
 */
export function differences(before, after) {
  const [old, fresh] = [cut(before), cut(after)];
  let head = 0;
  while (head < old.length && old[head] === fresh[head]) head += 1;
  let tail = 0;
  const most = Math.min(old.length, fresh.length) - head;
  while (tail < most && old.at(-1 - tail) === fresh.at(-1 - tail)) tail += 1;
  const [oldMiddle, freshMiddle] = [old.slice(head, old.length - tail), fresh.slice(head, fresh.length - tail)];

  /** @type {Part[]} */
  const parts = [];
  const add = (/** @type {Part['kind']} */ kind, /** @type {string} */ text) => {
    const last = parts.at(-1);
    if (last?.kind === kind) last.text += text;
    else if (text !== '') parts.push({ kind, text });
  };
  let [removed, added, blank] = ['', '', ''];
  const close = () => {
    // A blank at which both end stays where it is.
    let shared = 0;
    while (/\s/.test(removed.at(-1 - shared) ?? '') && removed.at(-1 - shared) === added.at(-1 - shared)) shared += 1;
    const end = removed.slice(removed.length - shared);
    add('removed', removed.slice(0, removed.length - shared));
    add('added', added.slice(0, added.length - shared));
    add('same', end + blank);
    [removed, added, blank] = ['', '', ''];
  };
  add('same', old.slice(0, head).join(''));
  let [x, y] = [0, 0];
  for (const [i, j] of [...kept(oldMiddle, freshMiddle), /** @type {const} */ ([oldMiddle.length, freshMiddle.length])]) {
    const [gone, come] = [oldMiddle.slice(x, i).join(''), freshMiddle.slice(y, j).join('')];
    if (gone !== '' || come !== '') {
      // Two words that were replaced one after the other are one change: the blank between them tells nobody anything.
      if (blank !== '' && (removed + gone === '' || added + come === '')) close();
      [removed, added, blank] = [removed + blank + gone, added + blank + come, ''];
    }
    const same = oldMiddle[i] ?? '';
    if (same.trim() === '' && removed + added !== '') blank += same;
    else {
      close();
      add('same', same);
    }
    [x, y] = [i + 1, j + 1];
  }
  close();
  add('same', old.slice(old.length - tail).join(''));
  return parts;
}
