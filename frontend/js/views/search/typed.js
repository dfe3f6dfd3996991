/** What stands in the field of the search while it is being typed. Pure. */

/** An operator whose value is being written, up to the caret. */
const OPERATOR = /(?:^|\s)-?(from|in|has|is|before|after|on):(?:\x22([^\x22]*)|([^\s\x22]*))$/i;
/** An operator without a value, or a sign without a word, is not asked for yet. */
const UNFINISHED = /(?:^|\s)(?:-?(?:from|in|has|is|before|after|on):\x22?|-|-?\x22)$/i;

/**
 * @param {string} text
 * @returns {string} what can be asked for of it
 */
export const finished = (text) => text.replace(UNFINISHED, '').trim();

/**
 * @param {string} text
 * @param {number} caret
 * @returns {{operator: string, value: string}|null} the operator at the caret
 */
export function operatorAt(text, caret) {
  const found = OPERATOR.exec(text.slice(0, caret));
  if (!found || /^[^\s"]/.test(text.slice(caret))) return null;
  return { operator: (found[1] ?? '').toLowerCase(), value: found[2] ?? found[3] ?? '' };
}

/**
 * @param {string} text
 * @param {number} caret
 * @param {string} value  to stand in the place of the one at the caret
 * @returns {{text: string, caret: number}}
 */
export function complete(text, caret, value) {
  const before = text.slice(0, caret);
  const colon = before.lastIndexOf(':');
  const written = /\s/.test(value) ? `"${value}"` : value;
  const head = `${before.slice(0, colon + 1)}${written} `;
  return { text: head + text.slice(caret).replace(/^"?\s*/, ''), caret: head.length };
}

/**
 * @param {string} text
 * @param {number} caret
 * @param {string} inserted  an operator, perhaps with its value
 * @returns {{text: string, caret: number}} with a blank before it where there has to be one
 */
export function insert(text, caret, inserted) {
  const before = text.slice(0, caret);
  const head = `${before}${before === '' || /\s$/.test(before) ? '' : ' '}${inserted}`;
  return { text: head + text.slice(caret).trimStart(), caret: head.length };
}
