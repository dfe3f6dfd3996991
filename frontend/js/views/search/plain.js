/** What a message says without the signs of its Markdown, for where it stands in a line of results. Pure. */

/**
 * What the signs stand around: code, which is left as it is; a link, of which its words stay; what is bold and the like; a
 * sign that is meant as such. A line may begin with those of a heading, a quote or a list, or be one itself. A table is a
 * line with bars, one that rules the columns, and all lines up to an empty one.
 */
const SIGNS = new RegExp(
  [
    String.raw`(?<fence>^[ ]{0,3}\x60{3,}[^\n\x60]*\n)(?<block>[\s\S]*?)(?:\n?^[ ]{0,3}\x60{3,}[ ]*$)`,
    String.raw`(?<tick>\x60+)(?<code>[^\x60\n]+)\k<tick>(?!\x60)`,
    String.raw`!?\[(?<label>[^\]\n]+)\]\((?:[^()\s]|\([^()\s]*\))*(?:[ ]+"[^"\n]*")?\)`,
    String.raw`<(?<address>[a-z][a-z\d+.\-]*:[^\s<>]*|[^\s<>@]+@[^\s<>@]+)>`,
    String.raw`(?<head>^(?=[^\n\|]*\|)[^\n]+)\n(?<rule>[ ]{0,3}(?:>[ ]?)*(?=[^\n]*\|)\|?(?:[ ]*:?-+:?[ ]*(?:\||$))+[ ]*$)(?<rows>(?:\n(?=[^\n]*\S)[^\n]+)*)`,
    String.raw`(?<line>^[ ]{0,3}(?:(?:-[ ]*){3,}|(?:\*[ ]*){3,}|(?:_[ ]*){3,}|=+[ ]*)$|^[ ]{0,3}#{1,6}[ ]+|^[ ]*(?:>[ ]?|[\-+*][ ]+(?:\[[ xX]\][ ]+)?)+)`,
    String.raw`(?<star>\*{1,3}|~~)(?=\S)(?<inner>[^\n]*?\S)\k<star>(?!\*)`,
    String.raw`(?<![\p{L}\p{N}_])(?<bar>_{1,3})(?=\S)(?<words>[^\n]*?\S)\k<bar>(?![\p{L}\p{N}_])`,
    String.raw`\\(?<sign>[!-/:-@\[-\x60\{-~])`,
  ].join('|'),
  'gmu',
);
/** What parts the cells of a table, and the quote that it may stand in. */
const BAR = /(?<!\\)\|/g;
const EDGES = /^(?:[ ]*>)*[ ]*\|?|(?<!\\)\|[ ]*$/g;
const BLANK = 2;
const MAX_DEPTH = 6;
/** Signs of a longer text are looked for so far around the first hit, in UTF-16 units: open ones are compared with all that follow. */
const REACH = 2000;

/**
 * @param {string} content
 * @param {{start: number, end: number}[]} hits  in code points, in order
 * @returns {{content: string, hits: {start: number, end: number}[]}} the same without the signs
 */
export function plain(content, hits) {
  /** By UTF-16 unit: 1 where it is a sign, BLANK where a blank takes its place. */
  const signs = new Uint8Array(content.length);
  const found = unitsOf(content, hits);
  const isHit = (/** @type {number} */ from, /** @type {number} */ to) => found.some(({ start, end }) => start < to && end > from);

  const look = (/** @type {number} */ from, /** @type {number} */ to, /** @type {number} */ depth) => {
    for (const match of content.slice(from, to).matchAll(SIGNS)) {
      const parts = /** @type {Record<string, string|undefined>} */ (match.groups);
      const start = from + match.index;
      if (parts['rule'] !== undefined) {
        lookAtTable(start, match[0].split('\n'), depth);
        continue;
      }
      const end = start + match[0].length;
      const { kept, sign, isText } = takenApart(match[0], parts);
      const before = start + sign;
      const after = before + kept.length;
      // Where the signs have a word of what was looked for, such as a link's address, they are wanted.
      if (isHit(start, before) || isHit(after, end)) continue;
      signs.fill(1, start, before);
      signs.fill(1, after, end);
      if (isText && depth < MAX_DEPTH) look(before, after, depth + 1);
    }
  };
  /** Cells stand apart by blanks. @param {number} start @param {string[]} lines @param {number} depth */
  const lookAtTable = (start, lines, depth) => {
    const [head = '', rule = ''] = lines;
    const isTable = cellsOf(head) === cellsOf(rule);
    let at = start;
    for (const line of lines) {
      const isRule = line === rule;
      if (isTable && isRule && !isHit(at, at + line.length)) signs.fill(1, at, at + line.length);
      else if (isTable) {
        for (const { index } of line.matchAll(BAR)) if (!isHit(at + index, at + index + 1)) signs[at + index] = BLANK;
      }
      // Of those that are none the rule may be a line of its own, or none.
      if (!isRule && depth < MAX_DEPTH) look(at, at + line.length, depth + 1);
      at += line.length + 1;
    }
  };
  const from = content.length <= 2 * REACH ? 0 : Math.max(0, (found[0]?.start ?? 0) - REACH);
  look(from, Math.min(content.length, from + 2 * REACH), 0);

  /** How many code points of those that stay are before each unit. */
  const placed = new Uint32Array(content.length + 1);
  let text = '';
  let points = 0;
  for (let at = 0; at < content.length;) {
    const point = String.fromCodePoint(/** @type {number} */ (content.codePointAt(at)));
    placed.fill(points, at, at + point.length);
    if (signs[at] !== 1) {
      text += signs[at] === BLANK ? ' ' : point;
      points += 1;
    }
    at += point.length;
  }
  placed[content.length] = points;
  return {
    content: text,
    hits: found.map(({ start, end }) => ({ start: placed[start] ?? 0, end: placed[end] ?? 0 })).filter(({ start, end }) => end > start),
  };
}

/**
 * @param {string} whole
 * @param {Record<string, string|undefined>} parts
 * @returns {{kept: string, sign: number, isText: boolean}}  what stays behind so many units of signs; `isText`: it may have others
 */
function takenApart(whole, { fence, block, tick, code, label, address, line, star, inner, bar, words, sign }) {
  if (block !== undefined) return { kept: block, sign: fence?.length ?? 0, isText: false };
  if (code !== undefined) return { kept: code, sign: tick?.length ?? 0, isText: false };
  if (address !== undefined) return { kept: address, sign: 1, isText: false };
  if (label !== undefined) return { kept: label, sign: whole.indexOf('[') + 1, isText: true };
  if (sign !== undefined) return { kept: sign, sign: 1, isText: false };
  const text = inner ?? words;
  return text === undefined ? { kept: '', sign: line?.length ?? 0, isText: false } : { kept: text, sign: (star ?? bar ?? '').length, isText: true };
}

/** @param {string} line of a table */
const cellsOf = (line) => line.replace(EDGES, '').split(BAR).length;

/**
 * @param {string} content
 * @param {{start: number, end: number}[]} hits  in code points
 * @returns {{start: number, end: number}[]} in UTF-16 units
 */
function unitsOf(content, hits) {
  const points = [...content];
  /** @type {number[]} */
  const at = [0];
  for (const point of points) at.push((at.at(-1) ?? 0) + point.length);
  return hits.map(({ start, end }) => ({ start: at[start] ?? content.length, end: at[end] ?? content.length }));
}
