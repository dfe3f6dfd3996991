/** What stands where there is nothing to show: a sign, what is the case, what can be done. */

import { el, icon } from '../dom.js';

/**
 * @param {object} parts
 * @param {string} parts.sign an icon's name
 * @param {string} parts.title
 * @param {string} [parts.text]
 * @param {HTMLElement | null} [parts.action] a button
 * @returns {HTMLElement}
 */
export function emptyState({ sign, title, text = '', action = null }) {
  return el(
    'div',
    { class: 'empty' },
    el('span', { class: 'empty-icon' }, icon(sign)),
    el('h2', { class: 'empty-title', tabindex: -1 }, title),
    text !== '' && el('p', { class: 'empty-text', dir: 'auto' }, text),
    action,
  );
}
