/**
 * Things with names found by a few letters, best first. Pure, and quick enough to answer every key from memory: what a
 * search needs of each name is made once, before the first of them.
 *
 * @typedef {object} Candidate
 * @property {string[]} names  what it is found by; the first is the one that is shown
 * @property {number} recent  0 for what was used last, 1 for what was used before that; Infinity for all others
 * @property {number} unread  messages in it that were not read
 * @property {number} mentions  those of them that name the reader
 */

/** How well a name answers, best first. */
const FIT = /** @type {const} */ ({ whole: 0, start: 1, word: 2, inside: 3, scattered: 4 });
/** A word begins where letters or digits do. */
const WORD = /[\p{L}\p{N}]+/gu;
/** Letters that lie further apart than this, beyond their own number, are there by chance. */
const SLACK = 12;

/**
 * @param {string} text
 * @returns {string} as it is compared: without regard to case and accents
 */
export const fold = (text) => text.normalize('NFKD').replace(/[\u0300-\u036f]/g, '').toLowerCase().replaceAll('ς', 'σ');

/**
 * @template {Candidate} T
 * @typedef {{candidate: T, place: number, names: {text: string, words: Set<number>}[]}} Prepared
 */

/**
 * @template {Candidate} T
 * @param {T[]} candidates  in the order in which those stand that are equally good
 * @returns {Prepared<T>[]}
 */
export function prepare(candidates) {
  return candidates.map((candidate, place) => ({
    candidate,
    place,
    names: candidate.names.map((name) => {
      const text = fold(name);
      return { text, words: new Set(Array.from(text.matchAll(WORD), ({ index }) => index)) };
    }),
  }));
}

/**
 * The letters in their order, wherever they stand, as close together as they come where the last of them stands first.
 * @param {string} text
 * @param {string} letters
 * @returns {[from: number, to: number][] | null} the place of each; null: they are not all there, or too far apart
 */
function scattered(text, letters) {
  let end = 0;
  for (const letter of letters) {
    const at = text.indexOf(letter, end);
    if (at === -1) return null;
    end = at + letter.length;
  }
  let start = end;
  /** @type {[number, number][]} */
  const places = [];
  for (const letter of [...letters].reverse()) {
    start = text.lastIndexOf(letter, start - letter.length);
    places.unshift([start, start + letter.length]);
  }
  return end - start - letters.length <= SLACK ? places : null;
}

/**
 * @param {{text: string, words: Set<number>}} name
 * @param {string} query  folded
 * @param {string[]} parts  its words
 * @returns {[fit: number, apart: number] | null} none: it is not meant
 */
function fitOf({ text, words }, query, parts) {
  const at = text.indexOf(query);
  // Of names that begin alike, the shortest is the nearest.
  if (at === 0) return [text.length === query.length ? FIT.whole : FIT.start, text.length];
  for (let next = at; next !== -1; next = text.indexOf(query, next + 1)) if (words.has(next)) return [FIT.word, next];
  // "gen chat" means the general chat, in whichever order.
  const begins = (/** @type {string} */ part) => [...words].some((start) => text.startsWith(part, start));
  if (parts.length > 1 && parts.every(begins)) return [FIT.word, text.length];
  if (at !== -1) return [FIT.inside, at];
  const letters = parts.join('');
  const hits = scattered(text, letters);
  return hits && [FIT.scattered, (hits.at(-1)?.[1] ?? 0) - (hits[0]?.[0] ?? 0) - letters.length];
}

/** @param {number[]} one @param {number[]} other */
function compare(one, other) {
  for (let index = 0; index < one.length; index += 1) {
    const [mine, theirs] = [one[index] ?? 0, other[index] ?? 0];
    // Not by their difference alone: that of two that are endless is no number.
    if (mine !== theirs) return mine - theirs;
  }
  return 0;
}

/**
 * Those that answer, best first: the very name; what was used lately, when it or one of its words begins so; what begins
 * so; what has a word that begins so; what has the letters somewhere. Among equals mentions come first, then what is
 * unread, what was used lately, and what fits better. Without a query all, by the same rule.
 *
 * @template {Candidate} T
 * @param {Prepared<T>[]} prepared
 * @param {string} query
 * @returns {T[]}
 */
export function rank(prepared, query) {
  const wanted = fold(query).trim().replace(/\s+/g, ' ');
  const parts = wanted.split(' ');
  /** @type {{candidate: T, key: number[]}[]} */
  const found = [];
  for (const { candidate, place, names } of prepared) {
    const { recent, unread, mentions } = candidate;
    /** @type {[number, number] | null} */
    let best = wanted === '' ? [FIT.whole, 0] : null;
    for (const name of wanted === '' ? [] : names) {
      const fit = fitOf(name, wanted, parts);
      if (fit !== null && (best === null || compare(fit, best) < 0)) best = fit;
    }
    if (best === null) continue;
    const [fit, apart] = best;
    const isRecent = recent < Infinity && (fit === FIT.start || fit === FIT.word);
    const step = fit === FIT.whole ? 0 : isRecent ? 1 : fit + 1;
    found.push({ candidate, key: [step, mentions > 0 ? 0 : 1, unread > 0 ? 0 : 1, recent, apart, place] });
  }
  return found.sort((one, other) => compare(one.key, other.key)).map(({ candidate }) => candidate);
}

/**
 * @param {string} text
 * @param {string} query
 * @returns {[from: number, to: number][]} what of it answers, by the same rules as `fitOf`
 */
function places(text, query) {
  const starts = Array.from(text.matchAll(WORD), ({ index }) => index);
  const whole = [0, ...starts].find((start) => text.startsWith(query, start)) ?? text.indexOf(query);
  const parts = query.split(' ');
  const apart = parts.map((part) => starts.find((start) => text.startsWith(part, start)) ?? -1);
  if (whole !== -1) return [[whole, whole + query.length]];
  if (!apart.includes(-1)) return apart.map((start, index) => [start, start + (parts[index]?.length ?? 0)]);
  return scattered(text, parts.join('')) ?? [];
}

/**
 * Which letters of a name answer a query, for the eye.
 *
 * @param {string} name
 * @param {string} query
 * @returns {[from: number, to: number][]} in order, apart from one another
 */
export function marks(name, query) {
  const wanted = fold(query).trim().replace(/\s+/g, ' ');
  if (wanted === '') return [];
  // The folded name may be longer or shorter: each of its letters remembers where it comes from.
  let text = '';
  /** @type {[number, number][]} */
  const origin = [];
  let from = 0;
  for (const letter of name) {
    const folded = fold(letter);
    for (let unit = 0; unit < folded.length; unit += 1) origin.push([from, from + letter.length]);
    text += folded;
    from += letter.length;
  }
  const hits = places(text, wanted).sort((one, other) => one[0] - other[0]);
  /** @type {[number, number][]} */
  const merged = [];
  for (const [start, end] of hits) {
    const [first, last] = [origin[start]?.[0] ?? 0, origin[end - 1]?.[1] ?? 0];
    const before = merged.at(-1);
    if (before && before[1] >= first) before[1] = Math.max(before[1], last);
    else if (last > first) merged.push([first, last]);
  }
  return merged;
}
