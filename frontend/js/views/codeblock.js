/** A block of code: its language, a button that copies it, and colours when it comes into view. */

import { el, setAttr, setText } from '../dom.js';
import { words } from '../strings/markdown.js';
import { languageOf, paint } from './highlight.js';

/** Longer code stays in one colour, in UTF-16 units: painting it would be noticed. */
const PAINTED_AT_MOST = 5000;
/** So does code with such a word, at which some grammars look from each of its letters. */
const LONG_WORD = /[\w$.-]{100}/;
const COPIED_MS = 1500;
/** It is painted a little before it comes into view. */
const AHEAD = '200px';

/** Whether code is on view. @type {IntersectionObserver | null} */
let watcher = null;

/** @param {IntersectionObserverEntry[]} entries */
function onView(entries) {
  for (const { target, isIntersecting } of entries) {
    if (!isIntersecting) continue;
    watcher?.unobserve(target);
    void paint(/** @type {HTMLElement} */ (target));
  }
}

/** @param {HTMLElement} code */
function watch(code) {
  watcher ??= new IntersectionObserver(onView, { rootMargin: AHEAD });
  watcher.observe(code);
}

/**
 * Copies; without a secure origin there is no clipboard, then it selects the code for the reader's own keys.
 * @param {HTMLElement} button
 * @param {HTMLElement} code
 */
async function copy(button, code) {
  try {
    await navigator.clipboard.writeText(code.textContent ?? '');
  } catch {
    getSelection()?.selectAllChildren(code);
    return;
  }
  setText(button, words.copied);
  setTimeout(() => setText(button, words.copyCode), COPIED_MS);
}

/**
 * @param {{text: string, lang?: string}} token
 * @param {import('../dom.js').Props} props further attributes of the button
 */
export function codeBlock({ text, lang = '' }, props) {
  const language = languageOf(lang);
  const code = el('code', { dataset: language.key ? { language: language.key } : {} }, text);
  const button = el('button', { type: 'button', class: 'md-copy', ...props, 'aria-live': 'polite' }, words.copyCode);
  button.addEventListener('click', () => void copy(button, code));
  const box = el('pre', { class: 'md-scroll', tabindex: -1, role: 'group', 'aria-label': words.code(language.label) }, code);
  const block = el('div', { class: 'md-block', dir: 'ltr' }, box, button);
  setAttr(block, 'data-language', language.label || null);
  if (language.key && text.length <= PAINTED_AT_MOST && !LONG_WORD.test(text)) watch(code);
  return block;
}
