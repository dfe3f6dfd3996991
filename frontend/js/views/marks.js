/**
 * The signs of Markdown, put around what is selected and taken away again. Pure: a text and a selection go in, one change of
 * the text comes out.
 *
 * @typedef {object} Change
 * @property {number} from where what is replaced begins
 * @property {number} to where it ends
 * @property {string} text what comes in its place
 * @property {number} start of the selection afterwards, in the whole text
 * @property {number} end
 */

/** @typedef {'bold' | 'italic' | 'strike' | 'code' | 'link' | 'list' | 'numbers' | 'quote'} Mark */

// A backtick is written by its number in the patterns below.
const SIGNS = { bold: ['**'], italic: ['_', '*'], strike: ['~~'] };
const WORD = /[\p{L}\p{N}]/u;
const PREFIXES = { list: /^[-*+] (?:\[[ xX]\] )?/, numbers: /^\d{1,9}[.)] /, quote: /^> ?/ };
/** What a line begins with that the next one begins with, too. */
const GOES_ON = /^((?:\s|> ?)*)(?:([-*+])( \[[ xX]\])?|(\d{1,9})([.)]))( +)/;
const ADDRESS = 'https://';

/** How often the character stands on that side of a place. @param {string} text @param {number} at @param {1|-1} step @param {string} char */
function run(text, at, step, char) {
  let count = 0;
  for (let place = step === 1 ? at : at - 1; text[place] === char; place += step) count += 1;
  return count;
}

/** Whether so many of a sign's character make up the sign: "***" is "**" and "*". @param {number} count @param {string} sign */
const holds = (count, sign) => (sign.length === 2 ? count >= 2 : count % 2 === 1);

/**
 * What comes in is selected, but for a margin at both of its ends.
 * @param {number} from
 * @param {number} to
 * @param {string} text
 * @param {number} margin
 * @returns {Change}
 */
const change = (from, to, text, margin) => ({ from, to, text, start: from + margin, end: from + text.length - margin });

/**
 * @param {string} text
 * @param {number} start
 * @param {number} end
 * @param {string[]} signs that mean it; the first is put
 * @returns {Change}
 */
function toggle(text, start, end, signs) {
  const inner = text.slice(start, end);
  for (const sign of signs) {
    const char = sign.charAt(0);
    if (holds(run(text, start, -1, char), sign) && holds(run(text, end, 1, char), sign)) {
      return { from: start - sign.length, to: end + sign.length, text: inner, start: start - sign.length, end: end - sign.length };
    }
    const [first, last] = [run(inner, 0, 1, char), run(inner, inner.length, -1, char)];
    if (inner.length > 2 * sign.length && holds(first, sign) && holds(last, sign)) return change(start, end, inner.slice(sign.length, -sign.length), 0);
  }
  // Inside of a word an underscore is only a part of it.
  const isInside = WORD.test(text.charAt(start - 1)) || WORD.test(text.charAt(end));
  const sign = (isInside && signs[1]) || signs[0] || '';
  return change(start, end, `${sign}${inner}${sign}`, sign.length);
}

/** @param {string} text @param {number} start @param {number} end @returns {Change} */
function toggleCode(text, start, end) {
  const inner = text.slice(start, end);
  if (!inner.includes('\n')) {
    if (inner.includes('`') && !/^\x60[^\x60]+\x60$/.test(inner)) {
      const fence = '`'.repeat(Math.max(...[...inner.matchAll(/\x60+/g)].map(([ticks]) => ticks.length)) + 1);
      return change(start, end, `${fence} ${inner} ${fence}`, fence.length + 1);
    }
    return toggle(text, start, end, ['`']);
  }
  const block = /^\x60{3}[^\n]*\n([^]*)\n\x60{3}$/.exec(inner);
  if (block) return change(start, end, block[1] ?? '', 0);
  // A fence stands on a line of its own.
  const before = start === 0 || text[start - 1] === '\n' ? '' : '\n';
  const after = end === text.length || text[end] === '\n' ? '' : '\n';
  const fenced = `${before}\`\`\`\n${inner}\n\`\`\`${after}`;
  const begin = start + before.length + 4;
  return { from: start, to: end, text: fenced, start: begin, end: begin + inner.length };
}

/** @param {string} text @param {number} start @param {number} end @returns {Change} */
function toggleLink(text, start, end) {
  const inner = text.slice(start, end);
  const known = /^\[([^\]]*)\]\([^)]*\)$/.exec(inner);
  if (known) return change(start, end, known[1] ?? '', 0);
  if (/^(?:https?:\/\/|mailto:)\S+$/i.test(inner)) {
    return { from: start, to: end, text: `[](${inner})`, start: start + 1, end: start + 1 };
  }
  const from = start + inner.length + 3;
  const made = { from: start, to: end, text: `[${inner}](${ADDRESS})`, start: from, end: from + ADDRESS.length };
  return inner === '' ? { ...made, start: start + 1, end: start + 1 } : made;
}

/**
 * @param {string} text
 * @param {number} start
 * @param {number} end
 * @param {'list' | 'numbers' | 'quote'} kind
 * @returns {Change} of whole lines
 */
function toggleLines(text, start, end, kind) {
  const from = text.lastIndexOf('\n', start - 1) + 1;
  const found = text.indexOf('\n', end > start && text[end - 1] === '\n' ? end - 1 : end);
  const to = found === -1 ? text.length : found;
  const lines = text.slice(from, to).split('\n');
  const prefix = PREFIXES[kind];
  const isOn = lines.every((line) => line.trim() === '' || prefix.test(line)) && lines.some((line) => prefix.test(line));
  let number = 0;
  const changed = lines.map((line) => {
    if (isOn) return line.replace(prefix, '');
    if (line.trim() === '' && lines.length > 1) return line;
    number += 1;
    const sign = { list: '- ', numbers: `${number}. `, quote: '> ' }[kind];
    const bare = kind === 'quote' ? line : line.replace(PREFIXES.list, '').replace(PREFIXES.numbers, '');
    return sign + bare;
  });
  const inner = changed.join('\n');
  const isCaret = start === end;
  const caret = Math.max(from, to - from === inner.length ? end : end + inner.length - (to - from));
  return { from, to, text: inner, start: isCaret ? caret : from, end: isCaret ? caret : from + inner.length };
}

/**
 * @param {string} text
 * @param {number} start of the selection
 * @param {number} end
 * @param {Mark} mark
 * @returns {Change} puts the mark around what is selected, or takes it away
 */
export function toggleMark(text, start, end, mark) {
  if (mark === 'list' || mark === 'numbers' || mark === 'quote') return toggleLines(text, start, end, mark);
  // Signs stand at words, not at the blanks around them.
  const inner = text.slice(start, end);
  const isBlank = inner.trim() === '';
  const from = isBlank ? start : start + inner.length - inner.trimStart().length;
  const to = isBlank ? end : end - (inner.length - inner.trimEnd().length);
  if (mark === 'code') return toggleCode(text, from, to);
  if (mark === 'link') return toggleLink(text, from, to);
  return toggle(text, from, to, SIGNS[mark]);
}

/**
 * @param {string} text
 * @param {number} start of the selection
 * @param {number} end
 * @param {string} pasted
 * @returns {Change | null} makes the selected words a link to the address that is pasted over them; null: it is no such paste
 */
export function pasteLink(text, start, end, pasted) {
  const inner = text.slice(start, end);
  const address = pasted.trim();
  const isAddress = /^(?:https?:\/\/|mailto:)[^\s<>]+$/i.test(address);
  if (!isAddress || inner.trim() === '' || /[\n[\]]|^(?:https?:\/\/|mailto:)/.test(inner)) return null;
  // In pointed brackets an address may have round ones.
  const place = /[()]/.test(address) ? `<${address}>` : address;
  const made = `[${inner}](${place})`;
  return { from: start, to: end, text: made, start: start + made.length, end: start + made.length };
}

/** @param {string} text @returns {boolean} whether it ends within a block of code that has not been closed */
export const isInCode = (text) => (text.match(/^ {0,3}(?:\x60{3}|~~~)/gm)?.length ?? 0) % 2 === 1;

/**
 * A new line goes on with what the one before began: an item, a quotation, the indentation of code. An item with nothing in
 * it ends its list.
 * @param {string} text
 * @param {number} at the caret
 * @returns {Change | null} null: the new line begins with nothing
 */
export function breakLine(text, at) {
  const before = text.slice(0, at);
  const from = before.lastIndexOf('\n') + 1;
  const line = before.slice(from);
  if (isInCode(before)) {
    const indent = /^[ \t]+/.exec(line)?.[0];
    return indent ? { from: at, to: at, text: `\n${indent}`, start: at + 1 + indent.length, end: at + 1 + indent.length } : null;
  }
  const [whole, lead = '', bullet, box, number, dot, gap] = GOES_ON.exec(line) ?? /^((?:> ?)+)/.exec(line) ?? [];
  if (whole === undefined) return null;
  if (whole === line) return { from, to: at, text: '', start: from, end: from };
  const item = bullet ? `${bullet}${box ? ' [ ]' : ''}${gap}` : number ? `${Number(number) + 1}${dot}${gap}` : '';
  const next = `\n${lead}${item}`;
  return { from: at, to: at, text: next, start: at + next.length, end: at + next.length };
}
