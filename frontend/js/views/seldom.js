/** What few visits need, with its style: loaded when it is asked for. */

import { el, find } from '../dom.js';

/** @type {Map<string, Promise<void>>} */
const sheets = new Map();

/**
 * @param {'seldom' | 'login' | 'rooms' | 'markdown' | 'reactions' | 'replies' | 'reads' | 'attention' | 'files' | 'keeping' | 'scheduling' | 'status'} name
 * @returns {Promise<void>} rejects when it cannot be had; then it is asked for again by the next
 */
export function sheet(name) {
  const known = sheets.get(name);
  if (known) return known;
  const asked = /** @type {Promise<void>} */ (new Promise((resolve, reject) => {
    const common = /** @type {HTMLLinkElement} */ (find('link[rel="stylesheet"]'));
    const link = el('link', { rel: 'stylesheet', href: common.href.replace(/styles\.css$/, `${name}.css`) });
    link.addEventListener('load', () => resolve());
    link.addEventListener('error', () => {
      link.remove();
      sheets.delete(name);
      reject(new Error(link.href));
    });
    document.head.append(link);
  }));
  sheets.set(name, asked);
  return asked;
}

/** @returns {Promise<void>} the style of what few visits need */
export const seldomStyle = () => sheet('seldom');

/** @returns {Promise<typeof import('./shelf.js')>} rejects when it cannot be had now */
export async function loadSeldom() {
  const [shelf] = await Promise.all([import('./shelf.js'), sheet('seldom')]);
  shelf.setUp();
  return shelf;
}

/**
 * @param {(dialogs: typeof import('./dialog.js')) => Promise<unknown>} open
 * @param {(cause: unknown) => void} onTrouble they cannot be had now
 */
export async function withDialogs(open, onTrouble) {
  try {
    const [dialogs] = await Promise.all([import('./dialog.js'), seldomStyle()]);
    await open(dialogs);
  } catch (cause) {
    onTrouble(cause);
  }
}
