/** What tells of messages to be sent later where one writes and where the lists are. */

import { el, icon, iconButton, setAttr, setText } from '../../dom.js';
import { formatNumber } from '../../format.js';
import { words } from '../../strings/scheduled.js';

/** @typedef {{count: number, next: string, failed: number}} Sum how many wait, when the next is sent, how many were not */

/** @returns {HTMLButtonElement} stands beside the send button */
export const createLaterButton = () =>
  iconButton(words.button, 'clock', {
    class: 'icon-button composer-later', 'aria-haspopup': 'menu', 'aria-expanded': 'false',
    'aria-keyshortcuts': navigator.platform.startsWith('Mac') ? 'Meta+Shift+Enter' : 'Control+Shift+Enter',
  });

/** The line above a message box that says what is to be sent to its room. */
export function createLaterLine() {
  const text = el('span', { class: 'later-text' });
  const show = el('a', { class: 'text-button later-show', href: '#/scheduled' }, words.show, el('span', { class: 'sr-only' }, words.showAll));
  const element = el('p', { class: 'later-line', hidden: true }, icon('clock', 'icon-sm'), text, show);
  return {
    element,
    /** @param {Sum} sum @param {string} when the next is sent */
    update({ count, failed }, when) {
      element.hidden = count + failed === 0;
      element.toggleAttribute('data-failed', failed > 0);
      if (!element.hidden) setText(text, failed > 0 ? words.lineFailed(failed) : words.line(count, when));
    },
  };
}

/** @returns {HTMLElement} takes how many wait, wherever it stands */
export const countMark = () => el('span', { class: 'section-count later-count', hidden: true }, el('span', { 'aria-hidden': 'true' }), el('span', { class: 'sr-only' }));

/** @param {Document} page @param {Sum} sum */
export function drawCounts(page, { count, failed }) {
  for (const link of page.querySelectorAll('a[href="#/scheduled"]:is(.side-row, .menu-item)')) {
    let mark = link.querySelector('.later-count');
    if (!mark) link.append((mark = countMark()));
    const [number, said] = /** @type {[Element, Element]} */ (/** @type {unknown} */ ([...mark.children]));
    setText(number, formatNumber(failed || count));
    setText(said, failed > 0 ? words.failed(failed) : words.count(count));
    mark.toggleAttribute('hidden', failed + count === 0);
    mark.toggleAttribute('data-failed', failed > 0);
    setAttr(mark, 'title', failed + count === 0 ? null : said.textContent);
  }
}

/**
 * The way to the list, in the column beside the conversation, as long as there is something in it.
 * @param {Document} page
 * @param {Sum} sum
 */
export function drawSideRow(page, { count, failed }) {
  const saved = page.querySelector('#chat .sidebar a[href="#/saved"]');
  const row = page.querySelector('.later-row');
  if (count + failed === 0) {
    if (row?.contains(page.activeElement)) /** @type {HTMLElement|null} */ (saved)?.focus();
    row?.remove();
  } else if (!row) {
    saved?.after(el('a', { class: 'side-row later-row', href: '#/scheduled' }, icon('clock', 'icon-sm'), el('span', { class: 'side-name' }, words.row)));
  }
}
