/**
 * What people write, as nodes: plain text and links, or Markdown. What shows Markdown is loaded when a text may hold some;
 * until then, and where it cannot be had, the text is shown as it was written.
 */

import { richText } from '../dom.js';
import { sheet } from './seldom.js';

/**
 * Whether a text can hold Markdown at all: a sign that stands twice, or one where it counts. It never looks twice at what lies
 * between two signs.
 */
const SIGNS =
  /([*_\x60])[^]*\1|~~[^]*~|]\(|<[a-z][^\s<>]*[:@]|^ {0,3}(?:>|#{1,6} |[-+*] |\d+[.)] )|^[ |:]*-[ |:-]*$|\\[\\\x60*_~[\]<>#|+-]/im;
/** So long the first sight of a room waits for it. */
const PATIENCE_MS = 2000;

/** @typedef {ReturnType<typeof import('./markdown.js').createMarkdown>} Markdown */

/** @type {Markdown | null} */
let markdown = null;
/** @type {Promise<void> | null} */
let loading = null;
/** Tells that what was shown as plain text can be shown better. */
export const readable = new EventTarget();

/** @param {string} text */
export const hasSigns = (text) => SIGNS.test(text);

/** @returns {Promise<void>} settles when Markdown can be shown, or cannot now; then the next asks for it again */
export function loadMarkdown() {
  loading ??= Promise.all([import('./markdown.js'), import('../../vendor/marked/marked.esm.js'), sheet('markdown')]).then(
    ([{ createMarkdown }, marked]) => {
      markdown = createMarkdown(marked);
      readable.dispatchEvent(new Event('change'));
    },
    () => {
      loading = null;
    },
  );
  return loading;
}

/**
 * @param {{content?: string}[]} messages that are about to be shown for the first time
 * @returns {Promise<unknown> | null} settles when they can be shown as they should be, or it takes too long; null: at once
 */
export function whenReadable(messages) {
  if (markdown || !messages.some(({ content = '' }) => hasSigns(content))) return null;
  return Promise.race([loadMarkdown(), new Promise((resolve) => setTimeout(resolve, PATIENCE_MS))]);
}

/**
 * Shows what a person wrote.
 * @param {Element} node takes it, in place of what it holds
 * @param {string} text
 * @param {import('../dom.js').Props} props further attributes of links and buttons
 * @returns {boolean} whether that is how it will stay: not, if Markdown is on its way
 */
export function showText(node, text, props) {
  const signs = hasSigns(text);
  node.replaceChildren((signs && markdown?.nodes(text, props)) || richText(text, props));
  if (signs && !markdown) void loadMarkdown();
  return !signs || markdown !== null;
}

/**
 * @param {string} text that a person wrote
 * @returns {string} the same in one line and without signs, for where it is only quoted or spoken
 */
export const plainWords = (text) => (hasSigns(text) && markdown?.words(text)) || text.replace(/\s+/g, ' ');
