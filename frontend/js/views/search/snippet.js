/** What is shown of a message that was found: so much of it that the first hit can be seen, in parts. Pure. */

/** Code points before the first hit, and in all. */
const BEFORE = 48;
const SHOWN = 280;

/**
 * @typedef {{text: string, hit: boolean}} Part
 *
 * @param {string} content
 * @param {{start: number, end: number}[]} hits  in code points, in order, none in another
 * @returns {Part[]} joined, they are the text or a piece of it, with an ellipsis where it was cut
 */
export function snippet(content, hits) {
  const points = [...content];
  const first = cutBefore(points, hits[0]?.start ?? 0);
  const end = Math.min(points.length, first + SHOWN);
  /** @type {Part[]} */
  const parts = [];
  let at = first;
  const add = (/** @type {number} */ to, /** @type {boolean} */ hit) => {
    const until = Math.min(to, end);
    if (until > at) parts.push({ text: points.slice(at, until).join(''), hit });
    at = Math.max(at, until);
  };
  if (first > 0) parts.push({ text: '…', hit: false });
  for (const { start, end: to } of hits) {
    add(start, false);
    add(to, true);
  }
  add(end, false);
  if (end < points.length) parts.push({ text: '…', hit: false });
  return parts;
}

/**
 * @param {string[]} points
 * @param {number} hit
 * @returns {number} where to begin: at the beginning of a word, where one is near
 */
function cutBefore(points, hit) {
  if (hit <= BEFORE || points.length <= SHOWN) return 0;
  const from = hit - BEFORE;
  const blank = points.findIndex((point, at) => at >= from && /\s/u.test(point));
  return blank !== -1 && blank < hit ? blank + 1 : from;
}
